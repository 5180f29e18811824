import { type BoxContent, boxContent, groupContent, nameWidth, naturalGroupWidth, naturalWidth } from './boxes.ts';
import { type Anchor, type Bundle, isIdle, type LabelText, labelsOf, type Parts, partsOf, topologicalOrder } from './bundles.ts';
import { groupBy } from './collect.ts';
import { assignColumns } from './columns.ts';
import { count, oneLine } from './format.ts';
import type { GraphIndex } from './graph-index.ts';
import { type GroupParts, groupParts, groupSize } from './group-box.ts';
import type { Arrangement } from './groups.ts';
import {
  type Box,
  type Frame,
  type Heading,
  type Layout,
  type LayoutOptions,
  margin,
  type Wire,
  type WireLabel,
} from './layout-model.ts';
import { placeInOrder } from './place.ts';
import { fitText } from './text-metrics.ts';
import { bend, straightDown } from './wire-path.ts';

const headingHeight = 30;
const rowGap = 12;
const laneHeight = 16;
const curveWidth = 34;
const arrowWidth = 12;
const frameHead = 24;
const framePad = 8;

/** How wide boxes and labels may get; the first that fits the room is taken. */
const sizes = [
  { box: 236, label: 190 },
  { box: 200, label: 140 },
  { box: 168, label: 112 },
  { box: 136, label: 96 },
] as const;
type Size = (typeof sizes)[number];

/** A thing in a column that moves as one: a box, a frame of boxes, a group, or the lane of a wire that passes the column. */
interface Item {
  readonly id: string;
  readonly column: number;
  readonly height: number;
  /** The least distance to the thing above. */
  gap: number;
  top: number;
}

/** Where an anchor, or a bundle's lane, is: its thing, and how far below that thing's top its middle is. */
interface Port {
  readonly item: Item;
  readonly offset: number;
}

interface Plan {
  readonly size: Size;
  readonly widths: readonly number[];
  readonly labelWidths: readonly number[];
  readonly labels: ReadonlyMap<string, readonly LabelText[]>;
  readonly lefts: readonly number[];
  readonly right: number;
}

const laneId = (bundle: Bundle, column: number): string => `${bundle.id}\n${column}`;

/** Columns by meaning from left to right, rows in rule order. */
export function layoutColumns(index: GraphIndex, arrangement: Arrangement, options: LayoutOptions): Layout {
  const parts = partsOf(index, arrangement);
  const order = topologicalOrder(parts);
  const { columnOf, titles } = assignColumns(parts, order);
  const framed = framedColumn(parts, columnOf);
  const plans = sizes.map((size) => () => plan(index, parts, columnOf, titles.length, framed, size, options));
  let chosen = plans[0]?.();
  for (const make of plans.slice(1)) {
    if (chosen === undefined || options.room === null || chosen.right + margin <= options.room) break;
    chosen = make();
  }
  if (chosen === undefined || parts.anchors.length === 0) {
    return { form: 'columns', boxes: [], wires: [], frames: [], headings: [], width: 0, height: 0, arrangement };
  }
  return draw(index, arrangement, options, parts, order, columnOf, titles, framed, chosen);
}

/** The column whose Pods stand in frames of their nodes; null where no node is known or the Pods stand in groups. */
function framedColumn(parts: Parts, columnOf: ReadonlyMap<string, number>): number | null {
  const pod = parts.anchors.find(
    (anchor) => anchor.node?.kind === 'pod' && anchor.node.pod !== null && anchor.node.pod.node !== null,
  );
  return pod === undefined ? null : (columnOf.get(pod.id) ?? null);
}

function hostOf(anchor: Anchor): string | null {
  return anchor.node?.kind === 'pod' ? (anchor.node.pod?.node ?? null) : null;
}

