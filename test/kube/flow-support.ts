import { type Cluster, emptyCluster } from '../../server/src/cluster/cluster.ts';
import { clusterOfDump } from '../../server/src/kube/drift/other-cluster.ts';
import { flowGraph } from '../../server/src/kube/flow/build-flow.ts';
import type { FlowGraph, FlowNode } from '../../server/src/kube/flow/graph.ts';
import { parseFlowTarget } from '../../server/src/kube/flow/target.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import type { DumpOrigin } from '../../server/src/kube/proxy/dump-node.ts';
import type { Ruleset } from '../../server/src/ruleset/ruleset.ts';
import { rulesetOf } from '../support/dumps.ts';

/** The flow to a target, or the reason why there is none. */
export function askFlow(ruleset: Ruleset, cluster: Cluster, to: string, origin: DumpOrigin = {}): FlowGraph | string {
  const parsed = parseFlowTarget(to);
  if (!parsed.ok) return parsed.message;
  const answer = flowGraph(resolveChains(ruleset, clusterOfDump(ruleset, cluster), origin), parsed.target);
  return answer.ok ? answer.graph : answer.reason;
}

export function flow(text: string | Ruleset, to: string, cluster: Cluster = emptyCluster, origin: DumpOrigin = {}): FlowGraph {
  const graph = askFlow(typeof text === 'string' ? rulesetOf(text) : text, cluster, to, origin);
  if (typeof graph === 'string') throw new Error(graph);
  return graph;
}

export function nodeOf(graph: FlowGraph, label: string): FlowNode {
  const node = graph.nodes.find((candidate) => candidate.label === label || candidate.detail === label);
  if (node === undefined) throw new Error(`no node ${label}; there are ${graph.nodes.map((each) => each.label).join(', ')}`);
  return node;
}

function short(node: FlowNode): string {
  if (node.kind === 'entry' || node.kind === 'dispatch' || node.kind === 'verdict') return node.label;
  return node.chain ?? node.label;
}

/** Edges as "KUBE-SVC-X -> KUBE-SEP-Y 0.5 first packet", in the graph's order, with lines where asked for. */
export function edgesOf(graph: FlowGraph, withLines = false): readonly string[] {
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  return graph.edges.map(({ from, to, line, probability, condition }) => {
    const [start, end] = [nodes.get(from), nodes.get(to)];
    if (start === undefined || end === undefined) throw new Error(`an edge from ${from} to ${to} leads nowhere`);
    const share = probability === null ? '' : String(Math.round(probability * 1000) / 1000);
    return [`${short(start)} -> ${short(end)}`, withLines ? `@${line}` : '', share, condition]
      .filter((part) => part !== '')
      .join(' ');
  });
}

/** Badges as "masquerade unless from 10.0.0.0/8 @12". */
export function badgesOf(node: FlowNode): readonly string[] {
  return node.badges.map(({ label, condition, line }) =>
    [label, condition, line === null ? '' : `@${line}`].filter((part) => part !== '').join(' '),
  );
}

/** Where packets end, by source: "from outside: web-1 0.5, web-2 0.5 (masqueraded)". */
export function routesOf(graph: FlowGraph, entry: string): readonly string[] {
  const id = graph.entries.find((candidate) => candidate.label === entry)?.id ?? entry;
  const starts = new Set(graph.edges.map((edge) => edge.from));
  const leaves = graph.nodes.filter((node) => !starts.has(node.id));
  return (graph.routes ?? [])
    .filter((route) => route.entry === id)
    .map((route) => {
      const ends = leaves.flatMap((node) => {
        const share = route.ends === null ? node.shares[id] : route.ends[node.id];
        return share ? [`${node.label} ${Math.round(share * 1000) / 1000}`] : [];
      });
      const origins = route.origins.map(({ words, masqueraded }) => `${words}${masqueraded > 0 ? ' (masqueraded)' : ''}`);
      return `from ${origins.join(', ')}: ${ends.join(', ')}`;
    });
}
