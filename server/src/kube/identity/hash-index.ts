/**
 * From a chain's hash back to the Service port or endpoint that it was made of. Hashes are kept with the records they were made of,
 * so that a changed cluster hashes what is new in it and nothing else.
 */

import { hostPort } from '../../base/ip.ts';
import { createMemory } from '../../base/memory.ts';
import { runToEnd, type Steps } from '../../base/steps.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { EndpointRecord, EndpointSliceRecord, ServicePort, ServiceRecord } from '../../cluster/objects.ts';
import { endpointChain, endpointHash, portHash, portName } from './chain-names.ts';

export interface ServicePortRef {
  readonly service: ServiceRecord;
  readonly port: ServicePort;
}

export interface EndpointRef {
  readonly slice: EndpointSliceRecord;
  readonly endpoint: EndpointRecord;
  /** Canonical; kube-proxy uses an endpoint's first address. */
  readonly ip: string;
  readonly port: number;
  readonly portName: string;
  readonly protocol: string;
}

export interface ChainIndex {
  /** The Service port whose chains have this hash. */
  port(hash: string): ServicePortRef | undefined;
  /** The endpoint whose chain has this hash, of any Service. The first question hashes every endpoint. */
  endpoint(hash: string): EndpointRef | undefined;
  /**
   * The endpoints of a Service's port with this address, and with this port unless that is null, those that are ready first: a look-up, however
   * many endpoints the Service has. More than one where slices are being rewritten, or where Pods share the node's address.
   */
  endpointsAt(
    service: { readonly namespace: string; readonly name: string; readonly port: string; readonly protocol: string },
    ip: string,
    port: number | null,
  ): readonly EndpointRef[];
  /** Does the hashing behind `endpoint`, with pauses. */
  prepare(): Generator<void, void>;
}

const slicesBetweenPauses = 64;

/** A port of a Service with the hash of its chains. */
export interface HashedPort {
  readonly port: ServicePort;
  readonly hash: string;
  /** Versions before about 1.20 kept the colon of an unnamed port; null for a named one. */
  readonly oldHash: string | null;
}

/** An endpoint's address and port with the hash of its chain. */
export interface HashedEndpoint {
  readonly ref: EndpointRef;
  readonly hash: string;
  /** "KUBE-SEP-" and the hash. */
  readonly chain: string;
  /** As for ports; null for a named one. */
  readonly oldHash: string | null;
  /** As kube-proxy up to 1.30 names it where the slice spells its address in another way than iptables prints it; null where not. */
  readonly asGiven: { readonly address: string; readonly hash: string; readonly chain: string } | null;
}

const hashedPorts = createMemory<ServiceRecord, readonly HashedPort[]>();

const portsBetweenPauses = 512;

/** The ports of a Service, in the order of its spec, with the hashes of their chains. Pauses every few hundred. */
export function* portHashSteps(service: ServiceRecord): Steps<readonly HashedPort[]> {
  const before = hashedPorts.get(service);
  if (before !== undefined) return before;
  const hashes: HashedPort[] = [];
  for (const port of service.ports) {
    const name = portName(service.namespace, service.name, port.name);
    const oldHash = port.name === '' ? portHash(`${name}:`, port.protocol) : null;
    hashes.push({ port, hash: portHash(name, port.protocol), oldHash });
    if (hashes.length % portsBetweenPauses === 0) yield;
  }
  const exact = hashes.slice();
  hashedPorts.set(service, exact);
  return exact;
}

/** The same without pauses. */
export function portHashes(service: ServiceRecord): readonly HashedPort[] {
  return hashedPorts.get(service) ?? runToEnd(portHashSteps(service));
}

/** A slice of kube-controller-manager's has 100, and one that somebody wrote 50,000: etcd takes no more. */
const endpointsBetweenPauses = 1_024;
const hashedEndpoints = createMemory<EndpointSliceRecord, readonly HashedEndpoint[]>();
const none: readonly never[] = Object.freeze([]);

/** The endpoints of a slice, once for each of its ports, with the hashes of their chains; none for a slice of no Service. Pauses every few thousand. */
export function* endpointHashes(slice: EndpointSliceRecord): Steps<readonly HashedEndpoint[]> {
  if (slice.serviceName === '') return none;
  const before = hashedEndpoints.get(slice);
  if (before !== undefined) return before;
  const hashes: HashedEndpoint[] = [];
  for (const port of slice.ports) {
    const name = portName(slice.namespace, slice.serviceName, port.name);
    for (const ref of endpointRefs(slice, port.name, port.protocol, port.port)) {
      const address = hostPort(ref.ip, ref.port);
      const oldHash = port.name === '' ? endpointHash(`${name}:`, ref.protocol, address) : null;
      const hash = endpointHash(name, ref.protocol, address);
      hashes.push({ ref, hash, chain: endpointChain(hash), oldHash, asGiven: namedAsGiven(ref, name) });
      if (hashes.length % endpointsBetweenPauses === 0) yield;
    }
  }
  // An array that grew has more room than it needs.
  const exact = hashes.slice();
  hashedEndpoints.set(slice, exact);
  return exact;
}

