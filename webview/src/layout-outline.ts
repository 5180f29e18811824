import { boxContent, groupContent, naturalGroupWidth, naturalWidth } from './boxes.ts';
import { boldness, isIdle, type LabelText, labelLineHeight, labelsOf, partsOf, topologicalOrder } from './bundles.ts';
import { nodeName } from './describe.ts';
import type { GraphIndex } from './graph-index.ts';
import { type Arrangement, type EndpointGroup, type EndpointRow, waysOf } from './groups.ts';
import { type Box, type Frame, type Layout, type LayoutOptions, margin, type Wire, type WireLabel } from './layout-model.ts';
import { fitText } from './text-metrics.ts';
import { elbow, roundTheRight } from './wire-path.ts';

const indent = 22;
const railInset = 11;
const rowGap = 10;
const laneWidth = 9;
const mostLanes = 8;
const widest = 460;
const narrowest = 170;

/** A box to be, in the order from top to bottom. */
interface Row {
  readonly id: string;
  readonly node: Box['node'];
  readonly group: EndpointGroup | null;
  readonly depth: number;
}

interface Link {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly edges: Wire['edges'];
  readonly together: boolean;
}

/**
 * One box below the other, each indented under what leads to it: for where there is little width. A wire to the next deeper boxes runs down
 * a rail at its left; one that would cross others runs along the right.
 */
export function layoutOutline(index: GraphIndex, arrangement: Arrangement, options: LayoutOptions): Layout {
  const { rows, links } = outlineRows(index, arrangement, options.open);
  const position = new Map(rows.map((row, at) => [row.id, at]));
  const inside = new Set(links.filter((link) => isInside(link, rows, position)));
  const lanes = assignLanes(
    links.filter((link) => !inside.has(link)),
    position,
  );
  const laneRoom = lanes.count === 0 ? 0 : lanes.count * laneWidth + 10;
  const deepest = Math.max(0, ...rows.map((row) => row.depth));
  const natural = Math.max(narrowest, ...rows.map((row) => row.depth * indent + widthOf(index, row, options)));
  const right =
    margin +
    Math.max(
      deepest * indent + narrowest,
      Math.min(natural, widest + deepest * indent, options.room === null ? natural : options.room - 2 * margin - laneRoom),
    );

  const left = (row: Row): number => margin + row.depth * indent;
  const incoming = new Map<string, Link[]>();
  for (const link of links) incoming.set(link.to, [...(incoming.get(link.to) ?? []), link]);
  const boxes = new Map<string, Box>();
  const labels = new Map<Link, readonly WireLabel[]>();
  let y = margin;
  for (const row of rows) {
    const x = left(row);
    const width = right - x;
    for (const link of incoming.get(row.id) ?? []) {
      const placed: WireLabel[] = [];
      for (const text of linkLabels(index, link, inside.has(link), width - 4, options)) {
        placed.push({ ...text, x, y });
        y += text.height + 1;
      }
      labels.set(link, placed);
    }
    const content =
      row.group !== null
        ? groupContent(row.group, options.open.has(row.group.id), width, options.measure)
        : row.node !== null
          ? boxContent(row.node, isIdle(index, row.node), width, options.measure)
          : null;
    if (content === null) continue;
    boxes.set(row.id, {
      id: row.id,
      node: row.node,
      group: row.group,
      x,
      y,
      width,
      height: content.height,
      content,
      column: row.depth,
    });
    y += content.height + rowGap;
  }

  const wires: Wire[] = [];
  // Each piece of a rail begins where the one before it turned off, so that what is out of view need not be drawn.
  const turned = new Map<string, number>();
  for (const link of links) {
    const from = boxes.get(link.from);
    const to = boxes.get(link.to);
    if (from === undefined || to === undefined) continue;
    const end = to.y + to.height / 2;
    const lane = lanes.of.get(link);
    const turn = { x: to.x, y: end };
    const start = lane === undefined ? (turned.get(from.id) ?? from.y + from.height) : from.y + from.height / 2 + 6;
    const path =
      lane === undefined
        ? elbow(from.x + railInset, start, turn, true)
        : roundTheRight({ x: from.x + from.width, y: start }, right + 10 + lane * laneWidth, { x: to.x + to.width, y: end - 6 });
    if (lane === undefined) turned.set(from.id, end - 7);
    wires.push({
      id: link.id,
      from: link.from,
      to: link.to,
      edges: link.edges,
      path,
      ...(lane === undefined ? { wholePath: elbow(from.x + railInset, from.y + from.height, turn, true) } : {}),
      labels: labels.get(link) ?? [],
      top: Math.min(start, end),
      bottom: Math.max(start, end),
    });
  }
  return {
    form: 'outline',
    boxes: [...boxes.values()],
    wires,
    frames: groupFrames(rows, boxes, right),
    headings: [],
    width: rows.length === 0 ? 0 : right + laneRoom + margin,
    height: rows.length === 0 ? 0 : y - rowGap + margin,
    arrangement,
  };
}

function widthOf(index: GraphIndex, row: Row, options: LayoutOptions): number {
  if (row.group !== null) return naturalGroupWidth(row.group, options.measure);
  return row.node === null ? 0 : naturalWidth(row.node, isIdle(index, row.node), options.measure);
}

