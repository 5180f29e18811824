/** The wires between filled columns. */

import { laneId, slotHeight } from './column-items.ts';
import { arrowWidth, type ColumnPlan, framePad } from './column-plan.ts';
import { bend, type Point, straightDown } from './edge-path.ts';
import type { FilledColumns } from './fill-columns.ts';
import type { Bundle, LabelText, Parts } from './merged-edges.ts';
import type { Wire, WireLabel } from './model.ts';

/** Every bundle as a wire that ends at its target's left, or at its top where it comes from the box above. */
export function columnWires(parts: Parts, plan: ColumnPlan, filled: FilledColumns): readonly Wire[] {
  const { framed, size, widths, labelWidths, lefts } = plan;
  const { columnAt, labelsAt, heightAt, middleAt, down } = filled;
  const wires: Wire[] = [];
  for (const anchor of parts.anchors) {
    const incoming = (parts.in.get(anchor.id) ?? []).filter((bundle) => !down.has(bundle.id));
    const column = columnAt(anchor.id);
    const left = lefts[column] ?? 0;
    const end = left + (column === framed ? framePad : 0);
    const zone = left - (labelWidths[column] ?? 0) - arrowWidth;
    const slots = incoming
      .map((bundle) => ({ bundle, points: waypoints(bundle, plan, filled), height: slotHeight(labelsAt(bundle)) }))
      .toSorted((a, b) => (a.points.at(-1)?.y ?? 0) - (b.points.at(-1)?.y ?? 0));
    let slot = middleAt(anchor.id) - slots.reduce((sum, { height }) => sum + height + 4, -4) / 2;
    for (const { bundle, points, height } of slots) {
      const at = slot + height / 2;
      slot += height + 4;
      const labels = placeLabels(labelsAt(bundle), at, (widest) => left - arrowWidth - widest);
      const way = [...points, { x: zone, y: at }, { x: end, y: at }];
      const heights = way.map((point) => point.y);
      wires.push(wireOf(bundle, bend(way), labels, Math.min(...heights), Math.max(...heights)));
    }
  }
  for (const bundle of parts.bundles) {
    if (!down.has(bundle.id)) continue;
    const column = columnAt(bundle.from);
    const middle = (lefts[column] ?? 0) + Math.min(widths[column] ?? 0, size.box) / 2;
    const top = middleAt(bundle.from) + heightAt(bundle.from) / 2;
    const bottom = middleAt(bundle.to) - heightAt(bundle.to) / 2;
    const labels = placeLabels(labelsAt(bundle), (top + bottom - 4) / 2, (widest) => middle - widest / 2);
    wires.push(wireOf(bundle, straightDown(middle, top, bottom), labels, top, bottom));
  }
  return wires;
}

/** Where a wire begins, and where it passes the columns between. */
function waypoints(bundle: Bundle, { framed, widths, labelWidths, lefts }: ColumnPlan, filled: FilledColumns): readonly Point[] {
  const { columnAt, heightAt, middleAt } = filled;
  const from = columnAt(bundle.from);
  const to = columnAt(bundle.to);
  const left = lefts[from] ?? 0;
  // Back or within the column: out to the left, as the target's wires come from there.
  if (to <= from) return [{ x: left, y: middleAt(bundle.from) + heightAt(bundle.from) / 2 - 6 }];
  const right = left + (widths[from] ?? 0) - (from === framed ? framePad : 0);
  const points: Point[] = [{ x: right, y: middleAt(bundle.from) }];
  for (let column = from + 1; column < to; column += 1) {
    const lane = middleAt(laneId(bundle, column));
    // Level before the column's labels begin, so that it crosses none.
    const start = (lefts[column] ?? 0) - (labelWidths[column] ?? 0) - arrowWidth;
    points.push({ x: start, y: lane }, { x: (lefts[column] ?? 0) + (widths[column] ?? 0), y: lane });
  }
  return points;
}

function wireOf(bundle: Bundle, path: string, labels: readonly WireLabel[], top: number, bottom: number): Wire {
  return { id: bundle.id, from: bundle.from, to: bundle.to, edges: bundle.edges, path, labels, top, bottom };
}

/** Labels in a stack around a middle, flush on the left: `left` is where, for the width of the widest. */
function placeLabels(labels: readonly LabelText[], middle: number, left: (widest: number) => number): readonly WireLabel[] {
  let top = middle - labels.reduce((sum, label) => sum + label.height + 3, -3) / 2;
  const x = left(Math.max(0, ...labels.map((label) => label.width)));
  return labels.map((label) => {
    const placed = { ...label, x, y: top };
    top += label.height + 3;
    return placed;
  });
}
