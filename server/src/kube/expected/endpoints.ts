/** Which endpoints of a Service port a node sends to (pkg/proxy/endpointslicecache.go and topology.go). */

import { hostPort, isIPv6 } from '../../base/ip.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { EndpointRecord, EndpointSliceRecord } from '../../cluster/objects.ts';
import { type EndpointRef, endpointHashes } from '../identity/hash-index.ts';
import type { ProxyOptions } from '../proxy/options.ts';
import { versionTraits } from '../proxy/version.ts';
import type { ProxiedPort } from './service-ports.ts';

export interface ProxyEndpoint {
  readonly ref: EndpointRef;
  /** "10.244.0.11:8080", "[fd00::b]:8080": as comments name it, which is not always canonical. */
  readonly address: string;
  /** The same, canonical: where packets go. */
  readonly destination: string;
  /** "KUBE-SEP-GXKVICYM64SODBWJ" */
  readonly chain: string;
  /** Where slices do not say the same of this address: what kube-proxy may have taken instead, as the order of slices is left to chance. */
  readonly others: readonly EndpointRef[];
}

/** The endpoints that a port's traffic may reach from a node, each list in the order in which the rules name them. */
export interface EndpointChoice {
  /** For traffic policy Cluster. */
  readonly cluster: readonly ProxyEndpoint[];
  /** For traffic policy Local. */
  readonly local: readonly ProxyEndpoint[];
  /** Either of them: those that get a chain. */
  readonly reachable: readonly ProxyEndpoint[];
  /** Whether there is a usable endpoint anywhere, be it on another node. */
  readonly any: boolean;
}

/** Which of two endpoints of one slice with the same address counts, the later one given second. On an unknown node that is not known either. */
function ofTwins(known: ProxyEndpoint, next: ProxyEndpoint, { node, version }: ProxyOptions): ProxyEndpoint {
  const { endpoint } = next.ref;
  if (versionTraits(version).twins === 'last-not-terminating') return endpoint.terminating ? known : next;
  if (node === '') return eitherOf(known, next);
  return endpoint.nodeName === node ? next : known;
}

/** Of two slices' words about one address the better is taken, as of a running Pod that took a terminating one's. */
function isBetter(candidate: EndpointRecord, known: EndpointRecord): boolean {
  if (candidate.terminating !== known.terminating) return known.terminating;
  return candidate.ready && !known.ready;
}

function isSameUse(a: EndpointRecord, b: EndpointRecord): boolean {
  return a.ready === b.ready && a.serving === b.serving && a.terminating === b.terminating && a.nodeName === b.nodeName;
}

/** The endpoints of one slice for a port, by the address by which kube-proxy knows them. */
function endpointsIn(
  slice: EndpointSliceRecord,
  { port }: ProxiedPort,
  options: ProxyOptions,
): ReadonlyMap<string, ProxyEndpoint> {
  const { namesGivenAddress } = versionTraits(options.version);
  const found = new Map<string, ProxyEndpoint>();
  for (const { ref, chain, asGiven } of endpointHashes(slice)) {
    if (ref.portName !== port.name || ref.protocol !== port.protocol) continue;
    if (isIPv6(ref.ip) !== (options.family === 'ipv6')) continue;
    const destination = hostPort(ref.ip, ref.port);
    const named = namesGivenAddress && asGiven !== null ? asGiven : { address: destination, chain };
    const endpoint = { ref, address: named.address, destination, chain: named.chain, others: [] };
    const known = found.get(named.address);
    found.set(named.address, known === undefined ? endpoint : ofTwins(known, endpoint, options));
  }
  return found;
}

/** All endpoints of a port in its EndpointSlices of the family, ready or not, sorted by address as text. */
export function endpointsOf(cluster: Cluster, port: ProxiedPort, options: ProxyOptions): readonly ProxyEndpoint[] {
  const { namespace, name } = port.service;
  const addressType = options.family === 'ipv6' ? 'IPv6' : 'IPv4';
  const found = new Map<string, ProxyEndpoint>();
  for (const slice of cluster.slicesOf(namespace, name)) {
    if (slice.addressType !== addressType || slice.serviceProxyName !== '' || slice.labelledHeadless) continue;
    for (const [address, endpoint] of endpointsIn(slice, port, options)) {
      const known = found.get(address);
      found.set(address, known === undefined ? endpoint : eitherOf(known, endpoint));
    }
  }
  return [...found.values()].sort((a, b) => (a.address < b.address ? -1 : 1));
}

