/** Two flows side by side: what one has and the other has not, and what they do otherwise. */
import { compareNames } from '../../../server/src/base/compare-names.ts';
import { percentText } from '../../../server/src/base/percent.ts';
import { drawingText } from '../../../server/src/base/safe-text.ts';
import type { FlowEdge, FlowGraph, FlowNode, FlowNodeKind } from '../../../server/src/kube/flow/graph.ts';
import { findJumps } from './compare-jumps.ts';
import {
  type Contrasts,
  changedTarget,
  type Findings,
  nameFirst,
  onlyHere,
  type Side,
  sameShare,
  sideOf,
  swapped,
} from './compare-sides.ts';
import { type ComparedFlow, type FlowDifference, summaryOf } from './flow-difference.ts';
import { readiness } from './format.ts';

/** Both flows with their contrasts, and every difference from the entries to the ends. */
export interface FlowComparison {
  readonly before: ComparedFlow;
  readonly after: ComparedFlow;
  readonly differences: readonly FlowDifference[];
  /** How many differences there are, and which, in a sentence. */
  readonly summary: string;
  /** What keeps a difference from being sure, in sentences. */
  readonly remarks: readonly string[];
}

const columns: Readonly<Record<FlowNodeKind, number>> = {
  entry: 0,
  dispatch: 1,
  chain: 1,
  firewall: 2,
  external: 3,
  service: 4,
  'service-local': 5,
  endpoint: 6,
  pod: 7,
  address: 7,
  verdict: 8,
  namespace: 1,
  'listed-service': 4,
  host: 6,
};

/** What boxes lead to that lead elsewhere on the other side, and an end that only boxes of this side lead to: told with those. */
function isToldBefore(own: Side, other: Side, node: FlowNode): boolean {
  const incoming = own.incoming.get(node.id) ?? [];
  const isEnd = node.kind === 'pod' || node.kind === 'address' || node.kind === 'verdict';
  return (
    incoming.length > 0 &&
    incoming.every(({ from }) =>
      other.nodes.has(from) ? changedTarget(own.jumps.get(from), other.jumps.get(from)) !== null : isEnd,
    )
  );
}

function findOnly(found: Findings, side: 'before' | 'after'): void {
  const own = found[side];
  const other = found[swapped(side)];
  for (const node of own.nodes.values()) {
    if (other.nodes.has(node.id)) continue;
    found.nodes[side].set(node.id, onlyHere);
    for (const edge of own.incoming.get(node.id) ?? []) found.edges[side].set(edge, { kind: 'only', words: '' });
    if (isToldBefore(own, other, node)) continue;
    const ids = [node.id, ...behind(own, other, node)];
    found.differences.push({
      kind: 'only',
      side,
      before: side === 'before' ? ids : [],
      after: side === 'after' ? ids : [],
      text: `${nameFirst(own, node)} is only in ${own.name}`,
      about: node.kind,
    });
  }
}

/** What comes right after a box and is told with it. */
function behind(own: Side, other: Side, node: FlowNode): readonly string[] {
  return (own.jumps.get(node.id) ?? []).flatMap(({ to }) => {
    const next = own.nodes.get(to);
    return next === undefined || other.nodes.has(to) || !isToldBefore(own, other, next) ? [] : [to];
  });
}

/** What a node of both flows does or has in one of them alone, as words; empty for nothing. */
function ownTraits(node: FlowNode, other: FlowNode): readonly string[] {
  const badges = new Set(other.badges.map(badgeText));
  const traits = node.badges.map(badgeText).filter((text) => !badges.has(text));
  if (node.pod !== null && other.pod !== null) {
    if (node.pod.name !== other.pod.name || node.pod.namespace !== other.pod.namespace)
      traits.push(`Pod ${node.pod.namespace}/${node.pod.name}`);
    const ready = readiness(node);
    if (ready !== '' && readiness(other) !== '' && ready !== readiness(other)) traits.push(ready);
    if (node.pod.node !== null && other.pod.node !== null && node.pod.node !== other.pod.node) traits.push(`on ${node.pod.node}`);
  }
  if (node.kind === 'verdict' && node.detail !== other.detail) traits.push(node.detail);
  return traits.map(drawingText);
}

function badgeText({ label, condition }: FlowNode['badges'][number]): string {
  return condition === '' ? label : `${label} ${condition}`;
}

function findChanged(found: Findings): void {
  const { before, after } = found;
  for (const node of before.nodes.values()) {
    const other = after.nodes.get(node.id);
    if (other === undefined) continue;
    const own = ownTraits(node, other);
    const others = ownTraits(other, node);
    if (own.length + others.length === 0) continue;
    // What an endpoint's Pod differs in is told once, at the endpoint.
    const isTold =
      (node.kind === 'pod' || node.kind === 'address') &&
      (before.incoming.get(node.id) ?? []).some(({ from }) => after.nodes.has(from) && before.nodes.get(from)?.pod != null);
    found.nodes.before.set(node.id, { kind: 'changed', words: traitWords(own, others) });
    found.nodes.after.set(node.id, { kind: 'changed', words: traitWords(others, own) });
    if (isTold) continue;
    const said = (traits: readonly string[], name: string): string =>
      `${traits.length === 0 ? 'nothing of it' : traits.join(', ')} in ${name}`;
    found.differences.push({
      kind: 'changed',
      side: null,
      before: [node.id],
      after: [node.id],
      text: `${nameFirst(before, node)}: ${said(own, before.name)}, ${said(others, after.name)}`,
      about: node.kind,
    });
  }
}

