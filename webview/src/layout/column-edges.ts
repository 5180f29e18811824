/** The edges between filled columns. */

import { groupBy } from '../model/collect.ts';
import { laneId, slotGap, slotHeight } from './column-items.ts';
import { arrowWidth, type ColumnPlan, framePad } from './column-plan.ts';
import { bend, onRails, type Point, type RailEnd, straightDown, upright } from './edge-path.ts';
import type { FilledColumns } from './fill-columns.ts';
import type { LabelText, MergedEdge, MergedGraph } from './merged-edges.ts';
import type { DrawnEdge, EdgeLabel } from './model.ts';
import { railPieces } from './rails.ts';

/** Every merged edge as an edge that ends at its target's left, or at its top where it comes from the box above. */
export function columnEdges(parts: MergedGraph, plan: ColumnPlan, filled: FilledColumns): readonly DrawnEdge[] {
  const { widths, lefts, size } = plan;
  const { columnAt, labelsAt, heightAt, middleAt, down } = filled;
  const branches = parts.vertices.flatMap((vertex) => branchesTo(vertex.id, parts, plan, filled));
  const pieces = piecesOf(branches, plan, filled);
  const edges: DrawnEdge[] = branches.map(({ merged, points, labels }) => {
    const first = pieces.out.get(merged.id) ?? null;
    const last = pieces.in.get(merged.id) ?? null;
    const heights = points.map((point) => point.y);
    const [top, bottom] = [Math.min(...heights), Math.max(...heights)];
    const bar = barBeside(labels, heights.at(-1) ?? 0);
    if (first === null && last === null) return drawnEdgeOf(merged, bend(points) + bar, labels, top, bottom);
    const whole = onRails(points, first && { ...first, neighbour: null }, last && { ...last, neighbour: null });
    return { ...drawnEdgeOf(merged, onRails(points, first, last) + bar, labels, top, bottom), wholePath: whole + bar };
  });
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

/** A label that is so far from its edge, in pixels, is not seen to be of it. */
const far = 12;

/** A bar along labels some of which stand far from their edge, and so whose they are; empty for no bar. */
function barBeside(labels: readonly EdgeLabel[], middle: number): string {
  const top = Math.min(...labels.map((label) => label.y));
  const bottom = Math.max(...labels.map(({ y, height }) => y + height));
  const isFar = labels.some(({ y, height }) => Math.max(y - middle, middle - y - height) >= far);
  return isFar ? upright(Math.min(...labels.map(({ x }) => x)) - 3, top, bottom) : '';
}

/** A merged edge that comes from the left, with the places that it passes: the last two are where it runs level into its target. */
interface ColumnBranch {
  readonly merged: MergedEdge;
  readonly points: readonly Point[];
  readonly labels: readonly EdgeLabel[];
}

/** What comes to a box from the left, in the order of where it comes from; what shares a rail comes at one height. */
function branchesTo(id: string, parts: MergedGraph, plan: ColumnPlan, filled: FilledColumns): readonly ColumnBranch[] {
  const { framed, labelWidths, lefts, rails } = plan;
  const { columnAt, labelsAt, middleAt, down } = filled;
  const incoming = (parts.in.get(id) ?? []).filter((merged) => !down.has(merged.id));
  const column = columnAt(id);
  const left = lefts[column] ?? 0;
  const end = left + (column === framed ? framePad : 0);
  const zone = left - (labelWidths[column] ?? 0) - arrowWidth;
  const ways = incoming.map((merged) => ({
    merged,
    points: waypoints(merged, plan, filled),
    height: slotHeight(labelsAt(merged)),
  }));
  const slots = [...groupBy(ways, ({ merged }) => rails.in.get(merged.id) ?? merged)]
    .map(([, together]) => ({
      together,
      from: together.reduce((sum, { points }) => sum + (points.at(-1)?.y ?? 0), 0) / together.length,
      height: Math.max(...together.map(({ height }) => height)),
    }))
    .toSorted((a, b) => a.from - b.from);
  let slot = middleAt(id) - slots.reduce((sum, { height }) => sum + height + slotGap, -slotGap) / 2;
  return slots.flatMap(({ together, height }) => {
    const at = slot + height / 2;
    slot += height + slotGap;
    return together.map(({ merged, points }) => ({
      merged,
      points: [...points, { x: zone, y: at }, { x: end, y: at }],
      labels: placeLabels(labelsAt(merged), at, (widest) => left - arrowWidth - widest),
    }));
  });
}

/** Of each edge on a rail, by its id, where the rail stands and which neighbour has the rest of it. */
function piecesOf(
  branches: readonly ColumnBranch[],
  { rails, lefts, widths }: ColumnPlan,
  { columnAt, middleAt }: FilledColumns,
): { readonly out: ReadonlyMap<string, RailEnd>; readonly in: ReadonlyMap<string, RailEnd> } {
  const ends = (
    of: ReadonlyMap<string, string>,
    side: 'out' | 'in',
    heightOf: (points: readonly Point[]) => number | undefined,
    meetingOf: (box: string, points: readonly Point[]) => number,
  ): ReadonlyMap<string, RailEnd> => {
    const made = new Map<string, RailEnd>();
    for (const [box, group] of groupBy(branches, ({ merged }) => of.get(merged.id))) {
      if (box === undefined) continue;
      const before = columnAt(box) - (side === 'out' ? 0 : 1);
      const x = (lefts[before] ?? 0) + (widths[before] ?? 0) + (rails.lefts.get(`${side}:${box}`) ?? 0);
      const heights = new Map(group.map(({ merged, points }) => [merged.id, heightOf(points) ?? 0]));
      const pieces = railPieces(heights, meetingOf(box, group[0]?.points ?? []));
      for (const [id, neighbour] of pieces) made.set(id, { x, neighbour });
    }
    return made;
  };
  return {
    out: ends(rails.out, 'out', (points) => points[1]?.y, middleAt),
    in: ends(
      rails.in,
      'in',
      (points) => points.at(-3)?.y,
      (_, points) => points.at(-1)?.y ?? 0,
    ),
  };
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