function plan(
  index: GraphIndex,
  parts: Parts,
  columnOf: ReadonlyMap<string, number>,
  columns: number,
  framed: number | null,
  size: Size,
  options: LayoutOptions,
): Plan {
  const widths = Array.from({ length: columns }, () => 84);
  const labelWidths = Array.from({ length: columns }, () => 0);
  const labels = new Map<string, readonly LabelText[]>();
  for (const anchor of parts.anchors) {
    const column = columnOf.get(anchor.id) ?? 0;
    const wanted =
      anchor.node !== null
        ? Math.min(
            naturalWidth(anchor.node, isIdle(index, anchor.node), options.measure),
            // A verdict's second line says why: that is what one looks for.
            Math.max(anchor.node.kind === 'verdict' ? size.box + 90 : size.box, nameWidth(anchor.node, options.measure)),
          )
        : anchor.group !== null
          ? Math.max(naturalGroupWidth(anchor.group, options.measure), groupSize(index, anchor.group, size.box, options).width)
          : 0;
    widths[column] = Math.max(widths[column] ?? 0, wanted);
  }
  for (const bundle of parts.bundles) {
    const texts = labelsOf(index, bundle.ways, size.label, options.measure);
    labels.set(bundle.id, texts);
    const column = columnOf.get(bundle.to) ?? 0;
    // A wire within a column goes straight down most of the time, with its labels on it.
    if (columnOf.get(bundle.from) === column) continue;
    labelWidths[column] = Math.max(labelWidths[column] ?? 0, ...texts.map((text) => text.width + 8));
  }
  if (framed !== null) widths[framed] = (widths[framed] ?? 0) + 2 * framePad;
  const lefts: number[] = [];
  let x = margin;
  for (const [column, width] of widths.entries()) {
    if (column > 0) x += curveWidth + (labelWidths[column] ?? 0) + arrowWidth;
    lefts.push(x);
    x += width;
  }
  return { size, widths, labelWidths, labels, lefts, right: x };
}

function slotHeight(labels: readonly LabelText[]): number {
  return Math.max(
    14,
    labels.reduce((sum, label) => sum + label.height + 3, -3),
  );
}

