/** Which addresses are the node's own, as far as a cluster tells, and which packets are likely to be for the node where it does not. */
import { inCIDR } from '../../base/ip.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { Packet } from '../../netfilter/packet.ts';
import type { Dump } from '../../ruleset/ruleset.ts';
import type { Frontend } from '../flow/frontends.ts';
import { ownAddresses } from '../flow/packet-sources.ts';
import type { Resolution } from '../identity/chain-identity.ts';
import { dumpNode } from '../proxy/dump-node.ts';
import { type ServiceProxyKind, serviceProxyOf } from '../proxy/mode.ts';

/** Where every address of a Service is one of the node's: ipvs mode binds them to kube-ipvs0 (pkg/proxy/ipvs/proxier.go). */
const bound: ServiceProxyKind = 'ipvs';
/** Programs of which that is not known: kube-router does as ipvs mode does, others do not. */
const perhapsBound: ReadonlySet<ServiceProxyKind> = new Set(['other', 'absent']);

/** Whether an address is bound to the node as a Service's; false where it is none's, undefined where that is not known. */
function isBound({ cluster }: Resolution, kind: ServiceProxyKind, address: string): boolean | undefined {
  if (kind !== bound && !perhapsBound.has(kind)) return false;
  if (cluster.servicesAt(address).length === 0) return false;
  return kind === bound ? true : undefined;
}

/** A Pod's own address, which is no node's. */
function isPodAddress(cluster: Cluster, address: string): boolean {
  const [pod] = cluster.podsAt(address);
  return pod !== undefined && !pod.hostNetwork && cluster.nodeAt(address) === undefined;
}

/** Of a node that nothing names: what is a Pod's is no node's, and neither is a clusterIP. */
function ofAnyNode({ cluster }: Resolution, address: string): false | undefined {
  const isClusterIP = cluster.servicesAt(address).some(({ use }) => use === 'cluster-ip');
  return isClusterIP || isPodAddress(cluster, address) ? false : undefined;
}

/** Whether an address is the node's, by a cluster. What lies in the node's own Pod network and is no Pod's may be a bridge's address. */
export function clusterAddresses(resolution: Resolution, dump: Dump): ((address: string) => boolean | undefined) | undefined {
  const { cluster, ruleset } = resolution;
  if (cluster.source.kind === 'none') return undefined;
  const { record, name } = dumpNode(resolution, dump);
  const { kind } = serviceProxyOf(ruleset, dump, cluster, name);
  const isOwn = record === null ? undefined : ownAddresses(resolution, dump);
  return (address) => {
    if (isOwn?.(address) === true) return true;
    const asService = isBound(resolution, kind, address);
    if (asService !== false) return asService;
    if (record === null) return ofAnyNode(resolution, address);
    const inOwnNetwork = record.podCIDRs.some((network) => inCIDR(address, network));
    return inOwnNetwork && cluster.podsAt(address).length === 0 && cluster.endpointsAt(address).length === 0 ? undefined : false;
  };
}

/** Whether a packet comes from a Pod or a node, as far as the cluster tells. */
function isFromCluster(cluster: Cluster, { source }: Packet): boolean {
  if (source === null) return false;
  const { text } = source;
  if (cluster.podsAt(text).length > 0 || cluster.nodeAt(text) !== undefined) return true;
  return cluster.nodes.some(({ podCIDRs }) => podCIDRs.some((network) => inCIDR(text, network)));
}

/**
 * Whether a packet of which nothing tells that it is for this node is likely to be: it comes from outside to a node's address, or to a port that this node
 * has NodePorts on. Who sends it to another node sends it there at once.
 */
export function seemsLocalBy(resolution: Resolution, dump: Dump, frontends: readonly Frontend[]): (packet: Packet) => boolean {
  const { cluster } = resolution;
  const ofNode = new Set<string>();
  for (const { kind, port, protocol, dump: each } of frontends) {
    if (each === dump && (kind === 'node-port' || kind === 'health-check')) ofNode.add(`${protocol} ${port}`);
  }
  return (packet) => {
    const { destination, protocol, dport, isFromHere, dnat } = packet;
    if (isFromHere || dnat || isFromCluster(cluster, packet)) return false;
    if (cluster.nodeAt(destination.text) !== undefined) return true;
    return ofNode.has(`${protocol} ${dport}`) && cluster.servicesAt(destination.text).length === 0;
  };
}
