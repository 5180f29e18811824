/**
 * From a chain's hash back to the Service port or endpoint that it was made of. Hashes are kept with the records they were made of,
 * so that a changed cluster hashes what is new in it and nothing else.
 */

import { hostPort } from '../../base/ip.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { EndpointRecord, EndpointSliceRecord, ServicePort, ServiceRecord } from '../../cluster/objects.ts';
import { endpointHash, portHash, portName } from './chain-names.ts';

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
  /** The endpoints of a Service's port, ready or not, of both families, each address and port once. */
  endpointsOf(namespace: string, service: string, port: string, protocol: string): readonly EndpointRef[];
  /** The one of them with this address, and with this port unless that is null: a look-up, however many endpoints the Service has. */
  endpointAt(
    service: { readonly namespace: string; readonly name: string; readonly port: string; readonly protocol: string },
    ip: string,
    port: number | null,
  ): EndpointRef | undefined;
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

const hashedPorts = new WeakMap<ServiceRecord, readonly HashedPort[]>();

/** The ports of a Service, in the order of its spec, with the hashes of their chains. */
export function portHashes(service: ServiceRecord): readonly HashedPort[] {
  let hashes = hashedPorts.get(service);
  if (hashes === undefined) {
    hashes = service.ports.map((port) => {
      const name = portName(service.namespace, service.name, port.name);
      const oldHash = port.name === '' ? portHash(`${name}:`, port.protocol) : null;
      return { port, hash: portHash(name, port.protocol), oldHash };
    });
    hashedPorts.set(service, hashes);
  }
  return hashes;
}

const hashedEndpoints = new WeakMap<EndpointSliceRecord, readonly HashedEndpoint[]>();
const none: readonly never[] = Object.freeze([]);

/** The endpoints of a slice, once for each of its ports, with the hashes of their chains; none for a slice of no Service. */
export function endpointHashes(slice: EndpointSliceRecord): readonly HashedEndpoint[] {
  if (slice.serviceName === '') return none;
  let hashes = hashedEndpoints.get(slice);
  if (hashes === undefined) {
    hashes = slice.ports.flatMap((port) => {
      const name = portName(slice.namespace, slice.serviceName, port.name);
      return endpointRefs(slice, port.name, port.protocol, port.port).map((ref) => {
        const address = hostPort(ref.ip, ref.port);
        const oldHash = port.name === '' ? endpointHash(`${name}:`, ref.protocol, address) : null;
        const hash = endpointHash(name, ref.protocol, address);
        return { ref, hash, chain: `KUBE-SEP-${hash}`, oldHash, asGiven: namedAsGiven(ref, name) };
      });
    });
    hashedEndpoints.set(slice, hashes);
  }
  return hashes;
}

function namedAsGiven({ endpoint, ip, port, protocol }: EndpointRef, name: string): HashedEndpoint['asGiven'] {
  const { givenAddress } = endpoint;
  if (givenAddress === ip || givenAddress === '') return null;
  const address = hostPort(givenAddress, port);
  const hash = endpointHash(name, protocol, address);
  return { address, hash, chain: `KUBE-SEP-${hash}` };
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

const indexes = new WeakMap<Cluster, ChainIndex>();

/** The index of a cluster, one for all rulesets that are named by it. Each part is built at the first question that needs it. */
export function chainIndexOf(cluster: Cluster): ChainIndex {
  let index = indexes.get(cluster);
  if (index === undefined) {
    index = createChainIndex(cluster);
    indexes.set(cluster, index);
  }
  return index;
}

function createChainIndex(cluster: Cluster): ChainIndex {
  let ports: Map<string, ServicePortRef> | undefined;
  const endpoints = new Map<string, EndpointRef>();
  let slicesRead = 0;

  function* readSlices(): Generator<void, void> {
    while (slicesRead < cluster.slices.length) {
      const slice = cluster.slices[slicesRead];
      slicesRead += 1;
      if (slice !== undefined) {
        for (const { ref, hash, oldHash, asGiven } of endpointHashes(slice)) {
          endpoints.set(hash, ref);
          if (oldHash !== null) endpoints.set(oldHash, ref);
          if (asGiven !== null) endpoints.set(asGiven.hash, ref);
        }
      }
      if (slicesRead % slicesBetweenPauses === 0) yield;
    }
  }

  return {
    port: (hash) => {
      if (ports === undefined) {
        ports = new Map();
        for (const service of cluster.services) {
          for (const { port, hash, oldHash } of portHashes(service)) {
            ports.set(hash, { service, port });
            if (oldHash !== null) ports.set(oldHash, { service, port });
          }
        }
      }
      return ports.get(hash);
    },
    endpoint: (hash) => {
      const known = endpoints.get(hash);
      if (known !== undefined) return known;
      for (const _ of readSlices()) {
        // Without pauses: someone waits for the answer.
      }
      return endpoints.get(hash);
    },
    endpointsOf: (namespace, service, port, protocol) => {
      const seen = new Map<string, EndpointRef>();
      for (const slice of cluster.slicesOf(namespace, service)) {
        for (const candidate of slice.ports) {
          if (candidate.name !== port || candidate.protocol !== protocol) continue;
          for (const ref of endpointRefs(slice, port, protocol, candidate.port)) {
            const address = hostPort(ref.ip, ref.port);
            // While slices are rewritten, an endpoint may stand in two of them; the ready one counts.
            if (seen.get(address)?.endpoint.ready !== true) seen.set(address, ref);
          }
        }
      }
      return [...seen.values()];
    },
    endpointAt: ({ namespace, name, port: portName, protocol }, ip, port) => {
      let found: EndpointRef | undefined;
      for (const { slice, endpoint } of cluster.endpointsAt(ip)) {
        if (slice.serviceName !== name || slice.namespace !== namespace || endpoint.addresses[0] !== ip) continue;
        for (const candidate of slice.ports) {
          if (candidate.name !== portName || candidate.protocol !== protocol || candidate.port === null) continue;
          if (port !== null && candidate.port !== port) continue;
          if (found?.endpoint.ready !== true) found = { slice, endpoint, ip, port: candidate.port, portName, protocol };
        }
      }
      return found;
    },
    prepare: readSlices,
  };
}