/** All boxes with their depth, an open group's endpoints after its head, and what joins them. */
function outlineRows(
  index: GraphIndex,
  arrangement: Arrangement,
  open: ReadonlySet<string>,
): { readonly rows: readonly Row[]; readonly links: readonly Link[] } {
  const parts = partsOf(index, arrangement);
  const anchors = new Map(parts.anchors.map((anchor) => [anchor.id, anchor]));
  const depths = new Map<string, number>();
  const rows: Row[] = [];
  const links: Link[] = [];
  for (const id of topologicalOrder(parts)) {
    const anchor = anchors.get(id);
    if (anchor === undefined) continue;
    const above = (parts.in.get(id) ?? []).map((bundle) => depths.get(bundle.from) ?? -1);
    const depth = Math.max(-1, ...above) + 1;
    depths.set(id, depth);
    rows.push({ id, node: anchor.node, group: anchor.group, depth });
    if (anchor.group === null || !open.has(id)) continue;
    for (const row of anchor.group.rows) {
      const { endpoint } = row;
      rows.push({ id: endpoint.id, node: endpoint, group: null, depth: depth + 1 });
      links.push({
        id: `${id}\n${endpoint.id}`,
        from: id,
        to: endpoint.id,
        edges: index.in(endpoint.id),
        together: false,
      });
      rows.push(...row.behind.map((node) => ({ id: node.id, node, group: null, depth: depth + 2 })));
      links.push(...behindLinks(index, row));
    }
  }
  for (const bundle of parts.bundles) {
    const { id, from, to, edges } = bundle;
    links.push({ id, from, to, edges, together: anchors.get(to)?.group !== null });
  }
  const position = new Map(rows.map((row, at) => [row.id, at]));
  return { rows, links: links.toSorted((a, b) => (position.get(a.to) ?? 0) - (position.get(b.to) ?? 0)) };
}

function behindLinks(index: GraphIndex, row: EndpointRow): readonly Link[] {
  return row.behind.map((node) => ({
    id: `${row.endpoint.id}\n${node.id}`,
    from: row.endpoint.id,
    to: node.id,
    edges: index.out(row.endpoint.id).filter((edge) => edge.to === node.id),
    together: false,
  }));
}

/** True where a rail from the one to the other meets no box in between. */
function isInside(link: Link, rows: readonly Row[], position: ReadonlyMap<string, number>): boolean {
  const from = position.get(link.from) ?? 0;
  const to = position.get(link.to) ?? 0;
  const depth = rows[from]?.depth ?? 0;
  if (to <= from) return false;
  for (let at = from + 1; at <= to; at += 1) if ((rows[at]?.depth ?? 0) <= depth) return false;
  return true;
}

/** A lane at the right for each link, so that no two lie on each other as long as there are lanes. */
function assignLanes(
  links: readonly Link[],
  position: ReadonlyMap<string, number>,
): { readonly of: ReadonlyMap<Link, number>; readonly count: number } {
  const spans = links.map((link) => {
    const ends = [position.get(link.from) ?? 0, position.get(link.to) ?? 0];
    return { link, top: Math.min(...ends), bottom: Math.max(...ends) };
  });
  const of = new Map<Link, number>();
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

/** What stands above a box about a wire to it; one that comes along the right says where from. */
function linkLabels(index: GraphIndex, link: Link, inside: boolean, width: number, options: LayoutOptions): readonly LabelText[] {
  const main = link.together ? link.edges : ways(link);
  const texts = labelsOf(index, waysOf(main, link.together), width, options.measure).map((text) =>
    inOneLine(text, width, options),
  );
  if (inside) return texts;
  const from = index.nodes.get(link.from);
  const source = from === undefined ? '' : `from ${nodeName(from)}`;
  const [first, ...others] = texts;
  const line = first?.lines.length === 1 ? first.lines[0] : undefined;
  if (first !== undefined && line !== undefined) {
    const joined = inOneLine({ ...first, lines: [{ text: source, tone: line.tone }, line] }, width, options);
    if (joined.lines.length === 1) return [joined, ...others];
  }
  const text = fitText(source, 'wire', width - 10, options.measure);
  const label: LabelText = {
    lines: [{ text, tone: 'counter' }],
    edges: link.edges,
    width: Math.ceil(options.measure(text, 'wire')) + 10,
    height: labelLineHeight + 3,
  };
  return [label, ...texts];
}

/** There is more width than height: condition and counter stand in one line where they fit. */
function inOneLine(label: LabelText, width: number, options: LayoutOptions): LabelText {
  const [first, ...rest] = label.lines;
  if (first === undefined || rest.length === 0) return label;
  const text = label.lines.map((line) => line.text).join(' · ');
  const tone = label.lines.some((line) => line.tone === 'warning') ? 'warning' : first.tone;
  const wide = Math.ceil(options.measure(text, 'wire') * (tone === 'warning' ? boldness : 1)) + 10;
  if (wide > width) return label;
  return { ...label, lines: [{ text, tone }], width: wide, height: labelLineHeight + 3 };
}

/** In a group, the rule that sends a packet to the endpoint at random says the share; affinity's would repeat for each. */
function ways(link: Link): Link['edges'] {
  if (!link.from.startsWith('group:')) return link.edges;
  const main = link.edges.find((edge) => edge.probability !== null) ?? link.edges[0];
  return main === undefined ? [] : [main];
}

function groupFrames(rows: readonly Row[], boxes: ReadonlyMap<string, Box>, right: number): readonly Frame[] {
  const frames: Frame[] = [];
  for (const [at, row] of rows.entries()) {
    const head = boxes.get(row.id);
    if (row.group === null || head === undefined || rows[at + 1]?.depth !== row.depth + 1) continue;
    let last = head;
    for (let next = at + 1; (rows[next]?.depth ?? -1) > row.depth; next += 1) last = boxes.get(rows[next]?.id ?? '') ?? last;
    frames.push({
      id: row.id,
      kind: 'group',
      label: '',
      detail: '',
      x: head.x,
      y: head.y,
      width: right - head.x + 4,
      height: last.y + last.height - head.y + 6,
    });
  }
  return frames;
}
