/** Where the path of a packet goes in a flow: which boxes and jumps it comes by, and at which of its steps. */
import type { FlowEdge, FlowGraph } from '../../../server/src/kube/flow/graph.ts';

/** A rule or policy on a packet's path. */
export interface TracedStep {
  /** Of the dump, 1-based; null for one without. */
  readonly line: number | null;
  /** "KUBE-SERVICES: jump KUBE-SVC-X". */
  readonly words: string;
}

export interface TracedPath {
  readonly nodes: ReadonlySet<string>;
  readonly edges: ReadonlySet<FlowEdge>;
  /** For each step the box that it leads to, or that it happens in; null for a step that the flow does not have. */
  readonly places: readonly (string | null)[];
}

/**
 * The jumps from entries that a packet came by: of those that its rules lead on from, and of these the entry whose rule it met. Packets come to a
 * dispatcher by several hooks, and the flow has the rule of one of them.
 */
function entryEdges(graph: FlowGraph, lines: ReadonlySet<number>, left: ReadonlySet<string>): readonly FlowEdge[] {
  const entries = new Map(graph.nodes.filter(({ kind }) => kind === 'entry').map((node) => [node.id, node]));
  const near = graph.edges.filter(({ from, to }) => entries.has(from) && (left.has(to) || isEnd(graph, to, lines)));
  const met = near.filter(({ from }) => {
    const line = entries.get(from)?.line ?? null;
    return line !== null && lines.has(line);
  });
  return met.length > 0 ? met : near;
}

function isEnd({ nodes }: FlowGraph, id: string, lines: ReadonlySet<number>): boolean {
  return nodes.some((node) => node.id === id && node.line !== null && lines.has(node.line) && node.kind !== 'dispatch');
}

/** The places with that of the rule of another hook that leads to a dispatcher: the last one before the packet was in it. */
function withEntrance(
  places: readonly (string | null)[],
  steps: readonly TracedStep[],
  id: string,
  chain: string | null,
): readonly (string | null)[] {
  if (places.includes(id)) return places;
  const inside = places.findIndex((place) => place !== null);
  const at = steps.slice(0, inside).findLastIndex(({ words }) => words.endsWith(` ${chain}`));
  return at < 0 ? places : places.with(at, id);
}

/** Follows a packet's steps through a flow; null where its path has nothing of this flow. */
export function tracedPath(graph: FlowGraph, steps: readonly TracedStep[]): TracedPath | null {
  const lines = new Set(steps.flatMap(({ line }) => (line === null ? [] : [line])));
  const kinds = new Map(graph.nodes.map(({ id, kind }) => [id, kind]));
  const jumps = graph.edges.filter(({ from, line }) => kinds.get(from) !== 'entry' && line !== null && lines.has(line));
  const left = new Set(jumps.map(({ from }) => from));
  // A Pod's, an address's and a verdict's line is the rule that ends there; a chain's is its declaration.
  const ends = graph.nodes.filter(
    ({ kind, line }) => (kind === 'pod' || kind === 'address' || kind === 'verdict') && line !== null && lines.has(line),
  );
  const first = entryEdges(graph, lines, left);
  if (jumps.length === 0 && ends.length === 0) return null;
  const reached = new Set([...jumps, ...first].flatMap(({ from, to }) => [from, to]));
  const last = graph.edges.filter(({ from, to, line }) => line === null && reached.has(from) && ends.some(({ id }) => id === to));
  const edges = new Set([...first, ...jumps, ...last]);
  const nodes = new Set([...reached, ...ends.map(({ id }) => id)]);
  const byLine = new Map<number, string>();
  const place = (line: number | null, id: string): void => {
    if (line !== null && !byLine.has(line)) byLine.set(line, id);
  };
  for (const { line, to } of jumps) place(line, to);
  for (const { line, id } of ends) place(line, id);
  for (const { line, to } of first) place(line, to);
  for (const { id, badges } of graph.nodes) if (nodes.has(id)) for (const { line } of badges) place(line, id);
  const dispatchers = graph.nodes.filter(({ id, kind }) => kind === 'dispatch' && first.some(({ to }) => to === id));
  let places: readonly (string | null)[] = steps.map(({ line }) => (line === null ? null : (byLine.get(line) ?? null)));
  for (const { id, chain } of dispatchers) places = withEntrance(places, steps, id, chain);
  return { nodes, edges, places };
}
