/** Endpoints that kube-proxy would send to and the dump does not, drawn where they would be. */
import type { Chain } from '../../ruleset/ruleset.ts';
import type { PortView } from '../drift/port-view.ts';
import type { ProxyEndpoint } from '../expected/endpoints.ts';
import { splitHashedName } from '../identity/chain-names.ts';
import { podBehind } from '../identity/pods.ts';
import { entryId, type FlowContext } from './context.ts';
import { viewOfFrontend } from './disagreements.ts';
import type { Frontend } from './frontends.ts';
import { emptyNode, type FlowEdge, type FlowNode } from './graph.ts';
import { podRef } from './nodes.ts';
import type { CollectedPaths } from './path-collector.ts';

interface MissingParts {
  readonly nodes: readonly FlowNode[];
  readonly edges: readonly FlowEdge[];
}

/** The drawn chains that pick among a port's endpoints. */
function pickingChains(
  collected: CollectedPaths,
  frontend: Frontend,
  hash: string,
): readonly { readonly id: string; readonly chain: Chain }[] {
  const found: { readonly id: string; readonly chain: Chain }[] = [];
  for (const { id, chain, kind } of collected.nodes.values()) {
    if (chain === null || (kind !== 'service' && kind !== 'service-local')) continue;
    if (chain.table.dump === frontend.dump && splitHashedName(chain.name)?.hash === hash) found.push({ id, chain });
  }
  return found;
}

/** The endpoints that packets to an entry go to, by its traffic policy. */
function endpointsBehind({ compared }: PortView, { kind }: Frontend): readonly ProxyEndpoint[] {
  if (compared === null) return [];
  const { port, choice } = compared.port;
  const isLocal = kind === 'cluster-ip' ? port.internalLocal : port.externalLocal;
  return isLocal ? choice.local : choice.cluster;
}

/** Which missing endpoints are drawn behind what: the chain that would pick them, else an entry whose packets would go there. */
function* placesOf(
  collected: CollectedPaths,
  frontend: Frontend,
  view: PortView,
): Generator<{ readonly from: string; readonly endpoint: ProxyEndpoint }> {
  const { compared, missingEndpoints } = view;
  if (compared === null || missingEndpoints.length === 0 || frontend.kind === 'health-check') return;
  const missing = new Set(missingEndpoints);
  const left = new Set(missing);
  const { choice, port } = compared.port;
  // An entry that the dump does not have leads to none of its chains.
  const picking = frontend.lines.length === 0 && frontend.kind !== 'chain' ? [] : pickingChains(collected, frontend, port.hash);
  for (const { id, chain } of picking) {
    const wanted = chain.name.startsWith('KUBE-SVL-') ? choice.local : choice.cluster;
    for (const endpoint of wanted) if (missing.has(endpoint)) yield { from: id, endpoint };
    for (const endpoint of wanted) left.delete(endpoint);
  }
  if (frontend.kind === 'chain') return;
  for (const endpoint of endpointsBehind(view, frontend)) if (left.has(endpoint)) yield { from: entryId(frontend), endpoint };
}

function missingNode({ resolution }: FlowContext, id: string, { address, ref }: ProxyEndpoint): FlowNode {
  const pod = podBehind(resolution.cluster, ref);
  if (pod === null) return { ...emptyNode(id, 'address', address, 'no Pod is known there'), address, drift: 'missing' };
  const detail = pod.node === null ? address : `${address} on ${pod.node}`;
  return { ...emptyNode(id, 'pod', pod.name, detail), pod: podRef(pod), address, drift: 'missing' };
}

/** What the cluster has and the dump has not, behind the Service chain that would lead to it, or behind the entry. */
export function missingFromDump(context: FlowContext, collected: CollectedPaths, frontends: readonly Frontend[]): MissingParts {
  const nodes = new Map<string, FlowNode>();
  const edges = new Map<string, FlowEdge>();
  for (const frontend of frontends) {
    const view = viewOfFrontend(context.disagreements, frontend);
    if (view === null) continue;
    for (const { from, endpoint } of placesOf(collected, frontend, view)) {
      const id = `address:${endpoint.address}/${frontend.protocol}`;
      // Another port of the Service, or another Service, may send there already.
      if (!collected.nodes.has(id) && !nodes.has(id)) nodes.set(id, missingNode(context, id, endpoint));
      edges.set(`${from} ${id}`, {
        from,
        to: id,
        line: null,
        rule: null,
        probability: null,
        condition: 'not in the dump',
        packets: null,
      });
    }
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()] };
}
