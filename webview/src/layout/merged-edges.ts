import { count, counted } from '../../../server/src/base/counted.ts';
import { percentText } from '../../../server/src/base/percent.ts';
import { drawingText } from '../../../server/src/base/safe-text.ts';
import type { FlowEdge, FlowNode } from '../../../server/src/kube/flow/graph.ts';
import { contrastSign } from '../model/format.ts';
import type { GraphIndex } from '../model/graph-index.ts';
import { type Arrangement, type Branch, branchesOf, type EndpointGroup } from '../model/groups.ts';
import type { EdgeLabel } from './model.ts';
import { type Measure, wrap } from './text-metrics.ts';

/** A box to be: a node or a group, before it has a place. */
export interface Vertex {
  readonly id: string;
  readonly node: FlowNode | null;
  readonly group: EndpointGroup | null;
}

/** All edges between two vertices. */
export interface MergedEdge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly edges: readonly FlowEdge[];
  readonly branches: readonly Branch[];
}

/** What is drawn: vertices in the order in which a reader who follows the rules meets them, and what joins them. */
export interface MergedGraph {
  readonly vertices: readonly Vertex[];
  readonly mergedEdges: readonly MergedEdge[];
  /** The place of a vertex in that order, and of a merged edge by its id. */
  readonly rank: ReadonlyMap<string, number>;
  readonly out: ReadonlyMap<string, readonly MergedEdge[]>;
  readonly in: ReadonlyMap<string, readonly MergedEdge[]>;
}

/** Nodes and groups that have a box of their own, and the merged edges between them; what is inside a group is left to the group. */
export function mergeGraph(index: GraphIndex, arrangement: Arrangement): MergedGraph {
  const vertexOf = new Map<string, string>();
  const vertices = new Map<string, Vertex>();
  for (const group of arrangement.groups ?? []) {
    vertices.set(group.id, { id: group.id, node: null, group });
    for (const row of group.rows) for (const node of [row.endpoint, ...row.behind]) vertexOf.set(node.id, group.id);
  }
  const kept = new Set(arrangement.rows.flatMap((row) => [row.endpoint, ...row.behind]));
  for (const node of index.graph.nodes) {
    if (vertexOf.has(node.id)) continue;
    const target = node.kind === 'endpoint' || node.kind === 'pod' || node.kind === 'address';
    if (target && !kept.has(node)) continue;
    vertexOf.set(node.id, node.id);
    vertices.set(node.id, { id: node.id, node, group: null });
  }

  const edges = new Map<string, { from: string; to: string; edges: FlowEdge[] }>();
  for (const node of index.graph.nodes) {
    const from = vertexOf.get(node.id);
    if (from === undefined) continue;
    for (const edge of index.out(node.id)) {
      const to = vertexOf.get(edge.to);
      if (to === undefined || to === from) continue;
      const id = `${from}\n${to}`;
      const known = edges.get(id);
      if (known === undefined) edges.set(id, { from, to, edges: [edge] });
      else known.edges.push(edge);
    }
  }
  const mergedEdges = [...edges].map(([id, merged]) => ({
    id,
    ...merged,
    branches: branchesOf(merged.edges, vertices.get(merged.to)?.group !== null),
  }));
  const out = new Map<string, MergedEdge[]>();
  const incoming = new Map<string, MergedEdge[]>();
  for (const merged of mergedEdges) {
    out.set(merged.from, [...(out.get(merged.from) ?? []), merged]);
    incoming.set(merged.to, [...(incoming.get(merged.to) ?? []), merged]);
  }
  const rank = rankInRuleOrder([...vertices.values()], out, incoming);
  return {
    vertices: [...vertices.values()].toSorted((a, b) => (rank.get(a.id) ?? 0) - (rank.get(b.id) ?? 0)),
    mergedEdges,
    rank,
    out,
    in: incoming,
  };
}

/** Depth first from what nothing leads to, and from what only a loop leads to. */
function rankInRuleOrder(
  vertices: readonly Vertex[],
  out: ReadonlyMap<string, readonly MergedEdge[]>,
  incoming: ReadonlyMap<string, readonly MergedEdge[]>,
): ReadonlyMap<string, number> {
  const rank = new Map<string, number>();
  const visit = (start: string): void => {
    const stack: { readonly id: string; readonly merged: string | null }[] = [{ id: start, merged: null }];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      if (next.merged !== null) rank.set(next.merged, rank.size);
      if (rank.has(next.id)) continue;
      rank.set(next.id, rank.size);
      for (const merged of (out.get(next.id) ?? []).toReversed()) stack.push({ id: merged.to, merged: merged.id });
    }
  };
  for (const vertex of vertices) if (!incoming.has(vertex.id)) visit(vertex.id);
  for (const vertex of vertices) if (!rank.has(vertex.id)) visit(vertex.id);
  return rank;
}

/** A label before it has a place. */
export type LabelText = Omit<EdgeLabel, 'x' | 'y'>;

export const labelLineHeight = 15;
/** How much wider a warning is, as it stands out in bold. */
export const boldness = 1.1;

