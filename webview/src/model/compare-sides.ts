/** Two flows as they are compared, and what was found so far. */
import { drawingText } from '../../../server/src/base/safe-text.ts';
import type { FlowContrast, FlowEdge, FlowGraph, FlowNode } from '../../../server/src/kube/flow/graph.ts';
import { groupBy } from './collect.ts';
import { type ComparedFlow, type FlowDifference, nameIn } from './flow-difference.ts';

/** A jump's rules that are taken on one condition. */
export interface Jump {
  readonly from: string;
  readonly to: string;
  readonly condition: string;
  /** Their sum; null where a condition decides. */
  readonly probability: number | null;
  readonly edges: readonly FlowEdge[];
}

/** A flow as it is compared: without what is only drawn because the dump lacks it. */
export interface Side {
  readonly name: string;
  readonly graph: FlowGraph;
  readonly nodes: ReadonlyMap<string, FlowNode>;
  readonly jumps: ReadonlyMap<string, readonly Jump[]>;
  readonly incoming: ReadonlyMap<string, readonly FlowEdge[]>;
}

export type Contrasts<Key> = Map<Key, FlowContrast>;

/** What was found so far. */
export interface Findings {
  readonly before: Side;
  readonly after: Side;
  readonly differences: FlowDifference[];
  readonly nodes: { readonly before: Contrasts<string>; readonly after: Contrasts<string> };
  readonly edges: { readonly before: Contrasts<FlowEdge>; readonly after: Contrasts<FlowEdge> };
}

/** Shares of iptables' 31-bit probabilities that differ by less are the same. */
export const sameShare = 1e-6;
function jumpsFrom(edges: readonly FlowEdge[]): readonly Jump[] {
  return [...groupBy(edges, ({ to, condition, probability }) => `${to}\n${condition}\n${probability === null}`).values()].flatMap(
    (members) => {
      const [first] = members;
      if (first === undefined) return [];
      const { from, to, condition } = first;
      const probability = first.probability === null ? null : members.reduce((sum, edge) => sum + (edge.probability ?? 0), 0);
      return [{ from, to, condition, probability, edges: members }];
    },
  );
}

/** A flow as it is compared. */
export function sideOf({ name, graph }: ComparedFlow): Side {
  const nodes = new Map(graph.nodes.filter(({ drift }) => drift !== 'missing').map((node) => [node.id, node]));
  const edges = graph.edges.filter(({ from, to }) => nodes.has(from) && nodes.has(to));
  const jumps = new Map([...groupBy(edges, ({ from }) => from)].map(([from, own]) => [from, jumpsFrom(own)]));
  return { name: drawingText(name), graph, nodes, jumps, incoming: groupBy(edges, ({ to }) => to) };
}

/** The other of the two. */
export function swapped(side: 'before' | 'after'): 'before' | 'after' {
  return side === 'before' ? 'after' : 'before';
}

/** A node as it begins a sentence. */
export function nameFirst(side: Side, node: FlowNode): string {
  const text = drawingText(nameIn(side.graph, node));
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Nothing of it is on the other side. */
export const onlyHere: FlowContrast = { kind: 'only', words: 'only here' };

/** Where a box sends everything to one place on each side, and not to the same: both jumps. */
export function changedTarget(
  before: readonly Jump[] | undefined,
  after: readonly Jump[] | undefined,
): readonly [Jump, Jump] | null {
  const [a, ...moreA] = before ?? [];
  const [b, ...moreB] = after ?? [];
  if (a === undefined || b === undefined || moreA.length > 0 || moreB.length > 0) return null;
  return a.to === b.to ? null : [a, b];
}
