/** The edges between filled columns. */

import { laneId, slotHeight } from './column-items.ts';
import { arrowWidth, type ColumnPlan, framePad } from './column-plan.ts';
import { bend, type Point, straightDown } from './edge-path.ts';
import type { FilledColumns } from './fill-columns.ts';
import type { LabelText, MergedEdge, MergedGraph } from './merged-edges.ts';
import type { DrawnEdge, EdgeLabel } from './model.ts';

/** Every merged edge as an edge that ends at its target's left, or at its top where it comes from the box above. */
export function columnEdges(parts: MergedGraph, plan: ColumnPlan, filled: FilledColumns): readonly DrawnEdge[] {
  const { framed, size, widths, labelWidths, lefts } = plan;
  const { columnAt, labelsAt, heightAt, middleAt, down } = filled;
  const edges: DrawnEdge[] = [];
  for (const vertex of parts.vertices) {
    const incoming = (parts.in.get(vertex.id) ?? []).filter((merged) => !down.has(merged.id));
    const column = columnAt(vertex.id);
    const left = lefts[column] ?? 0;
    const end = left + (column === framed ? framePad : 0);
    const zone = left - (labelWidths[column] ?? 0) - arrowWidth;
    const slots = incoming
      .map((merged) => ({ merged, points: waypoints(merged, plan, filled), height: slotHeight(labelsAt(merged)) }))
      .toSorted((a, b) => (a.points.at(-1)?.y ?? 0) - (b.points.at(-1)?.y ?? 0));
    let slot = middleAt(vertex.id) - slots.reduce((sum, { height }) => sum + height + 4, -4) / 2;
    for (const { merged, points, height } of slots) {
      const at = slot + height / 2;
      slot += height + 4;
      const labels = placeLabels(labelsAt(merged), at, (widest) => left - arrowWidth - widest);
      const branch = [...points, { x: zone, y: at }, { x: end, y: at }];
      const heights = branch.map((point) => point.y);
      edges.push(drawnEdgeOf(merged, bend(branch), labels, Math.min(...heights), Math.max(...heights)));
    }
  }
  for (const merged of parts.mergedEdges) {
    if (!down.has(merged.id)) continue;
    const column = columnAt(merged.from);
    const middle = (lefts[column] ?? 0) + Math.min(widths[column] ?? 0, size.box) / 2;
    const top = middleAt(merged.from) + heightAt(merged.from) / 2;
    const bottom = middleAt(merged.to) - heightAt(merged.to) / 2;
    const labels = placeLabels(labelsAt(merged), (top + bottom - 4) / 2, (widest) => middle - widest / 2);
    edges.push(drawnEdgeOf(merged, straightDown(middle, top, bottom), labels, top, bottom));
  }
  return edges;
}

/** Where an edge begins, and where it passes the columns between. */
function waypoints(
  merged: MergedEdge,
  { framed, widths, labelWidths, lefts }: ColumnPlan,
  filled: FilledColumns,
): readonly Point[] {
  const { columnAt, heightAt, middleAt } = filled;
  const from = columnAt(merged.from);
  const to = columnAt(merged.to);
  const left = lefts[from] ?? 0;
  // Back or within the column: out to the left, as the target's edges come from there.
  if (to <= from) return [{ x: left, y: middleAt(merged.from) + heightAt(merged.from) / 2 - 6 }];
  const right = left + (widths[from] ?? 0) - (from === framed ? framePad : 0);
  const points: Point[] = [{ x: right, y: middleAt(merged.from) }];
  for (let column = from + 1; column < to; column += 1) {
    const lane = middleAt(laneId(merged, column));
    // Level before the column's labels begin, so that it crosses none.
    const start = (lefts[column] ?? 0) - (labelWidths[column] ?? 0) - arrowWidth;
    points.push({ x: start, y: lane }, { x: (lefts[column] ?? 0) + (widths[column] ?? 0), y: lane });
  }
  return points;
}

function drawnEdgeOf(merged: MergedEdge, path: string, labels: readonly EdgeLabel[], top: number, bottom: number): DrawnEdge {
  return { id: merged.id, from: merged.from, to: merged.to, edges: merged.edges, path, labels, top, bottom };
}

/** Labels in a stack around a middle, flush on the left: `left` is where, for the width of the widest. */
function placeLabels(labels: readonly LabelText[], middle: number, left: (widest: number) => number): readonly EdgeLabel[] {
  let top = middle - labels.reduce((sum, label) => sum + label.height + 3, -3) / 2;
  const x = left(Math.max(0, ...labels.map((label) => label.width)));
  return labels.map((label) => {
    const placed = { ...label, x, y: top };
    top += label.height + 3;
    return placed;
  });
}
