/** Which Pod is behind an address, for an endpoint of a Service or for any address that rules send packets to. */
import type { Cluster } from '../../cluster/cluster.ts';
import type { PodRecord } from '../../cluster/objects.ts';
import type { ChainEndpoint, ChainPod, ChainService, Resolution } from './chain-identity.ts';
import type { EndpointRef } from './hash-index.ts';

function podOf(cluster: Cluster, record: PodRecord): ChainPod {
  const zone = cluster.node(record.node)?.zone;
  return {
    namespace: record.namespace,
    name: record.name,
    node: record.node || null,
    zone: zone === undefined || zone === '' ? null : zone,
    ready: record.ready,
    terminating: record.terminating,
    record,
  };
}

/** The Pod that an endpoint refers to; null where it refers to something else, or to nothing. */
export function podBehind(cluster: Cluster, { endpoint, slice }: Pick<EndpointRef, 'endpoint' | 'slice'>): ChainPod | null {
  const reference = endpoint.targetRef;
  if (reference === null || (reference.kind !== 'Pod' && reference.kind !== '')) return null;
  const namespace = reference.namespace || slice.namespace;
  const record = cluster.pod(namespace, reference.name) ?? null;
  const node = endpoint.nodeName || record?.node || null;
  const zone = endpoint.zone || (node === null ? '' : (cluster.node(node)?.zone ?? '')) || null;
  const ready = record?.ready ?? endpoint.ready;
  const terminating = endpoint.terminating || record?.terminating === true;
  return { namespace, name: reference.name, node, zone, ready, terminating, record };
}

/** A live cluster knows Pods by the slices alone until one is asked for. */
function podAtEndpoint(cluster: Cluster, ip: string): ChainPod | null {
  if (cluster.nodeAt(ip) !== undefined) return null;
  for (const { slice, endpoint } of cluster.endpointsAt(ip)) {
    if (endpoint.targetRef?.kind === 'Pod') return podBehind(cluster, { slice, endpoint });
  }
  return null;
}

/** The endpoint of a Service at an address, or whoever has the address now. */
export function endpointOf(
  { cluster, index }: Pick<Resolution, 'cluster' | 'index'>,
  service: ChainService | undefined,
  { ip, port }: { readonly ip: string; readonly port: number | null },
): ChainEndpoint {
  const refs = service === undefined ? [] : index.endpointsAt(service, ip, port);
  const [ref] = refs;
  if (ref !== undefined) {
    const pod = podBehind(cluster, ref);
    const otherPods: ChainPod[] = [];
    for (const other of refs.slice(1).map((each) => podBehind(cluster, each))) {
      const isKnown = [pod, ...otherPods].some((known) => known?.name === other?.name && known?.namespace === other?.namespace);
      if (other !== null && !isKnown) otherPods.push(other);
    }
    return { ip, port: port ?? ref.port, pod, otherPods, endpoint: ref.endpoint };
  }
  // Not an endpoint of its Service, or nothing is known of it: whoever has the address now would get the packets.
  const record = cluster.podsAt(ip).find((candidate) => !candidate.hostNetwork);
  const pod = record === undefined ? podAtEndpoint(cluster, ip) : podOf(cluster, record);
  return { ip, port, pod, otherPods: [], endpoint: null };
}
