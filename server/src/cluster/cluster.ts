/**
 * A cluster as far as it is known: the only thing that the rest of the program sees of one, wherever it came from. Immutable;
 * a change makes a new one. Look-ups build their index at the first question.
 */

import { canonicalIP } from '../base/ip.ts';
import type { Steps } from '../base/steps.ts';
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
}

export interface ClusterData {
  readonly source: ClusterSource;
  readonly warnings?: readonly string[];
  readonly kinds?: Iterable<ClusterKind>;
  readonly onlyIn?: ReadonlyMap<ClusterKind, string>;
  readonly services?: readonly ServiceRecord[];
  readonly slices?: readonly EndpointSliceRecord[];
  readonly pods?: readonly PodRecord[];
  readonly nodes?: readonly NodeRecord[];
  readonly proxyConfigs?: readonly ProxyConfig[];
}

const none: readonly never[] = [];

function lazy<T>(make: () => T): () => T {
  let value: { readonly made: T } | undefined;
  return () => {
    value ??= { made: make() };
    return value.made;
  };
}

function add<V>(index: Map<string, V[]>, key: string, value: V): void {
  const present = index.get(key);
  if (present === undefined) index.set(key, [value]);
  else present.push(value);
}

/** NUL cannot be part of a Kubernetes name, so no two pairs share a key. */
function key(namespace: string, name: string): string {
  return `${namespace}\0${name}`;
}

function indexServiceAddresses(services: readonly ServiceRecord[]): ReadonlyMap<string, readonly ServiceAddress[]> {
  const index = new Map<string, ServiceAddress[]>();
  for (const service of services) {
    const clusterIP: ServiceAddress = { service, use: 'cluster-ip' };
    const externalIP: ServiceAddress = { service, use: 'external-ip' };
    const loadBalancerIP: ServiceAddress = { service, use: 'load-balancer-ip' };
    for (const ip of service.clusterIPs) add(index, ip, clusterIP);
    for (const ip of service.externalIPs) add(index, ip, externalIP);
    for (const { ip } of service.loadBalancerIPs) add(index, ip, loadBalancerIP);
  }
  return index;
}

function indexEndpoints(slices: readonly EndpointSliceRecord[]): ReadonlyMap<string, readonly EndpointAddress[]> {
  const index = new Map<string, EndpointAddress[]>();
  for (const slice of slices) {
    for (const endpoint of slice.endpoints) {
      for (const ip of endpoint.addresses) add(index, ip, { slice, endpoint });
    }
  }
  return index;
}

function podRank(pod: PodRecord): number {
  const gone = pod.phase === 'Succeeded' || pod.phase === 'Failed';
  return (gone ? 4 : 0) + (pod.hostNetwork ? 2 : 0) + (pod.terminating ? 1 : 0);
}

function indexPods(pods: readonly PodRecord[]): ReadonlyMap<string, readonly PodRecord[]> {
  const index = new Map<string, PodRecord[]>();
  for (const pod of pods) {
    for (const ip of pod.podIPs) add(index, ip, pod);
  }
  for (const sharing of index.values()) {
    if (sharing.length > 1) sharing.sort((a, b) => podRank(a) - podRank(b));
  }
  return index;
}

/** A cluster of these objects. Where two objects have the same kind, namespace and name, the later one is looked up. */
export function createCluster(data: ClusterData): Cluster {
  const { services = none, slices = none, pods = none, nodes = none, onlyIn = new Map<ClusterKind, string>() } = data;
  const kinds = new Set(data.kinds ?? [...services, ...slices, ...pods, ...nodes].map((object) => object.kind));
  const byName = lazy(() => new Map(services.map((service) => [key(service.namespace, service.name), service])));
  const byService = lazy(() => {
    const index = new Map<string, EndpointSliceRecord[]>();
    for (const slice of slices) add(index, key(slice.namespace, slice.serviceName), slice);
    return index;
  });
  const podsByName = lazy(() => new Map(pods.map((pod) => [key(pod.namespace, pod.name), pod])));
  const nodesByName = lazy(() => new Map(nodes.map((node) => [node.name, node])));
  const serviceAddresses = lazy(() => indexServiceAddresses(services));
  const endpointAddresses = lazy(() => indexEndpoints(slices));
  const podAddresses = lazy(() => indexPods(pods));
  const nodeAddresses = lazy(
    () => new Map(nodes.flatMap((node) => node.addresses.map((address) => [address.address, node] as const))),
  );
  return {
    source: data.source,
    warnings: data.warnings ?? none,
    kinds,
    onlyIn,
    knows: (kind, namespace) => kinds.has(kind) && (onlyIn.get(kind) ?? namespace) === namespace,
    services,
    slices,
    pods,
    nodes,
    proxyConfigs: data.proxyConfigs ?? none,
    service: (namespace, name) => byName().get(key(namespace, name)),
    slicesOf: (namespace, name) => byService().get(key(namespace, name)) ?? none,
    pod: (namespace, name) => podsByName().get(key(namespace, name)),
    node: (name) => nodesByName().get(name),
    servicesAt: (ip) => serviceAddresses().get(canonicalIP(ip) ?? ip) ?? none,
    podsAt: (ip) => podAddresses().get(canonicalIP(ip) ?? ip) ?? none,
    endpointsAt: (ip) => endpointAddresses().get(canonicalIP(ip) ?? ip) ?? none,
    nodeAt: (ip) => nodeAddresses().get(canonicalIP(ip) ?? ip),
  };
}

/** Knows nothing: names come from the dump's comments then. */
export const emptyCluster: Cluster = createCluster({
  source: { kind: 'none', label: "the dump's comments", readAt: 0 },
});

/** Makes the indexes by which a cluster is asked, which are made at the first question else. Pauses between them. */
export function* indexSteps(cluster: Cluster): Steps<void> {
  const questions: readonly (() => unknown)[] = [
    () => cluster.service('', ''),
    () => cluster.slicesOf('', ''),
    () => cluster.pod('', ''),
    () => cluster.node(''),
    () => cluster.servicesAt(''),
    () => cluster.endpointsAt(''),
    () => cluster.podsAt(''),
    () => cluster.nodeAt(''),
  ];
  for (const ask of questions) {
    ask();
    yield;
  }
}