function traitWords(here: readonly string[], there: readonly string[]): string {
  const parts = [...here.map((trait) => `${trait} only here`), ...there.map((trait) => `${trait} only there`)];
  return parts.join(', ');
}

/** Whose source address is rewritten in one flow and not in the other, by entry. */
function findSources(found: Findings): void {
  const { before, after } = found;
  const rewritten = ({ graph }: Side, entry: string): ReadonlyMap<string, number> =>
    new Map(
      (graph.routes ?? [])
        .filter((route) => route.entry === entry)
        .flatMap(({ origins }) => origins.map(({ words, masqueraded }) => [words, masqueraded] as const)),
    );
  for (const { id, kind } of before.nodes.values()) {
    if (kind !== 'entry' || !after.nodes.has(id)) continue;
    const others = rewritten(after, id);
    const changed = [...rewritten(before, id)].flatMap(([words, own]) => {
      const other = others.get(words);
      return other === undefined || Math.abs(own - other) <= sameShare ? [] : [{ words, own, other }];
    });
    const node = before.nodes.get(id);
    if (changed.length === 0 || node === undefined) continue;
    const told = changed.map(
      ({ words, own, other }) =>
        `from ${drawingText(words)} ${sourceText(own)} in ${before.name}, ${sourceText(other)} in ${after.name}`,
    );
    found.differences.push({
      kind: 'source',
      side: null,
      before: [id],
      after: [id],
      text: `${nameFirst(before, node)}: the source is ${told.join('; ')}`,
      about: 'entry',
    });
    for (const side of ['before', 'after'] as const) {
      if (!found.nodes[side].has(id))
        found.nodes[side].set(id, { kind: 'changed', words: 'the source address fares otherwise there' });
    }
  }
}

function sourceText(masqueraded: number): string {
  if (masqueraded <= 0) return 'kept';
  return masqueraded >= 1 - sameShare ? 'rewritten' : `rewritten for ${percentText(masqueraded)}`;
}

function findState(found: Findings): void {
  const [own, other] = [found.before.graph.state, found.after.graph.state];
  if (own === undefined || other === undefined || own.kind === other.kind) return;
  found.differences.push({
    kind: 'state',
    side: null,
    before: [],
    after: [],
    text: `The state is "${stateText(own)}" in ${found.before.name}, "${stateText(other)}" in ${found.after.name}`,
    about: null,
  });
}

function stateText({ kind, words }: NonNullable<FlowGraph['state']>): string {
  return drawingText(words === '' ? kind : `${kind}: ${words}`);
}

function contrasted({ name, graph }: ComparedFlow, nodes: Contrasts<string>, edges: Contrasts<FlowEdge>): ComparedFlow {
  return {
    name,
    graph: {
      ...graph,
      nodes: graph.nodes.map((node) => {
        const contrast = nodes.get(node.id);
        return contrast === undefined ? node : { ...node, contrast };
      }),
      edges: graph.edges.map((edge) => {
        const contrast = edges.get(edge);
        return contrast === undefined ? edge : { ...edge, contrast };
      }),
    },
  };
}

/** A flow that says itself that something which decides is not shown. */
function isUnsure({ state, nodes }: FlowGraph): boolean {
  return (
    state?.kind === 'unknown' ||
    state?.kind === 'leads' ||
    nodes.some(({ kind, label }) => kind === 'verdict' && label === 'not known')
  );
}

function remarksOf(flows: readonly ComparedFlow[]): readonly string[] {
  return flows
    .filter(({ graph }) => isUnsure(graph))
    .map(({ name }) => `${drawingText(name)} does not show all that decides: what is missing there may be there all the same.`);
}

// node-2 before node-10.

/** From entries to ends, so that who goes from one to the next goes along the drawing; the same whichever flow comes first. */
function inOrder(differences: readonly FlowDifference[]): readonly FlowDifference[] {
  const keyed = differences.map((difference) => {
    const { about, before, after } = difference;
    const [first = ''] = before.length > 0 ? before : after;
    const all = [...new Set([...before, ...after])].toSorted().join(' ');
    return { difference, column: about === null ? -1 : columns[about], first, rest: `${all} ${difference.kind}` };
  });
  return keyed
    .toSorted((a, b) => a.column - b.column || compareNames(a.first, b.first) || compareNames(a.rest, b.rest))
    .map(({ difference }) => difference);
}

/**
 * Compares two flows box by box and jump by jump, by the names that chains, addresses and entries have; counters, lines and what is drawn as
 * missing from a dump are left out. Of a flow and itself there are no differences, and of two the same whichever comes first.
 */
export function compareFlows(before: ComparedFlow, after: ComparedFlow): FlowComparison {
  const found: Findings = {
    before: sideOf(before),
    after: sideOf(after),
    differences: [],
    nodes: { before: new Map(), after: new Map() },
    edges: { before: new Map(), after: new Map() },
  };
  findState(found);
  findOnly(found, 'before');
  findOnly(found, 'after');
  findChanged(found);
  for (const node of found.before.nodes.values()) if (found.after.nodes.has(node.id)) findJumps(found, node);
  findSources(found);
  const differences = inOrder(found.differences);
  return {
    before: contrasted(before, found.nodes.before, found.edges.before),
    after: contrasted(after, found.nodes.after, found.edges.after),
    differences,
    summary: summaryOf(differences, { before: found.before.name, after: found.after.name }),
    remarks: remarksOf([before, after]),
  };
}
