/** Many ports of a Service whose packets fare alike, drawn as one of them: the first by the graph's order, which says how many more there are. */

import { counted } from '../../../server/src/base/counted.ts';
import type { FlowEdge, FlowGraph, FlowNode } from '../../../server/src/kube/flow/graph.ts';
import { groupBy } from './collect.ts';
import { type GraphIndex, indexGraph } from './graph-index.ts';
import { routeEnds } from './routes.ts';

export interface FoldedPorts {
  /** The graph with one of the ports that are alike. */
  readonly index: GraphIndex;
  /** By the id of a node that is left out, the id of the one that stands for it. */
  readonly into: ReadonlyMap<string, string>;
  /** By an edge that is drawn, all edges of the graph that it stands for. */
  readonly edges: ReadonlyMap<FlowEdge, readonly FlowEdge[]>;
}

/** What opens the ports that an entry stands for, and closes them again. */
export interface PortFold {
  /** Among the ids of what is open. */
  readonly id: string;
  readonly isOpen: boolean;
}

/** A node as it is drawn. */
interface DrawnNode extends FlowNode {
  /** Of an entry of ports that are alike. */
  readonly ports?: PortFold;
}

/** What opens and closes the ports that a node is an entry of; null of any other. */
export function portFoldOf(node: DrawnNode | null): PortFold | null {
  return node?.ports ?? null;
}

/** So many ports that are alike are drawn apart. */
const mostApart = 3;

/** What a port's nodes have in common; null of what belongs to no port. */
function portOf({ service }: FlowNode): string | null {
  if (service === null) return null;
  const { namespace, name, port, portNumber, protocol } = service;
  return JSON.stringify([namespace, name, port === '' ? portNumber : port, protocol]);
}

/** Words without what tells ports apart: numbers of ports, names of a port's chains, its own name. */
function withoutPort(text: string, { service }: FlowNode): string {
  const port = service?.port ?? '';
  const own = `${service?.namespace}/${service?.name}:${port}`;
  return (port === '' ? text : text.replaceAll(own, `${service?.namespace}/${service?.name}`))
    .replace(/(\.\d{1,3}|\]):\d{1,5}\b/g, '$1')
    .replace(/\bNodePort \d{1,5}\b/g, 'NodePort')
    .replace(/\bKUBE-[A-Z]{2,9}-[A-Z2-7]{16}\b/g, (name) => name.slice(0, -17));
}

/** What is said of a node, but for the port. */
function nodeSaid(node: FlowNode): string {
  const { kind, label, detail, table, chain, pod, address, badges, drift, contrast, packets } = node;
  const said = [label, detail, chain ?? '', address ?? '', ...badges.map((badge) => `${badge.label} ${badge.condition}`)];
  return JSON.stringify([kind, table, pod, drift, contrast, packets === 0, said.map((text) => withoutPort(text, node))]);
}

/** What is said of a port's nodes, in their order, and of all edges that come to them or leave them, but for the port. */
function saidOfPort(index: GraphIndex, own: readonly FlowNode[]): string {
  const places = new Map(own.map(({ id }, at) => [id, String(at)]));
  const edgeSaid = (edge: FlowEdge, node: FlowNode, end: string): unknown => [
    places.get(end) ?? end,
    edge.probability,
    withoutPort(edge.condition, node),
    edge.contrast,
    edge.packets === 0,
  ];
  return JSON.stringify(
    own.map((node) => [
      nodeSaid(node),
      index.out(node.id).map((edge) => edgeSaid(edge, node, edge.to)),
      index.in(node.id).map((edge) => edgeSaid(edge, node, edge.from)),
      routesSaid(index, node, places),
    ]),
  );
}

/** A port's nodes so that those of another port which are alike stand in the same order. */
function inOneOrder(own: readonly FlowNode[]): readonly FlowNode[] {
  const said = new Map(own.map((node) => [node, nodeSaid(node)]));
  return own.toSorted((a, b) => ((said.get(a) ?? '') < (said.get(b) ?? '') ? -1 : Number(said.get(a) !== said.get(b))));
}

