import type { FlowEdge, FlowGraph, FlowNode } from '../../../server/src/kube/flow/graph.ts';
import { allNodes, edgesOf, indexMap, type MapIndex } from './map-graph.ts';

/** Look-ups in a graph, made once for each graph. */
export interface GraphIndex {
  readonly graph: FlowGraph;
  readonly nodes: ReadonlyMap<string, FlowNode>;
  /** Edges from a node, in the order of the rules. */
  readonly out: (id: string) => readonly FlowEdge[];
  readonly in: (id: string) => readonly FlowEdge[];
  /** Nodes that no edge leads to, in the graph's order. */
  readonly roots: readonly FlowNode[];
  /** The Services of a map; null for a flow. */
  readonly map: MapIndex | null;
}

const none: readonly FlowEdge[] = [];

function byRule(edges: readonly FlowEdge[]): readonly FlowEdge[] {
  // An edge without a rule has no place in their order, so then the graph's own order holds.
  if (edges.length < 2 || edges.some((edge) => edge.line === null)) return edges;
  return edges.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

/** A map's nodes are all there, its edges are made for the Services that are asked for: a large map has some ten thousand of each. */
function indexOfMap(graph: FlowGraph, map: MapIndex): GraphIndex {
  const nodes = allNodes(map);
  const near = (id: string): readonly FlowEdge[] => {
    const listed = map.serviceOf.get(id);
    return listed === undefined ? none : edgesOf(listed);
  };
  return {
    graph: { ...graph, nodes },
    nodes: new Map(nodes.map((node) => [node.id, node])),
    out: (id) => near(id).filter((edge) => edge.from === id),
    in: (id) => near(id).filter((edge) => edge.to === id),
    roots: [],
    map,
  };
}

/** The index of a graph; that of a map has the nodes of all its Services. */
export function indexGraph(graph: FlowGraph): GraphIndex {
  if (graph.map !== undefined) return indexOfMap(graph, indexMap(graph.map));
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const outgoing = new Map<string, FlowEdge[]>();
  const incoming = new Map<string, FlowEdge[]>();
  for (const edge of graph.edges) {
    const from = outgoing.get(edge.from);
    if (from === undefined) outgoing.set(edge.from, [edge]);
    else from.push(edge);
    const to = incoming.get(edge.to);
    if (to === undefined) incoming.set(edge.to, [edge]);
    else to.push(edge);
  }
  // Entries have no rules of their own: what they lead to stays as the graph lists it.
  const ordered = new Map([...outgoing].map(([id, edges]) => [id, nodes.get(id)?.kind === 'entry' ? edges : byRule(edges)]));
  return {
    graph,
    nodes,
    out: (id) => ordered.get(id) ?? none,
    in: (id) => incoming.get(id) ?? none,
    roots: graph.nodes.filter((node) => !incoming.has(node.id)),
    map: null,
  };
}

/** What lies on a way through some place of the graph. */
export interface LitPath {
  readonly nodes: ReadonlySet<string>;
  readonly edges: ReadonlySet<FlowEdge>;
}

/**
 * Every way from an entry through one of these nodes or edges to where it ends.
 */
export function pathsThrough(index: GraphIndex, nodeIds: readonly string[], edges: readonly FlowEdge[] = []): LitPath {
  const lit = { nodes: new Set<string>(nodeIds), edges: new Set<FlowEdge>(edges) };
  walk(nodeIds.concat(edges.map((edge) => edge.from)), index.in, (edge) => edge.from, lit);
  walk(nodeIds.concat(edges.map((edge) => edge.to)), index.out, (edge) => edge.to, lit);
  return lit;
}

function walk(
  starts: readonly string[],
  edgesOf: (id: string) => readonly FlowEdge[],
  next: (edge: FlowEdge) => string,
  lit: { readonly nodes: Set<string>; readonly edges: Set<FlowEdge> },
): void {
  const seen = new Set(starts);
  const queue = [...seen];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    lit.nodes.add(id);
    for (const edge of edgesOf(id)) {
      lit.edges.add(edge);
      const other = next(edge);
      if (seen.has(other)) continue;
      seen.add(other);
      queue.push(other);
    }
  }
}

/**
 * What of the graph a place in the dump is: the rules on a line (1-based), or else the declaration on it, or else the chain.
 * Empty where the flow has nothing there.
 */
export function findPlace(
  index: GraphIndex,
  place: { readonly line: number | null; readonly table: string | null; readonly chain: string | null },
): { readonly nodes: readonly string[]; readonly edges: readonly FlowEdge[] } {
  const { graph } = index;
  if (place.line !== null) {
    const edges = graph.edges.filter((edge) => edge.line === place.line);
    const nodes = graph.nodes.filter(
      (node) => node.line === place.line || node.badges.some((badge) => badge.line === place.line),
    );
    // A node's own rule may be the edge's too (a verdict's): the edge says more precisely which way.
    if (edges.length > 0) return { nodes: [], edges };
    if (nodes.length > 0) return { nodes: nodes.map((node) => node.id), edges: [] };
  }
  if (place.chain === null) return { nodes: [], edges: [] };
  const nodes = graph.nodes.filter(
    (node) => node.chain === place.chain && (place.table === null || node.table === null || node.table === place.table),
  );
  return { nodes: nodes.map((node) => node.id), edges: [] };
}
