/**
 * A cluster as far as it is known: the only thing that the rest of the program sees of one, wherever it came from. Immutable;
 * a change makes a new one. Look-ups build their index at the first question.
 */

import { canonicalIP } from '../base/ip.ts';
import { runToEnd, type Steps } from '../base/steps.ts';
import type {
  ClusterKind,
  EndpointRecord,
  EndpointSliceRecord,
  NodeRecord,
  PodRecord,
  ProxyConfig,
  ServiceRecord,
} from './objects.ts';

export interface ClusterSource {
  readonly kind: 'snapshot' | 'live' | 'none';
  /** "cluster.json", "kind-dev"; for `none` what is known instead: "the dump's comments". */
  readonly label: string;
  /**
   * When the objects were read, in milliseconds since 1970; 0 where that is not known. A snapshot does not say it: it was made at the newest time that
   * its objects name, or later.
   */
  readonly readAt: number;
  /** When the file of a snapshot was last changed, which git and scp do, too; not there for what is no file. */
  readonly fileChangedAt?: number;
}

export type ServiceAddressUse = 'cluster-ip' | 'external-ip' | 'load-balancer-ip';

export interface ServiceAddress {
  readonly service: ServiceRecord;
  readonly use: ServiceAddressUse;
}

export interface EndpointAddress {
  readonly slice: EndpointSliceRecord;
  readonly endpoint: EndpointRecord;
}

export interface Cluster {
  readonly source: ClusterSource;
  /** What a reader should know before relying on it, in sentences: "No EndpointSlices: ...". */
  readonly warnings: readonly string[];
  /** The kinds that were read, even if there was none of them. Pods of a live cluster are read one by one and not listed here. */
  readonly kinds: ReadonlySet<ClusterKind>;
  /** Kinds of which one namespace alone could be read, each with that namespace; there is none for the others. */
  readonly onlyIn: ReadonlyMap<ClusterKind, string>;
  /** The namespaces that a snapshot is of which is not of all: it lacks default/kubernetes, which the API server makes anew at once. null where nothing tells so. */
  readonly namespaces: ReadonlySet<string> | null;
  /** Whether all objects of a kind in a namespace were read, so that one that is not here does not exist. */
  knows(kind: ClusterKind, namespace: string): boolean;
  /** In the order read. */
  readonly services: readonly ServiceRecord[];
  readonly slices: readonly EndpointSliceRecord[];
  readonly pods: readonly PodRecord[];
  readonly nodes: readonly NodeRecord[];
  /** What the objects say of how kube-proxy was started; empty where they say nothing. */
  readonly proxyConfigs: readonly ProxyConfig[];
  service(namespace: string, name: string): ServiceRecord | undefined;
  /** The slices of one Service, of all address types, in the order read. */
  slicesOf(namespace: string, serviceName: string): readonly EndpointSliceRecord[];
  pod(namespace: string, name: string): PodRecord | undefined;
  node(name: string): NodeRecord | undefined;
  /** Services with that clusterIP, external or load-balancer address. Addresses need not be canonical. */
  servicesAt(ip: string): readonly ServiceAddress[];
  /** Pods with that address, those that run and have it to themselves (no host network) first. */
  podsAt(ip: string): readonly PodRecord[];
  /** Endpoints with that address among their addresses. */
  endpointsAt(ip: string): readonly EndpointAddress[];
  nodeAt(ip: string): NodeRecord | undefined;
  /** Makes what the questions above are answered by, which is made at the first of them else. Pauses every few thousand addresses. */
  indexSteps(): Steps<void>;
}

export interface ClusterData {
  readonly source: ClusterSource;
  readonly warnings?: readonly string[];
  readonly kinds?: Iterable<ClusterKind>;
  readonly onlyIn?: ReadonlyMap<ClusterKind, string>;
  readonly namespaces?: ReadonlySet<string> | null;
  readonly services?: readonly ServiceRecord[];
  readonly slices?: readonly EndpointSliceRecord[];
  readonly pods?: readonly PodRecord[];
  readonly nodes?: readonly NodeRecord[];
  readonly proxyConfigs?: readonly ProxyConfig[];
}

const none: readonly never[] = [];

/** An index of the cluster's objects: made at the first question, or before it in steps. */
interface Index<T> {
  get(): T;
  make(): Steps<void>;
}

function index<T>(steps: () => Steps<T>): Index<T> {
  let value: { readonly made: T } | undefined;
  return {
    get: () => {
      value ??= { made: runToEnd(steps()) };
      return value.made;
    },
    *make() {
      if (value !== undefined) return;
      const made = yield* steps();
      value ??= { made };
    },
  };
}

const keysBetweenPauses = 4_096;

/** Values by key: the value itself where a key has one, as nearly all have. A list for each of 50,000 addresses would take as much as the endpoints themselves. */
type ByKey<V extends object> = ReadonlyMap<string, V | readonly V[]>;

/** Values by key, of all the keys that each has. Pauses every few thousand keys. */
function* indexByAll<V extends object>(entries: Iterable<readonly [string, V]>): Steps<Map<string, V | V[]>> {
  const made = new Map<string, V | V[]>();
  let count = 0;
  for (const [key, value] of entries) {
    add(made, key, value);
    count += 1;
    if (count % keysBetweenPauses === 0) yield;
  }
  return made;
}

/** The values of a key. */
function allOf<V extends object>(values: ByKey<V>, key: string): readonly V[] {
  const found = values.get(key);
  if (found === undefined) return none;
  return isList(found) ? found : [found];
}

function isList<V extends object>(value: V | readonly V[]): value is readonly V[] {
  return Array.isArray(value);
}

