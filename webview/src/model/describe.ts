/** What there is to say about a place of the graph, in words: for the details, the tooltip, the text form and exported files. */

import { count, counted } from '../../../server/src/base/counted.ts';
import { percentText } from '../../../server/src/base/percent.ts';
import { drawingText } from '../../../server/src/base/safe-text.ts';
import type { FlowEdge, FlowNode } from '../../../server/src/kube/flow/graph.ts';
import { badgeName, branchText, contrastSign, driftText, kindName, podText, readiness } from './format.ts';
import type { GraphIndex } from './graph-index.ts';
import { type EndpointGroup, podOf } from './groups.ts';
import { stateText } from './service-state.ts';

/** A line of details: what it is, what it says, and the rule it is about (1-based; null: none). */
export interface Fact {
  readonly term: string;
  readonly text: string;
  readonly line: number | null;
}

/** A rule that leads to or from a node. */
export interface RuleFact {
  /** The node at the other end. */
  readonly id: string;
  readonly label: string;
  readonly branch: string;
  readonly rule: string;
  readonly packets: number | null;
  readonly line: number | null;
}

/** What a node is called where there is no box around it: "KUBE-SVC-LNITJ2S4TDGKMAA3" or "203.0.113.80:80/tcp". */
export function nodeName(node: FlowNode): string {
  return drawingText(node.kind === 'entry' ? node.label : (node.chain ?? node.label));
}

/** How a place differs from the other of two flows: "only here", "affinity 10800 s only there"; empty for not at all. */
function contrastWords({ contrast }: FlowNode | FlowEdge): string {
  return contrast === undefined ? '' : contrast.words;
}

/** A node's facts in the order in which a reader asks for them. */
export function nodeFacts(node: FlowNode): readonly Fact[] {
  const facts: Fact[] = [];
  const add = (term: string, text: string, line: number | null = null): void => {
    if (text !== '') facts.push({ term, text: drawingText(text), line });
  };
  add('Compared', contrastWords(node));
  add('Drift', driftText(node));
  if (node.state !== undefined) add('State', stateText(node.state), node.state.line);
  for (const remark of node.state?.remarks ?? []) add('Remark', remark);
  if (node.chain !== null) add('Chain', node.table === null ? node.chain : `${node.chain}, table ${node.table}`, node.line);
  else if (node.kind === 'pod' || node.kind === 'address') add('Detail', node.detail, node.line);
  else if (node.kind === 'listed-service') add('Rules', node.line === null ? '' : 'first', node.line);
  else if (node.line !== null) add('Rule', node.detail === '' ? node.label : node.detail, node.line);
  else add('Detail', node.detail);
  if (node.service !== null) {
    const { namespace, name, port, portNumber, protocol, clusterIP } = node.service;
    add('Service', `${namespace}/${name}`);
    add('Port', [port, portNumber === null ? '' : `${portNumber}/${protocol}`].filter((part) => part !== '').join(' '));
    add('clusterIP', clusterIP ?? '');
  }
  add('Address', node.address ?? '');
  add('Pod', podText(node));
  add('Zone', node.pod?.zone ?? '');
  add('Readiness', readiness(node));
  for (const badge of node.badges) {
    const text = [badge.label, badge.condition].filter((part) => part !== '').join(', ');
    add(badgeName(badge.kind), text, badge.line);
  }
  if (node.packets !== null) add('Packets', counted(node.packets, 'packet'));
  return facts;
}

/** A group's facts. */
export function groupFacts(group: EndpointGroup): readonly Fact[] {
  const ready = group.rows.filter((row) => podOf(row)?.ready === true).length;
  const known = group.rows.filter((row) => podOf(row)?.ready !== null && podOf(row) !== null).length;
  const share = groupShare(group);
  const facts: Fact[] = [{ term: 'Endpoints', text: drawingText(group.detail), line: null }];
  if (known > 0) facts.push({ term: 'Readiness', text: `${count(ready)} of ${count(known)} ready`, line: null });
  if (share !== null) facts.push({ term: 'Share', text: percentText(share), line: null });
  return facts;
}

/** The sum of a group's endpoints' shares; null where none is known. */
function groupShare(group: EndpointGroup): number | null {
  let sum: number | null = null;
  for (const row of group.rows) if (row.endpoint.share !== null) sum = (sum ?? 0) + row.endpoint.share;
  return sum;
}

/** What counters say about an endpoint: its part of all packets that a chain before it sent on at random. */
export interface SeenShare {
  readonly chain: string;
  readonly expected: number;
  readonly seen: number;
  readonly packets: number;
}

