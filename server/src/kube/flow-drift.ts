/** Where the flow of the dump and the cluster's EndpointSlices disagree. */
import { isIPv6 } from '../cluster/ip.ts';
import type { EndpointRef } from './chain-index.ts';
import type { Door } from './flow-doors.ts';
import type { FlowDrift } from './flow-graph.ts';
import type { ChainIdentity, ChainService, Resolution } from './resolve.ts';

/** Whether the cluster says anything of endpoints, so that an absence means something. */
export function knowsEndpoints(resolution: Resolution): boolean {
  const { cluster } = resolution;
  return cluster.source.kind !== 'none' && cluster.kinds.has('EndpointSlice') && cluster.kinds.has('Service');
}

/**
 * The endpoints that kube-proxy uses for a Service port: the ready ones, or where there is none, those that still serve while they terminate
 * (kube-proxy, CategorizeEndpoints).
 */
export function usableEndpoints(refs: readonly EndpointRef[]): readonly EndpointRef[] {
  const ready = refs.filter((ref) => ref.endpoint.ready);
  return ready.length > 0 ? ready : refs.filter((ref) => ref.endpoint.serving && ref.endpoint.terminating);
}

/** What the cluster says against an endpoint's chain; null for nothing. */
export function endpointDrift(resolution: Resolution, identity: ChainIdentity): FlowDrift | null {
  const { service, endpoint } = identity;
  if (!knowsEndpoints(resolution) || service === null || endpoint === null) return null;
  if (service.record === null || endpoint.endpoint === null) return 'stale';
  if (endpoint.endpoint.ready) return null;
  const refs = resolution.index.endpointsOf(service.namespace, service.name, service.port, service.protocol);
  return usableEndpoints(refs).some((ref) => ref.ip === endpoint.ip) ? null : 'differs';
}

/** Usable endpoints of a Service port, of one family, that no chain of the dump sends to; `addresses` are "10.0.0.1:80" of those that are. */
export function missingEndpoints(
  resolution: Resolution,
  service: Pick<ChainService, 'namespace' | 'name' | 'port' | 'protocol'>,
  family: 'ipv4' | 'ipv6',
  isThere: (ip: string, port: number) => boolean,
): readonly EndpointRef[] {
  if (!knowsEndpoints(resolution)) return [];
  const refs = resolution.index.endpointsOf(service.namespace, service.name, service.port, service.protocol);
  const usable = usableEndpoints(refs.filter((ref) => isIPv6(ref.ip) === (family === 'ipv6')));
  // With hints kube-proxy may rightly leave endpoints of other zones out.
  if (usable.some((ref) => ref.endpoint.hintZones !== null || ref.endpoint.hintNodes !== null)) return [];
  return usable.filter((ref) => !isThere(ref.ip, ref.port));
}

/** An entry that only the cluster has is missing; one that the cluster does not have (any longer) is stale. */
export function entryDrift(resolution: Resolution, door: Door): FlowDrift | null {
  const { cluster } = resolution;
  if (door.lines.length === 0) return 'missing';
  if (cluster.source.kind === 'none' || !cluster.kinds.has('Service') || door.service === null) return null;
  const service = cluster.service(door.service.namespace, door.service.name);
  if (service === undefined) return 'stale';
  const has =
    door.kind === 'cluster-ip'
      ? service.clusterIPs
      : door.kind === 'external-ip' || door.kind === 'load-balancer-ip'
        ? [...service.externalIPs, ...service.loadBalancerIPs.map(({ ip }) => ip)]
        : null;
  if (door.ip !== null && has !== null && !has.includes(door.ip)) return 'stale';
  const ports = service.ports.map((port) => (door.kind === 'node-port' ? port.nodePort : port.port));
  if (door.kind === 'health-check') return service.healthCheckNodePort === door.port ? null : 'stale';
  return ports.includes(door.port) ? null : 'stale';
}
