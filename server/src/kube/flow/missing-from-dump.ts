/** What the cluster has and the dump has not, drawn where it would be. */
import { hostPort } from '../../base/ip.ts';
import { entryId, type FlowContext } from './context.ts';
import { missingEndpoints } from './disagreements.ts';
import type { Frontend } from './frontends.ts';
import type { FlowEdge, FlowNode } from './graph.ts';
import { emptyNode } from './nodes.ts';
import type { CollectedPaths } from './path-collector.ts';

/** Endpoints that the cluster has and the dump has not, as nodes behind the Service chain that would lead to them, or behind the entry. */
export function missingNodes(
  context: FlowContext,
  collected: CollectedPaths,
  frontends: readonly Frontend[],
): { readonly nodes: readonly FlowNode[]; readonly edges: readonly FlowEdge[] } {
  const { resolution } = context;
  const nodes: FlowNode[] = [];
  const edges: FlowEdge[] = [];
  if (resolution.cluster.source.kind === 'none') return { nodes, edges };
  const there = new Set<string>();
  for (const node of collected.nodes.values()) {
    if (node.end?.kind === 'address') there.add(`${node.end.packet.destination.text} ${node.end.packet.dport}`);
    const endpoint = node.kind === 'endpoint' && node.chain !== null ? resolution.chain(node.chain).endpoint : null;
    if (endpoint !== null) there.add(`${endpoint.ip} ${endpoint.port}`);
  }
  const done = new Set<string>();
  for (const frontend of frontends) {
    const { service } = frontend;
    if (service === null || frontend.kind === 'health-check' || frontend.kind === 'host-port') continue;
    const key = `${frontend.dump.index} ${service.namespace}/${service.name}:${service.port} ${frontend.protocol}`;
    if (done.has(key)) continue;
    done.add(key);
    const parent = [...collected.nodes.values()].find((node) => {
      if (node.kind !== 'service' && node.kind !== 'service-local') return false;
      if (node.chain === null || node.chain.table.dump !== frontend.dump) return false;
      const of = resolution.chain(node.chain).service;
      return of?.namespace === service.namespace && of.name === service.name && of.port === service.port;
    });
    const wanted = { ...service, protocol: frontend.protocol };
    for (const ref of missingEndpoints(resolution, wanted, frontend.dump, (ip, port) => there.has(`${ip} ${port}`))) {
      const address = hostPort(ref.ip, ref.port);
      const id = `address:${address}/${frontend.protocol}`;
      const reference = ref.endpoint.targetRef;
      const isPod = reference !== null && (reference.kind === 'Pod' || reference.kind === '');
      const pod = isPod ? (resolution.cluster.pod(reference.namespace || ref.slice.namespace, reference.name) ?? null) : null;
      const node = ref.endpoint.nodeName || pod?.node || null;
      const zone = ref.endpoint.zone || (node === null ? '' : (resolution.cluster.node(node)?.zone ?? '')) || null;
      nodes.push({
        ...emptyNode(id, isPod ? 'pod' : 'address', isPod ? reference.name : address),
        detail: isPod && node !== null ? `${address} on ${node}` : isPod ? address : 'no Pod is known there',
        pod: isPod
          ? {
              namespace: reference.namespace || ref.slice.namespace,
              name: reference.name,
              node,
              zone,
              ready: pod?.ready ?? ref.endpoint.ready,
            }
          : null,
        address,
        drift: 'missing',
      });
      const from = parent?.id ?? entryId(frontend);
      edges.push({ from, to: id, line: null, rule: null, probability: null, condition: 'not in the dump', packets: null });
    }
  }
  return { nodes, edges };
}
