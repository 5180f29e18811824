/** A map of Services as nodes and edges: all of them, whatever is folded in the drawing. */
import { compareNames } from '../../../server/src/base/compare-names.ts';
import { counted } from '../../../server/src/base/counted.ts';
import {
  type FlowEdge,
  type FlowNode,
  type MapEndpoint,
  type MapEntry,
  type MapService,
  type ServiceMap,
  unreadyWords,
} from '../../../server/src/kube/flow/graph.ts';
import { groupBy } from './collect.ts';
import { entryKindName } from './format.ts';
import { isFault, stateRank, stateText } from './service-state.ts';

/** The endpoints of a Service on one node of the cluster. */
export interface MapHost {
  /** null where no node is known. */
  readonly node: FlowNode | null;
  readonly pods: readonly FlowNode[];
}

/** A Service with the nodes that stand for what is before and behind it. */
export interface ListedService {
  readonly service: MapService;
  readonly node: FlowNode;
  readonly entries: readonly FlowNode[];
  /** By name; those without a known node last. */
  readonly hosts: readonly MapHost[];
  /** How many endpoints it has. */
  readonly endpoints: number;
}

export interface MapNamespace {
  readonly node: FlowNode;
  /** The worst first, then by name. */
  readonly services: readonly ListedService[];
}

export interface MapIndex {
  /** Those with the worst Service first, then by name; what has no known name last. */
  readonly namespaces: readonly MapNamespace[];
  /** By the id of each node, a Service's and what belongs to one. */
  readonly serviceOf: ReadonlyMap<string, ListedService>;
  readonly namespaceOf: ReadonlyMap<ListedService, MapNamespace>;
  /** The Services are not all looked at yet. */
  readonly isPending: boolean;
}

// What opens and closes has an id that begins so, as endpoints' groups have.
const namespaceId = (name: string): string => `group:namespace:${name}`;
const serviceId = (to: string): string => `group:service:${to}`;
/** The id of those of a namespace that are folded behind its faults. */
export const restId = (name: string): string => `group:rest:${name}`;

/** What tells a node of a map from another. */
type MapNode = Pick<FlowNode, 'id' | 'kind' | 'label' | 'detail' | 'line'> &
  Partial<Pick<FlowNode, 'address' | 'pod' | 'service' | 'to' | 'state'>>;

// All fields one by one: there are some ten thousand, and copying an object's fields takes several times as long.
function mapNode({ id, kind, label, detail, line, address, pod, service, to, state }: MapNode): FlowNode {
  const node: FlowNode = {
    id,
    kind,
    label,
    detail,
    table: null,
    chain: null,
    line,
    service: service ?? null,
    pod: pod ?? null,
    address: address ?? null,
    shares: noShares,
    share: null,
    badges: noBadges,
    drift: null,
    packets: null,
    ...(state === undefined ? {} : { state }),
    ...(to === undefined ? {} : { to }),
  };
  return node;
}

const noShares = {};
const noBadges = [] as const;

// node-2 before node-10.

function serviceNode(service: MapService): FlowNode {
  const { to, namespace, name, state, line } = service;
  const ref = { namespace, name, port: '', portNumber: null, protocol: '', clusterIP: null };
  return mapNode({
    id: serviceId(to),
    kind: 'listed-service',
    label: name,
    detail: stateText(state),
    line,
    service: namespace === '' ? null : ref,
    to,
    state,
  });
}

/** What an entry is called beside its label; empty where the label says it. */
export function entryName({ kind, label }: Pick<MapEntry, 'kind' | 'label'>): string {
  return kind === 'health-check' || label.startsWith(entryKindName(kind)) ? '' : entryKindName(kind);
}

function entryNode({ to }: MapService, { kind, label, state, line }: MapEntry, at: number): FlowNode {
  const detail = [entryName({ kind, label }), isFault(state) ? stateText(state) : ''].filter((part) => part !== '').join(', ');
  return mapNode({ id: `entry:${to}\n${at}`, kind: 'entry', label, detail, line, state });
}

function podNode({ to }: MapService, { address, pod, line }: MapEndpoint): FlowNode {
  const id = `endpoint:${to}\n${address}`;
  return pod === null
    ? mapNode({ id, kind: 'address', label: address, detail: '', line, address })
    : mapNode({ id, kind: 'pod', label: pod.name, detail: address, line, address, pod });
}

function hostNode({ to }: MapService, name: string | null, pods: readonly FlowNode[]): FlowNode {
  const detail = [counted(pods.length, 'endpoint'), ...unreadyWords(pods.map(({ pod }) => pod))];
  const id = `host:${to}\n${name ?? ''}`;
  return mapNode({ id, kind: 'host', label: name ?? 'node not known', detail: detail.join(', '), line: null });
}

