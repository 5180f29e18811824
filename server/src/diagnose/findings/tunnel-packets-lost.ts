import { isIPv6 } from '../../base/ip.ts';
import type { SafeText } from '../../base/safe-text.ts';
import { command, part } from '../../base/shell-text.ts';
import type { Steps } from '../../base/steps.ts';
import { followOptions } from '../../kube/question/node-knowledge.ts';
import { dumpFor } from '../../kube/question/trace.ts';
import { enumerateSteps } from '../../netfilter/enumerate.ts';
import type { Outcome } from '../../netfilter/outcome.ts';
import { ipAddress, packetOf } from '../../netfilter/packet.ts';
import { linkNamed } from '../../node/look-ups/links.ts';
import { addressOfInterface } from '../../node/look-ups/own-address.ts';
import { routeOf, wayOut } from '../../node/look-ups/route.ts';
import type { LinkRecord } from '../../node/records.ts';
import type { Cause, Evidence } from '../diagnosis.ts';
import type { Asked, Journey } from '../journey.ts';
import { leavesBy } from '../leaves-by.ts';
import { type Found, foundCause, type Looked, leaving, type NodeFinding, nothing } from '../node-finding.ts';
import { endText, failedNeighbour, whoHas } from '../signs.ts';
import { ruleEvidence, type Subject } from '../subject.ts';

/** What a tunnel carries goes from node to node in packets of the nodes' own, which meet INPUT and OUTPUT. */
export const tunnelPacketsLost: NodeFinding = {
  codes: {
    'tunnel-packets-lost':
      "The packets of the nodes' tunnel are lost, and with them all that it carries: a rule drops them, or the tunnel does not know where to send them.",
  },
  look,
};

/** How a tunnel's packets look: over UDP with its port, or a protocol of its own. */
interface Carrier {
  readonly protocol: string;
  readonly dport: number | null;
}

function carrierOf({ kind, tunnelPort }: LinkRecord): Carrier | undefined {
  if ((kind === 'vxlan' || kind === 'geneve') && tunnelPort !== null) return { protocol: 'udp', dport: tunnelPort };
  return kind === 'ipip' ? { protocol: 'ipencap', dport: null } : undefined;
}

interface Hop {
  readonly tunnel: LinkRecord;
  readonly carrier: Carrier;
  /** The router at the other end, by the route. */
  readonly gateway: string;
}

function hopOf({ facts }: Subject, journey: Journey): Hop | undefined {
  const name = leavesBy(journey);
  const tunnel = name === null ? undefined : linkNamed(facts, name);
  const carrier = tunnel === undefined ? undefined : carrierOf(tunnel);
  if (tunnel === undefined || carrier === undefined || journey.route.kind !== 'route') return undefined;
  return { tunnel, carrier, gateway: journey.route.route.hops[0]?.gateway ?? '' };
}

/** The machine at the other end: as the tunnel's table has it, or the node of the Pod. */
function remoteOf({ facts, cluster }: Subject, { tunnel, gateway }: Hop, ip: string): string | undefined {
  const mac = facts.neighbours?.records.find((each) => each.ip === gateway && each.interface === tunnel.name)?.mac ?? '';
  const entry = facts.forwarding?.records.find((each) => each.port === tunnel.name && each.mac === mac && each.remote !== '');
  if (entry !== undefined) return entry.remote;
  if (tunnel.kind === 'ipip' && gateway !== '') return gateway;
  const pod = cluster.podsAt(ip).find(({ hostNetwork }) => !hostNetwork);
  const addresses = pod === undefined ? [] : (cluster.node(pod.node)?.addresses ?? []);
  return addresses.find(({ type, address }) => type === 'InternalIP' && isIPv6(address) === isIPv6(ip))?.address;
}

/** That the tunnel has no entry for the router's address on the link, so that it sends to nobody. */
function withoutEntry({ facts }: Subject, { tunnel, gateway }: Hop): Evidence | undefined {
  const neighbour = facts.neighbours?.records.find((each) => each.ip === gateway && each.interface === tunnel.name);
  if (tunnel.kind !== 'vxlan' || facts.forwarding === null || facts.forwarding.skipped > 0) return undefined;
  if (neighbour === undefined || neighbour.mac === '') return undefined;
  const own = facts.forwarding.records.filter(({ port }) => port === tunnel.name);
  // All zeros is where what has no entry is sent to.
  if (own.some(({ mac, remote }) => remote !== '' && (mac === neighbour.mac || mac === '00:00:00:00:00:00'))) return undefined;
  return {
    file: neighbour.file ?? facts.neighbours?.file ?? '',
    line: neighbour.line,
    text: `${gateway} dev ${tunnel.name} lladdr ${neighbour.mac}, of which bridge fdb has no destination at ${tunnel.name}`,
  };
}

interface Ends {
  readonly own: string;
  readonly remote: string;
}

function endsOf({ facts }: Subject, remote: string): (Ends & { readonly by: string }) | undefined {
  const by = wayOut(facts, { destination: remote, source: '', mark: 0, in: '' });
  const route = routeOf(facts, { destination: remote, source: '', mark: 0, in: '' });
  const nextHop = route.kind === 'route' ? route.route.hops[0]?.gateway || remote : remote;
  const own = by === null ? undefined : addressOfInterface(facts, by, { destination: remote, nextHop });
  return by === null || own === undefined ? undefined : { own, remote, by };
}

