import { compareNames } from '../../../server/src/base/compare-names.ts';
import { count, counted } from '../../../server/src/base/counted.ts';
import { type FlowEdge, type FlowNode, unreadyWords } from '../../../server/src/kube/flow/graph.ts';
import { groupBy } from './collect.ts';
import { contrastSign } from './format.ts';
import type { GraphIndex } from './graph-index.ts';

/** Above this many endpoints a flow is drawn as groups that open. */
const groupAbove = 11;

/** What endpoints are grouped by: the node they are on, its zone, or nothing but their order ("page"). */
export type Grouping = 'node' | 'zone' | 'page';

/** An endpoint chain with the Pod or address behind it. Where there is no chain (a missing endpoint) the Pod stands for it. */
export interface EndpointRow {
  readonly endpoint: FlowNode;
  readonly behind: readonly FlowNode[];
}

export interface EndpointGroup {
  /** "group:node:node-a": the same for the same group after an edit. */
  readonly id: string;
  /** "node-a", "zone eu-1a", "rules 1–50". */
  readonly label: string;
  /** "334 endpoints, 4 not ready". */
  readonly detail: string;
  readonly rows: readonly EndpointRow[];
}

/** A graph's endpoints in rule order, as rows or as groups of rows. */
export interface Arrangement {
  readonly rows: readonly EndpointRow[];
  /** Null where there are few enough to draw each. */
  readonly groups: readonly EndpointGroup[] | null;
  /** What the groups are by; null where there are none. */
  readonly grouping: Grouping | null;
  /** All endpoints, those that a filter hides included. */
  readonly total: number;
}

/** Every endpoint of the graph, in rule order. */
export function endpointRows(index: GraphIndex): readonly EndpointRow[] {
  const rows: EndpointRow[] = [];
  const taken = new Set<string>();
  for (const node of inRuleOrder(index)) {
    if (node.kind === 'endpoint') {
      const behind: FlowNode[] = [];
      for (const edge of index.out(node.id)) {
        const target = index.nodes.get(edge.to);
        if (target === undefined || taken.has(target.id) || !isTarget(target)) continue;
        taken.add(target.id);
        behind.push(target);
      }
      rows.push({ endpoint: node, behind });
    } else if (isTarget(node) && !index.in(node.id).some((edge) => index.nodes.get(edge.from)?.kind === 'endpoint')) {
      rows.push({ endpoint: node, behind: [] });
    }
  }
  return rows;
}

function isTarget(node: FlowNode): boolean {
  return node.kind === 'pod' || node.kind === 'address';
}

/** Endpoints, Pods and addresses as the rules that lead to them follow each other; then those that no rule leads to. */
function inRuleOrder(index: GraphIndex): readonly FlowNode[] {
  const seen = new Set<string>();
  const ordered: FlowNode[] = [];
  const add = (node: FlowNode | undefined): void => {
    if (node === undefined || seen.has(node.id)) return;
    seen.add(node.id);
    ordered.push(node);
  };
  for (const node of index.graph.nodes) {
    if (node.kind === 'endpoint' || isTarget(node)) continue;
    for (const edge of index.out(node.id)) {
      const target = index.nodes.get(edge.to);
      if (target !== undefined && (target.kind === 'endpoint' || isTarget(target))) add(target);
    }
  }
  for (const node of index.graph.nodes) if (node.kind === 'endpoint') add(node);
  for (const node of index.graph.nodes) if (isTarget(node)) add(node);
  return ordered;
}

/** The Pod of a row, from the endpoint or what is behind it. */
export function podOf(row: EndpointRow): FlowNode['pod'] {
  return row.endpoint.pod ?? row.behind.find((node) => node.pod !== null)?.pod ?? null;
}

/**
 * Rows, in groups where there are more than `groupAbove`. `keep` are the ids of endpoints or Pods that a filter lets through, null for all.
 */
export function arrange(index: GraphIndex, grouping: Grouping | null, keep: ReadonlySet<string> | null): Arrangement {
  const all = endpointRows(index);
  const rows =
    keep === null ? all : all.filter((row) => keep.has(row.endpoint.id) || row.behind.some((node) => keep.has(node.id)));
  if (rows.length <= groupAbove) return { rows, groups: null, grouping: null, total: all.length };
  const by = grouping ?? bestGrouping(all);
  return { rows, groups: by === 'page' ? pages(rows, all) : byPlace(rows, all, by), grouping: by, total: all.length };
}

