/** Endpoints that a Service has in the cluster, and to which no packet of its flow goes. */
import type { Steps } from '../../base/steps.ts';
import type { EndpointRecord } from '../../cluster/objects.ts';
import type { FlowContext } from './context.ts';
import { viewOfFrontend } from './disagreements.ts';
import type { Frontend } from './frontends.ts';
import type { FlowLeftOut, FlowNode } from './graph.ts';

const endpointsBetweenPauses = 2000;

type Reason = keyof FlowLeftOut;

/** Why kube-proxy leaves an endpoint out; null where nothing about it says why (CategorizeEndpoints, and the policies of its Service). */
function reasonOf({ ready, terminating, hintZones, hintNodes }: EndpointRecord): Reason | null {
  if (!ready) return terminating ? 'terminating' : 'notReady';
  return hintZones === null && hintNodes === null ? null : 'elsewhere';
}

/**
 * How many addresses of the EndpointSlices behind these entries no node of the flow stands for, by why; undefined where there are none. What
 * is missing from the dump is drawn, and so not among them; where dump and cluster could not be compared, a ready one may be missing, and hints
 * say nothing of it.
 */
export function* leftOut(
  { resolution: { cluster }, disagreements }: FlowContext,
  frontends: readonly Frontend[],
  nodes: readonly FlowNode[],
): Steps<FlowLeftOut | undefined> {
  const drawn = new Set(nodes.flatMap(({ address }) => (address === null ? [] : [address.replace(/:\d+$/, '')])));
  const reasons = new Map<string, Reason | null>();
  const asked = new Set<string>();
  let turn = 0;
  for (const frontend of frontends) {
    const { service, dump } = frontend;
    if (service === null) continue;
    const isCompared = viewOfFrontend(disagreements, frontend)?.compared?.state === 'compared';
    const addressType = dump.family === 'ipv6' ? 'IPv6' : 'IPv4';
    const key = `${service.namespace}/${service.name}:${service.port} ${addressType}`;
    if (asked.has(key)) continue;
    asked.add(key);
    for (const slice of cluster.slicesOf(service.namespace, service.name)) {
      if (slice.addressType !== addressType || !slice.ports.some(({ name }) => name === service.port)) continue;
      for (const endpoint of slice.endpoints) {
        if (++turn % endpointsBetweenPauses === 0) yield;
        const [address] = endpoint.addresses;
        if (address === undefined || drawn.has(addressType === 'IPv6' ? `[${address}]` : address)) continue;
        // One slice may have it ready, and another, that is older, not.
        if (!reasons.has(address) || endpoint.ready)
          reasons.set(address, endpoint.ready && !isCompared ? null : reasonOf(endpoint));
      }
    }
  }
  const counts = { notReady: 0, terminating: 0, elsewhere: 0 };
  for (const reason of reasons.values()) if (reason !== null) counts[reason] += 1;
  return counts.notReady + counts.terminating + counts.elsewhere === 0 ? undefined : counts;
}
