/** What a packet can be sent from and to, for a pick list: names of the cluster, entries of the dump. */
import { hostPort, isIPv6 } from '../base/ip.ts';
import type { Steps } from '../base/steps.ts';
import type { NodeRecord, PodRecord } from '../cluster/objects.ts';
import { frontendLabel, frontendSteps } from '../kube/flow/frontends.ts';
import { parseFlowTarget } from '../kube/flow/target.ts';
import { portName } from '../kube/identity/chain-names.ts';
import { dumpNode, dumpNodeSteps } from '../kube/proxy/dump-node.ts';
import type { TraceEnd, TraceEndsResult } from '../protocol/trace.ts';
import { flowTargetsOf } from './flow.ts';
import type { DumpState } from './support/state.ts';

/** A pick list that is longer helps nobody; what is not on it can be typed. */
const mostPods = 20_000;
const endsBetweenPauses = 512;

function nodeText({ addresses }: NodeRecord): string {
  return addresses.map(({ address }) => address).join(', ');
}

function podText({ podIPs, node, hostNetwork }: PodRecord): string {
  return [podIPs.join(', '), node, hostNetwork ? 'host network' : ''].filter((text) => text !== '').join(', ');
}

function podsOf(state: DumpState, ofHere: string): readonly TraceEnd[] {
  const { cluster } = state.resolution();
  const withAddress = cluster.pods.filter(({ podIPs }) => podIPs.length > 0);
  const inOrder = withAddress.toSorted(
    (one, other) =>
      Number(other.node === ofHere) - Number(one.node === ofHere) ||
      (`${one.namespace}/${one.name}` < `${other.namespace}/${other.name}` ? -1 : 1),
  );
  return inOrder
    .slice(0, mostPods)
    .map((pod) => ({ kind: 'pod', value: `${pod.namespace}/${pod.name}`, description: podText(pod) }));
}

function* sourcesOf(state: DumpState): Steps<readonly TraceEnd[]> {
  const resolution = state.resolution();
  yield* dumpNodeSteps(resolution);
  const nodes = resolution.ruleset.dumps.map((dump) => dumpNode(resolution, dump));
  const own = nodes.find(({ record }) => record !== null)?.record ?? null;
  return [
    { kind: 'outside', value: 'outside', description: 'an address of no Pod and no node' },
    ...(own === null ? [] : [{ kind: 'this-node', value: 'this-node', description: `${own.name}, ${nodeText(own)}` } as const]),
    ...podsOf(state, own?.name ?? ''),
    ...resolution.cluster.nodes.map(
      (node): TraceEnd => ({ kind: 'node', value: `node:${node.name}`, description: nodeText(node) }),
    ),
  ];
}

/** NodePorts, load balancers and external addresses, as far as an address tells them. */
function* entriesOf(state: DumpState): Steps<readonly TraceEnd[]> {
  const resolution = state.resolution();
  const entries = new Map<string, TraceEnd>();
  const frontends = yield* frontendSteps(resolution);
  for (const [at, frontend] of frontends.entries()) {
    if (at % endsBetweenPauses === endsBetweenPauses - 1) yield;
    const { kind, dump, port, protocol, service } = frontend;
    const { record } = dumpNode(resolution, dump);
    const own = record?.addresses.find(({ address }) => isIPv6(address) === (dump.family === 'ipv6'))?.address;
    const ip = frontend.ip ?? own;
    if (kind === 'chain' || ip === undefined || port === 0) continue;
    const name = service === null ? '' : portName(service.namespace, service.name, service.port);
    const description = [name, frontendLabel(frontend)].filter((text) => text !== '').join(', ');
    const value = hostPort(ip, port);
    if (!entries.has(`${value} ${protocol}`))
      entries.set(`${value} ${protocol}`, { kind: 'entry', value, description, protocol });
  }
  return [...entries.values()];
}

function isServiceName(to: string): boolean {
  const parsed = parseFlowTarget(to);
  return parsed.ok && parsed.target.kind === 'service';
}

function* destinationsOf(state: DumpState): Steps<readonly TraceEnd[]> {
  const { targets } = yield* flowTargetsOf(state);
  const services: TraceEnd[] = [];
  for (const [at, { to, description }] of targets.entries()) {
    if (at % endsBetweenPauses === endsBetweenPauses - 1) yield;
    if (isServiceName(to)) services.push({ kind: 'service', value: to, description });
  }
  const entries = yield* entriesOf(state);
  const { cluster } = state.resolution();
  return [
    ...services,
    ...entries,
    ...podsOf(state, '').map((pod): TraceEnd => ({ ...pod, needsPort: true })),
    ...cluster.nodes.map(
      (node): TraceEnd => ({ kind: 'node', value: `node:${node.name}`, description: nodeText(node), needsPort: true }),
    ),
  ];
}

/** The ends of the packets that people ask about. A new list each time; those of this node come first. */
export function* traceEndsOf(state: DumpState): Steps<TraceEndsResult> {
  return { from: yield* sourcesOf(state), to: yield* destinationsOf(state) };
}
