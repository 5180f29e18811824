/** A map in columns: each Service in a row of its own, entries before it, nodes and Pods behind it, below the head of its namespace. */
import type { FlowEdge } from '../../../server/src/kube/flow/graph.ts';
import type { MapPlan } from '../model/map-plan.ts';
import { bend } from './edge-path.ts';
import { headWidth, restWidth } from './map-boxes.ts';
import {
  boxOfItem,
  drawnServices,
  edgesBetween,
  type MapItem,
  type MapSection,
  type ServiceItems,
  widestOf,
} from './map-parts.ts';
import { framePad, podGrid, stackGap } from './map-pods.ts';
import { type DrawnMap, drawSection, mapLayout, rowGap, type SectionForm } from './map-section.ts';
import { type Box, type DrawnEdge, type Frame, type Heading, type Layout, type LayoutOptions, margin } from './model.ts';

const inset = 12;
const edgeGap = 44;
const podGap = 34;
const hostGap = 8;
/** So many Pods stand side by side at the most, however much room there is. */
const mostInRow = 6;
const inRowWithoutRoom = 3;
const headingRoom = 40;

/** Where the columns are, from left to right. */
interface MapColumns {
  readonly entry: { readonly x: number; readonly width: number };
  readonly service: { readonly x: number; readonly width: number };
  readonly host: { readonly x: number; readonly width: number };
  readonly pod: { readonly x: number; readonly width: number };
  readonly podsInRow: number;
  /** The width of the box that endpoints are folded into. */
  readonly fold: number;
  readonly right: number;
}

/** A map in columns. */
export function layoutMapColumns(sections: readonly MapSection[], plan: MapPlan, options: LayoutOptions): Layout {
  const columns = planColumns(sections, options);
  const drawn: DrawnMap = { boxes: [], edges: [], frames: [], y: headingRoom };
  const form: SectionForm = {
    width: columns.right - margin,
    inset,
    column: 1,
    measure: options.measure,
    drawService: (above, items) => drawService(above, items, columns),
  };
  for (const section of sections) drawSection(drawn, section, form);
  const headings = headingsOf(columns, sections);
  return mapLayout(drawn, sections, plan, { form: 'columns', headings, width: columns.right + margin });
}

/** How wide a column would like to be, and the width below which a name in it is cut. */
interface Wish {
  readonly width: number;
  readonly least: number;
}

/** The widths, the widest cut first, so that they are together not wider than the room; none so narrow that a name is cut. */
function fitWidths(wishes: readonly Wish[], room: number): readonly number[] {
  const ascending = wishes.map(({ width }) => width).toSorted((a, b) => a - b);
  if (ascending.reduce((sum, width) => sum + width, 0) <= room) return wishes.map(({ width }) => width);
  let left = room;
  let bound = 0;
  for (const [at, width] of ascending.entries()) {
    bound = Math.floor(left / (ascending.length - at));
    if (width > bound) break;
    left -= width;
  }
  return wishes.map(({ width, least }) => Math.min(width, Math.max(bound, least)));
}

/** A wish with more around it. */
function wider({ width, least }: Wish, by: number): Wish {
  return width === 0 ? { width, least } : { width: width + by, least: least + by };
}

/** The wishes of the four columns, and of the box that endpoints are folded into, which may be as wide as the last two together. */
function wishesOf(all: readonly ServiceItems[]): { readonly columns: readonly Wish[]; readonly fold: number } {
  const hosts = widestOf(all.flatMap((items) => items.hosts.flatMap(({ host }) => (host === null ? [] : [host]))));
  const pods = wider(widestOf(all.flatMap((items) => items.hosts.flatMap((host) => host.pods))), 2 * framePad);
  const folds = widestOf(all.flatMap(({ fold }) => (fold === null ? [] : [fold])));
  const beside = pods.width === 0 ? 0 : pods.width + (hosts.width === 0 ? 0 : podGap);
  const lacks = Math.max(0, folds.width - beside);
  const isOwn = hosts.width > 0 || pods.width === 0;
  const host = isOwn ? { width: Math.max(hosts.width, lacks), least: Math.max(hosts.least, lacks) } : hosts;
  const entries = widestOf(all.flatMap((items) => items.entries));
  const services = widestOf(all.map(({ service }) => service));
  return { columns: [entries, services, host, pods], fold: folds.width };
}