/** Where packets to an entry end, by the places of a port's nodes. */
function routesSaid({ graph }: GraphIndex, { kind, id }: FlowNode, places: ReadonlyMap<string, string>): unknown {
  if (kind !== 'entry') return null;
  return (graph.routes ?? [])
    .filter(({ entry }) => entry === id)
    .map((route) => [route.origins, routeEnds(graph, route).map(({ node, share }) => [places.get(node.id) ?? node.id, share])]);
}

/** The node with the number of ports that it stands for; what names no port stays as it is. */
function standingFor(node: FlowNode, more: number, fold: PortFold): DrawnNode {
  if (node.kind === 'pod' || node.kind === 'verdict') return node;
  const label = fold.isOpen ? node.label : `${node.label} +${counted(more, 'port')}`;
  return node.kind === 'entry' ? { ...node, label, ports: fold } : { ...node, label };
}

/**
 * A graph in which ports that are alike are drawn once, but for those that are open; null where there are few, and where none are alike.
 * @param open ids of what is open, ports and other things
 */
export function foldPorts(index: GraphIndex, open: ReadonlySet<string>): FoldedPorts | null {
  const { graph } = index;
  if (graph.map !== undefined || graph.entries.length <= mostApart) return null;
  const ports = [...groupBy(graph.nodes, portOf)].flatMap(([port, own]) => (port === null ? [] : [inOneOrder(own)]));
  if (ports.length <= mostApart) return null;
  const classes = [...groupBy(ports, (own) => saidOfPort(index, own)).values()].filter((alike) => alike.length > mostApart);
  if (classes.length === 0) return null;
  const into = new Map<string, string>();
  const drawn = new Map<string, FlowNode>();
  for (const [first = [], ...others] of classes) {
    const id = `ports:${first[0]?.id}`;
    const fold: PortFold = { id, isOpen: open.has(id) };
    for (const [at, node] of first.entries()) {
      drawn.set(node.id, standingFor(node, others.length, fold));
      for (const other of fold.isOpen ? [] : others) {
        const folded = other[at];
        if (folded !== undefined) into.set(folded.id, node.id);
      }
    }
  }
  const nodes = graph.nodes.filter(({ id }) => !into.has(id)).map((node) => drawn.get(node.id) ?? node);
  const edges = foldEdges(graph, into);
  const entries = graph.entries.filter(({ id }) => !into.has(id));
  return { index: indexGraph({ ...graph, entries, nodes, edges: [...edges.keys()] }), into, edges };
}

/** Edges between what is drawn, each with all that it stands for and what they counted together: of a port's rules the first with the first. */
function foldEdges(graph: FlowGraph, into: ReadonlyMap<string, string>): ReadonlyMap<FlowEdge, readonly FlowEdge[]> {
  const all = new Map<FlowEdge, FlowEdge[]>();
  const between = new Map<string, FlowEdge[]>();
  const ends = (edge: FlowEdge): string => JSON.stringify([into.get(edge.from) ?? edge.from, into.get(edge.to) ?? edge.to]);
  const isFolded = ({ from, to }: FlowEdge): boolean => into.has(from) || into.has(to);
  for (const edge of graph.edges) {
    if (isFolded(edge)) continue;
    all.set(edge, [edge]);
    between.set(ends(edge), [...(between.get(ends(edge)) ?? []), edge]);
  }
  const turns = new Map<string, number>();
  for (const edge of graph.edges) {
    if (!isFolded(edge)) continue;
    const own = JSON.stringify([edge.from, edge.to]);
    const turn = turns.get(own) ?? 0;
    turns.set(own, turn + 1);
    const drawn = between.get(ends(edge))?.[turn];
    if (drawn !== undefined) all.get(drawn)?.push(edge);
  }
  return new Map(
    [...all.values()].flatMap((list) => {
      const [first] = list;
      if (first === undefined) return [];
      const counted = list.reduce<number | null>((sum, { packets }) => (packets === null ? sum : (sum ?? 0) + packets), null);
      return [[list.length === 1 ? first : { ...first, packets: counted }, list] as const];
    }),
  );
}
