/** What stands in each column, in order and at its height. */

import { groupBy } from '../model/collect.ts';
import type { GraphIndex } from '../model/graph-index.ts';
import type { Arrangement } from '../model/groups.ts';
import { type BoxContent, boxContent, groupContent } from './box-content.ts';
import { chainsDownwards, type Item, laneId, levelEdges, type Port, slotGap, slotHeight } from './column-items.ts';
import { type ColumnPlan, framePad, hostOf } from './column-plan.ts';
import { type GroupParts, groupParts } from './group-box.ts';
import { isIdle, type LabelText, type MergedEdge, type MergedGraph, type Vertex } from './merged-edges.ts';
import type { LayoutOptions } from './model.ts';

const rowGap = 12;
const laneHeight = 16;
const frameHead = 24;

/** An item of a column with the vertices in it: one, or the Pods of a node, or none where an edge only passes. */
export interface FilledItem {
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
  readonly items: readonly FilledItem[];
  /** Merged edges that run straight down within their column. */
  readonly down: ReadonlySet<string>;
  readonly bottom: number;
}

/** What the boxes hold, and how high each is, with the room that its labels need on its left. */
interface BoxContents {
  readonly contents: ReadonlyMap<string, BoxContent>;
  readonly groups: ReadonlyMap<string, GroupParts>;
  readonly heightAt: (id: string) => number;
}

interface OrderedItem extends FilledItem {
  /** Its place in rule order. */
  readonly key: number;
}

/** Fills planned columns: rows in rule order, as level with what they are joined to as that order allows. */
export function fillColumns(
  index: GraphIndex,
  parts: MergedGraph,
  order: readonly string[],
  arrangement: Arrangement,
  plan: ColumnPlan,
  options: LayoutOptions,
): FilledColumns {
  const columnAt = (id: string): number => plan.columnOf.get(id) ?? 0;
  const labelsAt = (merged: MergedEdge): readonly LabelText[] => plan.labels.get(merged.id) ?? [];
  const within = (merged: MergedEdge): boolean => columnAt(merged.from) === columnAt(merged.to);
  const position = new Map(order.map((id, at) => [id, at]));
  const rowPosition = new Map(
    arrangement.rows.flatMap((row, at) => [row.endpoint, ...row.behind].map((node) => [node.id, at] as const)),
  );
  const keyOf = (id: string): number => rowPosition.get(id) ?? position.get(id) ?? 0;
  const portsHeight = (id: string): number => {
    const incoming = (parts.in.get(id) ?? []).filter((merged) => !within(merged));
    // Those that come on a rail come together.
    const apart = incoming.filter((merged) => !plan.rails.in.has(merged.id));
    const together = apart.length < incoming.length ? slotHeight([]) + slotGap : 0;
    return apart.reduce((sum, merged) => sum + slotHeight(labelsAt(merged)) + slotGap, together);
  };

  const filled = fillBoxes(index, parts, plan, portsHeight, options);
  const ports = new Map<string, Port>();
  const inColumn: OrderedItem[][] = plan.titles.map(() => []);
  for (const item of boxItems(parts, plan, filled, keyOf, ports)) inColumn[item.item.column]?.push(item);
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
    ...filled,
    columnAt,
    labelsAt,
    middleAt: (id) => {
      const port = ports.get(id);
      return port === undefined ? 0 : port.item.top + port.offset;
    },
    items: inColumn.flat(),
    down,
    bottom: Math.max(...columns.flatMap((items) => items.map((item) => item.top + item.height))),
  };
}

function fillBoxes(
  index: GraphIndex,
  parts: MergedGraph,
  { columnOf, framed, size, widths }: ColumnPlan,
  portsHeight: (id: string) => number,
  options: LayoutOptions,
): BoxContents {
  const contents = new Map<string, BoxContent>();
  const groups = new Map<string, GroupParts>();
  const heights = new Map<string, number>();
  for (const vertex of parts.vertices) {
    const column = columnOf.get(vertex.id) ?? 0;
    const ports = portsHeight(vertex.id);
    const width = widths[column] ?? 0;
    if (vertex.group !== null) {
      groups.set(vertex.id, groupParts(index, vertex.group, size.box, width, options));
      contents.set(vertex.id, groupContent(vertex.group, options.open.has(vertex.id), width, options.measure));
      heights.set(vertex.id, Math.max(30, ports));
    } else if (vertex.node !== null) {
      const inset = column === framed ? 2 * framePad : 0;
      const content = boxContent(vertex.node, isIdle(index, vertex.node), width - inset, options.measure);
      contents.set(vertex.id, content);
      heights.set(vertex.id, Math.max(content.height, ports));
    }
  }
  return { contents, groups, heightAt: (id) => heights.get(id) ?? 0 };
}

/** An item for each vertex, and one for all Pods of a node in the framed column; `ports` gets where each vertex is in its item. */
function boxItems(
  parts: MergedGraph,
  { columnOf, framed }: ColumnPlan,
  { groups, heightAt }: BoxContents,
  keyOf: (id: string) => number,
  ports: Map<string, Port>,
): readonly OrderedItem[] {
  const made: OrderedItem[] = [];
  for (const [column, vertices] of groupBy(parts.vertices, (vertex) => columnOf.get(vertex.id) ?? 0)) {
    const hosts = groupBy(vertices, (vertex) => (column === framed ? hostOf(vertex) : null));
    for (const [host, members] of hosts) {
      if (host === null) {
        for (const vertex of members) {
          const height = heightAt(vertex.id) + (groups.get(vertex.id)?.height ?? 0);
          const item: Item = { id: vertex.id, column, height, gap: rowGap, top: 0 };
          ports.set(vertex.id, { item, offset: heightAt(vertex.id) / 2 });
          made.push({ item, key: keyOf(vertex.id), vertices: [vertex] });
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
      made.push({ item, key: keyOf(ordered[0]?.id ?? ''), vertices: ordered });
    }
  }
  return made;
}