function planColumns(sections: readonly MapSection[], { room, measure }: LayoutOptions): MapColumns {
  const all = drawnServices(sections);
  const wishes = wishesOf(all);
  const [, , { width: hostWish = 0 } = {}, { width: podWish = 0 } = {}] = wishes.columns;
  const gaps = 2 * edgeGap + (hostWish > 0 && podWish > 0 ? podGap : 0);
  const inner = room === null ? Number.POSITIVE_INFINITY : room - 2 * margin - 2 * inset - gaps;
  const [entry = 0, service = 0, host = 0, pod = 0] = fitWidths(wishes.columns, inner);
  const left = margin + inset;
  const serviceX = entry === 0 ? left : left + entry + edgeGap;
  const hostX = service === 0 ? left : serviceX + service + edgeGap;
  const podX = host === 0 ? hostX : hostX + host + (pod === 0 ? 0 : podGap);
  const podWidth = Math.max(0, pod - 2 * framePad);
  const podRoom = room === null ? Number.POSITIVE_INFINITY : room - margin - inset - podX - 2 * framePad;
  const busiest = all.reduce((most, { hosts }) => hosts.reduce((own, { pods }) => Math.max(own, pods.length), most), 1);
  const fitting = Math.floor((podRoom + stackGap) / (podWidth + stackGap));
  const podsInRow = Math.max(1, Math.min(busiest, room === null ? inRowWithoutRoom : mostInRow, fitting));
  const podsRight = pod === 0 ? podX : podX + 2 * framePad + podsInRow * podWidth + (podsInRow - 1) * stackGap;
  const behind = pod === 0 ? hostX + host : podsRight;
  const heads = sections.flatMap(({ planned }) => [
    headWidth(planned, measure),
    planned.rest === null ? 0 : restWidth(planned.rest, measure) + 2 * inset,
  ]);
  const wanted = margin + heads.reduce((most, width) => Math.max(most, width), behind + inset - margin);
  return {
    entry: { x: left, width: entry },
    service: { x: serviceX, width: service },
    host: { x: hostX, width: host },
    pod: { x: podX + framePad, width: podWidth },
    podsInRow,
    fold: Math.min(wishes.fold, behind - hostX),
    right: room === null ? wanted : Math.max(behind + inset, Math.min(wanted, room - margin)),
  };
}

function headingsOf({ entry, service, host, pod, podsInRow }: MapColumns, sections: readonly MapSection[]): readonly Heading[] {
  const all = drawnServices(sections);
  if (all.length === 0) return [];
  const hasPods = all.some(({ hosts }) => hosts.length > 0);
  const hasHosts = all.some(({ hosts }) => hosts.some((own) => own.host !== null));
  const pods = podsInRow * pod.width + (podsInRow - 1) * stackGap;
  return [
    { text: 'Entry', x: entry.x, width: entry.width },
    { text: 'Service', x: service.x, width: service.width },
    ...(hasHosts || !hasPods ? [{ text: hasPods ? 'Node' : 'Endpoints', x: host.x, width: host.width }] : []),
    ...(hasPods ? [{ text: hasHosts ? 'Pod' : 'Endpoint', x: pod.x, width: pods }] : []),
  ].filter(({ width }) => width > 0);
}

/** The boxes of a column, one below the other around a middle. */
function stack(items: readonly MapItem[], x: number, middle: number, width: number, column: number): readonly Box[] {
  const contents = items.map((item) => item.content(width));
  let y = middle - stackHeight(contents.map(({ height }) => height)) / 2;
  return items.map((item, at) => {
    const content = contents[at] ?? item.content(width);
    const box = boxOfItem(item, x, y, width, column, content);
    y += content.height + stackGap;
    return box;
  });
}

function stackHeight(heights: readonly number[]): number {
  return heights.reduce((sum, height) => sum + height + stackGap, heights.length === 0 ? 0 : -stackGap);
}

/** A node of the cluster with its Pods: their boxes from a top on, and how high they are together. */
interface PlacedHost {
  readonly boxes: readonly Box[];
  readonly host: Box | null;
  /** Around several Pods. */
  readonly frame: Frame | null;
  readonly height: number;
}

