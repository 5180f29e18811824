import type { FlowNodeKind } from '../../../server/src/kube/flow/graph.ts';
import type { MergedGraph, Vertex } from './merged-edges.ts';

/** A column's place by meaning. Chains have none of their own and stand behind what leads to them. */
const fixed: Readonly<Partial<Record<FlowNodeKind, number>>> = {
  entry: 0,
  dispatch: 1,
  external: 2,
  firewall: 2,
  service: 3,
  'service-local': 3,
  endpoint: 4,
  pod: 5,
  address: 5,
};

const titles = ['Entry', 'Dispatch', 'External', 'Service', 'Endpoint', 'Pod', 'Verdict'];
const endpointColumn = 4;
const podColumn = 5;
const verdictColumn = 6;

/**
 * The column of each vertex, counted from 0 without empty ones, and what the columns are called (empty: nothing). In a Service's flow verdicts
 * have the last column, of their own or, where there is little room, with the Pods; in a graph of chains they stand behind what leads to them.
 */
export function assignColumns(
  parts: MergedGraph,
  order: readonly string[],
  verdictsApart: boolean,
): { readonly columnOf: ReadonlyMap<string, number>; readonly titles: readonly string[] } {
  const vertices = new Map<string, Vertex>(parts.vertices.map((vertex) => [vertex.id, vertex]));
  const meaning = new Map<string, number>();
  const isFlow = parts.vertices.some(({ node }) => node?.kind === 'entry');
  const ends = verdictsApart ? verdictColumn : podColumn;
  for (const id of order) {
    const vertex = vertices.get(id);
    const kind = vertex?.node?.kind;
    const own = kind === undefined ? endpointColumn : kind === 'verdict' && isFlow ? ends : fixed[kind];
    if (own !== undefined) meaning.set(id, own);
    else {
      const before = (parts.in.get(id) ?? []).map((merged) => meaning.get(merged.from) ?? -1);
      meaning.set(id, Math.max(-1, ...before) + 1);
    }
  }
  const used = [...new Set(meaning.values())].toSorted((a, b) => a - b);
  const kindsIn = new Map<number, Set<FlowNodeKind | 'group'>>();
  for (const { id, node } of parts.vertices) {
    const column = meaning.get(id) ?? 0;
    kindsIn.set(column, (kindsIn.get(column) ?? new Set()).add(node?.kind ?? 'group'));
  }
  const named = parts.vertices.some(({ node }) => node === null || !isOfChains(node.kind));
  return {
    columnOf: new Map([...meaning].map(([id, column]) => [id, used.indexOf(column)])),
    titles: used.map((column) => (named ? titleOf(column, kindsIn.get(column) ?? new Set()) : '')),
  };
}

/** What graphs of chains are made of, whose columns have no names. */
function isOfChains(kind: FlowNodeKind): boolean {
  return kind === 'chain' || kind === 'verdict' || kind === 'namespace' || kind === 'listed-service' || kind === 'host';
}

/** A column that holds nothing of its own meaning is called by what stands in it. */
function titleOf(column: number, kinds: ReadonlySet<FlowNodeKind | 'group'>): string {
  const only = kinds.size === 1 ? [...kinds][0] : undefined;
  if (only === 'verdict') return 'Verdict';
  if (kinds.has('verdict') && column === podColumn) return 'Pod or verdict';
  if (only === 'address') return 'Address';
  if (only === 'chain') return 'Chain';
  return titles[column] ?? '';
}