/** Shares seen against shares expected, for each chain that picks this node at random; empty without counters. */
export function seenShares(index: GraphIndex, node: FlowNode): readonly SeenShare[] {
  const shares: SeenShare[] = [];
  for (const from of new Set(index.in(node.id).map((edge) => edge.from))) {
    let total = 0;
    let packets = 0;
    let expected = 0;
    for (const edge of index.out(from)) {
      if (edge.probability === null || edge.packets === null) continue;
      total += edge.packets;
      if (edge.to !== node.id) continue;
      packets += edge.packets;
      expected += edge.probability;
    }
    const source = index.nodes.get(from);
    if (total > 0 && expected > 0 && expected < 1 && source !== undefined) {
      shares.push({ chain: nodeName(source), expected, seen: packets / total, packets });
    }
  }
  return shares;
}

function ruleFact(index: GraphIndex, edge: FlowEdge, otherEnd: string): RuleFact {
  const other = index.nodes.get(otherEnd);
  return {
    id: otherEnd,
    label: other === undefined ? '' : nodeName(other),
    branch: drawingText(branchText(edge)),
    rule: drawingText(edge.rule ?? ''),
    packets: edge.packets,
    line: edge.line,
  };
}

/** The rules that lead to a node. */
export function rulesTo(index: GraphIndex, node: FlowNode): readonly RuleFact[] {
  return index.in(node.id).map((edge) => ruleFact(index, edge, edge.from));
}

/** The rules of a node, in order. */
export function rulesFrom(index: GraphIndex, node: FlowNode): readonly RuleFact[] {
  return index.out(node.id).map((edge) => ruleFact(index, edge, edge.to));
}

/**
 * The line that a click on a node shows: of a chain the first of its rules that the flow has, else its declaration; of an entry, a verdict, a
 * Pod or an address its rule; else the rule that leads to it.
 */
export function lineOf(index: GraphIndex, node: FlowNode): number | null {
  // An entry and a verdict are one rule of the chain that they are in.
  const isChain = node.chain !== null && node.kind !== 'entry' && node.kind !== 'verdict';
  const own = (isChain ? firstRule(index, node) : null) ?? node.line;
  return own ?? index.in(node.id).find((edge) => edge.line !== null)?.line ?? null;
}

/** The first of a chain's rules that lead on or that a badge speaks of; null where the flow has none. */
function firstRule(index: GraphIndex, node: FlowNode): number | null {
  const lines = [...index.out(node.id).map((edge) => edge.line), ...node.badges.map((badge) => badge.line)];
  return lines.reduce((first, line) => (first === null || (line !== null && line < first) ? line : first), null);
}

/** A node in one sentence: "Endpoint chain 10.244.0.11:8080, KUBE-SEP-2XZJVPRY2PQVE3B3, Pod shop/web-1 on node-a, ready, hairpin". */
export function nodeSentence(node: FlowNode): string {
  const isPod = node.kind === 'pod' && node.pod !== null;
  const parts = [
    `${kindName(node.kind)} ${drawingText(isPod ? podText(node) : node.label)}`,
    drawingText(node.detail) === drawingText(node.label) ? '' : drawingText(node.detail),
    node.pod === null || isPod ? '' : `Pod ${drawingText(podText(node))}`,
    readiness(node),
    driftText(node),
    drawingText(contrastWords(node)),
    ...node.badges.map((badge) => drawingText([badge.label, badge.condition].filter((part) => part !== '').join(' '))),
  ];
  return parts.filter((part) => part !== '').join(', ');
}

/** A rule or several as lines of text for who points at them: the rule itself where the graph has it, else its way. */
export function edgeLines(index: GraphIndex, edges: readonly FlowEdge[]): readonly string[] {
  const most = 6;
  const lines = edges.slice(0, most).map((edge) => {
    const to = index.nodes.get(edge.to);
    const place = edge.line === null ? '' : `line ${edge.line}: `;
    const rule = drawingText(edge.rule ?? '');
    const branch = drawingText(branchText(edge));
    const said =
      rule !== '' ? rule : [branch, to === undefined ? '' : `to ${nodeName(to)}`].filter((part) => part !== '').join(' ');
    const packets = edge.packets === null ? '' : ` (${counted(edge.packets, 'packet')})`;
    const contrast = drawingText(contrastWords(edge));
    return `${place}${said}${packets}${contrast === '' ? '' : ` ${contrastSign} ${contrast}`}`;
  });
  if (edges.length > most) lines.push(`and ${counted(edges.length - most, 'more rule')}`);
  return lines;
}