/** By node where most Pods' nodes are known and each has a few; else pages in rule order. */
function bestGrouping(rows: readonly EndpointRow[]): Grouping {
  const nodes = rows.map((row) => podOf(row)?.node ?? null).filter((node) => node !== null);
  const distinct = new Set(nodes).size;
  return nodes.length >= rows.length * 0.5 && distinct >= 2 && distinct <= rows.length / 2 ? 'node' : 'page';
}

function pages(rows: readonly EndpointRow[], all: readonly EndpointRow[]): readonly EndpointGroup[] {
  // About forty pages at most, so that their list is read without scrolling far; a filter does not change which page a row is on.
  const size = Math.max(50, Math.ceil(all.length / 40 / 50) * 50);
  const position = new Map(all.map((row, at) => [row, at]));
  const groups = groupBy(rows, (row) => Math.floor((position.get(row) ?? 0) / size));
  return [...groups].map(([page, members]) => {
    const last = Math.min((page + 1) * size, all.length);
    return group(`page:${page}`, `endpoints ${count(page * size + 1)}–${count(last)}`, members, last - page * size);
  });
}

function byPlace(rows: readonly EndpointRow[], all: readonly EndpointRow[], by: 'node' | 'zone'): readonly EndpointGroup[] {
  const place = (row: EndpointRow): string | null => podOf(row)?.[by] ?? null;
  const totals = new Map<string | null, number>();
  for (const row of all) totals.set(place(row), (totals.get(place(row)) ?? 0) + 1);
  return [...groupBy(rows, place)]
    .toSorted(([a], [b]) => Number(a === null) - Number(b === null) || compareNames(a ?? '', b ?? ''))
    .map(([name, members]) => {
      const label = name === null ? `no known ${by}` : by === 'zone' ? `zone ${name}` : name;
      return group(name === null ? `no-${by}` : `${by}:${name}`, label, members, totals.get(name) ?? members.length);
    });
}

// node-2 before node-10.

function group(id: string, label: string, rows: readonly EndpointRow[], total: number): EndpointGroup {
  const stale = rows.filter((row) => drifted(row, 'stale')).length;
  const missing = rows.filter((row) => drifted(row, 'missing')).length;
  const differing = rows.filter(({ endpoint, behind }) => [endpoint, ...behind].some(isContrasted)).length;
  const detail = [
    rows.length === total ? counted(total, 'endpoint') : `${count(rows.length)} of ${counted(total, 'endpoint')}`,
    ...unreadyWords(rows.map(podOf)),
    stale > 0 ? `${count(stale)} stale` : '',
    missing > 0 ? `${count(missing)} missing` : '',
    differing > 0 ? `${contrastSign} ${count(differing)} differ` : '',
  ];
  return { id: `group:${id}`, label, detail: detail.filter((part) => part !== '').join(', '), rows };
}

function isContrasted({ contrast }: FlowNode): boolean {
  return contrast !== undefined;
}

function drifted(row: EndpointRow, drift: FlowNode['drift']): boolean {
  return row.endpoint.drift === drift || row.behind.some((node) => node.drift === drift);
}

/** One way from a node to another or to a group, in a word: what the edges that share it have in common. */
export interface Branch {
  /** The rules, in order; those of a group's endpoints together. */
  readonly edges: readonly FlowEdge[];
  /** Their sum; null where a condition decides. */
  readonly probability: number | null;
  readonly condition: string;
  /** Their sum; null without counters. */
  readonly packets: number | null;
}

/** Edges between two places as ways, one for each condition. To a single node each rule is a way of its own. */
export function branchesOf(edges: readonly FlowEdge[], together: boolean): readonly Branch[] {
  if (!together) {
    return edges.map((edge) => ({
      edges: [edge],
      probability: edge.probability,
      condition: edge.condition,
      packets: edge.packets,
    }));
  }
  return [...groupBy(edges, (edge) => `${edge.probability === null}\n${edge.condition}`).values()].map((members) => ({
    edges: members,
    probability: members.reduce<number | null>(
      (sum, edge) => (edge.probability === null ? sum : (sum ?? 0) + edge.probability),
      null,
    ),
    condition: members[0]?.condition ?? '',
    packets: members.reduce<number | null>((sum, edge) => (edge.packets === null ? sum : (sum ?? 0) + edge.packets), null),
  }));
}
