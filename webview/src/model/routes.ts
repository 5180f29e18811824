/** Where packets to each entry end, in words, by where they come from. */

import { counted } from '../../../server/src/base/counted.ts';
import { percentText } from '../../../server/src/base/percent.ts';
import { drawingText } from '../../../server/src/base/safe-text.ts';
import type { FlowGraph, FlowNode, FlowRoute } from '../../../server/src/kube/flow/graph.ts';
import type { GraphIndex } from './graph-index.ts';

/** Packets from some places to an entry, which end alike and are changed alike. */
export interface RouteFact {
  /** The entry's id and label. */
  readonly entry: string;
  readonly label: string;
  /** "from a Pod, this node". */
  readonly from: string;
  /** "3 endpoints, 33.3 % each", "DROP", "web-1 60 %, web-2 40 %". */
  readonly ends: string;
  /** "masqueraded", "50 % masqueraded"; empty for not at all. */
  readonly change: string;
}

/** All routes of a flow, in the order of its entries; none where the graph does not say. */
export function routeFacts(graph: FlowGraph): readonly RouteFact[] {
  const labels = new Map(graph.entries.map((entry) => [entry.id, drawingText(entry.label)]));
  return (graph.routes ?? []).flatMap((route) => {
    const ends = endsText(graph, route);
    const byChange = new Map<number, string[]>();
    for (const { words, masqueraded } of route.origins) {
      byChange.set(masqueraded, [...(byChange.get(masqueraded) ?? []), drawingText(words)]);
    }
    return [...byChange].map(([masqueraded, words]) => ({
      entry: route.entry,
      label: labels.get(route.entry) ?? '',
      from: `from ${words.join(', ')}`,
      ends,
      change: masqueraded <= 0 ? '' : masqueraded >= 1 ? 'masqueraded' : `${percentText(masqueraded)} masqueraded`,
    }));
  });
}

/** A route as one line: "from a Pod: 3 endpoints, 33.3 % each, masqueraded". */
export function routeLine({ from, ends, change }: RouteFact): string {
  return `${from}: ${[ends, change].filter((part) => part !== '').join(', ')}`;
}

const endKinds: ReadonlySet<FlowNode['kind']> = new Set(['pod', 'address', 'verdict']);
const mostEnds = 4;

/** A Pod, address or verdict that packets of a route end at, and its share, more than 0 and at most 1. */
export interface RouteEnd {
  readonly node: FlowNode;
  readonly share: number;
}

/** Where packets of a route end, in the graph's order. */
export function routeEnds(graph: FlowGraph, route: FlowRoute): readonly RouteEnd[] {
  const ends: RouteEnd[] = [];
  for (const node of graph.nodes) {
    if (!endKinds.has(node.kind)) continue;
    const share = route.ends === null ? node.shares[route.entry] : route.ends[node.id];
    if (share !== undefined && share > 0) ends.push({ node, share });
  }
  return ends;
}

function endsText(graph: FlowGraph, route: FlowRoute): string {
  const ends = routeEnds(graph, route);
  const first = ends[0];
  if (first === undefined) return 'nowhere';
  const name = ({ node }: typeof first): string => drawingText(node.label);
  if (ends.length === 1) return first.share >= 1 ? name(first) : `${name(first)} ${percentText(first.share)}`;
  const same = ends.every((end) => percentText(end.share) === percentText(first.share) && end.node.kind !== 'verdict');
  if (same) return `${counted(ends.length, 'endpoint')}, ${percentText(first.share)} each`;
  const shown = ends.slice(0, mostEnds).map((end) => `${name(end)} ${percentText(end.share)}`);
  return ends.length > mostEnds ? `${shown.join(', ')} and ${ends.length - mostEnds} more` : shown.join(', ');
}

/** The share of an entry's packets that a node gets, from some places. */
export interface NodeShare {
  /** The entry's label. */
  readonly entry: string;
  /** "from outside"; empty where it is the same from everywhere. */
  readonly from: string;
  readonly share: number;
}

/** An endpoint's, Pod's, address's or verdict's share for each entry that may reach it, by where packets come from. */
export function nodeShares(index: GraphIndex, node: FlowNode): readonly NodeShare[] {
  const { graph } = index;
  const ends = node.kind === 'endpoint' ? index.out(node.id).map((edge) => edge.to) : [node.id];
  return graph.entries.flatMap((entry) => {
    const own = node.shares[entry.id];
    const routes = (graph.routes ?? []).filter((route) => route.entry === entry.id);
    const shares = routes.map((route) =>
      route.ends === null ? (own ?? 0) : ends.reduce((sum, end) => sum + (route.ends?.[end] ?? 0), 0),
    );
    const label = drawingText(entry.label);
    const first = shares[0] ?? own;
    if (first === undefined || (own === undefined && shares.every((share) => share === 0))) return [];
    if (shares.every((share) => share === first)) return [{ entry: label, from: '', share: first }];
    return routes.map((route, at) => ({
      entry: label,
      from: `from ${route.origins.map((origin) => drawingText(origin.words)).join(', ')}`,
      share: shares[at] ?? 0,
    }));
  });
}
