import { counted } from '../../base/counted.ts';
import { command } from '../../base/shell-text.ts';
import type { ServiceRecord } from '../../cluster/objects.ts';
import { isElsewhere, serviceProxyOf } from '../../kube/proxy/mode.ts';
import { optionsOf } from '../../kube/proxy/rule-values.ts';
import type { TraceStep } from '../../netfilter/outcome.ts';
import { isOwn } from '../../node/look-ups/own-address.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Chain } from '../../ruleset/ruleset.ts';
import type { Cause } from '../diagnosis.ts';
import type { Asked, Journey } from '../journey.ts';
import { accepted, atOnce, foundCause, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
import { type EntryRule, entryRule, natOf } from '../service-rules.ts';
import { nodeName, ruleEvidence, type Subject } from '../subject.ts';

/** A Service that the cluster has and no rule knows: its address is nobody's. */
export const notTranslated: NodeFinding = {
  codes: {
    'not-translated': 'No rule translates the address of the Service that was asked for: packets to it go astray.',
    'service-passed-over':
      'The rules know the Service that was asked for, and a rule before them, a missing jump or an empty chain keeps packets from being translated.',
    'no-such-nodeport': 'No Service has the NodePort that was asked for: nothing listens there.',
  },
  look: atOnce(look),
};

interface Frontend {
  /** "shop/web", by the rules with the port's name; empty where nothing tells. */
  readonly name: string;
  readonly isNodePort: boolean;
}

/** The Service whose address and port a packet was sent to, as the cluster says, or else the rules. */
function frontendOf(subject: Subject, journey: Journey): Frontend | undefined {
  const { start } = journey;
  const { destination, dport } = start;
  const told = byCluster(subject, start);
  // What a program of the node has bound to a Service's address needs no translation, as NodeLocal DNSCache.
  if (journey.isDelivered && isOwn(subject.facts, destination.text) === true) {
    const entry = entryRule(subject, start);
    return entry?.isNodePort === true ? { name: entry.service, isNodePort: true } : told?.isNodePort === true ? told : undefined;
  }
  if (told !== undefined || dport === null) return told;
  const entry = entryRule(subject, start);
  return entry === undefined ? undefined : { name: entry.service, isNodePort: entry.isNodePort };
}

function byCluster({ cluster, facts }: Subject, start: Journey['start']): Frontend | undefined {
  const { destination, dport, protocol } = start;
  const hasPort = (service: ServiceRecord): boolean =>
    service.ports.some((port) => port.port === dport && port.protocol === protocol);
  const service = cluster.servicesAt(destination.text).find((each) => hasPort(each.service))?.service;
  if (service !== undefined) return { name: `${service.namespace}/${service.name}`, isNodePort: false };
  if (dport === null || isOwn(facts, destination.text) !== true) return undefined;
  const byPort = cluster.services.find((each) =>
    each.ports.some((port) => port.nodePort === dport && port.protocol === protocol),
  );
  return byPort === undefined ? undefined : { name: `${byPort.namespace}/${byPort.name}`, isNodePort: true };
}

function messageOf({ name, isNodePort }: Frontend, { start }: Journey): string {
  const what = name === '' ? 'a Service' : name;
  const address = `${start.destination.text}:${start.dport}/${start.protocol}`;
  return isNodePort
    ? `No rule translates ${address}, a NodePort of ${what}: the packet is for the node itself, where nothing listens.`
    : `No rule translates ${address}, an address of ${what}: the packet leaves as it is, for an address that nobody has.`;
}

/** Rules of nat that took a packet past the rules of Services: the last one that accepted or returned it before its routing. */
function takenPast({ last, start }: Journey): TraceStep | undefined {
  const first = start.isFromHere ? 'OUTPUT' : 'PREROUTING';
  for (let step = last; step !== null; step = step.previous) {
    const { chain, kind, line } = step;
    if (chain.table.name !== 'nat' || line === null) continue;
    if (kind === 'accept' && chain.name !== 'POSTROUTING' && chain.name !== 'INPUT') return step;
    if (kind === 'return' && (chain.name === first || chain.name === 'KUBE-SERVICES' || chain.name === 'KUBE-NODEPORTS'))
      return step;
  }
  return undefined;
}

/** The jump to KUBE-NODEPORTS that is for other addresses alone (nodePortAddresses); undefined where there is another. */
function narrowJump(subject: Subject, { start }: Journey): number | undefined {
  const jumps = (natOf(subject, start)?.chains.get('KUBE-SERVICES')?.rules ?? []).filter(
    (line) => subject.ruleset.lines.at(line)?.target === 'KUBE-NODEPORTS',
  );
  const [first, ...others] = jumps;
  // For all but loopback (`! -d ::1/128`) is what kube-proxy writes by default.
  const isNarrow = (line: number): boolean => {
    const rule = ruleAt(subject.ruleset, line);
    return rule !== undefined && optionsOf(rule, '--destination').some(({ negation }) => negation === undefined);
  };
  return first !== undefined && [first, ...others].every(isNarrow) ? first : undefined;
}

/** The Service's chain that a packet came to by its rule and left as it was, as nothing in it leads to an endpoint; undefined where it never came there. */
function leftUntranslated({ last }: Journey, entry: EntryRule): Chain | undefined {
  let deepest: Chain | undefined;
  for (let step = last; step !== null; step = step.previous) {
    if (/^KUBE-(?:SVC|SVL)-/.test(step.target?.name ?? '')) deepest ??= step.target ?? undefined;
    if (step.line === entry.line) return deepest ?? step.target ?? undefined;
  }
  return undefined;
}

function untranslatedCause(subject: Subject, entry: EntryRule, chain: Chain, said: string): Cause {
  const own = subject.place(entry.line);
  const declaration = chain.declarations[0];
  return {
    code: 'service-passed-over',
    message: `${said} The packet comes to kube-proxy's rule for it (${own.file}, line ${own.line}), and leaves ${chain.name} as it came: ${chain.rules.length === 0 ? 'that chain has no rules, as after iptables -F' : 'no rule there sends it to an endpoint'}.`,
    evidence: [...(declaration === undefined ? [] : [ruleEvidence(subject, declaration)]), ruleEvidence(subject, entry.line)],
    confirm: [command`iptables -t nat -L ${chain.name} -v -n -x --line-numbers`],
    mend: [command`restart kube-proxy on this node: it writes every chain anew`],
  };
}

/** Why rules that are there for a Service do not get its packet; undefined where there are none. */
function passedOver(subject: Subject, journey: Journey, said: string): Cause | undefined {
  const entry = entryRule(subject, journey.start);
  if (entry === undefined) return undefined;
  const empty = leftUntranslated(journey, entry);
  if (empty !== undefined) return untranslatedCause(subject, entry, empty, said);
  const step = takenPast(journey);
  const narrow = entry.isNodePort && step === undefined ? narrowJump(subject, journey) : undefined;
  const at = step?.line ?? narrow;
  const hook = journey.start.isFromHere ? 'OUTPUT' : 'PREROUTING';
  const place = at === undefined || at === null ? null : subject.place(at);
  const where = place === null ? '' : `: ${place.file}, line ${place.line}`;
  const own = subject.place(entry.line);
  const why =
    step !== undefined
      ? `a rule of ${step.chain.name} takes the packet past it (${step.kind}${where})`
      : narrow !== undefined
        ? `the jump to KUBE-NODEPORTS is for other addresses of the node alone (nodePortAddresses${where})`
        : `no rule of ${hook} leads this packet to KUBE-SERVICES`;
  return {
    code: 'service-passed-over',
    message: `${said} kube-proxy has a rule for it (${own.file}, line ${own.line}), and ${why}.`,
    evidence: [...(at === undefined || at === null ? [] : [ruleEvidence(subject, at)]), ruleEvidence(subject, entry.line)],
    confirm: [command`iptables -t nat -L ${step?.chain.name ?? hook} -v -n -x --line-numbers`],
    mend:
      narrow !== undefined
        ? [
            command`ask by an address that nodePortAddresses has, or set it in kube-proxy's configuration (nodePortAddresses: primary)`,
          ]
        : step !== undefined
          ? [command`put the rule behind the jump to KUBE-SERVICES, or narrow it`]
          : [command`restart kube-proxy on this node: it puts its jumps in again`],
  };
}

/** NodePorts where nobody says otherwise (--service-node-port-range): no program gets a port there by itself. */
const nodePorts = { first: 30_000, last: 32_767 } as const;

/** What a load balancer hears at a healthCheckNodePort, which kube-proxy itself answers; undefined for another port. */
function healthChecked(subject: Subject, { start }: Journey): string | undefined {
  const { cluster } = subject;
  const service = cluster.services.find(
    ({ healthCheckNodePort }) => healthCheckNodePort > 0 && healthCheckNodePort === start.dport,
  );
  if (service === undefined) return undefined;
  const node = nodeName(subject);
  const what = `${service.namespace}/${service.name}`;
  const about = `${start.dport} is the healthCheckNodePort of ${what}, where kube-proxy itself answers load balancers`;
  if (node === '') return `${about}: 200 where this node has a ready endpoint, 503 where it has none.`;
  const endpoints = cluster.slicesOf(service.namespace, service.name).flatMap((slice) => slice.endpoints);
  const here = endpoints.filter((endpoint) => endpoint.nodeName === node && endpoint.ready !== false).length;
  return here > 0
    ? `${about}: 200, as ${node} has ${counted(here, 'ready endpoint')} of it.`
    : `${about}: 503, as ${node} has no ready endpoint of it, so load balancers leave it out.`;
}

function unknownNodePort(subject: Subject, journeys: readonly Journey[]): Looked {
  const { cluster } = subject;
  const asked = journeys.filter(
    ({ isDelivered, start: { dport } }) => isDelivered && dport !== null && dport >= nodePorts.first && dport <= nodePorts.last,
  );
  const [journey] = asked;
  if (journey === undefined || !cluster.kinds.has('Service') || cluster.onlyIn.size > 0 || cluster.namespaces !== null)
    return nothing;
  const checked = healthChecked(subject, journey);
  if (checked !== undefined) return { ...nothing, fine: [checked] };
  const cause = {
    code: 'no-such-nodeport',
    message: `No Service of the cluster has NodePort ${journey.start.dport}/${journey.start.protocol}, and no rule translates it: the packet is for the node itself, where nothing is known to listen.`,
    evidence: [{ file: cluster.source.label, line: 1, text: `none of ${cluster.services.length} Services has it` }],
    confirm: [
      command`kubectl get services -A | grep -E "NodePort|LoadBalancer"`,
      command`ss -ltnu | grep ${journey.start.dport ?? ''}   (on the node)`,
    ],
    mend: [command`ask by the NodePort that the Service has now`],
  };
  return { ...nothing, found: [foundCause(cause, { ends: asked, as: 'refused' })] };
}

function addressUnknown({ start }: Journey): string {
  return `Whether ${start.destination.text} is an address of this node is not known, as its addresses are not there: a NodePort is translated at those alone.`;
}

/** That no rule translates a packet may be for want of what the text does not show. */
function notShownNote({ name, isNodePort }: Frontend, { start }: Journey): string {
  const what = `${isNodePort ? 'a NodePort' : 'an address'} of ${name === '' ? 'a Service' : name}`;
  return `Whether a rule translates ${start.destination.text}:${start.dport}/${start.protocol}, ${what}, is not known: the text does not show all rules of nat that the packet may meet, or one of them was not understood. Get them: iptables-save`;
}

function look(subject: Subject, asked: Asked | null): Looked {
  const { ruleset, cluster } = subject;
  // What is not tracked, or caught by another rule, is explained elsewhere.
  const journeys = accepted(asked).filter(({ end }) => !end.dnat && !end.isCaught && end.state !== 'UNTRACKED');
  const [journey] = journeys;
  if (asked === null || journey === undefined) return nothing;
  const frontend = frontendOf(subject, journey);
  const dump = ruleset.dumps.find(({ family }) => family === asked.packet.family);
  if (frontend === undefined) return asked.mayBeTranslated ? nothing : unknownNodePort(subject, journeys);
  if (dump === undefined) return nothing;
  // Whether it is a NodePort of this node or of another one hangs on whose address it is.
  if (frontend.isNodePort && isOwn(subject.facts, journey.start.destination.text) === undefined)
    return { ...nothing, fine: [addressUnknown(journey)], open: journeys };
  const proxy = serviceProxyOf(ruleset, dump, cluster, nodeName(subject));
  // Where ipvs or another program does Services, rules need not know them.
  if (isElsewhere(proxy) && proxy.kind !== 'flushed' && proxy.kind !== 'absent') return nothing;
  if (asked.mayBeTranslated) return { ...nothing, fine: [notShownNote(frontend, journey)], open: journeys };
  const nat = dump.tables.find(({ name }) => name === 'nat');
  const services = nat?.chains.get('KUBE-SERVICES');
  const line = services?.declarations[0] ?? nat?.firstLine;
  const refused = frontend.isNodePort && journey.isDelivered ? 'refused' : 'lost';
  const passed = passedOver(subject, journey, messageOf(frontend, journey));
  if (passed !== undefined) return { ...nothing, found: [foundCause(passed, { ends: journeys, as: refused })] };
  const cause = {
    code: 'not-translated',
    message: messageOf(frontend, journey),
    evidence: line === undefined ? [] : [{ ...subject.place(line), text: ruleset.lines.at(line)?.text ?? '' }],
    confirm: [
      command`iptables-save -t nat | grep ${journey.start.destination.text}`,
      command`kubectl -n kube-system logs -l k8s-app=kube-proxy --tail=50`,
    ],
    mend: [command`restart kube-proxy on this node: it writes every chain anew`],
  };
  return {
    ...nothing,
    found: [foundCause(cause, { ends: journeys, as: refused })],
  };
}
