/** A map where there is little width: a Service above what is before and behind it, indented along a rail. */
import type { FlowEdge } from '../../../server/src/kube/flow/graph.ts';
import type { MapPlan } from '../model/map-plan.ts';
import { elbow } from './edge-path.ts';
import { boxOfItem, edgesBetween, type MapItem, type MapSection, type ServiceItems, widestOf } from './map-parts.ts';
import { framePad, podGrid, stackGap } from './map-pods.ts';
import { type DrawnMap, drawSection, mapLayout, rowGap, type SectionForm } from './map-section.ts';
import { type Box, type Layout, type LayoutOptions, margin } from './model.ts';

const inset = 10;
const indent = 22;
const railInset = 11;
const narrowest = 240;
const widest = 640;

/** Where everything of a map stands that is narrow: within `room` pixels, but no narrower than 240. */
export function layoutMapOutline(sections: readonly MapSection[], plan: MapPlan, { room, measure }: LayoutOptions): Layout {
  const right = Math.max(narrowest, Math.min(widest, room ?? widest)) - margin;
  const drawn: DrawnMap = { boxes: [], edges: [], frames: [], y: margin };
  const form: SectionForm = {
    width: right - margin,
    inset,
    column: 0,
    measure,
    drawService: (above, items) => drawService(above, items, right - inset),
  };
  for (const section of sections) drawSection(drawn, section, form);
  return mapLayout(drawn, sections, plan, { form: 'outline', headings: [], width: right + margin });
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
  drawn: DrawnMap,
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

function place(drawn: DrawnMap, item: MapItem, x: number, right: number, column: number): Box {
  const width = right - x;
  const box = boxOfItem(item, x, drawn.y, width, column, item.line(width));
  drawn.boxes.push(box);
  drawn.y += box.height + stackGap;
  return box;
}

function drawService(drawn: DrawnMap, items: ServiceItems, right: number): void {
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
function drawPods(drawn: DrawnMap, items: ServiceItems, rail: Rail, pods: readonly MapItem[], x: number, right: number): void {
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
