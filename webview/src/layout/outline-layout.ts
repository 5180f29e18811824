import type { GraphIndex } from '../model/graph-index.ts';
import type { Arrangement } from '../model/groups.ts';
import {
  type BoxContent,
  boxContent,
  groupContent,
  lineContent,
  nameWidth,
  naturalGroupWidth,
  naturalWidth,
} from './box-content.ts';
import { bend, elbow, intoTop, roundTheRight, straightDown } from './edge-path.ts';
import { isIdle, type LabelText } from './merged-edges.ts';
import { type Box, type DrawnEdge, type EdgeLabel, type Frame, type Layout, type LayoutOptions, margin } from './model.ts';
import {
  type EntryLine,
  type EntryStack,
  entryGap,
  entryLine,
  entryStacks,
  stackEdge,
  stackGap,
  stackLabels,
} from './outline-entries.ts';
import { linkLabels } from './outline-labels.ts';
import { placeBeside, widened } from './outline-pods.ts';
import { insideLinks, type OutlineLink, type OutlineRow, outlineRows } from './outline-rows.ts';

const indent = 22;
const railInset = 11;
const rowGap = 10;
const laneWidth = 9;
const mostLanes = 8;
/** As wide as boxes get where nobody says how much room there is. */
const widest = 460;
const narrowest = 170;
/** A name takes this at most; of longer ones, some may be left out. */
const mostForName = 300;
const labelGap = 16;
const widestBesideLabel = 110;
/** Between a box's right end and what comes down into its top there, which has its labels on the left. */
const intoTopInset = 7;
const laneLabelInset = 2 * intoTopInset;

/** What an outline is laid out from: its rows and links, and how wide all of it is. */
interface OutlinePlan {
  readonly index: GraphIndex;
  readonly options: LayoutOptions;
  readonly rows: readonly OutlineRow[];
  readonly links: readonly OutlineLink[];
  readonly depths: ReadonlyMap<string, number>;
  /** Links that run down a rail at the left, and are no lane at the right. */
  readonly inside: ReadonlySet<OutlineLink>;
  readonly lanes: { readonly of: ReadonlyMap<OutlineLink, number>; readonly count: number };
  readonly laneRoom: number;
  readonly beside: ReturnType<typeof placeBeside>;
  readonly entries: EntryLine | null;
  /** The stack of entries that a link is of. */
  readonly stackOf: ReadonlyMap<OutlineLink, EntryStack>;
  /** Where boxes end on the right. */
  readonly right: number;
}

/** Boxes and labels at their places, and the height that they take. */
interface PlacedRows {
  readonly boxes: ReadonlyMap<string, Box>;
  readonly labels: ReadonlyMap<OutlineLink, readonly EdgeLabel[]>;
  readonly bottom: number;
}

/**
 * One box below the other, each indented under what leads to it: for where there is little width. An edge to the next deeper boxes runs down
 * a rail at its left; one that would cross others runs along the right.
 */
export function layoutOutline(index: GraphIndex, arrangement: Arrangement, options: LayoutOptions): Layout {
  const plan = planOutline(index, arrangement, options);
  const { rows, right, laneRoom } = plan;
  const placed = placeRows(plan);
  return {
    form: 'outline',
    boxes: [...placed.boxes.values()],
    edges: outlineEdges(plan, placed),
    frames: groupFrames(rows, placed.boxes, right),
    headings: [],
    width: rows.length === 0 ? 0 : right + laneRoom + margin,
    height: rows.length === 0 ? 0 : placed.bottom - rowGap + margin,
    arrangement,
  };
}