/** The last value of each key. */
function* indexByLast<V>(entries: Iterable<readonly [string, V]>): Steps<ReadonlyMap<string, V>> {
  const made = new Map<string, V>();
  let count = 0;
  for (const [key, value] of entries) {
    made.set(key, value);
    count += 1;
    if (count % keysBetweenPauses === 0) yield;
  }
  return made;
}

function add<V extends object>(values: Map<string, V | V[]>, key: string, value: V): void {
  const present = values.get(key);
  if (present === undefined) values.set(key, value);
  else if (Array.isArray(present)) present.push(value);
  else values.set(key, [present, value]);
}

/** NUL cannot be part of a Kubernetes name, so no two pairs share a key. */
function key(namespace: string, name: string): string {
  return `${namespace}\0${name}`;
}

function* serviceAddresses(services: readonly ServiceRecord[]): Generator<readonly [string, ServiceAddress]> {
  for (const service of services) {
    const clusterIP: ServiceAddress = { service, use: 'cluster-ip' };
    const externalIP: ServiceAddress = { service, use: 'external-ip' };
    const loadBalancerIP: ServiceAddress = { service, use: 'load-balancer-ip' };
    for (const ip of service.clusterIPs) yield [ip, clusterIP];
    for (const ip of service.externalIPs) yield [ip, externalIP];
    for (const { ip } of service.loadBalancerIPs) yield [ip, loadBalancerIP];
  }
}

function* endpointAddresses(slices: readonly EndpointSliceRecord[]): Generator<readonly [string, EndpointAddress]> {
  for (const slice of slices) {
    for (const endpoint of slice.endpoints) {
      for (const ip of endpoint.addresses) yield [ip, { slice, endpoint }];
    }
  }
}

function* podAddresses(pods: readonly PodRecord[]): Generator<readonly [string, PodRecord]> {
  for (const pod of pods) for (const ip of pod.podIPs) yield [ip, pod];
}

function* nodeAddresses(nodes: readonly NodeRecord[]): Generator<readonly [string, NodeRecord]> {
  for (const node of nodes) for (const { address } of node.addresses) yield [address, node];
}

function podRank(pod: PodRecord): number {
  const gone = pod.phase === 'Succeeded' || pod.phase === 'Failed';
  return (gone ? 4 : 0) + (pod.hostNetwork ? 2 : 0) + (pod.terminating ? 1 : 0);
}

function* podsByAddress(pods: readonly PodRecord[]): Steps<ByKey<PodRecord>> {
  const made = yield* indexByAll(podAddresses(pods));
  for (const sharing of made.values()) {
    if (Array.isArray(sharing)) sharing.sort((a, b) => podRank(a) - podRank(b));
  }
  return made;
}

function* keyed<V extends { readonly namespace: string; readonly name: string }>(
  objects: readonly V[],
): Generator<readonly [string, V]> {
  for (const object of objects) yield [key(object.namespace, object.name), object];
}

function* slicesByService(slices: readonly EndpointSliceRecord[]): Generator<readonly [string, EndpointSliceRecord]> {
  for (const slice of slices) yield [key(slice.namespace, slice.serviceName), slice];
}

/** A cluster of these objects. Where two objects have the same kind, namespace and name, the later one is looked up. */
export function createCluster(data: ClusterData): Cluster {
  const { services = none, slices = none, pods = none, nodes = none, onlyIn = new Map<ClusterKind, string>() } = data;
  const { namespaces = null } = data;
  const kinds = new Set(data.kinds ?? [...services, ...slices, ...pods, ...nodes].map((object) => object.kind));
  const byName = index(() => indexByLast(keyed(services)));
  const byService = index(() => indexByAll(slicesByService(slices)));
  const podsByName = index(() => indexByLast(keyed(pods)));
  const nodesByName = index(() => indexByLast(nodes.map((node) => [node.name, node] as const)));
  const servicesAt = index(() => indexByAll(serviceAddresses(services)));
  const endpointsAt = index(() => indexByAll(endpointAddresses(slices)));
  const podsAt = index(() => podsByAddress(pods));
  const nodeAt = index(() => indexByLast(nodeAddresses(nodes)));
  const indexes = [byName, byService, podsByName, nodesByName, servicesAt, endpointsAt, podsAt, nodeAt];
  return {
    source: data.source,
    warnings: data.warnings ?? none,
    kinds,
    onlyIn,
    namespaces,
    knows: (kind, namespace) => kinds.has(kind) && (onlyIn.get(kind) ?? namespace) === namespace,
    services,
    slices,
    pods,
    nodes,
    proxyConfigs: data.proxyConfigs ?? none,
    service: (namespace, name) => byName.get().get(key(namespace, name)),
    slicesOf: (namespace, name) => allOf(byService.get(), key(namespace, name)),
    pod: (namespace, name) => podsByName.get().get(key(namespace, name)),
    node: (name) => nodesByName.get().get(name),
    servicesAt: (ip) => allOf(servicesAt.get(), canonicalIP(ip) ?? ip),
    podsAt: (ip) => allOf(podsAt.get(), canonicalIP(ip) ?? ip),
    endpointsAt: (ip) => allOf(endpointsAt.get(), canonicalIP(ip) ?? ip),
    nodeAt: (ip) => nodeAt.get().get(canonicalIP(ip) ?? ip),
    *indexSteps() {
      for (const each of indexes) yield* each.make();
    },
  };
}

/** Knows nothing: names come from the dump's comments then. */
export const emptyCluster: Cluster = createCluster({
  source: { kind: 'none', label: "the dump's comments", readAt: 0 },
});
