/** Numbers and kinds in the words that the drawing, its text form and the exported files share. */
import { percentText } from '../../../server/src/base/percent.ts';
import { drawingText } from '../../../server/src/base/safe-text.ts';
import {
  entryKindNames,
  type FlowBadge,
  type FlowBadgeKind,
  type FlowEdge,
  type FlowEntryKind,
  type FlowGraph,
  type FlowNode,
  type FlowNodeKind,
  type FlowPodRef,
} from '../../../server/src/kube/flow/graph.ts';

/** So long a name is said whole; Kubernetes allows 253 letters. */
const longestName = 150;

/** A name, or its beginning and its end, which tell it from others, where it is very long. */
export function bounded(name: string): string {
  const characters = [...name];
  return characters.length <= longestName ? name : `${characters.slice(0, 90).join('')}…${characters.slice(-50).join('')}`;
}

/** What a node is called by its kind. */
export const nodeKindNames: Readonly<Record<FlowNodeKind, string>> = {
  entry: 'Entry',
  dispatch: 'Dispatch chain',
  external: 'External traffic chain',
  firewall: 'Source range filter',
  service: 'Service chain',
  'service-local': 'Service chain, local endpoints',
  endpoint: 'Endpoint chain',
  pod: 'Pod',
  address: 'Address',
  verdict: 'Verdict',
  chain: 'Chain',
  namespace: 'Namespace',
  'listed-service': 'Service',
  host: 'Node',
};

/** "Service chain". */
export function kindName(kind: FlowNodeKind): string {
  return nodeKindNames[kind];
}

/** What a drawing is called where it stands alone: "NAT flow of shop/web:http", "All Services of node-a". */
export function graphTitle({ map, title }: Pick<FlowGraph, 'map' | 'title'>): string {
  return map === undefined ? `NAT flow of ${drawingText(title)}` : drawingText(title);
}

/** "clusterIP". */
export function entryKindName(kind: FlowEntryKind): string {
  return kind === 'chain' ? 'chain that no shown rule leads to' : entryKindNames[kind];
}

const badgeNames: Readonly<Record<FlowBadgeKind, string>> = {
  masquerade: 'Masquerade',
  affinity: 'Session affinity',
  hairpin: 'Hairpin',
  mark: 'Mark',
  'source-ranges': 'Source ranges',
  'local-only': 'Local endpoints only',
};

/** "Session affinity". */
export function badgeName(kind: FlowBadgeKind): string {
  return badgeNames[kind];
}

/** What a box says of a badge: whether it is for all of the packets there; for whom else, its tooltip says. */
export function badgeChip({ kind, label, condition }: FlowBadge): string {
  return kind === 'masquerade' && condition !== '' ? 'masquerade some' : label;
}

/** "ready", "not ready", "terminating", or empty where the cluster does not say or there is no Pod. */
export function readiness(node: FlowNode): string {
  if (node.pod?.terminating === true) return 'terminating';
  if (node.pod === null || node.pod.ready === null) return '';
  return node.pod.ready ? 'ready' : 'not ready';
}

/** What tells Pods apart: "shop/web-7d9c-x2x". */
export function podKey({ namespace, name }: FlowPodRef): string {
  return `${namespace}/${name}`;
}

/** How many Pods whose readiness is known these nodes stand for, and how many of them are ready: a Pod that serves several ports is one. */
export function readyPods(nodes: readonly FlowNode[]): { readonly ready: number; readonly known: number } {
  const pods = new Map<string, boolean>();
  for (const { pod } of nodes) if (pod !== null && pod.ready !== null) pods.set(podKey(pod), pod.ready);
  return { ready: [...pods.values()].filter((ready) => ready).length, known: pods.size };
}

/** How the dump and the cluster disagree about a node, as a reader would say it; empty where they do not. */
export function driftText(node: FlowNode): string {
  if (node.drift === 'stale') return 'stale: no longer in the cluster';
  if (node.drift === 'missing') return 'missing: in the cluster, not in the dump';
  return node.drift === 'differs' ? 'differs from the cluster' : '';
}

/** Before what differs from the other of two flows: a shape beside the colour. */
export const contrastSign = '≠';

/** What a box says of how it differs from the other flow: "≠ only here"; empty for a box that does not. */
export function contrastText({ contrast }: Pick<FlowNode, 'contrast'>): string {
  if (contrast === undefined) return '';
  return contrast.kind === 'only' ? `${contrastSign} only here` : `${contrastSign} changed`;
}

/** "shop/web-7d9c-x2x on node-a"; empty for a node without a Pod. */
export function podText(node: FlowNode): string {
  if (node.pod === null) return '';
  const { namespace, name, node: host } = node.pod;
  return host === null ? `${namespace}/${name}` : `${namespace}/${name} on ${host}`;
}

/** What decides that a packet goes this way: "33.3 %, from 203.0.113.0/24"; empty where nothing does. */
export function branchText(edge: Pick<FlowEdge, 'probability' | 'condition'>): string {
  const share = edge.probability === null || edge.probability === 1 ? '' : percentText(edge.probability);
  return [share, edge.condition].filter((part) => part !== '').join(', ');
}
