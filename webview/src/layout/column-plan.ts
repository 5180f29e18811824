/** How wide everything is in columns, and so how far from the left each column stands. */

import type { GraphIndex } from '../model/graph-index.ts';
import { nameWidth, naturalGroupWidth, naturalWidth } from './box-content.ts';
import { groupSize } from './group-box.ts';
import { isIdle, type LabelText, labelsOf, type MergedGraph, type Vertex } from './merged-edges.ts';
import { type LayoutOptions, margin } from './model.ts';
import { type Rails, railsOf } from './rails.ts';

/** What an arrow head takes before a box. */
export const arrowWidth = 12;
/** The space between a frame and the boxes in it. */
export const framePad = 8;

/** How wide boxes and labels may get, and what an edge has to come from one height to another; the first that fits the room is taken. */
const sizes = [
  { box: 236, label: 190, curve: 34 },
  { box: 200, label: 140, curve: 34 },
  { box: 168, label: 112, curve: 34 },
  { box: 136, label: 96, curve: 28 },
  { box: 124, label: 80, curve: 24 },
] as const;
type Size = (typeof sizes)[number];

/** Columns before anything has a height. */
export interface ColumnPlan {
  readonly columnOf: ReadonlyMap<string, number>;
  /** What each column is called; empty for nothing. */
  readonly titles: readonly string[];
  /** The column whose Pods stand in frames of their nodes; null: none does. */
  readonly framed: number | null;
  readonly size: Size;
  readonly widths: readonly number[];
  /** The room for labels before each column. */
  readonly labelWidths: readonly number[];
  /** The labels of each merged edge. */
  readonly labels: ReadonlyMap<string, readonly LabelText[]>;
  readonly rails: Rails;
  readonly lefts: readonly number[];
  readonly right: number;
}

/** A drawing this much smaller is still better to read than one whose texts are cut. */
const shrink = 0.85;

/** The widest plan that fits the room, or else the narrowest; of each size first that with the first of the ways to assign columns. */
export function planColumns(
  index: GraphIndex,
  parts: MergedGraph,
  ways: readonly Pick<ColumnPlan, 'columnOf' | 'titles'>[],
  options: LayoutOptions,
): ColumnPlan {
  const plans = sizes.flatMap((size) => ways.map((columns) => ({ size, columns })));
  let chosen: ColumnPlan | null = null;
  for (const { size, columns } of plans) {
    chosen = plan(index, parts, columns, framedColumn(parts, columns.columnOf), size, options);
    if (options.room === null || (chosen.right + margin) * shrink <= options.room) break;
  }
  if (chosen === null) throw new Error('there is no way to assign columns');
  return chosen;
}

/** The column whose Pods stand in frames of their nodes; null where no node is known or the Pods stand in groups. */
function framedColumn(parts: MergedGraph, columnOf: ReadonlyMap<string, number>): number | null {
  const pod = parts.vertices.find(
    (vertex) => vertex.node?.kind === 'pod' && vertex.node.pod !== null && vertex.node.pod.node !== null,
  );
  return pod === undefined ? null : (columnOf.get(pod.id) ?? null);
}

/** The cluster's node that a vertex's Pod is on; null for what is no Pod, or on no known node. */
export function hostOf(vertex: Vertex): string | null {
  return vertex.node?.kind === 'pod' ? (vertex.node.pod?.node ?? null) : null;
}

function plan(
  index: GraphIndex,
  parts: MergedGraph,
  { columnOf, titles }: Pick<ColumnPlan, 'columnOf' | 'titles'>,
  framed: number | null,
  size: Size,
  options: LayoutOptions,
): ColumnPlan {
  const widths = titles.map(() => 84);
  const labelWidths = titles.map(() => 0);
  const labels = new Map<string, readonly LabelText[]>();
  for (const vertex of parts.vertices) {
    const column = columnOf.get(vertex.id) ?? 0;
    const wanted =
      vertex.node !== null
        ? Math.min(
            naturalWidth(vertex.node, isIdle(index, vertex.node), options.measure),
            Math.max(size.box, nameWidth(vertex.node, options.measure)),
          )
        : vertex.group !== null
          ? Math.max(naturalGroupWidth(vertex.group, options.measure), groupSize(index, vertex.group, size.box, options).width)
          : 0;
    widths[column] = Math.max(widths[column] ?? 0, wanted);
  }
  for (const merged of parts.mergedEdges) {
    const texts = labelsOf(index, merged.branches, size.label, options.measure);
    labels.set(merged.id, texts);
    const column = columnOf.get(merged.to) ?? 0;
    // An edge within a column goes straight down most of the time, with its labels on it.
    if (columnOf.get(merged.from) === column) continue;
    labelWidths[column] = Math.max(labelWidths[column] ?? 0, ...texts.map((text) => text.width + 8));
  }
  if (framed !== null) widths[framed] = (widths[framed] ?? 0) + 2 * framePad;
  const rails = railsOf(parts, columnOf, titles.length, labels);
  const lefts: number[] = [];
  let x = margin;
  for (const [column, width] of widths.entries()) {
    if (column > 0) x += size.curve + (rails.more[column] ?? 0) + (labelWidths[column] ?? 0) + arrowWidth;
    lefts.push(x);
    x += width;
  }
  return { columnOf, titles, framed, size, widths, labelWidths, labels, rails, lefts, right: x };
}
