/** The boxes of one Service on a map, before they have places. */
import { count } from '../../../server/src/base/counted.ts';
import type { FlowEdge, FlowNode } from '../../../server/src/kube/flow/graph.ts';
import { edgesOf, type ListedService } from '../model/map-graph.ts';
import type { MapPlan, PlannedNamespace, PlannedService } from '../model/map-plan.ts';
import { type BoxContent, lineContent } from './box-content.ts';
import {
  endpointsFold,
  entriesFold,
  type FoldText,
  foldContent,
  foldWidth,
  mapBoxContent,
  mapBoxWidth,
  mapNameWidth,
} from './map-boxes.ts';
import type { Box } from './model.ts';
import type { Measure } from './text-metrics.ts';

/** So many endpoints on one node are drawn; the flow of the Service has all. */
export const mostPods = 24;

/** A namespace with the boxes of its Services. */
export interface MapSection {
  readonly planned: PlannedNamespace;
  readonly services: readonly ServiceItems[];
  /** Of those that its fold opens. */
  readonly behind: readonly ServiceItems[];
}

/** A map groups no endpoints. */
export const noArrangement = { rows: [], groups: null, grouping: null, total: 0 } as const;

/** A box to be: how wide it would like to be, and what it holds at a width. */
export interface MapItem {
  readonly id: string;
  readonly node: FlowNode | null;
  readonly width: number;
  /** The width below which its name is cut. */
  readonly least: number;
  readonly opens?: string;
  readonly enters?: string;
  content(width: number): BoxContent;
  /** The same in one line where it fits, for where there is more width than height. */
  line(width: number): BoxContent;
}

/** Endpoints behind a node of the cluster, or right behind the Service where no nodes are known. */
export interface HostItems {
  readonly host: MapItem | null;
  readonly pods: readonly MapItem[];
  /** Those that find no room and stand in the last of its boxes. */
  readonly hidden: readonly FlowNode[];
}

export interface ServiceItems {
  readonly listed: ListedService;
  readonly service: MapItem;
  /** Its entries, or the one box that they are folded into. */
  readonly entries: readonly MapItem[];
  readonly hosts: readonly HostItems[];
  /** The one box that all endpoints are folded into; `hosts` is empty then. */
  readonly fold: MapItem | null;
  /** By "from\nto". */
  readonly edges: ReadonlyMap<string, FlowEdge>;
}

function nodeItem(node: FlowNode, measure: Measure): MapItem {
  const content = (width: number): BoxContent => mapBoxContent(node, width, measure);
  const line = (width: number): BoxContent => lineContent(node, false, width, measure) ?? content(width);
  return { id: node.id, node, width: mapBoxWidth(node, measure), least: mapNameWidth(node, measure), content, line };
}

function textItem(id: string, text: FoldText, opens: boolean, measure: Measure): MapItem {
  const content = (width: number): BoxContent => {
    const made = foldContent(text, width, false, measure);
    return opens ? made : { ...made, state: null };
  };
  const width = foldWidth(text, measure);
  return { id, node: null, width, least: width, content, line: content };
}

function foldItem(id: string, text: FoldText, opens: string, measure: Measure): MapItem {
  return { ...textItem(id, text, true, measure), opens };
}

function podItems({ service }: ListedService, pods: readonly FlowNode[], measure: Measure): Pick<HostItems, 'pods' | 'hidden'> {
  const shown = pods.length <= mostPods ? pods : pods.slice(0, mostPods - 1);
  const items = shown.map((pod) => nodeItem(pod, measure));
  const hidden = pods.slice(shown.length);
  if (hidden.length === 0) return { pods: items, hidden };
  const text = { label: `${count(hidden.length)} more`, detail: 'in its flow' };
  const more = { ...textItem(`more:${pods[0]?.id ?? ''}`, text, false, measure), enters: service.to };
  return { pods: [...items, more], hidden };
}

/** The boxes of a Service. */
export function serviceItems({ listed, isOpen }: PlannedService, measure: Measure): ServiceItems {
  const { node, entries, hosts, endpoints } = listed;
  const isWhole = isOpen || endpoints <= 1;
  return {
    listed,
    service: nodeItem(node, measure),
    entries:
      isOpen || entries.length <= 1
        ? entries.map((entry) => nodeItem(entry, measure))
        : [foldItem(`entries:${node.id}`, entriesFold(listed), node.id, measure)],
    hosts: isWhole
      ? hosts.map((own) => ({
          host: own.node === null ? null : nodeItem(own.node, measure),
          ...podItems(listed, own.pods, measure),
        }))
      : [],
    fold: isWhole ? null : foldItem(`endpoints:${node.id}`, endpointsFold(listed), node.id, measure),
    edges: new Map(edgesOf(listed).map((edge) => [`${edge.from}\n${edge.to}`, edge])),
  };
}

/** An item at its place. */
export function boxOfItem(item: MapItem, x: number, y: number, width: number, column: number, content: BoxContent): Box {
  const { id, node, opens, enters } = item;
  const box = { id, node, group: null, x, y, width, height: content.height, content, column };
  return { ...box, ...(opens === undefined ? {} : { opens }), ...(enters === undefined ? {} : { enters }) };
}

/** The edges between the nodes that two boxes stand for. */
export function edgesBetween({ edges, listed }: ServiceItems, from: MapItem, to: MapItem): readonly FlowEdge[] {
  const own = edges.get(`${from.id}\n${to.id}`);
  if (own !== undefined) return [own];
  const all = [...edges.values()];
  if (from.node === null) return all.filter((edge) => edge.to === listed.node.id);
  if (to.opens !== undefined) return all.filter((edge) => edge.to !== listed.node.id);
  return all.filter((edge) => edge.from === from.id);
}

/** The id of a folded node's box: of a Service the box that stands for its entries or its endpoints, where there is one. */
export function foldedInto(
  plan: MapPlan,
  sections: readonly MapSection[],
  boxes: readonly Box[],
): (id: string) => string | undefined {
  const drawn = new Set(boxes.map(({ id }) => id));
  const hidden = new Map<string, string>();
  for (const { hosts } of drawnServices(sections)) {
    for (const { pods, hidden: own } of hosts) for (const { id } of own) hidden.set(id, pods.at(-1)?.id ?? '');
  }
  return (id) => {
    const fold = plan.foldOf(id);
    if (fold === undefined) return hidden.get(id);
    const side = `${id.startsWith('entry:') ? 'entries' : 'endpoints'}:${fold}`;
    return drawn.has(side) ? side : fold;
  };
}

/** The width of the widest, and the one below which some name is cut; 0 for none. */
export function widestOf(items: readonly MapItem[]): { readonly width: number; readonly least: number } {
  return items.reduce((most, { width, least }) => ({ width: Math.max(most.width, width), least: Math.max(most.least, least) }), {
    width: 0,
    least: 0,
  });
}

/** All Services that are drawn. */
export function drawnServices(sections: readonly MapSection[]): readonly ServiceItems[] {
  return sections.flatMap(({ services, behind }) => [...services, ...behind]);
}