function namedAsGiven({ endpoint, ip, port, protocol }: EndpointRef, name: string): HashedEndpoint['asGiven'] {
  const { givenAddress } = endpoint;
  if (givenAddress === ip || givenAddress === '') return null;
  const address = hostPort(givenAddress, port);
  const hash = endpointHash(name, protocol, address);
  return { address, hash, chain: endpointChain(hash) };
}

function endpointRefs(slice: EndpointSliceRecord, name: string, protocol: string, port: number | null): readonly EndpointRef[] {
  if (port === null) return [];
  const refs: EndpointRef[] = [];
  for (const endpoint of slice.endpoints) {
    const ip = endpoint.addresses[0];
    if (ip !== undefined) refs.push({ slice, endpoint, ip, port, portName: name, protocol });
  }
  return refs;
}

const indexes = createMemory<Cluster, ChainIndex>();

/** The index of a cluster, one for all rulesets that are named by it. Each part is built at the first question that needs it. */
export function chainIndexOf(cluster: Cluster): ChainIndex {
  let index = indexes.get(cluster);
  if (index === undefined) {
    index = createChainIndex(cluster);
    indexes.set(cluster, index);
  }
  return index;
}

/** What a cluster's objects make; the parts are built at the first question that needs them. */
interface IndexParts {
  readonly cluster: Cluster;
  ports: ReadonlyMap<string, ServicePortRef> | undefined;
  readonly endpoints: Map<string, EndpointRef>;
  slicesRead: number;
}

function* readSlices(parts: IndexParts): Generator<void, void> {
  const { slices } = parts.cluster;
  while (parts.slicesRead < slices.length) {
    const slice = slices[parts.slicesRead];
    parts.slicesRead += 1;
    if (slice !== undefined) {
      let count = 0;
      for (const { ref, hash, oldHash, asGiven } of yield* endpointHashes(slice)) {
        parts.endpoints.set(hash, ref);
        if (oldHash !== null) parts.endpoints.set(oldHash, ref);
        if (asGiven !== null) parts.endpoints.set(asGiven.hash, ref);
        count += 1;
        if (count % endpointsBetweenPauses === 0) yield;
      }
    }
    if (parts.slicesRead % slicesBetweenPauses === 0) yield;
  }
}

function portsByHash(cluster: Cluster): ReadonlyMap<string, ServicePortRef> {
  const ports = new Map<string, ServicePortRef>();
  for (const service of cluster.services) {
    for (const { port, hash, oldHash } of portHashes(service)) {
      ports.set(hash, { service, port });
      if (oldHash !== null) ports.set(oldHash, { service, port });
    }
  }
  return ports;
}

function endpointWithHash(parts: IndexParts, hash: string): EndpointRef | undefined {
  const known = parts.endpoints.get(hash);
  if (known !== undefined) return known;
  for (const _ of readSlices(parts)) {
    // Without pauses: someone waits for the answer.
  }
  return parts.endpoints.get(hash);
}

function findEndpoints(
  cluster: Cluster,
  { namespace, name, port: portName, protocol }: Parameters<ChainIndex['endpointsAt']>[0],
  ip: string,
  port: number | null,
): readonly EndpointRef[] {
  const found: EndpointRef[] = [];
  for (const { slice, endpoint } of cluster.endpointsAt(ip)) {
    if (slice.serviceName !== name || slice.namespace !== namespace || endpoint.addresses[0] !== ip) continue;
    for (const candidate of slice.ports) {
      if (candidate.name !== portName || candidate.protocol !== protocol || candidate.port === null) continue;
      if (port !== null && candidate.port !== port) continue;
      found.push({ slice, endpoint, ip, port: candidate.port, portName, protocol });
    }
  }
  return found.length < 2 ? found : found.sort((a, b) => Number(b.endpoint.ready) - Number(a.endpoint.ready));
}

function createChainIndex(cluster: Cluster): ChainIndex {
  const parts: IndexParts = { cluster, ports: undefined, endpoints: new Map(), slicesRead: 0 };
  return {
    port: (hash) => {
      parts.ports ??= portsByHash(cluster);
      return parts.ports.get(hash);
    },
    endpoint: (hash) => endpointWithHash(parts, hash),
    endpointsAt: (service, ip, port) => findEndpoints(cluster, service, ip, port),
    prepare: () => readSlices(parts),
  };
}
