/** What stands in an outline, from top to bottom, and what is joined. */

import type { GraphIndex } from '../model/graph-index.ts';
import type { Arrangement, EndpointGroup, EndpointRow } from '../model/groups.ts';
import { partsOf, topologicalOrder } from './merged-edges.ts';
import type { Box, Wire } from './model.ts';

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
  readonly edges: Wire['edges'];
  readonly together: boolean;
}

/** All boxes with their depth, an open group's endpoints after its head, and what joins them. */
export function outlineRows(
  index: GraphIndex,
  arrangement: Arrangement,
  open: ReadonlySet<string>,
): { readonly rows: readonly OutlineRow[]; readonly links: readonly OutlineLink[] } {
  const parts = partsOf(index, arrangement);
  const anchors = new Map(parts.anchors.map((anchor) => [anchor.id, anchor]));
  const depths = new Map<string, number>();
  const rows: OutlineRow[] = [];
  const links: OutlineLink[] = [];
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
export function isInside(link: OutlineLink, rows: readonly OutlineRow[], position: ReadonlyMap<string, number>): boolean {
  const from = position.get(link.from) ?? 0;
  const to = position.get(link.to) ?? 0;
  const depth = rows[from]?.depth ?? 0;
  if (to <= from) return false;
  for (let at = from + 1; at <= to; at += 1) if ((rows[at]?.depth ?? 0) <= depth) return false;
  return true;
}
