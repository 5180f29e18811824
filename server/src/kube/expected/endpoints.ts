/** Which endpoints of a Service port a node sends to (pkg/proxy/endpointslicecache.go and topology.go). */

import { hostPort, isIPv6 } from '../../base/ip.ts';
import { createMemory } from '../../base/memory.ts';
import { type Steps, sortedSteps } from '../../base/steps.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { EndpointRecord, EndpointSliceRecord } from '../../cluster/objects.ts';
import { type EndpointRef, endpointHashes, type HashedEndpoint } from '../identity/hash-index.ts';
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
  /** The other endpoints of the port with this address, as of Pods on the host network: kube-proxy makes one of them. */
  readonly sharing: readonly EndpointRef[];
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

const none: readonly never[] = [];

/** What slices say of one address, while they are read. */
interface Claims {
  readonly address: string;
  readonly destination: string;
  readonly chain: string;
  /** The one that counts. */
  taken: EndpointRef;
  /** All of them, in the order read. */
  readonly all: EndpointRef[];
  /** What kube-proxy may have taken instead: of nearly all nothing. */
  others: EndpointRef[] | undefined;
}

/** Of two slices' words about one address the better is taken, as of a running Pod that took a terminating one's. */
function isBetter(candidate: EndpointRecord, known: EndpointRecord): boolean {
  if (candidate.terminating !== known.terminating) return known.terminating;
  return candidate.ready && !known.ready;
}

function sameNames(a: readonly string[] | null, b: readonly string[] | null): boolean {
  return a === b || (a !== null && b !== null && a.length === b.length && a.every((name, at) => name === b[at]));
}

/** Whether it makes no difference which of two endpoints with one address is taken. */
function isSameUse(a: EndpointRecord, b: EndpointRecord): boolean {
  return (
    a.ready === b.ready &&
    a.serving === b.serving &&
    a.terminating === b.terminating &&
    a.nodeName === b.nodeName &&
    sameNames(a.hintZones, b.hintZones) &&
    sameNames(a.hintNodes, b.hintNodes)
  );
}

function addOther(claims: Claims, other: EndpointRef): void {
  claims.others ??= [];
  claims.others.push(other);
}

/** Takes the better of two, either of which kube-proxy may take. */
function takeEither(claims: Claims, next: EndpointRef): void {
  const { taken } = claims;
  const isNext = isBetter(next.endpoint, taken.endpoint);
  if (!isSameUse(taken.endpoint, next.endpoint)) addOther(claims, isNext ? taken : next);
  if (isNext) claims.taken = next;
}

/** Takes one of two endpoints of the same slice, which are read in order. On an unknown node it is not known which of them counts. */
function takeOfSlice(claims: Claims, next: EndpointRef, { node, version }: ProxyOptions): void {
  const { endpoint } = next;
  if (versionTraits(version).twins === 'last-not-terminating') {
    if (!endpoint.terminating) claims.taken = next;
  } else if (node === '') takeEither(claims, next);
  else if (endpoint.nodeName === node) claims.taken = next;
}

const endpointsBetweenPauses = 1_024;
const byPort = createMemory<EndpointSliceRecord, ReadonlyMap<string, readonly HashedEndpoint[]>>();

/** A slice's endpoints for one port of the Service, sorted out once for all of its ports. */
function* hashedFor(slice: EndpointSliceRecord, portName: string, protocol: string): Steps<readonly HashedEndpoint[]> {
  let ports = byPort.get(slice);
  if (ports === undefined) {
    const found = new Map<string, HashedEndpoint[]>();
    let count = 0;
    for (const hashed of yield* endpointHashes(slice)) {
      const key = `${hashed.ref.protocol}/${hashed.ref.portName}`;
      const list = found.get(key);
      if (list === undefined) found.set(key, [hashed]);
      else list.push(hashed);
      count += 1;
      if (count % endpointsBetweenPauses === 0) yield;
    }
    ports = found;
    byPort.set(slice, ports);
  }
  return ports.get(`${protocol}/${portName}`) ?? none;
}

/** Takes in the endpoints of one slice for a port, by the address by which kube-proxy knows them. */
function* readSlice(
  claims: Map<string, Claims>,
  slice: EndpointSliceRecord,
  { port }: ProxiedPort,
  options: ProxyOptions,
): Steps<void> {
  const { namesGivenAddress } = versionTraits(options.version);
  const own = new Map<string, Claims>();
  let count = 0;
  for (const { ref, chain, asGiven } of yield* hashedFor(slice, port.name, port.protocol)) {
    count += 1;
    if (count % endpointsBetweenPauses === 0) yield;
    if (isIPv6(ref.ip) !== (options.family === 'ipv6')) continue;
    const destination = hostPort(ref.ip, ref.port);
    const named = namesGivenAddress && asGiven !== null ? asGiven : { address: destination, chain };
    const known = own.get(named.address);
    if (known === undefined) {
      own.set(named.address, { ...named, destination, taken: ref, all: [ref], others: undefined });
    } else {
      takeOfSlice(known, ref, options);
      known.all.push(ref);
    }
  }
  for (const [address, next] of own) {
    count += 1;
    if (count % endpointsBetweenPauses === 0) yield;
    const known = claims.get(address);
    if (known === undefined) {
      claims.set(address, next);
      continue;
    }
    takeEither(known, next.taken);
    for (const ref of next.all) known.all.push(ref);
    for (const ref of next.others ?? none) addOther(known, ref);
  }
}

const byAddress = (a: ProxyEndpoint, b: ProxyEndpoint): number => (a.address < b.address ? -1 : 1);

/** All endpoints of a port in its EndpointSlices of the family, ready or not, sorted by address as text. Pauses where they are thousands. */
export function* endpointsOf(cluster: Cluster, port: ProxiedPort, options: ProxyOptions): Steps<readonly ProxyEndpoint[]> {
  const { namespace, name } = port.service;
  const addressType = options.family === 'ipv6' ? 'IPv6' : 'IPv4';
  const claims = new Map<string, Claims>();
  for (const slice of cluster.slicesOf(namespace, name)) {
    if (slice.addressType === addressType && slice.serviceProxyName === '' && !slice.labelledHeadless)
      yield* readSlice(claims, slice, port, options);
  }
  const endpoints: ProxyEndpoint[] = [];
  for (const { address, destination, chain, others, taken, all } of claims.values()) {
    const sharing = all.length === 1 ? none : all.filter((ref) => ref !== taken);
    endpoints.push({ ref: taken, address, destination, chain, others: others ?? none, sharing });
    if (endpoints.length % endpointsBetweenPauses === 0) yield;
  }
  return endpoints.length < endpointsBetweenPauses ? endpoints.sort(byAddress) : yield* sortedSteps(endpoints, byAddress);
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