/** What ends a tunnel's packet, to the other end or from there; undefined where one may pass. */
function* ended(
  subject: Subject,
  { own, remote, by }: Ends & { readonly by: string },
  carrier: Carrier,
  isOut: boolean,
): Steps<Outcome | undefined> {
  const [source, destination] = [ipAddress(isOut ? own : remote), ipAddress(isOut ? remote : own)];
  if (source === undefined || destination === undefined) return undefined;
  const { ruleset, resolution } = subject;
  const packet = packetOf({
    source,
    destination,
    protocol: carrier.protocol,
    dport: carrier.dport,
    isFromHere: isOut,
    ...(isOut ? {} : { in: by }),
  });
  const options = followOptions(resolution, dumpFor(ruleset, destination.text), destination.text, new Set(), {});
  const { outcomes } = yield* enumerateSteps(ruleset, packet, options);
  return outcomes.every(({ verdict }) => verdict !== 'accept') ? outcomes[0] : undefined;
}

function causeOf(
  subject: Subject,
  journey: Journey,
  { tunnel }: Hop,
  why: string,
  evidence: readonly Evidence[],
  mend: SafeText<'shell'>,
): Cause {
  return {
    code: 'tunnel-packets-lost',
    message: `Packets to ${endText(journey)} (${whoHas(subject, journey.end.destination.text)}) leave by the tunnel ${tunnel.name}, and ${why}`,
    evidence,
    confirm: [
      command`tcpdump -ni ${tunnel.lower === '' ? 'any' : tunnel.lower}${part(tunnel.tunnelPort === null ? command`` : command` udp port ${tunnel.tunnelPort}`)}`,
      command`bridge fdb show dev ${tunnel.name}`,
      command`ip neigh show dev ${tunnel.name}`,
    ],
    mend: [mend],
  };
}

/** What a rule does to the tunnel's own packets, in words, with the rule. */
function ruleWords(
  subject: Subject,
  { last, verdict }: Outcome,
  hop: Hop,
  { own, remote }: Ends,
  isOut: boolean,
): { readonly why: string; readonly evidence: readonly Evidence[] } {
  const { protocol, dport } = hop.carrier;
  const what = `${protocol === 'ipencap' ? 'IPIP' : `UDP port ${dport ?? ''}`} from ${isOut ? own : remote} to ${isOut ? remote : own}`;
  const does = verdict === 'reject' ? 'refuses' : 'drops';
  const line = last?.line ?? null;
  const place = line === null ? '' : ` (${subject.place(line).file}, line ${subject.place(line).line})`;
  const by = last?.kind === 'policy' ? `the policy of ${last.chain.name}` : `a rule of ${last?.chain.name ?? ''}`;
  return {
    why: `${by}${place} ${does} the packets that carry it: ${what}. ${isOut ? 'Nothing gets to the other node.' : 'Answers do not come back.'}`,
    evidence: line === null ? [] : [ruleEvidence(subject, line)],
  };
}

function* lostIn(subject: Subject, journey: Journey): Steps<Cause | undefined> {
  const hop = hopOf(subject, journey);
  if (hop === undefined) return undefined;
  const entry = withoutEntry(subject, hop);
  if (entry !== undefined)
    return causeOf(
      subject,
      journey,
      hop,
      `${hop.tunnel.name} does not know to which machine it is to send them: its table has no entry for ${hop.gateway}'s address on the link.`,
      [entry],
      command`restart the network plugin's Pod on this node, which writes neighbours and entries of the tunnel (bridge fdb)`,
    );
  const remote = remoteOf(subject, hop, journey.end.destination.text);
  const ends = remote === undefined ? undefined : endsOf(subject, remote);
  if (ends === undefined) return undefined;
  const silent = failedNeighbour(subject, ends.remote);
  if (silent !== undefined)
    return causeOf(
      subject,
      journey,
      hop,
      `${whoHas(subject, ends.remote)}, to which the tunnel sends, does not answer on the link: that machine or the network between is down.`,
      [
        {
          file: silent.file ?? subject.facts.neighbours?.file ?? '',
          line: silent.line,
          text: `${silent.ip} dev ${silent.interface} ${silent.states.join(' ')}`,
        },
      ],
      command`look at ${part(whoHas(subject, ends.remote))} and the network between`,
    );
  for (const isOut of [true, false]) {
    const outcome = yield* ended(subject, ends, hop.carrier, isOut);
    if (outcome === undefined) continue;
    const { why, evidence } = ruleWords(subject, outcome, hop, ends, isOut);
    const { protocol, dport } = hop.carrier;
    const mend = command`let the nodes' tunnel pass: iptables -I ${isOut ? 'OUTPUT' : 'INPUT'} -p ${protocol}${part(dport === null ? command`` : command` --dport ${dport}`)} -j ACCEPT, where the firewall of the node is configured`;
    return causeOf(subject, journey, hop, why, evidence, mend);
  }
  return undefined;
}

function* look(subject: Subject, asked: Asked | null): Steps<Looked> {
  const found: Found[] = [];
  for (const journey of leaving(asked)) {
    const cause = yield* lostIn(subject, journey);
    if (cause !== undefined) found.push(foundCause(cause, { ends: [journey] }));
  }
  return { ...nothing, found };
}
