/** What stands in each column, in order and at its height. */

import { groupBy } from '../model/collect.ts';
import type { GraphIndex } from '../model/graph-index.ts';
import type { Arrangement } from '../model/groups.ts';
import { type BoxContent, boxContent, groupContent } from './box-content.ts';
import { chainsDownwards, type Item, laneId, levelEdges, type Port, slotHeight } from './column-items.ts';
import { type ColumnPlan, framePad, hostOf } from './column-plan.ts';
import { type GroupParts, groupParts } from './group-box.ts';
import { isIdle, type LabelText, type MergedEdge, type MergedGraph, type Vertex } from './merged-edges.ts';
import type { LayoutOptions } from './model.ts';

const rowGap = 12;
const laneHeight = 16;
const frameHead = 24;

/** An item of a column with the vertices in it: one, or the Pods of a node, or none where an edge only passes. */
export interface ColumnThing {
  readonly item: Item;
  readonly vertices: readonly Vertex[];
}

export interface FilledColumns {
  readonly columnAt: (id: string) => number;
  readonly labelsAt: (merged: MergedEdge) => readonly LabelText[];
  readonly contents: ReadonlyMap<string, BoxContent>;
  /** The inside of each group, by its id. */
  readonly groups: ReadonlyMap<string, GroupParts>;
  readonly heightAt: (id: string) => number;
  /** The middle of a vertex or of a merged edge's lane. */
  readonly middleAt: (id: string) => number;
  readonly items: readonly ColumnThing[];
  /** Bundles that run straight down within their column. */
  readonly down: ReadonlySet<string>;
  readonly bottom: number;
}

/** Fills planned columns: rows in rule order, as level with what they are joined to as that order allows. */
export function fillColumns(
  index: GraphIndex,
  parts: MergedGraph,
  order: readonly string[],
  arrangement: Arrangement,
  { columnOf, titles, framed, size, widths, labels }: ColumnPlan,
  options: LayoutOptions,
): FilledColumns {
  const columnAt = (id: string): number => columnOf.get(id) ?? 0;
  const labelsAt = (merged: MergedEdge): readonly LabelText[] => labels.get(merged.id) ?? [];
  const within = (merged: MergedEdge): boolean => columnAt(merged.from) === columnAt(merged.to);
  const position = new Map(order.map((id, at) => [id, at]));
  const rowPosition = new Map(
    arrangement.rows.flatMap((row, at) => [row.endpoint, ...row.behind].map((node) => [node.id, at] as const)),
  );
  const keyOf = (id: string): number => rowPosition.get(id) ?? position.get(id) ?? 0;

  const contents = new Map<string, BoxContent>();
  const groups = new Map<string, GroupParts>();
  const heights = new Map<string, number>();
  for (const vertex of parts.vertices) {
    const column = columnAt(vertex.id);
    const slots = (parts.in.get(vertex.id) ?? [])
      .filter((merged) => !within(merged))
      .map((merged) => slotHeight(labelsAt(merged)));
    const ports = slots.reduce((sum, height) => sum + height + 4, 0);
    if (vertex.group !== null) {
      const width = widths[column] ?? 0;
      const made = groupParts(index, vertex.group, size.box, width, options);
      groups.set(vertex.id, made);
      contents.set(vertex.id, groupContent(vertex.group, options.open.has(vertex.id), width, options.measure));
      heights.set(vertex.id, Math.max(30, ports));
    } else if (vertex.node !== null) {
      const inset = column === framed ? 2 * framePad : 0;
      const content = boxContent(vertex.node, isIdle(index, vertex.node), (widths[column] ?? 0) - inset, options.measure);
      contents.set(vertex.id, content);
      heights.set(vertex.id, Math.max(content.height, ports));
    }
  }
  const heightAt = (id: string): number => heights.get(id) ?? 0;

  const ports = new Map<string, Port>();
  const inColumn: (ColumnThing & { readonly key: number })[][] = titles.map(() => []);
  for (const [column, vertices] of groupBy(parts.vertices, (vertex) => columnAt(vertex.id))) {
    const hosts = groupBy(vertices, (vertex) => (column === framed ? hostOf(vertex) : null));
    for (const [host, members] of hosts) {
      if (host === null) {
        for (const vertex of members) {
          const made = groups.get(vertex.id);
          const body = made === undefined ? 0 : made.height;
          const item: Item = { id: vertex.id, column, height: heightAt(vertex.id) + body, gap: rowGap, top: 0 };
          ports.set(vertex.id, { item, offset: heightAt(vertex.id) / 2 });
          inColumn[column]?.push({ item, key: keyOf(vertex.id), vertices: [vertex] });
        }
        continue;
      }
      const ordered = members.toSorted((a, b) => keyOf(a.id) - keyOf(b.id));
      const inner = ordered.reduce((sum, vertex) => sum + heightAt(vertex.id) + framePad, 0);
      const item: Item = { id: `host:${host}`, column, height: frameHead + inner, gap: rowGap, top: 0 };
      let offset = frameHead;
      for (const vertex of ordered) {
        ports.set(vertex.id, { item, offset: offset + heightAt(vertex.id) / 2 });
        offset += heightAt(vertex.id) + framePad;
      }
      inColumn[column]?.push({ item, key: keyOf(ordered[0]?.id ?? ''), vertices: ordered });
    }
  }
  for (const merged of parts.mergedEdges) {
    const key = position.get(merged.from) ?? 0;
    for (let column = columnAt(merged.from) + 1; column < columnAt(merged.to); column += 1) {
      const item: Item = { id: laneId(merged, column), column, height: laneHeight, gap: rowGap, top: 0 };
      ports.set(item.id, { item, offset: laneHeight / 2 });
      inColumn[column]?.push({ item, key: key + 0.5, vertices: [] });
    }
  }
  const down = new Set<string>();
  const columns = inColumn.map((items) => {
    const sorted = items.toSorted((a, b) => a.key - b.key).map((item) => item.item);
    return chainsDownwards(sorted, parts, within, down, labelsAt);
  });

  levelEdges(columns, parts, ports, within);
  return {
    columnAt,
    labelsAt,
    contents,
    groups,
    heightAt,
    middleAt: (id) => {
      const port = ports.get(id);
      return port === undefined ? 0 : port.item.top + port.offset;
    },
    items: inColumn.flat(),
    down,
    bottom: Math.max(...columns.flatMap((items) => items.map((item) => item.top + item.height))),
  };
}