function planOutline(index: GraphIndex, arrangement: Arrangement, options: LayoutOptions): OutlinePlan {
  const { rows, links } = outlineRows(index, arrangement, options.open);
  const depths = new Map(rows.map(({ id, depth }) => [id, depth]));
  const position = new Map(rows.map((row, at) => [row.id, at]));
  const inside = insideLinks(rows, links, position);
  const entries = entryLine(index, rows, links, options);
  const ownLabels = (link: OutlineLink): readonly LabelText[] => linkLabels(index, link, true, widestBesideLabel, options);
  const stacks = entries === null ? entryStacks(rows, links, ownLabels, options) : [];
  const stackOf = new Map(stacks.flatMap((stack) => stack.links.map((link) => [link, stack] as const)));
  const lanes = assignLanes(
    links.filter((link) => !inside.has(link) && entries?.links.has(link) !== true && !stackOf.has(link)),
    position,
  );
  const laneRoom = lanes.count === 0 ? 0 : lanes.count * laneWidth + 10;
  const deepest = Math.max(0, ...rows.map((row) => row.depth));
  const natural = Math.max(narrowest, ...rows.map((row) => row.depth * indent + widthOf(index, row, options)));
  const inner = options.room === null ? null : options.room - 2 * margin - laneRoom;
  const beside = placeBeside(index, rows, links, (link) => inside.has(link), ownLabels, indent, inner, options);
  const named = rows.map(({ node, depth }) =>
    node === null ? 0 : depth * indent + Math.min(mostForName, nameWidth(node, options.measure)),
  );
  const least = Math.max(
    ...named,
    deepest * indent + narrowest,
    beside?.width ?? 0,
    entries?.width ?? 0,
    ...stacks.map(({ rail }) => rail + 12),
  );
  const right = margin + Math.max(least, Math.min(natural, inner ?? widest + deepest * indent));
  return {
    index,
    options,
    rows,
    links,
    depths,
    inside,
    lanes,
    laneRoom,
    beside: widened(beside, right - margin),
    entries,
    stackOf,
    right,
  };
}

function contentOf({ index, options }: OutlinePlan, row: OutlineRow, width: number): BoxContent | null {
  if (row.group !== null) return groupContent(row.group, options.open.has(row.group.id), width, options.measure);
  if (row.node === null) return null;
  const isAlone = isIdle(index, row.node);
  return lineContent(row.node, isAlone, width, options.measure) ?? boxContent(row.node, isAlone, width, options.measure);
}

function boxOf(row: OutlineRow, content: BoxContent, x: number, y: number, width: number): Box {
  const { id, node, group, depth } = row;
  return { id, node, group, x, y, width, height: content.height, content, column: depth };
}

function placeRows(plan: OutlinePlan): PlacedRows {
  const { rows, links, beside, right } = plan;
  const incoming = new Map<string, OutlineLink[]>();
  for (const link of links) incoming.set(link.to, [...(incoming.get(link.to) ?? []), link]);
  const boxes = new Map<string, Box>();
  const labels = new Map<OutlineLink, readonly EdgeLabel[]>();
  let y = placeEntries(plan, boxes, labels);
  const stacked = new Map([...plan.stackOf].map(([link, stack]) => [link.from, { link, stack }]));
  for (const row of rows) {
    if (boxes.has(row.id)) continue;
    const inStack = stacked.get(row.id);
    if (inStack !== undefined) {
      y = placeInStack(plan, row, inStack, y, boxes, labels);
      continue;
    }
    const x = margin + row.depth * indent;
    const pod = beside?.of.get(row.id);
    const width = right - x - (pod === undefined || beside === null ? 0 : beside.gap + beside.pod);
    y = placeLabels(plan, incoming.get(row.id) ?? [], { x, y, width }, labels);
    const content = contentOf(plan, row, width);
    if (content === null) continue;
    const podContent = pod === undefined || beside === null ? null : contentOf(plan, pod.row, beside.pod);
    const height = Math.max(content.height, podContent?.height ?? 0);
    boxes.set(row.id, boxOf(row, content, x, y + (height - content.height) / 2, width));
    if (pod !== undefined && beside !== null && podContent !== null) {
      const top = y + (height - podContent.height) / 2;
      boxes.set(pod.row.id, boxOf(pod.row, podContent, right - beside.pod, top, beside.pod));
      labels.set(pod.link, stackAround(pod.labels, x + width + (beside.gap - 8) / 2, y + height / 2));
    }
    y += height + rowGap;
  }
  return { boxes, labels, bottom: y };
}

/** An entry close to the one above it; the top of what comes next. */
function placeInStack(
  plan: OutlinePlan,
  row: OutlineRow,
  { link, stack }: { readonly link: OutlineLink; readonly stack: EntryStack },
  y: number,
  boxes: Map<string, Box>,
  labels: Map<OutlineLink, readonly EdgeLabel[]>,
): number {
  const content = contentOf(plan, row, stack.box);
  if (content === null) return y;
  const box = boxOf(row, content, margin, y, stack.box);
  boxes.set(row.id, box);
  labels.set(link, stackLabels(stack, link, box));
  return y + content.height + (stack.links.at(-1) === link ? rowGap + 2 : stackGap);
}

