import type { FlowNode } from '../../../server/src/kube/flow/graph.ts';
import { readiness } from './format.ts';
import type { GraphIndex } from './graph-index.ts';
import { endpointRows } from './groups.ts';
import type { MapIndex } from './map-graph.ts';

// Made once for each node: a large map has some ten thousand, and every letter that is typed looks at all of them.
const haystacks = new WeakMap<FlowNode, string>();

function haystack(node: FlowNode): string {
  let text = haystacks.get(node);
  if (text === undefined) {
    text = textOf(node);
    haystacks.set(node, text);
  }
  return text;
}

function textOf(node: FlowNode): string {
  const { pod, service } = node;
  return [
    node.label,
    node.detail,
    node.chain ?? '',
    node.address ?? '',
    pod === null ? '' : `${pod.namespace}/${pod.name} ${pod.node ?? ''} ${pod.zone ?? ''}`,
    pod?.ready === false ? readiness(node) : '',
    service === null ? '' : `${service.namespace}/${service.name}:${service.port} ${service.clusterIP ?? ''}`,
    node.drift ?? '',
    ...node.badges.map((badge) => badge.label),
  ]
    .join(' ')
    .toLowerCase();
}

/** The nodes that have every word of the query in their names, addresses, Pod or state, in the graph's order; none for no query. */
export function findNodes(index: GraphIndex, query: string): readonly FlowNode[] {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return [];
  return index.graph.nodes.filter((node) => {
    const text = haystack(node);
    return words.every((word) => text.includes(word));
  });
}

/** The Services of a map that have what matches, by their nodes' ids; a namespace that matches has all of its own. */
function servicesOf(map: MapIndex, index: GraphIndex, query: string): ReadonlySet<string> | null {
  if (query.trim() === '') return null;
  const keep = new Set<string>();
  for (const { id } of findNodes(index, query)) {
    const own = map.serviceOf.get(id);
    if (own !== undefined) keep.add(own.node.id);
  }
  return keep;
}

/** The endpoints and Pods (of a map the Services) that a filter lets through: those that match; null (all) for no query. */
export function filterOf(index: GraphIndex, query: string): ReadonlySet<string> | null {
  if (index.map !== null) return servicesOf(index.map, index, query);
  const found = new Set(findNodes(index, query).map((node) => node.id));
  const keep = new Set<string>();
  for (const row of endpointRows(index)) {
    const all = [row.endpoint, ...row.behind];
    if (!all.some((node) => found.has(node.id))) continue;
    for (const node of all) keep.add(node.id);
  }
  return query.trim() === '' ? null : keep;
}
