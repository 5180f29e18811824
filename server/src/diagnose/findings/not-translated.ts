import { counted } from '../../base/counted.ts';
import type { ServiceRecord } from '../../cluster/objects.ts';
import { isElsewhere, serviceProxyOf } from '../../kube/proxy/mode.ts';
import { isOwn } from '../../node/look-ups/own-address.ts';
import type { Asked, Journey } from '../journey.ts';
import { accepted, atOnce, foundCause, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
import { nodeName, type Subject } from '../subject.ts';

/** A Service that the cluster has and no rule knows: its address is nobody's. */
export const notTranslated: NodeFinding = {
  codes: {
    'not-translated': 'No rule translates the address of the Service that was asked for: packets to it go astray.',
    'no-such-nodeport': 'No Service has the NodePort that was asked for: nothing listens there.',
  },
  look: atOnce(look),
};

interface Frontend {
  readonly service: ServiceRecord;
  readonly isNodePort: boolean;
}

/** The Service whose address and port a packet was sent to, as the cluster says. */
function frontendOf({ cluster, facts }: Subject, { start }: Journey): Frontend | undefined {
  const { destination, dport, protocol } = start;
  const hasPort = (service: ServiceRecord): boolean =>
    service.ports.some((port) => port.port === dport && port.protocol === protocol);
  const service = cluster.servicesAt(destination.text).find((each) => hasPort(each.service))?.service;
  if (service !== undefined) return { service, isNodePort: false };
  if (dport === null || isOwn(facts, destination.text) !== true) return undefined;
  const byPort = cluster.services.find((each) =>
    each.ports.some((port) => port.nodePort === dport && port.protocol === protocol),
  );
  return byPort === undefined ? undefined : { service: byPort, isNodePort: true };
}

function messageOf({ service, isNodePort }: Frontend, { start }: Journey): string {
  const what = `${service.namespace}/${service.name}`;
  const address = `${start.destination.text}:${start.dport}/${start.protocol}`;
  return isNodePort
    ? `No rule translates ${address}, a NodePort of ${what}: the packet is for the node itself, where nothing listens.`
    : `No rule translates ${address}, an address of ${what}: the packet leaves as it is, for an address that nobody has.`;
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
  if (journey === undefined || !cluster.kinds.has('Service') || cluster.onlyIn.size > 0) return nothing;
  const checked = healthChecked(subject, journey);
  if (checked !== undefined) return { ...nothing, fine: [checked] };
  const cause = {
    code: 'no-such-nodeport',
    message: `No Service of the cluster has NodePort ${journey.start.dport}/${journey.start.protocol}, and no rule translates it: the packet is for the node itself, where nothing is known to listen.`,
    evidence: [{ file: cluster.source.label, line: 1, text: `none of ${cluster.services.length} Services has it` }],
    confirm: [
      'kubectl get services -A | grep -E "NodePort|LoadBalancer"',
      `ss -ltnu | grep ${journey.start.dport}   (on the node)`,
    ],
    mend: ['ask by the NodePort that the Service has now'],
  };
  return { ...nothing, found: [foundCause(cause, { ends: asked, as: 'refused' })] };
}

function look(subject: Subject, asked: Asked | null): Looked {
  const { ruleset, cluster } = subject;
  const journeys = accepted(asked).filter(({ end }) => !end.dnat);
  const [journey] = journeys;
  if (asked === null || journey === undefined) return nothing;
  const frontend = frontendOf(subject, journey);
  const dump = ruleset.dumps.find(({ family }) => family === asked.packet.family);
  if (frontend === undefined) return unknownNodePort(subject, journeys);
  if (dump === undefined) return nothing;
  const proxy = serviceProxyOf(ruleset, dump, cluster, nodeName(subject));
  // Where ipvs or another program does Services, rules need not know them.
  if (isElsewhere(proxy) && proxy.kind !== 'flushed' && proxy.kind !== 'absent') return nothing;
  const nat = dump.tables.find(({ name }) => name === 'nat');
  const services = nat?.chains.get('KUBE-SERVICES');
  const line = services?.declarations[0] ?? nat?.firstLine;
  const cause = {
    code: 'not-translated',
    message: messageOf(frontend, journey),
    evidence: line === undefined ? [] : [{ ...subject.place(line), text: ruleset.lines[line]?.text ?? '' }],
    confirm: [
      `iptables-save -t nat | grep ${journey.start.destination.text}`,
      'kubectl -n kube-system logs -l k8s-app=kube-proxy --tail=50',
    ],
    mend: ['restart kube-proxy on this node: it writes every chain anew'],
  };
  return {
    ...nothing,
    found: [foundCause(cause, { ends: journeys, as: frontend.isNodePort && journey.isDelivered ? 'refused' : 'lost' })],
  };
}