/** All packets that a node's rules with a share have counted; null without counters, or where none was counted. */
function countedAt(index: GraphIndex, id: string): number | null {
  let sum = 0;
  for (const edge of index.out(id)) if (edge.probability !== null) sum += edge.packets ?? 0;
  return sum > 0 ? sum : null;
}

/** So many rules between the same two boxes are told apart at their edge; of more, only the first, and how many follow. */
const mostLabels = 5;
/** So many lines has a condition at most. */
const mostLines = 6;
const longestWord = 150;

/** A network or an address and port are one word, which says nothing when it is cut. */
function widestWord(branches: readonly Branch[], measure: Measure): number {
  const words = branches.slice(0, mostLabels).flatMap(({ condition }) => condition.slice(0, 200).split(' '));
  return Math.max(0, ...words.map((word) => Math.ceil(measure(word, 'edge'))));
}

/** What stands at the end of a merged edge, a label for each way that needs one. */
export function labelsOf(index: GraphIndex, branches: readonly Branch[], room: number, measure: Measure): readonly LabelText[] {
  const width = Math.max(room, Math.min(longestWord, widestWord(branches, measure)));
  if (branches.length <= mostLabels) return branches.flatMap((branch) => labelOf(index, branch, width, measure) ?? []);
  const rest = branches.slice(mostLabels - 1).flatMap((branch) => branch.edges);
  const packets = rest.reduce<number | null>((sum, edge) => (edge.packets === null ? sum : (sum ?? 0) + edge.packets), null);
  const counter = packets === null ? '' : `, ${count(packets)} pkts`;
  const texts = wrap(`and ${counted(rest.length, 'more rule')}${counter}`, 'edge', width, mostLines, measure);
  return [
    ...branches.slice(0, mostLabels - 1).flatMap((branch) => labelOf(index, branch, width, measure) ?? []),
    {
      lines: texts.map((text) => ({ text, tone: 'counter' })),
      edges: rest,
      width: Math.ceil(Math.max(...texts.map((text) => measure(text, 'edge')))) + 10,
      height: texts.length * labelLineHeight + 3,
    },
  ];
}

function labelOf(index: GraphIndex, branch: Branch, width: number, measure: Measure): LabelText | null {
  const share = branch.probability === null || branch.probability >= 1 ? '' : percentText(branch.probability);
  const main = [share, drawingText(branch.condition)].filter((part) => part !== '').join(' ');
  const lines: EdgeLabel['lines'][number][] = wrap(main, 'edge', width, mostLines, measure).map((text) => ({
    text,
    tone: 'main',
  }));
  const contrast = branch.edges.length === 1 ? (branch.edges[0]?.contrast?.words ?? '') : '';
  if (contrast !== '') {
    const text = `${contrastSign} ${drawingText(contrast)}`;
    lines.push(
      ...wrap(text, 'edge', width / boldness, mostLines, measure).map((part) => ({ text: part, tone: 'warning' as const })),
    );
  }
  if (branch.packets !== null) {
    const total = branch.edges[0] === undefined || branch.probability === null ? null : countedAt(index, branch.edges[0].from);
    const seen = total === null || share === '' ? '' : `, ${percentText(branch.packets / total)}`;
    const none = branch.packets === 0 && total !== null;
    lines.push({ text: `${count(branch.packets)} pkts${seen}`, tone: none ? 'warning' : 'counter' });
  }
  if (lines.length === 0) return null;
  const text = Math.max(...lines.map((line) => measure(line.text, 'edge') * (line.tone === 'warning' ? boldness : 1)));
  return { lines, edges: branch.edges, width: Math.ceil(text) + 10, height: lines.length * labelLineHeight + 3 };
}

/** True for an endpoint that counted nothing while its siblings did. */
export function isIdle(index: GraphIndex, node: FlowNode): boolean {
  if (node.kind !== 'endpoint') return false;
  const edges = index.in(node.id);
  return (
    edges.length > 0 && edges.every((edge) => edge.packets === 0) && edges.some((edge) => countedAt(index, edge.from) !== null)
  );
}

/**
 * Vertices so that each comes after all that lead to it (loops aside), and what follows in rule order stays so where that allows it.
 */
export function topologicalOrder(parts: MergedGraph): readonly string[] {
  const done = new Set<string>();
  const entered = new Set<string>();
  const order: string[] = [];
  const visit = (start: string): void => {
    const stack: { readonly id: string; readonly leave: boolean }[] = [{ id: start, leave: false }];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      if (next.leave) {
        if (!done.has(next.id)) order.push(next.id);
        done.add(next.id);
        continue;
      }
      if (entered.has(next.id)) continue;
      entered.add(next.id);
      stack.push({ id: next.id, leave: true });
      // The last rule's target is visited first, as the whole order is turned round in the end.
      for (const merged of parts.out.get(next.id) ?? []) stack.push({ id: merged.to, leave: false });
    }
  };
  for (const vertex of parts.vertices.toReversed()) if (!parts.in.has(vertex.id)) visit(vertex.id);
  for (const vertex of parts.vertices.toReversed()) if (!entered.has(vertex.id)) visit(vertex.id);
  return order.toReversed();
}
