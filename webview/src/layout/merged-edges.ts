import { percentText } from '../../../server/src/base/percent.ts';
import { drawingText } from '../../../server/src/base/safe-text.ts';
import type { FlowEdge, FlowNode } from '../../../server/src/kube/flow/graph.ts';
import { count, counted } from '../model/format.ts';
import type { GraphIndex } from '../model/graph-index.ts';
import { type Arrangement, type EndpointGroup, type Way, waysOf } from '../model/groups.ts';
import type { WireLabel } from './model.ts';
import { fitText, type Measure, wrap } from './text-metrics.ts';

/** A box to be: a node or a group, before it has a place. */
export interface Anchor {
  readonly id: string;
  readonly node: FlowNode | null;
  readonly group: EndpointGroup | null;
}

/** All edges between two anchors. */
export interface Bundle {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly edges: readonly FlowEdge[];
  readonly ways: readonly Way[];
}

/** What is drawn: anchors in the order in which a reader who follows the rules meets them, and what joins them. */
export interface Parts {
  readonly anchors: readonly Anchor[];
  readonly bundles: readonly Bundle[];
  /** The place of an anchor in that order, and of a bundle by its id. */
  readonly rank: ReadonlyMap<string, number>;
  readonly out: ReadonlyMap<string, readonly Bundle[]>;
  readonly in: ReadonlyMap<string, readonly Bundle[]>;
}

/** Nodes and groups that have a box of their own, and the bundles between them; what is inside a group is left to the group. */
export function partsOf(index: GraphIndex, arrangement: Arrangement): Parts {
  const anchorOf = new Map<string, string>();
  const anchors = new Map<string, Anchor>();
  for (const group of arrangement.groups ?? []) {
    anchors.set(group.id, { id: group.id, node: null, group });
    for (const row of group.rows) for (const node of [row.endpoint, ...row.behind]) anchorOf.set(node.id, group.id);
  }
  const kept = new Set(arrangement.rows.flatMap((row) => [row.endpoint, ...row.behind]));
  for (const node of index.graph.nodes) {
    if (anchorOf.has(node.id)) continue;
    const target = node.kind === 'endpoint' || node.kind === 'pod' || node.kind === 'address';
    if (target && !kept.has(node)) continue;
    anchorOf.set(node.id, node.id);
    anchors.set(node.id, { id: node.id, node, group: null });
  }

  const edges = new Map<string, { from: string; to: string; edges: FlowEdge[] }>();
  for (const node of index.graph.nodes) {
    const from = anchorOf.get(node.id);
    if (from === undefined) continue;
    for (const edge of index.out(node.id)) {
      const to = anchorOf.get(edge.to);
      if (to === undefined || to === from) continue;
      const id = `${from}\n${to}`;
      const known = edges.get(id);
      if (known === undefined) edges.set(id, { from, to, edges: [edge] });
      else known.edges.push(edge);
    }
  }
  const bundles = [...edges].map(([id, bundle]) => ({
    id,
    ...bundle,
    ways: waysOf(bundle.edges, anchors.get(bundle.to)?.group !== null),
  }));
  const out = new Map<string, Bundle[]>();
  const incoming = new Map<string, Bundle[]>();
  for (const bundle of bundles) {
    out.set(bundle.from, [...(out.get(bundle.from) ?? []), bundle]);
    incoming.set(bundle.to, [...(incoming.get(bundle.to) ?? []), bundle]);
  }
  const rank = rankInRuleOrder([...anchors.values()], out, incoming);
  return {
    anchors: [...anchors.values()].toSorted((a, b) => (rank.get(a.id) ?? 0) - (rank.get(b.id) ?? 0)),
    bundles,
    rank,
    out,
    in: incoming,
  };
}

