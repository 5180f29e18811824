/** What one can do with a place of the drawing: the entries of its context menu. */
import { count } from '../../../server/src/base/counted.ts';
import { chainRequest } from '../../../server/src/base/flow-request.ts';
import { hostPort } from '../../../server/src/base/ip.ts';
import { drawingText } from '../../../server/src/base/safe-text.ts';
import type { FlowEdge, FlowNode } from '../../../server/src/kube/flow/graph.ts';
import type { PageMessage } from '../messages.ts';
import { lineOf } from '../model/describe.ts';
import type { GraphIndex } from '../model/graph-index.ts';

/** A label, and what the extension is told when it is chosen. */
export interface PlaceAction {
  readonly label: string;
  readonly message: PageMessage;
}

const mostRules = 8;

function goTo(label: string, line: number): PlaceAction {
  return { label, message: { kind: 'open-line', line, focus: true } };
}

function copy(what: string, text: string): PlaceAction {
  return { label: `Copy ${what}`, message: { kind: 'copy', text, what } };
}

/** What can be done with a node: its rule, its chain's declaration, its names, the chains behind it. */
export function nodeActions(index: GraphIndex, node: FlowNode): readonly PlaceAction[] {
  const actions: PlaceAction[] = [];
  if (node.to !== undefined) actions.push({ label: enterLabel(node), message: { kind: 'request-flow', to: node.to } });
  const rule = lineOf(index, node);
  const isChain = node.chain !== null && node.kind !== 'entry' && node.kind !== 'verdict';
  if (rule !== null) actions.push(goTo(isChain && rule === node.line ? 'Go to Declaration' : 'Go to Rule', rule));
  if (isChain && node.line !== null && node.line !== rule) actions.push(goTo('Go to Declaration', node.line));
  if (isChain && node.chain !== null) actions.push(copy('Chain Name', node.chain));
  if (node.kind === 'entry') actions.push(copy('Address', entryAddress(index, node)));
  if (node.address !== null) actions.push(copy('Address', node.address));
  if (node.pod !== null) actions.push(copy('Pod Name', `${node.pod.namespace}/${node.pod.name}`));
  if (node.service !== null) actions.push(copy('Service Name', `${node.service.namespace}/${node.service.name}`));
  if (node.pod !== null && rule !== null)
    actions.push({ label: 'Open Object in Snapshot', message: { kind: 'open-object', line: rule } });
  actions.push(...traceActions(index, node));
  if (isChain && node.table !== null && node.chain !== null) {
    const to = chainRequest(node.table, node.chain);
    actions.push({ label: 'Show Chain Graph', message: { kind: 'request-flow', to } });
  }
  return actions;
}

/** What it is to go into what a node stands for. */
function enterLabel({ kind }: FlowNode): string {
  return kind === 'listed-service' ? 'Show NAT Flow' : 'Show Its Services';
}

/** Packets to an entry or an endpoint, and from a Pod. */
function traceActions({ graph }: GraphIndex, node: FlowNode): readonly PlaceAction[] {
  const protocol = node.service?.protocol ?? graph.entries[0]?.protocol ?? 'tcp';
  const trace = (label: string, from: string | null, to: string | null): PlaceAction => ({
    label,
    message: { kind: 'trace', from, to, protocol },
  });
  if (node.kind === 'listed-service')
    return node.to === undefined
      ? []
      : [{ label: 'Trace Packet to Here…', message: { kind: 'trace', from: null, to: node.to, protocol: 'tcp' } }];
  const entry = graph.entries.find(({ id }) => id === node.id);
  const to =
    entry === undefined ? node.address : entry.ip === null || entry.port === null ? null : hostPort(entry.ip, entry.port);
  const from = node.pod === null ? null : `${node.pod.namespace}/${node.pod.name}`;
  return [
    ...(to === null ? [] : [trace('Trace Packet to Here…', null, to)]),
    ...(from === null ? [] : [trace('Trace Packet from Here…', from, null)]),
  ];
}

/** "10.96.0.10:53/udp", and of a NodePort "30080/tcp", which any address of the node has. */
function entryAddress({ graph }: GraphIndex, node: FlowNode): string {
  const entry = graph.entries.find(({ id }) => id === node.id);
  if (entry === undefined || entry.ip !== null || entry.port === null) return node.label;
  return `${entry.port}/${entry.protocol}`;
}

/** What can be done with an edge: each of its rules, up to a number, to be gone to or copied. */
export function edgeActions(edges: readonly FlowEdge[]): readonly PlaceAction[] {
  const ruled = edges.filter(({ line }) => line !== null).slice(0, mostRules);
  const actions = ruled.map(({ line }) =>
    goTo(ruled.length === 1 ? 'Go to Rule' : `Go to Rule at Line ${count(line ?? 0)}`, line ?? 0),
  );
  const rules = edges.flatMap(({ rule }) => (rule == null ? [] : [drawingText(rule)]));
  return rules.length === 0 ? actions : [...actions, copy(rules.length === 1 ? 'Rule' : 'Rules', rules.join('\n'))];
}
