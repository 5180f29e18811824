/** The items that stand in a column, their order, and how high each stands. */
import type { LabelText, MergedEdge, MergedGraph } from './merged-edges.ts';
import { margin } from './model.ts';
import { placeInOrder } from './place-in-order.ts';

const headingHeight = 30;

/** An item in a column that moves as one: a box, a frame of boxes, a group, or the lane of an edge that passes the column. */
export interface Item {
  readonly id: string;
  readonly column: number;
  readonly height: number;
  /** The least distance to the item above. */
  gap: number;
  top: number;
}

/** Where a vertex, or a merged edge's lane, is: its item, and how far below that item's top its middle is. */
export interface Port {
  readonly item: Item;
  readonly offset: number;
}

/** A merged edge's name where it passes a column. */
export const laneId = (merged: MergedEdge, column: number): string => `${merged.id}\n${column}`;

const leastSlot = 14;
/** The space between the ends of two edges. */
export const slotGap = 4;

/** How much height labels need at the end of an edge, so that the outermost is no nearer to the next edge than to its own. */
export function slotHeight(labels: readonly LabelText[]): number {
  const height = labels.reduce((sum, label) => sum + label.height + 3, -3);
  const farthest = Math.max(
    0,
    ...[labels[0], labels.at(-1)].map((label) => (label === undefined ? 0 : height / 2 - label.height)),
  );
  const space = Math.max(0, farthest - slotGap - leastSlot / 2);
  return Math.max(leastSlot, height + 2 * space);
}

/**
 * Puts what a chain jumps to within its own column right below it, where nothing else in the column leads there, and leaves room for the
 * edge between; `down` gets the merged edges that are drawn so.
 */
export function chainsDownwards(
  items: readonly Item[],
  parts: MergedGraph,
  within: (merged: MergedEdge) => boolean,
  down: Set<string>,
  labelsAt: (merged: MergedEdge) => readonly LabelText[],
): readonly Item[] {
  const byId = new Map(items.map((item) => [item.id, item]));
  const above = new Map<string, MergedEdge>();
  const below = new Map<string, MergedEdge>();
  for (const item of items) {
    const inner = (parts.in.get(item.id) ?? []).filter((merged) => within(merged) && byId.has(merged.from));
    const only = inner.length === 1 ? inner[0] : undefined;
    if (only === undefined || below.has(only.from)) continue;
    above.set(item.id, only);
    below.set(only.from, only);
  }
  const ordered: Item[] = [];
  const taken = new Set<string>();
  for (const item of items) {
    if (above.has(item.id)) continue;
    for (let next: Item | undefined = item; next !== undefined && !taken.has(next.id); ) {
      taken.add(next.id);
      ordered.push(next);
      const merged: MergedEdge | undefined = below.get(next.id);
      next = merged === undefined ? undefined : byId.get(merged.to);
      if (merged !== undefined && next !== undefined && !taken.has(next.id)) {
        down.add(merged.id);
        next.gap = slotHeight(labelsAt(merged)) + 30;
      }
    }
  }
  // A loop within a column has no beginning.
  for (const item of items) if (!taken.has(item.id)) ordered.push(item);
  return ordered;
}

/** Moves the columns' items up and down so that edges run as level as the order of rows allows. */
export function levelEdges(
  columns: readonly (readonly Item[])[],
  parts: MergedGraph,
  ports: ReadonlyMap<string, Port>,
  within: (merged: MergedEdge) => boolean,
): void {
  const toRight = new Map<Item, { readonly own: number; readonly other: Port }[]>();
  const toLeft = new Map<Item, { readonly own: number; readonly other: Port }[]>();
  for (const merged of parts.mergedEdges) {
    if (within(merged)) continue;
    const stops = [merged.from, ...lanesOf(merged, ports), merged.to]
      .map((id) => ports.get(id))
      .filter((port) => port !== undefined);
    for (const [at, port] of stops.entries()) {
      const next = stops[at + 1];
      if (next === undefined || next.item.column <= port.item.column) continue;
      const right = toRight.get(port.item) ?? [];
      right.push({ own: port.offset, other: next });
      toRight.set(port.item, right);
      const left = toLeft.get(next.item) ?? [];
      left.push({ own: next.offset, other: port });
      toLeft.set(next.item, left);
    }
  }
  for (const items of columns) {
    let top = 0;
    for (const [at, item] of items.entries()) {
      if (at > 0) top += item.gap;
      item.top = top;
      top += item.height;
    }
  }
  const pass = (
    items: readonly Item[],
    sides: readonly ReadonlyMap<Item, readonly { readonly own: number; readonly other: Port }[]>[],
  ): void => {
    const tops = placeInOrder(
      items.map((item) => {
        const ties = sides.map((side) => side.get(item) ?? []).find((found) => found.length > 0) ?? [];
        const wanted = ties
          .map(({ own, other }) => other.item.top + other.offset - own + item.height / 2)
          .toSorted((a, b) => a - b);
        const mean = wanted.reduce((sum, value) => sum + value, 0) / wanted.length;
        // A chain with many endpoints stays near the first of them, so that the top of the drawing shows a whole way.
        const aim = wanted.length === 0 ? item.top + item.height / 2 : Math.min(mean, (wanted[0] ?? 0) + 110);
        return { height: item.height, gap: item.gap, wanted: aim, weight: wanted.length === 0 ? 0.1 : 1 };
      }),
    );
    for (const [at, item] of items.entries()) item.top = tops[at] ?? 0;
  };
  for (const items of columns.toReversed()) pass(items, [toRight]);
  for (const items of columns) pass(items, [toRight, toLeft]);
  for (const items of columns.toReversed()) pass(items, [toRight, toLeft]);

  const least = Math.min(...columns.flatMap((items) => items.map((item) => item.top)));
  for (const items of columns) for (const item of items) item.top = Math.round(item.top - least) + headingHeight + margin;
}

function lanesOf(merged: MergedEdge, ports: ReadonlyMap<string, Port>): readonly string[] {
  const from = ports.get(merged.from)?.item.column ?? 0;
  const to = ports.get(merged.to)?.item.column ?? 0;
  return Array.from({ length: Math.max(0, to - from - 1) }, (_, at) => laneId(merged, from + 1 + at));
}
