/** A map where there is little width: a Service above what is before and behind it, indented along a rail. */
import type { FlowEdge } from '../../../server/src/kube/flow/graph.ts';
import type { MapPlan } from '../model/map-plan.ts';
import { elbow } from './edge-path.ts';
import { headContent, restContent } from './map-boxes.ts';
import {
  boxOfItem,
  edgesBetween,
  foldedInto,
  type MapItem,
  type MapSection,
  noArrangement,
  type ServiceItems,
  widestOf,
} from './map-parts.ts';
import { framePad, podGrid, stackGap } from './map-pods.ts';
import { type Box, type DrawnEdge, type Frame, type Layout, type LayoutOptions, margin } from './model.ts';

const inset = 10;
const indent = 22;
const railInset = 11;
const rowGap = 12;
const namespaceGap = 14;
const narrowest = 240;
const widest = 640;

interface Drawn {
  readonly boxes: Box[];
  readonly edges: DrawnEdge[];
  readonly frames: Frame[];
  y: number;
}

export function layoutMapOutline(sections: readonly MapSection[], plan: MapPlan, { room, measure }: LayoutOptions): Layout {
  const right = Math.max(narrowest, Math.min(widest, room ?? widest)) - margin;
  const drawn: Drawn = { boxes: [], edges: [], frames: [], y: margin };
  for (const { planned, services, behind } of sections) {
    const { namespace, rest } = planned;
    const { id } = namespace.node;
    const top = drawn.y;
    const frames = drawn.frames.length;
    const width = right - margin;
    const content = headContent(planned, width, measure);
    const place = { x: margin, y: top, width, height: content.height };
    drawn.boxes.push({ id, node: namespace.node, group: null, column: 0, opens: id, ...place, content });
    drawn.y += content.height + rowGap;
    for (const items of services) drawService(drawn, items, right - inset);
    if (rest !== null) {
      const inner = width - 2 * inset;
      const text = restContent(rest, inner, measure);
      const at = { x: margin + inset, y: drawn.y, width: inner, height: text.height };
      drawn.boxes.push({ id: rest.id, node: null, group: null, column: 1, opens: rest.id, ...at, content: text });
      drawn.y += text.height + rowGap;
    }
    for (const items of behind) drawService(drawn, items, right - inset);
    if (services.length === 0 && rest === null) drawn.y = top + content.height;
    else
      drawn.frames.splice(frames, 0, {
        id,
        kind: 'group',
        label: '',
        detail: '',
        x: margin,
        y: top,
        width,
        height: drawn.y - top,
      });
    drawn.y += namespaceGap;
  }
  return {
    form: 'outline',
    boxes: drawn.boxes,
    edges: drawn.edges,
    frames: drawn.frames,
    headings: [],
    width: right + margin,
    height: drawn.y - namespaceGap + margin,
    arrangement: noArrangement,
    foldedInto: foldedInto(plan, sections, drawn.boxes),
  };
}

/** A rail that runs down from a box; each piece begins where the one before it turned off. */
interface Rail {
  readonly from: Box;
  readonly item: MapItem;
  turned: number;
}

function railOf(from: Box, item: MapItem): Rail {
  return { from, item, turned: from.y + from.height };
}

function addTurn(
  drawn: Drawn,
  rail: Rail,
  to: { readonly id: string; readonly x: number; readonly y: number; readonly height: number },
  edges: readonly FlowEdge[],
  isInto: boolean,
): void {
  const end = { x: to.x, y: to.y + to.height / 2 };
  const x = rail.from.x + railInset;
  drawn.edges.push({
    id: `${rail.from.id}\n${to.id}`,
    from: rail.from.id,
    to: to.id,
    edges,
    path: elbow(x, rail.turned, end, isInto),
    wholePath: elbow(x, rail.from.y + rail.from.height, end, isInto),
    labels: [],
    top: rail.turned,
    bottom: end.y,
  });
  rail.turned = end.y - 7;
}

function place(drawn: Drawn, item: MapItem, x: number, right: number, column: number): Box {
  const width = right - x;
  const box = boxOfItem(item, x, drawn.y, width, column, item.line(width));
  drawn.boxes.push(box);
  drawn.y += box.height + stackGap;
  return box;
}

function drawService(drawn: Drawn, items: ServiceItems, right: number): void {
  const { service, entries, hosts, fold } = items;
  const box = place(drawn, service, margin + inset, right, 1);
  const rail = railOf(box, service);
  const x = box.x + indent;
  for (const entry of entries) addTurn(drawn, rail, place(drawn, entry, x, right, 2), edgesBetween(items, entry, service), false);
  if (fold !== null) addTurn(drawn, rail, place(drawn, fold, x, right, 2), edgesBetween(items, service, fold), true);
  for (const { host, pods } of hosts) {
    if (host === null) {
      drawPods(drawn, items, rail, pods, x, right);
      continue;
    }
    const head = place(drawn, host, x, right, 2);
    addTurn(drawn, rail, head, edgesBetween(items, service, host), true);
    drawPods(drawn, items, railOf(head, host), pods, x + indent, right);
  }
  drawn.y += rowGap - stackGap;
}

/** Pods side by side where two of them find room. */
function drawPods(drawn: Drawn, items: ServiceItems, rail: Rail, pods: readonly MapItem[], x: number, right: number): void {
  const natural = widestOf(pods).width;
  const room = right - x - 2 * framePad;
  const fitting = Math.max(1, Math.min(pods.length, Math.floor((room + stackGap) / (natural + stackGap))));
  const width = (room - (fitting - 1) * stackGap) / fitting;
  const inLine = pods.map((pod) => ({ ...pod, content: pod.line }));
  const grid = podGrid(inLine, x + framePad, drawn.y, width, fitting, 3);
  drawn.boxes.push(...grid.boxes);
  if (grid.frame !== null) drawn.frames.push(grid.frame);
  const first = grid.boxes[0];
  if (first !== undefined) {
    const edges = pods.flatMap((pod) => items.edges.get(`${rail.item.id}\n${pod.id}`) ?? []);
    addTurn(drawn, rail, grid.frame === null ? first : { ...grid.frame, id: first.id }, edges, true);
  }
  drawn.y += grid.height + stackGap;
}