/** Entries beside each other, with their labels at the lines down; the top of what comes next. */
function placeEntries(plan: OutlinePlan, boxes: Map<string, Box>, labels: Map<OutlineLink, readonly EdgeLabel[]>): number {
  if (plan.entries === null) return margin;
  let x = margin;
  let height = 0;
  for (const { row, width } of plan.entries.rows) {
    const content = row.node === null ? null : boxContent(row.node, false, width, plan.options.measure);
    if (content === null) continue;
    boxes.set(row.id, boxOf(row, content, x, margin, width));
    height = Math.max(height, content.height);
    x += width + entryGap;
  }
  let space = rowGap + 6;
  for (const link of plan.entries.links) {
    const box = boxes.get(link.from);
    const [text] = linkLabels(plan.index, link, true, box === undefined ? 0 : box.width / 2, plan.options);
    if (box === undefined || text === undefined) continue;
    labels.set(link, [{ ...text, x: box.x + railInset + 6, y: margin + height + 3 }]);
    space = Math.max(space, text.height + 8);
  }
  return margin + height + space;
}

/**
 * Labels above a box, each at its own edge: on the left those of the rail, on the right those of the lanes, side by side where they fit. The
 * top of the box.
 */
function placeLabels(
  plan: OutlinePlan,
  incoming: readonly OutlineLink[],
  { x, y, width }: { readonly x: number; readonly y: number; readonly width: number },
  labels: Map<OutlineLink, readonly EdgeLabel[]>,
): number {
  const above = incoming.filter((link) => plan.entries?.links.has(link) !== true && !plan.stackOf.has(link));
  const texts = above.map((link) => {
    const isInner = plan.inside.has(link);
    return { link, isInner, of: linkLabels(plan.index, link, isInner, width - 4 - (isInner ? 0 : laneLabelInset), plan.options) };
  });
  const widest = (isInner: boolean): number =>
    Math.max(0, ...texts.filter((side) => side.isInner === isInner).flatMap(({ of }) => of.map((text) => text.width)));
  const fitBeside = widest(true) + widest(false) + laneLabelInset + labelGap <= width;
  let left = y;
  let right = y;
  for (const { link, isInner, of } of texts.toSorted((a, b) => Number(b.isInner) - Number(a.isInner))) {
    const placed: EdgeLabel[] = [];
    for (const text of of) {
      if (!fitBeside) left = right = Math.max(left, right);
      placed.push(
        isInner
          ? { ...text, x: besideRail(plan, link), y: left }
          : { ...text, x: x + width - laneLabelInset - text.width, y: right },
      );
      if (isInner) left += text.height + 1;
      else right += text.height + 1;
    }
    labels.set(link, placed);
  }
  return Math.max(left, right);
}

/** Where what is said of a rail begins: as near to it as the next deeper box. */
function besideRail({ depths }: OutlinePlan, { from }: OutlineLink): number {
  return margin + ((depths.get(from) ?? 0) + 1) * indent;
}

/** Labels one below the other around a middle. */
function stackAround(labels: readonly LabelText[], x: number, y: number): readonly EdgeLabel[] {
  let top = y - labels.reduce((sum, text) => sum + text.height, 0) / 2;
  return labels.map((text) => {
    top += text.height;
    return { ...text, x: x - text.width / 2, y: top - text.height };
  });
}