function placeHosts({ hosts }: ServiceItems, top: number, { host, pod, podsInRow }: MapColumns): readonly PlacedHost[] {
  let y = top;
  return hosts.map((own): PlacedHost => {
    const grid = podGrid(own.pods, pod.x, y, pod.width, podsInRow, 3);
    const content = own.host?.content(host.width);
    const height = Math.max(grid.height, content?.height ?? 0);
    const shift = (height - grid.height) / 2;
    const boxes = grid.boxes.map((box) => ({ ...box, y: box.y + shift }));
    const head =
      own.host === null || content === undefined
        ? null
        : boxOfItem(own.host, host.x, y + (height - content.height) / 2, host.width, 2, content);
    const frame = grid.frame === null ? null : { ...grid.frame, y: grid.frame.y + shift };
    y += height + hostGap;
    return { boxes, host: head, frame, height };
  });
}

function middleOf({ y, height }: { readonly y: number; readonly height: number }): number {
  return y + height / 2;
}

function join(
  from: Box,
  to: { readonly id: string; readonly x: number; readonly y: number; readonly height: number },
  edges: readonly FlowEdge[],
): DrawnEdge {
  const start = { x: from.x + from.width, y: middleOf(from) };
  const end = { x: to.x, y: middleOf(to) };
  const path = bend([start, { x: end.x - 8, y: end.y }, end]);
  const top = Math.min(start.y, end.y);
  return { id: `${from.id}\n${to.id}`, from: from.id, to: to.id, edges, path, labels: [], top, bottom: Math.max(start.y, end.y) };
}

function drawService(drawn: DrawnMap, items: ServiceItems, columns: MapColumns): void {
  const { entries, service, fold } = items;
  const { y: top } = drawn;
  const own = service.content(columns.service.width);
  const heights = entries.map((item) => item.content(columns.entry.width).height);
  const foldContent = fold?.content(columns.fold);
  const hosts = placeHosts(items, 0, columns);
  const behind =
    foldContent?.height ?? hosts.reduce((sum, { height }) => sum + height + hostGap, hosts.length === 0 ? 0 : -hostGap);
  const height = Math.max(own.height, stackHeight(heights), behind);
  const middle = top + height / 2;
  const before = stack(entries, columns.entry.x, middle, columns.entry.width, 0);
  const [box] = stack([service], columns.service.x, middle, columns.service.width, 1);
  if (box === undefined) return;
  drawn.boxes.push(...before, box);
  for (const [at, entry] of before.entries()) {
    const item = entries[at];
    if (item !== undefined) drawn.edges.push(join(entry, box, edgesBetween(items, item, service)));
  }
  if (fold !== null && foldContent !== undefined) {
    const folded = boxOfItem(fold, columns.host.x, middle - foldContent.height / 2, columns.fold, 2, foldContent);
    drawn.boxes.push(folded);
    drawn.edges.push(join(box, folded, edgesBetween(items, service, fold)));
  }
  const shift = middle - behind / 2;
  for (const [at, placed] of hosts.entries()) drawHost(drawn, items, at, box, placed, shift);
  drawn.y = top + height + rowGap;
}

function drawHost(drawn: DrawnMap, items: ServiceItems, at: number, service: Box, placed: PlacedHost, shift: number): void {
  const moved = <T extends { readonly y: number }>(item: T): T => ({ ...item, y: item.y + shift });
  const boxes = placed.boxes.map(moved);
  const own = items.hosts[at];
  const first = boxes[0];
  const item = own?.pods[0];
  if (own === undefined || first === undefined || item === undefined) return;
  drawn.boxes.push(...boxes);
  const frame = placed.frame === null ? null : moved(placed.frame);
  if (frame !== null) drawn.frames.push(frame);
  const target = frame === null ? first : { ...frame, id: first.id };
  if (placed.host === null || own.host === null) {
    drawn.edges.push(
      join(
        service,
        target,
        own.pods.flatMap((pod) => items.edges.get(`${items.service.id}\n${pod.id}`) ?? []),
      ),
    );
    return;
  }
  const host = moved(placed.host);
  drawn.boxes.push(host);
  drawn.edges.push(
    join(service, host, edgesBetween(items, items.service, own.host)),
    join(host, target, edgesBetween(items, own.host, { ...item, id: '' })),
  );
}