/** Depth first from what nothing leads to, and from what only a loop leads to. */
function rankInRuleOrder(
  anchors: readonly Anchor[],
  out: ReadonlyMap<string, readonly Bundle[]>,
  incoming: ReadonlyMap<string, readonly Bundle[]>,
): ReadonlyMap<string, number> {
  const rank = new Map<string, number>();
  const visit = (start: string): void => {
    const stack: { readonly id: string; readonly bundle: string | null }[] = [{ id: start, bundle: null }];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      if (next.bundle !== null) rank.set(next.bundle, rank.size);
      if (rank.has(next.id)) continue;
      rank.set(next.id, rank.size);
      for (const bundle of (out.get(next.id) ?? []).toReversed()) stack.push({ id: bundle.to, bundle: bundle.id });
    }
  };
  for (const anchor of anchors) if (!incoming.has(anchor.id)) visit(anchor.id);
  for (const anchor of anchors) if (!rank.has(anchor.id)) visit(anchor.id);
  return rank;
}

/** A label before it has a place. */
export type LabelText = Omit<WireLabel, 'x' | 'y'>;

export const labelLineHeight = 15;
/** How much wider a warning is, as it stands out in bold. */
export const boldness = 1.1;

/** All packets that a node's rules with a share have counted; null without counters, or where none was counted. */
function countedAt(index: GraphIndex, id: string): number | null {
  let sum = 0;
  for (const edge of index.out(id)) if (edge.probability !== null) sum += edge.packets ?? 0;
  return sum > 0 ? sum : null;
}

/** So many rules between the same two boxes are told apart at their wire; of more, only the first, and how many follow. */
const mostLabels = 5;

/** What stands at the end of a bundle, a label for each way that needs one. */
export function labelsOf(index: GraphIndex, ways: readonly Way[], width: number, measure: Measure): readonly LabelText[] {
  if (ways.length <= mostLabels) return ways.flatMap((way) => labelOf(index, way, width, measure) ?? []);
  const rest = ways.slice(mostLabels - 1).flatMap((way) => way.edges);
  const packets = rest.reduce<number | null>((sum, edge) => (edge.packets === null ? sum : (sum ?? 0) + edge.packets), null);
  const counter = packets === null ? '' : `, ${count(packets)} pkts`;
  const text = fitText(`and ${counted(rest.length, 'more rule')}${counter}`, 'wire', width, measure);
  return [
    ...ways.slice(0, mostLabels - 1).flatMap((way) => labelOf(index, way, width, measure) ?? []),
    {
      lines: [{ text, tone: 'counter' }],
      edges: rest,
      width: Math.ceil(measure(text, 'wire')) + 10,
      height: labelLineHeight + 3,
    },
  ];
}

function labelOf(index: GraphIndex, way: Way, width: number, measure: Measure): LabelText | null {
  const share = way.probability === null || way.probability >= 1 ? '' : percentText(way.probability);
  const main = [share, drawingText(way.condition)].filter((part) => part !== '').join(' ');
  const lines: WireLabel['lines'][number][] = wrap(main, 'wire', width, 2, measure).map((text) => ({ text, tone: 'main' }));
  if (way.packets !== null) {
    const total = way.edges[0] === undefined || way.probability === null ? null : countedAt(index, way.edges[0].from);
    const seen = total === null || share === '' ? '' : `, ${percentText(way.packets / total)}`;
    const none = way.packets === 0 && total !== null;
    lines.push({ text: `${count(way.packets)} pkts${seen}`, tone: none ? 'warning' : 'counter' });
  }
  if (lines.length === 0) return null;
  const text = Math.max(...lines.map((line) => measure(line.text, 'wire') * (line.tone === 'warning' ? boldness : 1)));
  return { lines, edges: way.edges, width: Math.ceil(text) + 10, height: lines.length * labelLineHeight + 3 };
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
 * Anchors so that each comes after all that lead to it (loops aside), and what follows in rule order stays so where that allows it.
 */
export function topologicalOrder(parts: Parts): readonly string[] {
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
      for (const bundle of parts.out.get(next.id) ?? []) stack.push({ id: bundle.to, leave: false });
    }
  };
  for (const anchor of parts.anchors.toReversed()) if (!parts.in.has(anchor.id)) visit(anchor.id);
  for (const anchor of parts.anchors.toReversed()) if (!entered.has(anchor.id)) visit(anchor.id);
  return order.toReversed();
}