function outlineEdges(
  { links, lanes, beside, entries, stackOf, right }: OutlinePlan,
  { boxes, labels }: PlacedRows,
): readonly DrawnEdge[] {
  const edges: DrawnEdge[] = [];
  // Each piece of a rail begins where the one before it turned off, so that what is out of view need not be drawn.
  const turned = new Map<string, number>();
  for (const link of links) {
    const from = boxes.get(link.from);
    const to = boxes.get(link.to);
    if (from === undefined || to === undefined) continue;
    const end = to.y + to.height / 2;
    const same = { id: link.id, from: link.from, to: link.to, edges: link.edges, labels: labels.get(link) ?? [] };
    const stack = stackOf.get(link);
    const joined = stack === undefined ? null : stackEdge(stack, link, boxes);
    if (joined !== null) {
      edges.push({ ...same, ...joined });
      continue;
    }
    if (beside?.of.get(from.id)?.link === link) {
      const path = bend([
        { x: from.x + from.width, y: end },
        { x: to.x, y: end },
      ]);
      edges.push({ ...same, path, top: end, bottom: end });
      continue;
    }
    if (entries?.links.has(link) === true) {
      const bottom = from.y + from.height;
      edges.push({ ...same, path: straightDown(from.x + railInset, bottom, to.y), ...between(bottom, to.y) });
      continue;
    }
    const lane = lanes.of.get(link);
    if (lane === undefined) {
      const turn = { x: to.x, y: end };
      const rail = from.x + railInset;
      const start = turned.get(from.id) ?? from.y + from.height;
      turned.set(from.id, end - 7);
      const wholePath = elbow(rail, from.y + from.height, turn, true);
      edges.push({ ...same, path: elbow(rail, start, turn, true), wholePath, ...between(start, end) });
      continue;
    }
    const start = from.y + from.height / 2 + 6;
    const leaves = { x: from.x + from.width, y: start };
    const along = right + 10 + lane * laneWidth;
    const [first] = same.labels;
    if (first === undefined) {
      const path = roundTheRight(leaves, along, { x: to.x + to.width, y: end - 6 });
      edges.push({ ...same, path, ...between(start, end) });
      continue;
    }
    const above = first.y + first.height / 2;
    const path = intoTop(leaves, along, above, { x: to.x + to.width - intoTopInset, y: to.y });
    edges.push({ ...same, path, top: Math.min(start, above), bottom: Math.max(start, to.y) });
  }
  return edges;
}

function between(a: number, b: number): { readonly top: number; readonly bottom: number } {
  return { top: Math.min(a, b), bottom: Math.max(a, b) };
}

function widthOf(index: GraphIndex, row: OutlineRow, options: LayoutOptions): number {
  if (row.group !== null) return naturalGroupWidth(row.group, options.measure);
  return row.node === null ? 0 : naturalWidth(row.node, isIdle(index, row.node), options.measure);
}

/** A lane at the right for each link, so that no two lie on each other as long as there are lanes. */
function assignLanes(
  links: readonly OutlineLink[],
  position: ReadonlyMap<string, number>,
): { readonly of: ReadonlyMap<OutlineLink, number>; readonly count: number } {
  const spans = links.map((link) => {
    const ends = [position.get(link.from) ?? 0, position.get(link.to) ?? 0];
    return { link, top: Math.min(...ends), bottom: Math.max(...ends) };
  });
  const of = new Map<OutlineLink, number>();
  const bottoms: number[] = [];
  // Short ones first, so that they lie inside long ones instead of crossing them.
  for (const { link, top, bottom } of spans.toSorted((a, b) => a.top - b.top || a.bottom - b.bottom)) {
    const free = bottoms.findIndex((taken) => taken < top);
    const lane = free >= 0 ? free : Math.min(bottoms.length, mostLanes - 1);
    bottoms[lane] = Math.max(bottoms[lane] ?? -1, bottom);
    of.set(link, lane);
  }
  return { of, count: bottoms.length };
}

function groupFrames(rows: readonly OutlineRow[], boxes: ReadonlyMap<string, Box>, right: number): readonly Frame[] {
  const frames: Frame[] = [];
  for (const [at, row] of rows.entries()) {
    const head = boxes.get(row.id);
    if (row.group === null || head === undefined || rows[at + 1]?.depth !== row.depth + 1) continue;
    let bottom = head.y + head.height;
    for (let next = at + 1; (rows[next]?.depth ?? -1) > row.depth; next += 1) {
      const box = boxes.get(rows[next]?.id ?? '');
      if (box !== undefined) bottom = Math.max(bottom, box.y + box.height);
    }
    frames.push({
      id: row.id,
      kind: 'group',
      label: '',
      detail: '',
      x: head.x,
      y: head.y,
      width: right - head.x + 4,
      height: bottom - head.y + 6,
    });
  }
  return frames;
}