function draw(
  index: GraphIndex,
  arrangement: Arrangement,
  options: LayoutOptions,
  parts: Parts,
  order: readonly string[],
  columnOf: ReadonlyMap<string, number>,
  titles: readonly string[],
  framed: number | null,
  { size, widths, labelWidths, labels, lefts, right }: Plan,
): Layout {
  const columnAt = (id: string): number => columnOf.get(id) ?? 0;
  const labelsAt = (bundle: Bundle): readonly LabelText[] => labels.get(bundle.id) ?? [];
  const within = (bundle: Bundle): boolean => columnAt(bundle.from) === columnAt(bundle.to);
  const position = new Map(order.map((id, at) => [id, at]));
  const rowPosition = new Map(
    arrangement.rows.flatMap((row, at) => [row.endpoint, ...row.behind].map((node) => [node.id, at] as const)),
  );
  const keyOf = (id: string): number => rowPosition.get(id) ?? position.get(id) ?? 0;

  // Columns: which things they hold, in order.
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
  const inColumn: { readonly item: Item; readonly key: number; readonly anchors: readonly Anchor[] }[][] = titles.map(() => []);
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

  // Boxes, frames and wires at their places.
  const y = (id: string): number => {
    const port = ports.get(id);
    return port === undefined ? 0 : port.item.top + port.offset;
  };
  const boxes: Box[] = [];
  const frames: Frame[] = [];
  const wires: Wire[] = [];
  for (const anchor of parts.anchors) {
    const column = columnAt(anchor.id);
    const content = contents.get(anchor.id);
    if (content === undefined) continue;
    const inset = column === framed ? framePad : 0;
    const height = heightAt(anchor.id);
    const box: Box = {
      id: anchor.id,
      node: anchor.node,
      group: anchor.group,
      x: (lefts[column] ?? 0) + inset,
      y: y(anchor.id) - height / 2,
      width: (widths[column] ?? 0) - 2 * inset,
      height,
      content,
      column,
    };
    boxes.push(box);
    const made = groups.get(anchor.id);
    if (made !== undefined && made.boxes.length > 0) {
      const shift = { x: box.x, y: box.y + box.height };
      boxes.push(
        ...made.boxes.map((inner) => ({ ...inner, x: inner.x + shift.x, y: inner.y + shift.y, column: column + inner.column })),
      );
      wires.push(...made.wires(shift.x, shift.y));
      frames.push({
        id: anchor.id,
        kind: 'group',
        label: '',
        detail: '',
        x: box.x,
        y: box.y,
        width: box.width,
        height: box.height + made.height,
      });
    }
  }
  for (const things of inColumn) {
    for (const { item, anchors } of things) {
      if (!item.id.startsWith('host:') || anchors.length === 0) continue;
      const known = anchors.filter((anchor) => anchor.node?.pod?.ready !== null);
      const ready = known.filter((anchor) => anchor.node?.pod?.ready === true).length;
      const detail = known.length === 0 ? '' : `${count(ready)} of ${count(known.length)} ready`;
      const room = (widths[item.column] ?? 0) - 30 - options.measure(detail, 'chip');
      frames.push({
        id: item.id,
        kind: 'host',
        label: fitText(oneLine(hostOf(anchors[0] ?? { id: '', node: null, group: null }) ?? ''), 'label', room, options.measure),
        detail,
        x: lefts[item.column] ?? 0,
        y: item.top,
        width: widths[item.column] ?? 0,
        height: item.height,
      });
    }
  }
  for (const anchor of parts.anchors) {
    const incoming = (parts.in.get(anchor.id) ?? []).filter((bundle) => !down.has(bundle.id));
    const column = columnAt(anchor.id);
    const inset = column === framed ? framePad : 0;
    const end = (lefts[column] ?? 0) + inset;
    const zone = (lefts[column] ?? 0) - (labelWidths[column] ?? 0) - arrowWidth;
    const slots = incoming
      .map((bundle) => ({ bundle, points: waypoints(bundle), height: slotHeight(labelsAt(bundle)) }))
      .toSorted((a, b) => (a.points.at(-1)?.y ?? 0) - (b.points.at(-1)?.y ?? 0));
    let slot = y(anchor.id) - slots.reduce((sum, { height }) => sum + height + 4, -4) / 2;
    for (const { bundle, points, height } of slots) {
      const at = slot + height / 2;
      slot += height + 4;
      const placed = placeLabels(labelsAt(bundle), at, (widest) => (lefts[column] ?? 0) - arrowWidth - widest);
      const wire = [...points, { x: zone, y: at }, { x: end, y: at }];
      wires.push(
        finish(bundle, bend(wire), placed, Math.min(...wire.map((point) => point.y)), Math.max(...wire.map((point) => point.y))),
      );
    }
  }
  for (const bundle of parts.bundles) {
    if (!down.has(bundle.id)) continue;
    const column = columnAt(bundle.from);
    const middle = (lefts[column] ?? 0) + Math.min(widths[column] ?? 0, size.box) / 2;
    const top = y(bundle.from) + heightAt(bundle.from) / 2;
    const bottom = y(bundle.to) - heightAt(bundle.to) / 2;
    const placed = placeLabels(labelsAt(bundle), (top + bottom - 4) / 2, (widest) => middle - widest / 2);
    wires.push(finish(bundle, straightDown(middle, top, bottom), placed, top, bottom));
  }

  function waypoints(bundle: Bundle): { readonly x: number; readonly y: number }[] {
    const from = columnAt(bundle.from);
    const to = columnAt(bundle.to);
    const box = { left: lefts[from] ?? 0, right: (lefts[from] ?? 0) + (widths[from] ?? 0) - (from === framed ? framePad : 0) };
    // Back or within the column: out to the left, as the target's wires come from there.
    if (to <= from) return [{ x: box.left, y: y(bundle.from) + heightAt(bundle.from) / 2 - 6 }];
    const points = [{ x: box.right, y: y(bundle.from) }];
    for (let column = from + 1; column < to; column += 1) {
      const lane = y(laneId(bundle, column));
      // Level before the column's labels begin, so that it crosses none.
      const start = (lefts[column] ?? 0) - (labelWidths[column] ?? 0) - arrowWidth;
      points.push({ x: start, y: lane }, { x: (lefts[column] ?? 0) + (widths[column] ?? 0), y: lane });
    }
    return points;
  }

  const headings: Heading[] = titles.map((text, column) => ({ text, x: lefts[column] ?? 0, width: widths[column] ?? 0 }));
  for (const [id, made] of groups) {
    const column = columnAt(id);
    if (made.podColumn !== null && column === titles.length - 1) {
      headings.push({ text: 'Pod', x: (lefts[column] ?? 0) + made.podColumn.x, width: made.podColumn.width });
      headings[column] = {
        text: titles[column] ?? '',
        x: (lefts[column] ?? 0) + made.endpointLeft,
        width: made.podColumn.x - made.endpointLeft,
      };
      break;
    }
  }
  const bottom = Math.max(...columns.flatMap((items) => items.map((item) => item.top + item.height)));
  return {
    form: 'columns',
    boxes,
    wires,
    frames,
    headings: headings.filter((heading) => heading.text !== ''),
    width: right + margin,
    height: bottom + margin,
    arrangement,
  };
}

