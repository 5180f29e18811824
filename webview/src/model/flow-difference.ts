/** What two flows that are compared differ in, in words: one sentence for each difference, and one for all of them. */
import { counted } from '../../../server/src/base/counted.ts';
import type { FlowGraph, FlowNode, FlowNodeKind } from '../../../server/src/kube/flow/graph.ts';
import { entryKindName, kindName } from './format.ts';

/** One of two flows that are compared. */
export interface ComparedFlow {
  /** What it is called: "node-a.iptables". */
  readonly name: string;
  readonly graph: FlowGraph;
}

/**
 * `only`: a box of one flow; `jump`: a jump between boxes that both have; `target`: a place that leads elsewhere; `condition`: a jump that is
 * taken otherwise; `share`: how a chain spreads packets; `changed`: what a box does or what is behind it; `source`: whose address packets of an
 * entry keep; `state`: what becomes of new connections as a whole.
 */
export type DifferenceKind = 'only' | 'jump' | 'target' | 'condition' | 'share' | 'changed' | 'source' | 'state';

export interface FlowDifference {
  readonly kind: DifferenceKind;
  /** Ids of the boxes that it is about, in the first flow and in the second. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** The flow that alone has it; null for what both have, in different ways. */
  readonly side: 'before' | 'after' | null;
  /** "Endpoint 10.244.0.11:8080 (web-1) is only in node-a.iptables". */
  readonly text: string;
  /** What the first of its boxes stands for; null where it is about none. */
  readonly about: FlowNodeKind | null;
}

const nouns: Readonly<Record<FlowNodeKind, string>> = {
  entry: 'entry',
  dispatch: 'dispatch chain',
  external: 'external traffic chain',
  firewall: 'source range filter',
  service: 'Service chain',
  'service-local': 'chain for local endpoints',
  endpoint: 'endpoint',
  pod: 'Pod',
  address: 'address',
  verdict: 'verdict',
  chain: 'chain',
  namespace: 'namespace',
  'listed-service': 'Service',
  host: 'node',
};

/** A node in a sentence: "endpoint 10.244.0.11:8080 (web-1)", "REJECT (no endpoints)". */
export function nameIn(graph: FlowGraph, node: FlowNode): string {
  switch (node.kind) {
    case 'entry': {
      const entry = graph.entries.find(({ id }) => id === node.id);
      return entry === undefined || entry.ip === null ? node.label : `${entryKindName(entry.kind)} ${node.label}`;
    }
    case 'endpoint':
      return node.pod === null ? `endpoint ${node.label}` : `endpoint ${node.label} (${node.pod.name})`;
    case 'pod':
    case 'address':
      return node.label;
    case 'verdict':
      return node.detail === '' ? node.label : `${node.label} (${node.detail})`;
    case 'dispatch':
    case 'chain':
      return node.table === null ? node.label : `${node.label} (${node.table})`;
    default:
      return `${kindName(node.kind).toLowerCase()} of ${node.label}`;
  }
}

/** "2 endpoints", "1 entry", "2 entries". */
function several(count: number, noun: string): string {
  return noun.endsWith('y') && count !== 1 ? `${counted(count, noun).replace(/y?s?$/, '')}ies` : counted(count, noun);
}

const kindOrder: readonly DifferenceKind[] = ['state', 'only', 'jump', 'target', 'condition', 'share', 'changed', 'source'];

function partOf(kind: DifferenceKind, count: number, about: FlowNodeKind | null, name: string): string {
  switch (kind) {
    case 'only':
      return `${several(count, nouns[about ?? 'chain'])} only in ${name}`;
    case 'jump':
      return `${several(count, 'jump')} only in ${name}`;
    case 'target':
      return several(count, 'changed target');
    case 'condition':
      return several(count, 'changed condition');
    case 'share':
      return `changed shares in ${several(count, 'chain')}`;
    case 'changed':
      return several(count, 'changed box').replace(/boxs$/, 'boxes');
    case 'source':
      return `source addresses of ${several(count, 'entry')}`;
    case 'state':
      return 'another state';
  }
}

/** How many differences there are, and which: "3 differences: 2 endpoints only in node-a.iptables, changed shares in 1 chain." */
export function summaryOf(
  differences: readonly FlowDifference[],
  { before, after }: { readonly before: string; readonly after: string },
): string {
  if (differences.length === 0) return `No differences: ${before} and ${after} have the same boxes, jumps and shares.`;
  const groups = new Map<string, { readonly first: FlowDifference; count: number }>();
  for (const difference of differences) {
    const { kind, side } = difference;
    const key = `${kindOrder.indexOf(kind)} ${side === 'after' ? 1 : 0} ${kind === 'only' ? difference.about : ''}`;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { first: difference, count: 1 });
    else known.count += 1;
  }
  const parts = [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { first, count }]) => partOf(first.kind, count, first.about, first.side === 'before' ? before : after));
  return `${counted(differences.length, 'difference')}: ${parts.join(', ')}.`;
}
