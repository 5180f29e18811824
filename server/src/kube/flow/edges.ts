/** The edges of a flow, with how likely or on which condition they are taken. */

import { ruleAt } from '../../ruleset/rules.ts';
import { ruleText } from '../../syntax/saved-layout.ts';
import type { RuleStatement } from '../../syntax/statement.ts';
import { optionsOf, singleAddress } from '../proxy/rule-values.ts';
import { destinationCondition, returningCondition, sourceCondition } from './conditions.ts';
import type { FlowContext, Sample } from './context.ts';
import { packetsOf } from './counters.ts';
import { frontendLabel } from './frontends.ts';
import type { FlowEdge } from './graph.ts';
import type { CollectedEdge } from './path-collector.ts';

const equal = 1e-9;

type Chances = readonly (readonly [sample: number, probability: number])[];

/**
 * In which samples an edge's start is passed at all, and how likely its packets then take the edge. Behind a dispatcher only entries count that
 * the edge is for: that the address decides there goes without saying.
 */
function chancesOf(context: FlowContext, edge: CollectedEdge): Chances {
  const entries = new Set<string>();
  if (edge.from.kind === 'dispatch') {
    for (const [sample, weight] of edge.weights.entries()) if (weight) entries.add(context.samples[sample]?.entry ?? '');
  }
  const chances: (readonly [number, number])[] = [];
  for (const [sample, weight] of edge.from.weights.entries()) {
    if (!weight || (entries.size > 0 && !entries.has(context.samples[sample]?.entry ?? ''))) continue;
    chances.push([sample, (edge.weights[sample] ?? 0) / weight]);
  }
  return chances;
}

/** Which addresses an edge from a dispatcher is for, where packets to others come by it, too; empty where it is for all. */
function addressCondition(context: FlowContext, edge: CollectedEdge): string {
  if (edge.from.kind !== 'dispatch') return '';
  const entriesOf = (weights: CollectedEdge['weights']): ReadonlySet<string> =>
    new Set(weights.flatMap((weight, sample) => (weight ? [context.samples[sample]?.entry ?? ''] : [])));
  const all = entriesOf(edge.from.weights);
  const own = entriesOf(edge.weights);
  if (own.size === 0 || own.size === all.size) return '';
  const labels = context.entries.filter(({ id }) => own.has(id)).map(({ label }) => label);
  return `to ${labels.slice(0, 3).join(' or ')}${labels.length > 3 ? ' and more' : ''}`;
}

/** By something that samples differ in: whether it alone decides who takes an edge, and who does. */
function tally(
  context: FlowContext,
  chances: Chances,
  key: (sample: Sample) => string,
): { readonly isDecided: boolean; readonly taking: readonly string[] } {
  const by = new Map<string, Set<boolean>>();
  for (const [index, chance] of chances) {
    const sample = context.samples[index];
    if (sample === undefined) continue;
    const known = by.get(key(sample)) ?? new Set();
    known.add(chance > 0);
    by.set(key(sample), known);
  }
  return {
    isDecided: [...by.values()].every((answers) => answers.size === 1),
    taking: [...by].filter(([, answers]) => answers.has(true)).map(([name]) => name),
  };
}

const everywhere: ReadonlySet<string> = new Set(['outside', 'elsewhere']);

/**
 * Who takes an edge that others do not, for a rule that does not say so itself: "from a Pod or this node", "from outside", "to 192.0.2.1:443".
 * @param others what other rules at the same place say
 */
function whoTakes(context: FlowContext, chances: Chances, others: readonly string[]): string {
  const kinds = tally(context, chances, (sample) => sample.source.kind);
  if (kinds.isDecided && kinds.taking.length === 1 && kinds.taking[0] === 'outside') return 'from outside';
  const origins = tally(context, chances, (sample) => sample.source.words);
  if (origins.isDecided) {
    const isForTheRest = origins.taking.some((words) => everywhere.has(words));
    if (isForTheRest && others.some((condition) => condition.startsWith('to '))) return 'otherwise';
    if (isForTheRest && others.some((condition) => condition.startsWith('from '))) return 'from elsewhere';
    return origins.taking.length > 3 ? 'otherwise' : `from ${origins.taking.join(' or ')}`;
  }
  const entries = tally(context, chances, (sample) => frontendLabel(sample.frontend));
  return entries.isDecided ? `to ${entries.taking.slice(0, 3).join(' or ')}` : 'depends on source and address';
}

/** What an edge's rule asks of a packet itself. */
function ownCondition(rule: RuleStatement | undefined): string {
  if (rule === undefined) return '';
  const source = sourceCondition(rule);
  if (source !== '') return source;
  // A single address is the entry's own, a network is a condition.
  const network = optionsOf(rule, '--destination')[0];
  return network !== undefined && singleAddress(rule, '--destination') === undefined ? destinationCondition(rule) : '';
}

/** To 12 digits, below which products of 31-bit probabilities say nothing. */
export function rounded(probability: number): number {
  return Math.round(probability * 1e12) / 1e12;
}

/** Edges with the same start, as edges of the graph. */
export function makeEdges(context: FlowContext, edges: readonly CollectedEdge[]): readonly FlowEdge[] {
  // No new connection takes such an edge: affinity brings clients back.
  const hasReturning = edges.some((edge) => edge.weights.length === 0);
  return edges.map((edge) => makeEdge(context, edge, edges, hasReturning));
}

function makeEdge(
  context: FlowContext,
  edge: CollectedEdge,
  siblings: readonly CollectedEdge[],
  hasReturning: boolean,
): FlowEdge {
  const { ruleset } = context.resolution;
  const source = edge.line === null ? undefined : ruleset.lines.at(edge.line);
  const ruleOf = (line: number | null): RuleStatement | undefined => (line === null ? undefined : ruleAt(ruleset, line));
  const chances = chancesOf(context, edge);
  const [first] = chances;
  const isSure = first !== undefined && chances.every(([, chance]) => Math.abs(chance - first[1]) < equal);
  const isReturning = edge.weights.length === 0;
  let condition = '';
  let probability: number | null = null;
  if (isReturning) {
    condition = returningCondition(ruleOf(edge.line));
  } else if (isSure) {
    probability = rounded(first[1]);
    if (hasReturning && edge.to.kind === 'endpoint') condition = 'first packet';
  } else {
    const rule = ruleOf(edge.line);
    // Thousands of rules that pick an endpoint have no condition to read.
    const others = siblings.length > 60 ? [] : siblings.filter((sibling) => sibling !== edge);
    const said = others.map((sibling) => ownCondition(ruleOf(sibling.line)));
    condition = ownCondition(rule) || whoTakes(context, chances, said);
  }
  // Several addresses meet in a dispatcher, which sends each its own way.
  const address = addressCondition(context, edge);
  if (address !== '') {
    probability = null;
    condition = [address, condition].filter((part) => part !== '').join(', ');
  }
  const { end } = edge.to;
  // What decides counts the packets that come to this end, where the edge has no rule of its own.
  const endLine = end === null || end.kind === 'unchanged' || end.kind === 'not-shown' ? null : end.line;
  return {
    from: edge.from.id,
    to: edge.to.id,
    line: edge.line === null ? null : edge.line + 1,
    rule: source === undefined || source.kind !== 'rule' ? null : ruleText(source),
    probability,
    condition,
    // A hook's rule counts every packet of the node, not those to this entry.
    packets: edge.from.kind === 'entry' && edge.to.kind === 'dispatch' ? null : packetsOf(ruleset, edge.line ?? endLine),
  };
}
