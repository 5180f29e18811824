/** Where the flow of the dump and the cluster's EndpointSlices disagree. */

import type { Dump } from '../../ruleset/ruleset.ts';
import { chooseEndpoints, type EndpointChoice, endpointsOf } from '../expected/endpoints.ts';
import { proxiedPorts } from '../expected/service-ports.ts';
import type { ChainIdentity, ChainService, Resolution } from '../identity/chain-identity.ts';
import type { EndpointRef } from '../identity/hash-index.ts';
import { dumpNode } from '../proxy/dump-node.ts';
import { proxyOptions } from '../proxy/options.ts';
import type { Frontend } from './frontends.ts';
import type { FlowDrift } from './graph.ts';

/** Whether the cluster says anything of the endpoints of a namespace, so that an absence means something. */
export function knowsEndpoints({ cluster }: Resolution, namespace: string): boolean {
  return cluster.source.kind !== 'none' && cluster.knows('EndpointSlice', namespace) && cluster.knows('Service', namespace);
}

/** What kube-proxy, as its newest version does, would choose for a Service port on the dump's node; undefined for one that it leaves alone. */
function choiceFor(
  resolution: Resolution,
  service: Pick<ChainService, 'namespace' | 'name' | 'port' | 'protocol'>,
  dump: Dump,
): EndpointChoice | undefined {
  const { cluster } = resolution;
  const record = cluster.service(service.namespace, service.name);
  if (record === undefined) return undefined;
  const node = dumpNode(resolution, dump);
  const options = proxyOptions({ node: node.name, family: dump.family });
  const port = proxiedPorts(record, options).find(
    (candidate) => candidate.port.name === service.port && candidate.port.protocol === service.protocol,
  );
  return port === undefined
    ? undefined
    : chooseEndpoints(port, endpointsOf(cluster, port, options), node.record?.zone ?? '', options);
}

/** What the cluster says against an endpoint's chain; null for nothing. */
export function endpointDrift(resolution: Resolution, dump: Dump, identity: ChainIdentity): FlowDrift | null {
  const { service, endpoint } = identity;
  if (service === null || endpoint === null || !knowsEndpoints(resolution, service.namespace)) return null;
  if (service.record === null || endpoint.endpoint === null) return 'stale';
  if (endpoint.endpoint.ready) return null;
  const choice = choiceFor(resolution, service, dump);
  return choice?.reachable.some(({ ref }) => ref.ip === endpoint.ip) === true ? null : 'differs';
}

/**
 * Endpoints that kube-proxy would send to on the dump's node and that the dump has no chain for.
 * @param isThere whether the dump sends to an address and port
 */
export function missingEndpoints(
  resolution: Resolution,
  service: Pick<ChainService, 'namespace' | 'name' | 'port' | 'protocol'>,
  dump: Dump,
  isThere: (ip: string, port: number) => boolean,
): readonly EndpointRef[] {
  if (!knowsEndpoints(resolution, service.namespace)) return [];
  const chosen = choiceFor(resolution, service, dump)?.reachable ?? [];
  return chosen.map(({ ref }) => ref).filter((ref) => !isThere(ref.ip, ref.port));
}

/** An entry that only the cluster has is missing; one that the cluster does not have (any longer) is stale. */
export function entryDrift(resolution: Resolution, frontend: Frontend): FlowDrift | null {
  const { cluster } = resolution;
  if (frontend.lines.length === 0) return 'missing';
  if (cluster.source.kind === 'none' || frontend.service === null) return null;
  if (!cluster.knows('Service', frontend.service.namespace)) return null;
  const service = cluster.service(frontend.service.namespace, frontend.service.name);
  if (service === undefined) return 'stale';
  const has =
    frontend.kind === 'cluster-ip'
      ? service.clusterIPs
      : frontend.kind === 'external-ip' || frontend.kind === 'load-balancer-ip'
        ? [...service.externalIPs, ...service.loadBalancerIPs.map(({ ip }) => ip)]
        : null;
  if (frontend.ip !== null && has !== null && !has.includes(frontend.ip)) return 'stale';
  const ports = service.ports.map((port) => (frontend.kind === 'node-port' ? port.nodePort : port.port));
  if (frontend.kind === 'health-check') return service.healthCheckNodePort === frontend.port ? null : 'stale';
  return ports.includes(frontend.port) ? null : 'stale';
}
