/** A flow as an indented list, for screen readers, for who likes text better, and for exported files. */

import { counted } from '../../../server/src/base/counted.ts';
import { percentText } from '../../../server/src/base/percent.ts';
import { drawingText } from '../../../server/src/base/safe-text.ts';
import { type MergedEdge, type MergedGraph, mergeGraph, type Vertex } from '../layout/merged-edges.ts';
import { nodeSentence } from '../model/describe.ts';
import { contrastSign } from '../model/format.ts';
import type { GraphIndex } from '../model/graph-index.ts';
import { type Arrangement, branchesOf, type EndpointRow } from '../model/groups.ts';

/** A line of the list. */
export interface TextItem {
  /** Unique in the list. */
  readonly key: string;
  /** The node's or the group's id; several items may show one node. */
  readonly id: string;
  /** 1 for what nothing leads to. */
  readonly level: number;
  /** When a packet comes here: "33.3 %; from 203.0.113.0/24"; empty for always. */
  readonly branch: string;
  readonly text: string;
  readonly packets: number | null;
  /** Null: nothing below it. */
  readonly expanded: boolean | null;
  /** What is below it stands where it was met first. */
  readonly repeated: boolean;
  /** 1-based place among its siblings, and how many those are. */
  readonly place: number;
  readonly siblings: number;
  /** The key of the item above; null at level 1. */
  readonly parent: string | null;
}

/** A way of the list from what is above it, or a root. */
interface Step {
  readonly id: string;
  readonly merged: MergedEdge | null;
}

/**
 * The list from top to bottom. Groups show their endpoints when `open` has their id; other items unless `collapsed` has it. A node that
 * several lead to is listed under each, with what is below it only the first time; loops end there.
 */
export function textItems(
  index: GraphIndex,
  arrangement: Arrangement,
  open: ReadonlySet<string>,
  collapsed: ReadonlySet<string>,
): readonly TextItem[] {
  const parts = mergeGraph(index, arrangement);
  const vertices = new Map(parts.vertices.map((vertex) => [vertex.id, vertex]));
  const items: TextItem[] = [];
  const seen = new Set<string>();

  const children = (id: string): readonly Step[] => (parts.out.get(id) ?? []).map((merged) => ({ id: merged.to, merged }));

  const visit = (step: Step, level: number, parent: string | null, place: number, siblings: number): void => {
    const vertex = vertices.get(step.id);
    if (vertex === undefined) return;
    const key = `${parent ?? ''}/${step.id}`;
    const below = vertex.group === null ? children(step.id) : [];
    const has = vertex.group !== null || below.length > 0;
    const repeated = has && seen.has(step.id);
    seen.add(step.id);
    const expanded = !has || repeated ? null : vertex.group === null ? !collapsed.has(step.id) : open.has(step.id);
    const branch = step.merged === null ? '' : branchOf(step.merged, vertex);
    const packets = step.merged === null ? null : packetsOf(step.merged);
    const text =
      vertex.node !== null ? nodeSentence(vertex.node) : drawingText(`${vertex.group?.label}, ${vertex.group?.detail}`);
    items.push({ key, id: step.id, level, branch, text, packets, expanded, repeated, place, siblings, parent });
    if (expanded !== true) return;
    if (vertex.group !== null) {
      const { rows } = vertex.group;
      for (const [at, row] of rows.entries()) items.push(...rowItems(index, row, level + 1, key, at + 1, rows.length, collapsed));
      return;
    }
    for (const [at, child] of below.entries()) visit(child, level + 1, key, at + 1, below.length);
  };

  const roots = rootsOf(parts);
  for (const [at, root] of roots.entries()) visit({ id: root, merged: null }, 1, null, at + 1, roots.length);
  return items;
}

/** What nothing leads to, and of each loop that nothing else leads to the first. */
function rootsOf(parts: MergedGraph): readonly string[] {
  const reached = new Set<string>();
  const reach = (start: string): void => {
    const stack = [start];
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      if (reached.has(id)) continue;
      reached.add(id);
      for (const merged of parts.out.get(id) ?? []) stack.push(merged.to);
    }
  };
  const roots = parts.vertices.filter((vertex) => !parts.in.has(vertex.id)).map((vertex) => vertex.id);
  for (const root of roots) reach(root);
  for (const vertex of parts.vertices) {
    if (reached.has(vertex.id)) continue;
    roots.push(vertex.id);
    reach(vertex.id);
  }
  return roots;
}

function branchOf(merged: MergedEdge, target: Vertex): string {
  return branchesOf(merged.edges, target.group !== null)
    .map((branch) => {
      const share = branch.probability === null || branch.probability >= 1 ? '' : percentText(branch.probability);
      const contrast = branch.edges.length === 1 ? (branch.edges[0]?.contrast?.words ?? '') : '';
      const words = contrast === '' ? '' : `(${contrastSign} ${drawingText(contrast)})`;
      return [share, drawingText(branch.condition), words].filter((part) => part !== '').join(' ');
    })
    .filter((text, at, all) => text !== '' && all.indexOf(text) === at)
    .join('; ');
}

function packetsOf(merged: MergedEdge): number | null {
  return merged.edges.reduce<number | null>((sum, edge) => (edge.packets === null ? sum : (sum ?? 0) + edge.packets), null);
}

function rowItems(
  index: GraphIndex,
  row: EndpointRow,
  level: number,
  parent: string,
  place: number,
  siblings: number,
  collapsed: ReadonlySet<string>,
): readonly TextItem[] {
  const { endpoint, behind } = row;
  const edges = index.in(endpoint.id);
  const main = edges.find((edge) => edge.probability !== null) ?? edges[0];
  const share = main === undefined || main.probability === null || main.probability >= 1 ? '' : percentText(main.probability);
  const key = `${parent}/${endpoint.id}`;
  const expanded = behind.length === 0 ? null : !collapsed.has(endpoint.id);
  const own: TextItem = {
    key,
    id: endpoint.id,
    level,
    branch: [share, drawingText(main?.condition ?? '')].filter((part) => part !== '').join(' '),
    text: nodeSentence(endpoint),
    packets: main?.packets ?? null,
    expanded,
    repeated: false,
    place,
    siblings,
    parent,
  };
  if (expanded !== true) return [own];
  return [
    own,
    ...behind.map((node, at) => ({
      key: `${key}/${node.id}`,
      id: node.id,
      level: level + 1,
      branch: '',
      text: nodeSentence(node),
      packets: null,
      expanded: null,
      repeated: false,
      place: at + 1,
      siblings: behind.length,
      parent: key,
    })),
  ];
}

/** An item as one line: "33.3 %: Endpoint chain 10.244.0.11:8080, ready, 412 packets". */
export function itemLine(item: TextItem): string {
  const packets = item.packets === null ? '' : `, ${counted(item.packets, 'packet')}`;
  return `${item.branch === '' ? '' : `${item.branch}: `}${item.text}${packets}${item.repeated ? ' (see above)' : ''}`;
}
