/** What stands in each column, in order and at its height. */

import { groupBy } from '../model/collect.ts';
import type { GraphIndex } from '../model/graph-index.ts';
import type { Arrangement } from '../model/groups.ts';
import { type BoxContent, boxContent, groupContent } from './box-content.ts';
import { chainsDownwards, type Item, laneId, type Port, settle, slotHeight } from './column-items.ts';
import { type ColumnPlan, framePad, hostOf } from './column-plan.ts';
import { type GroupParts, groupParts } from './group-box.ts';
import { type Anchor, type Bundle, isIdle, type LabelText, type Parts } from './merged-edges.ts';
import type { LayoutOptions } from './model.ts';

const rowGap = 12;
const laneHeight = 16;
const frameHead = 24;

/** A thing of a column with the anchors in it: one, or the Pods of a node, or none where a wire only passes. */
export interface ColumnThing {
  readonly item: Item;
  readonly anchors: readonly Anchor[];
}

export interface FilledColumns {
  readonly columnAt: (id: string) => number;
  readonly labelsAt: (bundle: Bundle) => readonly LabelText[];
  readonly contents: ReadonlyMap<string, BoxContent>;
  /** The inside of each group, by its id. */
  readonly groups: ReadonlyMap<string, GroupParts>;
  readonly heightAt: (id: string) => number;
  /** The middle of an anchor or of a bundle's lane. */
  readonly middleAt: (id: string) => number;
  readonly things: readonly ColumnThing[];
  /** Bundles that run straight down within their column. */
  readonly down: ReadonlySet<string>;
  readonly bottom: number;
}

/** Fills planned columns: rows in rule order, as level with what they are joined to as that order allows. */
export function fillColumns(
  index: GraphIndex,
  parts: Parts,
  order: readonly string[],
  arrangement: Arrangement,
  { columnOf, titles, framed, size, widths, labels }: ColumnPlan,
  options: LayoutOptions,
): FilledColumns {
  const columnAt = (id: string): number => columnOf.get(id) ?? 0;
  const labelsAt = (bundle: Bundle): readonly LabelText[] => labels.get(bundle.id) ?? [];
  const within = (bundle: Bundle): boolean => columnAt(bundle.from) === columnAt(bundle.to);
  const position = new Map(order.map((id, at) => [id, at]));
  const rowPosition = new Map(
    arrangement.rows.flatMap((row, at) => [row.endpoint, ...row.behind].map((node) => [node.id, at] as const)),
  );
  const keyOf = (id: string): number => rowPosition.get(id) ?? position.get(id) ?? 0;

  const contents = new Map<string, BoxContent>();
  const groups = new Map<string, GroupParts>();
  const heights = new Map<string, number>();
  for (const anchor of parts.anchors) {
    const column = columnAt(anchor.id);
    const slots = (parts.in.get(anchor.id) ?? [])
      .filter((bundle) => !within(bundle))
      .map((bundle) => slotHeight(labelsAt(bundle)));
    const ports = slots.reduce((sum, height) => sum + height + 4, 0);
    if (anchor.group !== null) {
      const width = widths[column] ?? 0;
      const made = groupParts(index, anchor.group, size.box, width, options);
      groups.set(anchor.id, made);
      contents.set(anchor.id, groupContent(anchor.group, options.open.has(anchor.id), width, options.measure));
      heights.set(anchor.id, Math.max(30, ports));
    } else if (anchor.node !== null) {
      const inset = column === framed ? 2 * framePad : 0;
      const content = boxContent(anchor.node, isIdle(index, anchor.node), (widths[column] ?? 0) - inset, options.measure);
      contents.set(anchor.id, content);
      heights.set(anchor.id, Math.max(content.height, ports));
    }
  }
  const heightAt = (id: string): number => heights.get(id) ?? 0;

  const ports = new Map<string, Port>();
  const inColumn: (ColumnThing & { readonly key: number })[][] = titles.map(() => []);
  for (const [column, anchors] of groupBy(parts.anchors, (anchor) => columnAt(anchor.id))) {
    const hosts = groupBy(anchors, (anchor) => (column === framed ? hostOf(anchor) : null));
    for (const [host, members] of hosts) {
      if (host === null) {
        for (const anchor of members) {
          const made = groups.get(anchor.id);
          const body = made === undefined ? 0 : made.height;
          const item: Item = { id: anchor.id, column, height: heightAt(anchor.id) + body, gap: rowGap, top: 0 };
          ports.set(anchor.id, { item, offset: heightAt(anchor.id) / 2 });
          inColumn[column]?.push({ item, key: keyOf(anchor.id), anchors: [anchor] });
        }
        continue;
      }
      const ordered = members.toSorted((a, b) => keyOf(a.id) - keyOf(b.id));
      const inner = ordered.reduce((sum, anchor) => sum + heightAt(anchor.id) + framePad, 0);
      const item: Item = { id: `host:${host}`, column, height: frameHead + inner, gap: rowGap, top: 0 };
      let offset = frameHead;
      for (const anchor of ordered) {
        ports.set(anchor.id, { item, offset: offset + heightAt(anchor.id) / 2 });
        offset += heightAt(anchor.id) + framePad;
      }
      inColumn[column]?.push({ item, key: keyOf(ordered[0]?.id ?? ''), anchors: ordered });
    }
  }
  for (const bundle of parts.bundles) {
    const key = position.get(bundle.from) ?? 0;
    for (let column = columnAt(bundle.from) + 1; column < columnAt(bundle.to); column += 1) {
      const item: Item = { id: laneId(bundle, column), column, height: laneHeight, gap: rowGap, top: 0 };
      ports.set(item.id, { item, offset: laneHeight / 2 });
      inColumn[column]?.push({ item, key: key + 0.5, anchors: [] });
    }
  }
  const down = new Set<string>();
  const columns = inColumn.map((things) => {
    const sorted = things.toSorted((a, b) => a.key - b.key).map((thing) => thing.item);
    return chainsDownwards(sorted, parts, within, down, labelsAt);
  });

  settle(columns, parts, ports, within);
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
    things: inColumn.flat(),
    down,
    bottom: Math.max(...columns.flatMap((items) => items.map((item) => item.top + item.height))),
  };
}