/** Of two endpoints with one address, of which kube-proxy may take either, the better with the other at hand. */
function eitherOf(known: ProxyEndpoint, next: ProxyEndpoint): ProxyEndpoint {
  const [better, other] = isBetter(next.ref.endpoint, known.ref.endpoint) ? [next, known] : [known, next];
  const others = [...known.others, ...next.others];
  return isSameUse(better.ref.endpoint, other.ref.endpoint)
    ? { ...better, others }
    : { ...better, others: [...others, other.ref] };
}

type Wanted = (endpoint: EndpointRecord) => boolean;

/** The endpoints that hints pick for this node: all, unless every ready one carries hints and one of them names the node or its zone. */
function hinted(port: ProxiedPort, endpoints: readonly ProxyEndpoint[], zone: string, { node, version }: ProxyOptions): Wanted {
  const traits = versionTraits(version);
  const { topologyMode: mode, topologyAwareHints } = port.service;
  const mayUseZones =
    traits.zoneHints === 'always' ||
    (traits.zoneHints === 'annotated'
      ? mode !== '' && mode !== 'disabled' && mode !== 'Disabled'
      : topologyAwareHints === 'auto' || topologyAwareHints === 'Auto');
  const everything: Wanted = () => true;
  const ready = endpoints.map(({ ref }) => ref.endpoint).filter((endpoint) => endpoint.ready);
  const picked = (names: (endpoint: EndpointRecord) => readonly string[] | null, name: string): Wanted | undefined => {
    const isFor: Wanted = (endpoint) => names(endpoint)?.includes(name) === true;
    return ready.every((endpoint) => (names(endpoint)?.length ?? 0) > 0) && ready.some(isFor) ? isFor : undefined;
  };
  const forNode = traits.nodeHints && node !== '' ? picked((endpoint) => endpoint.hintNodes, node) : undefined;
  const forZone = mayUseZones && zone !== '' ? picked((endpoint) => endpoint.hintZones, zone) : undefined;
  return forNode ?? forZone ?? everything;
}

/**
 * Which endpoints a node uses for a port (kube-proxy, CategorizeEndpoints): the ready ones, without any of them those that
 * terminate and still serve, for policy Cluster and Local apart. Hints narrow policy Cluster only.
 * @param zone the node's label `topology.kubernetes.io/zone`; empty without
 */
export function chooseEndpoints(
  port: ProxiedPort,
  endpoints: readonly ProxyEndpoint[],
  zone: string,
  options: ProxyOptions,
): EndpointChoice {
  const { usesTerminating } = versionTraits(options.version);
  const isReady = ({ ref }: ProxyEndpoint): boolean => ref.endpoint.ready;
  const isLeaving = ({ ref }: ProxyEndpoint): boolean =>
    usesTerminating && !ref.endpoint.ready && ref.endpoint.serving && ref.endpoint.terminating;
  const isLocal = ({ ref }: ProxyEndpoint): boolean => options.node !== '' && ref.endpoint.nodeName === options.node;

  let cluster: readonly ProxyEndpoint[] = [];
  if (port.usesCluster) {
    const isWanted = hinted(port, endpoints, zone, options);
    cluster = endpoints.filter((endpoint) => isReady(endpoint) && isWanted(endpoint.ref.endpoint));
    if (cluster.length === 0) cluster = endpoints.filter(isLeaving);
  }
  if (!port.usesLocal) return { cluster, local: [], reachable: cluster, any: cluster.length > 0 };

  let local = endpoints.filter((endpoint) => isReady(endpoint) && isLocal(endpoint));
  if (local.length === 0) local = endpoints.filter((endpoint) => isLeaving(endpoint) && isLocal(endpoint));
  const either = new Set([...cluster, ...local]);
  return {
    cluster,
    local,
    reachable: endpoints.filter((endpoint) => either.has(endpoint)),
    any: endpoints.some((endpoint) => isReady(endpoint) || isLeaving(endpoint)),
  };
}
