/** Rails: where many edges leave one box, or come to one, they share a line up and down, and no fan of curves becomes a dark area. */

import { groupBy } from '../model/collect.ts';
import type { LabelText, MergedEdge, MergedGraph } from './merged-edges.ts';

/** Which rail a merged edge begins or ends on, by its id: the id of the box that all of it leave or come to. */
export interface Rails {
  readonly out: ReadonlyMap<string, string>;
  readonly in: ReadonlyMap<string, string>;
  /** How far from the left end of the space before a column each rail stands, by `out:` or `in:` and the id of its box. */
  readonly lefts: ReadonlyMap<string, number>;
  /** How much wider than usual the space before each column is. */
  readonly more: readonly number[];
}

/** So many edges at one box are still told apart as curves. */
const mostCurves = 8;
/** Where more edges than this go from one column, each box has a rail for its own. */
const mostBeside = 24;
const firstRail = 14;
const railGap = 7;
/** Of more rails in one space, some lie on others. */
const mostRails = 8;

/** The rails of a drawing whose boxes stand in columns; an edge ends on one only where it needs no label to be told from the others. */
export function railsOf(
  parts: MergedGraph,
  columnOf: ReadonlyMap<string, number>,
  columns: number,
  labels: ReadonlyMap<string, readonly LabelText[]>,
): Rails {
  const columnAt = (id: string): number => columnOf.get(id) ?? 0;
  const forward = parts.mergedEdges.filter(({ from, to }) => columnAt(to) > columnAt(from));
  const beside = new Map([...groupBy(forward, ({ from }) => columnAt(from))].map(([column, edges]) => [column, edges.length]));
  const isCrowded = (from: string): boolean => (beside.get(columnAt(from)) ?? 0) > mostBeside;
  const out = onRailsAt(forward, ({ from }) => from, isCrowded);
  // Between neighbouring columns an edge goes up or down once only.
  const mayJoin = ({ id, from, to }: MergedEdge): boolean =>
    labels.get(id)?.length === 0 && !(out.of.has(id) && columnAt(to) === columnAt(from) + 1);
  const incoming = onRailsAt(
    forward.filter(mayJoin),
    ({ to }) => to,
    () => false,
  );
  const before = new Map<number, string[]>();
  for (const { id } of parts.vertices) {
    const column = columnAt(id);
    if (out.boxes.has(id)) before.set(column + 1, [...(before.get(column + 1) ?? []), `out:${id}`]);
    if (incoming.boxes.has(id)) before.set(column, [...(before.get(column) ?? []), `in:${id}`]);
  }
  const lefts = new Map<string, number>();
  for (const rails of before.values())
    for (const [at, rail] of rails.entries()) lefts.set(rail, firstRail + (at % mostRails) * railGap);
  return {
    out: out.of,
    in: incoming.of,
    lefts,
    more: Array.from({ length: columns }, (_, at) => {
      const rails = Math.min(mostRails, before.get(at)?.length ?? 0);
      return Math.max(0, rails - 1) * railGap;
    }),
  };
}

function onRailsAt(
  edges: readonly MergedEdge[],
  boxOf: (merged: MergedEdge) => string,
  isCrowded: (box: string) => boolean,
): { readonly of: ReadonlyMap<string, string>; readonly boxes: ReadonlySet<string> } {
  const many = [...groupBy(edges, boxOf)].filter(([box, group]) => group.length > mostCurves || isCrowded(box));
  return {
    of: new Map(many.flatMap(([box, group]) => group.map(({ id }) => [id, box] as const))),
    boxes: new Set(many.map(([box]) => box)),
  };
}

/**
 * Where each of a rail's edges takes over from its neighbour, by its id: the height of the neighbour next to where all meet, null where there
 * is none. `heights` are where the edges turn off or join, `meeting` where all meet.
 */
export function railPieces(heights: ReadonlyMap<string, number>, meeting: number): ReadonlyMap<string, number | null> {
  const pieces = new Map<string, number | null>();
  const sorted = [...heights].toSorted(([, a], [, b]) => Math.abs(a - meeting) - Math.abs(b - meeting));
  let above: number | null = null;
  let below: number | null = null;
  for (const [id, height] of sorted) {
    pieces.set(id, height < meeting ? above : below);
    if (height < meeting) above = height;
    else below = height;
  }
  return pieces;
}
