/** The Services view's questions: which Services a dump has, the state of each, and what is behind one. */
import { createMemory } from '../base/memory.ts';
import type { Steps } from '../base/steps.ts';
import { entryId } from '../kube/flow/context.ts';
import { targetOf } from '../kube/flow/frontend-target.ts';
import { type Frontend, frontendLabel } from '../kube/flow/frontends.ts';
import type { FlowGraph } from '../kube/flow/graph.ts';
import { entryKindNames } from '../kube/flow/graph.ts';
import { requestSteps } from '../kube/flow/request.ts';
import { whyNoServices } from '../kube/flow/why-no-services.ts';
import {
  type ListedService,
  lineOfService,
  listServices,
  type ServiceList,
  stateOfEntry,
  stateOfPort,
  stateOfService,
} from '../kube/services/service-list.ts';
import type { ServiceState } from '../kube/services/state.ts';
import type { ListedServiceInfo, ServiceEntryInfo, ServiceStatesResult, ServicesResult } from '../protocol/requests.ts';
import { driftOf } from './support/drift-of.ts';
import type { DumpState } from './support/state.ts';

/** The Services of one state, and what finds them. */
interface KnownServices {
  readonly list: ServiceList;
  /** By "shop/web:http". */
  readonly ports: ReadonlyMap<string, { readonly service: ListedService; readonly entries: readonly Frontend[] }>;
}

const known = createMemory<DumpState, KnownServices>();
const servicesBetweenPauses = 512;

function* servicesOf(state: DumpState): Steps<KnownServices> {
  let services = known.get(state);
  if (services === undefined) {
    const resolution = state.resolution();
    const drift = state.cluster.source.kind === 'none' ? null : yield* driftOf(state);
    const list = yield* listServices(resolution, drift);
    const ports = new Map<string, { readonly service: ListedService; readonly entries: Frontend[] }>();
    for (const [at, service] of list.services.entries()) {
      if (at % servicesBetweenPauses === servicesBetweenPauses - 1) yield;
      for (const entry of service.entries) {
        const to = targetOf(resolution, entry);
        const port = ports.get(to) ?? { service, entries: [] };
        port.entries.push(entry);
        ports.set(to, port);
      }
    }
    services = { list, ports };
    known.set(state, services);
  }
  return services;
}

/** The Services of one state, listed once for each. */
export function* serviceListOf(state: DumpState): Steps<ServiceList> {
  return (yield* servicesOf(state)).list;
}

/** The Services of a dump by namespace, without their states: those take longer. */
export function* serviceNames(state: DumpState): Steps<ServicesResult> {
  const { list } = yield* servicesOf(state);
  const namespaces = new Map<string, ListedServiceInfo[]>();
  for (const [at, service] of list.services.entries()) {
    if (at % servicesBetweenPauses === servicesBetweenPauses - 1) yield;
    const { to, namespace, name, entries } = service;
    const addresses = [...new Set(entries.map(frontendLabel))];
    const own = namespaces.get(namespace) ?? [];
    own.push({ to, name, addresses, line: lineOfService(service) });
    namespaces.set(namespace, own);
  }
  return {
    namespaces: Array.from(namespaces, ([name, services]) => ({ name, services })),
    cluster: list.cluster,
    reason: list.services.length > 0 ? '' : yield* whyNoServices(state.resolution()),
  };
}

/** The states of Services and ports in the order in which they are asked for; null for what the dump does not have. */
export function* serviceStates(state: DumpState, targets: readonly string[]): Steps<ServiceStatesResult> {
  const { list, ports } = yield* servicesOf(state);
  const resolution = state.resolution();
  const states: (ServiceState | null)[] = [];
  for (const to of targets) {
    const port = ports.get(to);
    // A port that only the cluster has is its Service's.
    const service = list.byTarget.get(to) ?? (port === undefined ? list.byTarget.get(to.replace(/:[^:/]*$/, '')) : undefined);
    if (service !== undefined) states.push(yield* stateOfService(resolution, list, service));
    else states.push(port === undefined ? null : yield* stateOfPort(resolution, list, port.service, port.entries));
  }
  return { states };
}

/** Lines of a graph count from 1. */
function lineFrom(line: number | null): number | null {
  return line === null ? null : line - 1;
}

function endpointsBehind(graph: FlowGraph, entry: string): ServiceEntryInfo['endpoints'] {
  return graph.nodes.flatMap(({ kind, shares, address, pod, packets, line }) => {
    const share = shares[entry];
    if ((kind !== 'pod' && kind !== 'address') || share === undefined || share === 0 || address === null) return [];
    const name = pod === null ? '' : `${pod.namespace}/${pod.name}`;
    return [{ address, pod: name, node: pod?.node ?? '', share, packets, line: lineFrom(line) }];
  });
}

/** What is behind one Service: its entries with their states, and the endpoints that packets to each go to. */
export function* serviceEntries(state: DumpState, to: string): Steps<readonly ServiceEntryInfo[]> {
  const { list } = yield* servicesOf(state);
  const resolution = state.resolution();
  const service = list.byTarget.get(to);
  if (service === undefined) return [];
  const graphs: FlowGraph[] = [];
  const targets = service.namespace === '' ? service.entries.map((entry) => targetOf(resolution, entry)) : [service.to];
  for (const target of new Set(targets)) {
    const answer = yield* requestSteps(resolution, target);
    if (answer.ok) graphs.push(answer.graph);
  }
  const infos: ServiceEntryInfo[] = [];
  for (const entry of service.entries) {
    const id = entryId(entry);
    const graph = graphs.find(({ entries }) => entries.some((known) => known.id === id));
    infos.push({
      label: frontendLabel(entry),
      use: entryKindNames[entry.kind],
      state: yield* stateOfEntry(resolution, entry),
      line: entry.lines[0] ?? entry.target?.rules[0] ?? null,
      packets: graph?.nodes.find((node) => node.id === id)?.packets ?? null,
      endpoints: graph === undefined ? [] : endpointsBehind(graph, id),
    });
  }
  return infos;
}

/** "booking/frontend:http serves: 3 endpoints." and what is not sure of it; empty for what the dump does not have. */
export function* serviceSentence(state: DumpState, to: string): Steps<string> {
  const [found] = (yield* serviceStates(state, [to])).states;
  if (found === undefined || found === null) return '';
  return [`${to}${stateVerbs[found.kind]}: ${found.words}.`, ...found.remarks].join(' ');
}

const stateVerbs: Readonly<Record<ServiceState['kind'], string>> = {
  serves: ' serves',
  leads: ' leads to endpoints',
  limited: ' serves in part',
  // Its words say so.
  differs: '',
  'no-endpoints': ' has no endpoints',
  refuses: ' is refused',
  unreached: ' is not reached',
  unknown: ' is not known',
};