/** @param hasHosts whether some endpoint's node is known anywhere on the map */
function listService(service: MapService, hasHosts: boolean): ListedService {
  const groups = groupBy(
    service.endpoints.map((endpoint) => podNode(service, endpoint)),
    ({ pod }) => pod?.node ?? null,
  );
  const hosts = [...groups]
    .toSorted(([a], [b]) => Number(a === null) - Number(b === null) || compareNames(a ?? '', b ?? ''))
    .map(([name, pods]): MapHost => ({ node: hasHosts ? hostNode(service, name, pods) : null, pods }));
  return {
    service,
    node: serviceNode(service),
    entries: service.entries.map((entry, at) => entryNode(service, entry, at)),
    hosts,
    endpoints: service.endpoints.length,
  };
}

function namespaceNode(name: string, services: readonly ListedService[]): FlowNode {
  const label = name === '' ? 'without a known name' : name;
  const detail = counted(services.length, 'Service');
  return mapNode({ id: namespaceId(name), kind: 'namespace', label, detail, line: null });
}

function byName(a: string, b: string): number {
  return a === b ? 0 : (a === '') !== (b === '') ? (a === '' ? 1 : -1) : compareNames(a, b) || (a < b ? -1 : 1);
}

function rankOf({ service }: ListedService): number {
  return stateRank(service.state.kind);
}

/** What is looked at first comes first; states that are no fault are told apart by name alone. */
function compareServices(a: ListedService, b: ListedService): number {
  const rank = (listed: ListedService): number => (isFault(listed.service.state) ? rankOf(listed) : Number.MAX_SAFE_INTEGER);
  return rank(a) - rank(b) || byName(a.service.name, b.service.name) || byName(a.service.to, b.service.to);
}

function compareNamespaces(
  [nameA, a]: [string, readonly ListedService[]],
  [nameB, b]: [string, readonly ListedService[]],
): number {
  const worst = (services: readonly ListedService[]): number =>
    services.reduce(
      (least, listed) => (isFault(listed.service.state) ? Math.min(least, rankOf(listed)) : least),
      Number.MAX_SAFE_INTEGER,
    );
  return worst(a) - worst(b) || byName(nameA, nameB);
}

/** The namespaces of a map with their Services in the order in which they are read. */
export function indexMap({ services }: ServiceMap): MapIndex {
  const hasHosts = services.some(({ endpoints }) => endpoints.some(({ pod }) => pod !== null && pod.node !== null));
  const listed = services.map((service) => listService(service, hasHosts));
  const namespaces = [...groupBy(listed, ({ service }) => service.namespace)]
    .toSorted(compareNamespaces)
    .map(([name, own]): MapNamespace => ({ node: namespaceNode(name, own), services: own.toSorted(compareServices) }));
  const serviceOf = new Map<string, ListedService>();
  const namespaceOf = new Map<ListedService, MapNamespace>();
  for (const namespace of namespaces) {
    for (const own of namespace.services) {
      namespaceOf.set(own, namespace);
      for (const { id } of nodesOf(own)) serviceOf.set(id, own);
    }
  }
  return { namespaces, serviceOf, namespaceOf, isPending: services.some(({ state }) => state.kind === 'pending') };
}

/** A Service's nodes: itself, its entries, nodes of the cluster and endpoints. */
export function nodesOf({ node, entries, hosts }: ListedService): readonly FlowNode[] {
  const nodes = [node, ...entries];
  for (const host of hosts) {
    if (host.node !== null) nodes.push(host.node);
    for (const pod of host.pods) nodes.push(pod);
  }
  return nodes;
}

function plainEdge(from: FlowNode, to: FlowNode, line: number | null, probability: number | null): FlowEdge {
  return { from: from.id, to: to.id, line, rule: null, probability, condition: '', packets: null };
}

// An edge is one object, whoever asks: what is lit is known by it. Most Services of a large map are never asked.
const edgesKnown = new WeakMap<ListedService, readonly FlowEdge[]>();

/** Its edges, from entries to endpoints; the same ones each time. */
export function edgesOf(listed: ListedService): readonly FlowEdge[] {
  const known = edgesKnown.get(listed);
  if (known !== undefined) return known;
  const { node, entries, hosts } = listed;
  const edges = entries.map((entry) => {
    const isServed = entry.state === undefined || !isDeadEnd(entry.state.kind);
    return plainEdge(entry, node, entry.line, isServed ? null : 0);
  });
  for (const host of hosts) {
    if (host.node !== null) edges.push(plainEdge(node, host.node, null, null));
    for (const pod of host.pods) edges.push(plainEdge(host.node ?? node, pod, pod.line, null));
  }
  edgesKnown.set(listed, edges);
  return edges;
}

function isDeadEnd(kind: string): boolean {
  return kind === 'refuses' || kind === 'no-endpoints' || kind === 'unreached';
}

/** All nodes of a map, namespaces included. */
export function allNodes({ namespaces }: MapIndex): readonly FlowNode[] {
  const nodes: FlowNode[] = [];
  for (const { node, services } of namespaces) {
    nodes.push(node);
    for (const listed of services) for (const own of nodesOf(listed)) nodes.push(own);
  }
  return nodes;
}