function finish(bundle: Bundle, path: string, labels: readonly WireLabel[], top: number, bottom: number): Wire {
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

/**
 * Puts what a chain jumps to within its own column right below it, where nothing else in the column leads there, and leaves room for the
 * wire between; `down` gets the bundles that are drawn so.
 */
function chainsDownwards(
  items: readonly Item[],
  parts: Parts,
  within: (bundle: Bundle) => boolean,
  down: Set<string>,
  labelsAt: (bundle: Bundle) => readonly LabelText[],
): readonly Item[] {
  const byId = new Map(items.map((item) => [item.id, item]));
  const above = new Map<string, Bundle>();
  for (const item of items) {
    const inner = (parts.in.get(item.id) ?? []).filter((bundle) => within(bundle) && byId.has(bundle.from));
    const only = inner.length === 1 ? inner[0] : undefined;
    if (only !== undefined && ![...above.values()].some((other) => other.from === only.from)) above.set(item.id, only);
  }
  const ordered: Item[] = [];
  const taken = new Set<string>();
  for (const item of items) {
    if (above.has(item.id)) continue;
    for (let next: Item | undefined = item; next !== undefined && !taken.has(next.id); ) {
      taken.add(next.id);
      ordered.push(next);
      const from: string = next.id;
      const bundle = [...above.values()].find((other) => other.from === from);
      next = bundle === undefined ? undefined : byId.get(bundle.to);
      if (bundle !== undefined && next !== undefined && !taken.has(next.id)) {
        down.add(bundle.id);
        next.gap = slotHeight(labelsAt(bundle)) + 30;
      }
    }
  }
  // A loop within a column has no beginning.
  for (const item of items) if (!taken.has(item.id)) ordered.push(item);
  return ordered;
}

/** Moves the columns' things up and down so that wires run as level as the order of rows allows. */
function settle(
  columns: readonly (readonly Item[])[],
  parts: Parts,
  ports: ReadonlyMap<string, Port>,
  within: (bundle: Bundle) => boolean,
): void {
  const toRight = new Map<Item, { readonly own: number; readonly other: Port }[]>();
  const toLeft = new Map<Item, { readonly own: number; readonly other: Port }[]>();
  for (const bundle of parts.bundles) {
    if (within(bundle)) continue;
    const stops = [bundle.from, ...lanesOf(bundle, ports), bundle.to]
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

function lanesOf(bundle: Bundle, ports: ReadonlyMap<string, Port>): readonly string[] {
  const from = ports.get(bundle.from)?.item.column ?? 0;
  const to = ports.get(bundle.to)?.item.column ?? 0;
  return Array.from({ length: Math.max(0, to - from - 1) }, (_, at) => laneId(bundle, from + 1 + at));
}
