/** What stands in an outline, from top to bottom, and what is joined. */

import type { GraphIndex } from '../model/graph-index.ts';
import type { Arrangement, EndpointGroup, EndpointRow } from '../model/groups.ts';
import { mergeGraph, topologicalOrder } from './merged-edges.ts';
import type { Box, DrawnEdge } from './model.ts';

/** A box to be, in the order from top to bottom. */
export interface OutlineRow {
  readonly id: string;
  readonly node: Box['node'];
  readonly group: EndpointGroup | null;
  readonly depth: number;
}

export interface OutlineLink {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly edges: DrawnEdge['edges'];
  readonly together: boolean;
}

/** All boxes with their depth, an open group's endpoints after its head, and what joins them. */
export function outlineRows(
  index: GraphIndex,
  arrangement: Arrangement,
  open: ReadonlySet<string>,
): { readonly rows: readonly OutlineRow[]; readonly links: readonly OutlineLink[] } {
  const parts = mergeGraph(index, arrangement);
  const vertices = new Map(parts.vertices.map((vertex) => [vertex.id, vertex]));
  const depths = new Map<string, number>();
  const rows: OutlineRow[] = [];
  const links: OutlineLink[] = [];
  for (const id of topologicalOrder(parts)) {
    const vertex = vertices.get(id);
    if (vertex === undefined) continue;
    const above = (parts.in.get(id) ?? []).map((merged) => depths.get(merged.from) ?? -1);
    const depth = Math.max(-1, ...above) + 1;
    depths.set(id, depth);
    rows.push({ id, node: vertex.node, group: vertex.group, depth });
    if (vertex.group === null || !open.has(id)) continue;
    for (const row of vertex.group.rows) {
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
  for (const merged of parts.mergedEdges) {
    const { id, from, to, edges } = merged;
    links.push({ id, from, to, edges, together: vertices.get(to)?.group !== null });
  }
  const position = new Map(rows.map((row, at) => [row.id, at]));
  return { rows, links: links.toSorted((a, b) => (position.get(a.to) ?? 0) - (position.get(b.to) ?? 0)) };
}

function behindLinks(index: GraphIndex, row: EndpointRow): readonly OutlineLink[] {
  return row.behind.map((node) => ({
    id: `${row.endpoint.id}\n${node.id}`,
    from: row.endpoint.id,
    to: node.id,
    edges: index.out(row.endpoint.id).filter((edge) => edge.to === node.id),
    together: false,
  }));
}

/** True where a rail from the one to the other meets no box in between. */
function isInside(link: OutlineLink, rows: readonly OutlineRow[], position: ReadonlyMap<string, number>): boolean {
  const from = position.get(link.from) ?? 0;
  const to = position.get(link.to) ?? 0;
  const depth = rows[from]?.depth ?? 0;
  if (to <= from) return false;
  for (let at = from + 1; at <= to; at += 1) if ((rows[at]?.depth ?? 0) <= depth) return false;
  return true;
}

/**
 * Links that run down a rail at the left: of several to one box that from the nearest above, and none with another rail between its own and the
 * box, so that what stands above the box is said of the rail beside it.
 */
export function insideLinks(
  rows: readonly OutlineRow[],
  links: readonly OutlineLink[],
  position: ReadonlyMap<string, number>,
): ReadonlySet<OutlineLink> {
  const nearest = new Map<string, OutlineLink>();
  for (const link of links) {
    if (!isInside(link, rows, position)) continue;
    const known = nearest.get(link.to);
    if (known === undefined || (position.get(link.from) ?? 0) > (position.get(known.from) ?? 0)) nearest.set(link.to, link);
  }
  const inside = [...nearest.values()];
  const depths = new Map(rows.map(({ id, depth }) => [id, depth]));
  const depthOf = (id: string): number => depths.get(id) ?? 0;
  const at = (id: string): number => position.get(id) ?? 0;
  // A rail between its own and the box would be nearer to what is said of it.
  const isCutOff = ({ from, to }: OutlineLink): boolean =>
    depthOf(to) > depthOf(from) + 1 &&
    inside.some(
      (other) =>
        at(other.from) < at(to) &&
        at(other.to) > at(to) &&
        depthOf(other.from) > depthOf(from) &&
        depthOf(other.from) < depthOf(to),
    );
  return new Set(inside.filter((link) => !isCutOff(link)));
}
