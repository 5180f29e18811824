import { inCIDR, isIPv6 } from '../../base/ip.ts';
import type { SafeText } from '../../base/safe-text.ts';
import { command } from '../../base/shell-text.ts';
import { linkNamed } from '../../node/look-ups/links.ts';
import { interfaceSetting, largerSetting, type Setting } from '../../node/look-ups/sysctl.ts';
import { bridgeNamed, linkOfRoute, routeTo } from '../bridges.ts';
import type { Cause, Evidence } from '../diagnosis.ts';
import type { Asked, Journey } from '../journey.ts';
import { accepted, atOnce, foundCause, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
import { podAddressesHere, settingEvidence, whoHas } from '../signs.ts';
import type { Subject } from '../subject.ts';

/** Whoever sends to the node on a link asks there for its address first. */
export const arpNotAnswered: NodeFinding = {
  codes: {
    'arp-not-answered':
      'The node does not answer who asks for its address on the link (ARP), so that nothing is sent to it there.',
  },
  look: atOnce(look),
};

function isPodHere(subject: Subject, ip: string): boolean {
  return podAddressesHere(subject).includes(ip);
}

/** arp_ignore: 1 answers for addresses of the interface alone, 2 in their own network alone, 8 never (Documentation/networking/ip-sysctl.rst). */
function isIgnored({ facts }: Subject, { value }: Setting, name: string, target: string, sender: string): boolean {
  if (value === 8) return true;
  if (value !== 1 && value !== 2) return false;
  const own = facts.addresses?.records.filter((each) => each.interface === name && !isIPv6(each.ip)) ?? [];
  if (facts.addresses === null || facts.addresses.skipped > 0) return false;
  const held = own.find(({ ip }) => ip === target);
  if (held !== undefined) return value === 2 && !inCIDR(sender, `${held.ip}/${held.prefix}`);
  // With an address of its own there, others may well send by that one to what lies on lo (LVS, addresses by BGP).
  return own.length === 0;
}

/** The address of the node that the sender asks for on the link that the packet comes in by; undefined where that is not told. */
function askedFor(
  subject: Subject,
  { start, isBridged }: Journey,
): { readonly name: string; readonly target: string } | undefined {
  const { facts } = subject;
  const { source, in: name } = start;
  if (start.isFromHere || source === null || source.standsIn === true || name === null || name === '' || isBridged)
    return undefined;
  if (bridgeNamed(subject, name) !== undefined && isPodHere(subject, source.text)) {
    const gateways = facts.addresses?.records.filter(
      (each) => each.interface === name && inCIDR(source.text, `${each.ip}/${each.prefix}`),
    );
    const [gateway] = gateways ?? [];
    return gateway === undefined ? undefined : { name, target: gateway.ip };
  }
  // A direct neighbour of the address's own network.
  const isNear = linkOfRoute(routeTo(subject, source.text)) === name;
  const network = facts.routes?.records.find(
    ({ type, hops, network: own }) =>
      type === 'unicast' &&
      !own.endsWith('/0') &&
      hops.every((hop) => hop.interface === name && hop.gateway === '') &&
      inCIDR(start.destination.text, own),
  );
  return isNear && network !== undefined ? { name, target: start.destination.text } : undefined;
}

function causeOf(
  subject: Subject,
  name: string,
  target: string,
  sender: string,
  why: string,
  evidence: readonly Evidence[],
  mend: SafeText<'shell'>,
): Cause {
  return {
    code: 'arp-not-answered',
    message: `${whoHas(subject, sender)} asks for ${target} on ${name} before it can send anything, and this node does not answer there: ${why}. Only who knows the node's address on the link already gets through.`,
    evidence,
    confirm: [command`tcpdump -eni ${name} arp`, command`sysctl -a | grep ${`${name}\\.\\(arp_\\|proxy_arp\\)`}`],
    mend: [mend],
  };
}

function byIgnoring(subject: Subject, journey: Journey): Cause | undefined {
  const question = askedFor(subject, journey);
  const sender = journey.start.source?.text ?? '';
  const ignoring = question === undefined ? undefined : largerSetting(subject.facts, question.name, 'arp_ignore');
  if (question === undefined || ignoring === undefined || isIPv6(sender)) return undefined;
  const { name, target } = question;
  if (!isIgnored(subject, ignoring, name, target, sender)) return undefined;
  const why =
    ignoring.value === 8 ? 'arp_ignore 8 never does' : `arp_ignore ${ignoring.value} asks for the address to be one of ${name}`;
  return causeOf(subject, name, target, sender, why, [settingEvidence(ignoring)], command`sysctl -w ${ignoring.name}=0`);
}

/** Kinds of links on which machines ask for each other; tunnels and what eBPF leads by need no ARP. */
const asking: ReadonlySet<string> = new Set(['', 'bridge', 'bond', 'vlan']);

/** A link whose ARP somebody switched off. */
function silentLink({ facts }: Subject, name: string | null): Evidence | undefined {
  const link = name === null ? undefined : linkNamed(facts, name);
  if (link === undefined || !link.isWithoutArp || link.mac === '' || link.mac === '00:00:00:00:00:00') return undefined;
  // A veth is that of a container where its node is one itself (kind), and Cilium's own have no ARP.
  const isAsking = asking.has(link.kind) || (link.kind === 'veth' && /^(?:eth|en)/.test(link.name));
  return isAsking ? { file: facts.links?.file ?? '', line: link.line, text: `${link.name}: NOARP` } : undefined;
}

function byNoArp(subject: Subject, journey: Journey): Cause | undefined {
  const question = askedFor(subject, journey);
  const evidence = silentLink(subject, question?.name ?? null);
  const sender = journey.start.source?.text ?? '';
  if (question === undefined || evidence === undefined || isIPv6(sender)) return undefined;
  const { name, target } = question;
  const why = `ARP is switched off on ${name} (NOARP)`;
  return causeOf(subject, name, target, sender, why, [evidence], command`ip link set ${name} arp on`);
}

/** What leaves by such a link, to somebody whose link address nobody knows. */
function outWithoutArp(subject: Subject, journey: Journey): Cause | undefined {
  const { route, end, isDelivered, isBridged } = journey;
  if (route.kind !== 'route' || isDelivered || isBridged || end.family === 'ipv6') return undefined;
  const [hop, ...others] = route.route.hops;
  const evidence = hop === undefined || others.length > 0 ? undefined : silentLink(subject, hop.interface);
  if (hop === undefined || evidence === undefined) return undefined;
  const next = hop.gateway === '' ? end.destination.text : hop.gateway;
  const known = subject.facts.neighbours?.records.some(
    ({ ip, interface: name, states }) => ip === next && name === hop.interface && states.includes('PERMANENT'),
  );
  if (known === true) return undefined;
  return {
    code: 'arp-not-answered',
    message: `The packet leaves by ${hop.interface} to ${whoHas(subject, next)}, and ARP is switched off there (NOARP): this node does not ask for the link address, and sends to one that nobody has.`,
    evidence: [evidence],
    confirm: [command`ip link show ${hop.interface}`, command`tcpdump -eni ${hop.interface} host ${next}`],
    mend: [command`ip link set ${hop.interface} arp on`],
  };
}

/** The gateway that Calico gives its Pods, on a link for each; the node answers for it as a proxy. */
const gatewayOfCalico = '169.254.1.1';

function byNoProxy(subject: Subject, { start, isBridged }: Journey): Cause | undefined {
  const { facts } = subject;
  const name = start.in;
  const sender = start.source?.text ?? '';
  if (name === null || !name.startsWith('cali') || isBridged || isIPv6(sender) || start.isFromHere) return undefined;
  const link = linkNamed(facts, name);
  if (link === undefined || link.master !== '' || facts.addresses === null || facts.addresses.skipped > 0) return undefined;
  if (facts.addresses.records.some((each) => each.interface === name && !isIPv6(each.ip))) return undefined;
  const all = interfaceSetting(facts, 'ipv4', 'all', 'proxy_arp');
  const own = interfaceSetting(facts, 'ipv4', name, 'proxy_arp');
  if (own === undefined) return undefined;
  if (own.value === 0 && (all?.value ?? 0) === 0) {
    const why = `${name} has no address, and proxy_arp, by which the node answers for the gateway of Calico's Pods, is off there`;
    return causeOf(subject, name, gatewayOfCalico, sender, why, [settingEvidence(own)], command`sysctl -w ${own.name}=1`);
  }
  const route = routeTo(subject, gatewayOfCalico);
  if (route.kind !== 'none') return undefined;
  const why = `proxy_arp answers only for what the node has a route to, and it has none to ${gatewayOfCalico} (no default route)`;
  const mend = command`ip route add default via ROUTER   (or any route to 169.254.1.1)`;
  return causeOf(
    subject,
    name,
    gatewayOfCalico,
    sender,
    why,
    [{ file: facts.routes?.file ?? '', line: 1, text: `no route to ${gatewayOfCalico}` }],
    mend,
  );
}

function look(subject: Subject, asked: Asked | null): Looked {
  const found = accepted(asked).flatMap((journey) => {
    const cause = byIgnoring(subject, journey) ?? byNoArp(subject, journey) ?? byNoProxy(subject, journey);
    if (cause !== undefined) return [foundCause(cause, { ends: [journey], isBeforeRules: true })];
    const out = outWithoutArp(subject, journey);
    return out === undefined ? [] : [foundCause(out, { ends: [journey] })];
  });
  return { ...nothing, found };
}
