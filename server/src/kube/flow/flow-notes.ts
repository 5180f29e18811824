/** What a reader should know before believing a flow: of its entries, of what the packets met, of what the dump does not show. */
import { mayHaveMoreReferences } from '../../ruleset/completeness.ts';
import type { Ruleset } from '../../ruleset/ruleset.ts';
import { assumedHooksNotes } from '../proxy/assumed-hooks.ts';
import { isAllShown } from '../proxy/endpoint-shares.ts';
import { chainRemark } from './chain-frontends.ts';
import type { FlowContext, Sample } from './context.ts';
import { entryDrift } from './disagreements.ts';
import { dumpNotes } from './dump-notes.ts';
import { type Frontend, frontendLabel } from './frontends.ts';
import type { FlowNote } from './graph.ts';
import type { CollectedNode, CollectedPaths } from './path-collector.ts';
import { sharedEntries, sharedEntryText } from './shared-entries.ts';

const mostAssumptionNotes = 5;
const mostChainsNamed = 3;
const equal = 1e-9;

/** What the packets to some frontends have met. */
export interface Gathered {
  readonly collected: CollectedPaths;
  readonly samples: readonly Sample[];
  /** By sample, the share of its packets that get another source. */
  readonly masqueraded: readonly number[];
  readonly matched: ReadonlySet<number>;
  readonly assumptions: ReadonlySet<string>;
  /** "KUBE-SERVICES (nat)": taken to be hooked in. */
  readonly hooked: ReadonlySet<string>;
}

/** A note on a line (0-based), null for none. */
function noteOn(severity: FlowNote['severity'], message: string, line: number | null = null): FlowNote {
  return { severity, message, line: line === null ? null : line + 1 };
}

/** What is wrong with an entry itself: nothing leads to it, or the cluster does not have it. */
function frontendNotes({ resolution, disagreements }: FlowContext, frontend: Frontend): readonly FlowNote[] {
  const { kind, target, service, lines } = frontend;
  const { ruleset, cluster } = resolution;
  const label = frontendLabel(frontend);
  const [first] = lines;
  if (kind === 'chain') {
    if (target === null) return [];
    const severity = mayHaveMoreReferences(ruleset, target) ? 'info' : 'warning';
    return [noteOn(severity, chainRemark(ruleset, target), target.declarations[0] ?? target.rules[0] ?? null)];
  }
  if (first === undefined) return [noteOn('warning', `The cluster has ${label} and the dump has no rule for it.`)];
  const shared = sharedEntries([frontend]).map((each) => noteOn('warning', sharedEntryText(each), each.line));
  if (service === null || entryDrift(disagreements, frontend) !== 'stale') return shared;
  const { namespace, name } = service;
  const isGone = cluster.service(namespace, name) === undefined;
  const what = isGone
    ? `The cluster has no Service ${namespace}/${name}.`
    : `${namespace}/${name} has ${label} in the dump, and not in the cluster.`;
  return [...shared, noteOn('warning', what, first)];
}

/** Endpoints' chains, shown whole, from which packets come back. */
function returningNotes(ruleset: Ruleset, nodes: Iterable<CollectedNode>): readonly FlowNote[] {
  const notes: FlowNote[] = [];
  for (const { kind, chain, weights, ended } of nodes) {
    if (kind !== 'endpoint' || chain === null || !isAllShown(ruleset, chain)) continue;
    if (!weights.some((weight, at) => (weight ?? 0) > (ended[at] ?? 0) + equal)) continue;
    const message = `${chain.name} redirects nothing: packets come back from it and meet the next rule.`;
    notes.push(noteOn('warning', message, chain.declarations[0] ?? null));
  }
  return notes;
}

/** Chains that pick among endpoints and may have more rules than are shown. */
function partialNotes(ruleset: Ruleset, nodes: Iterable<CollectedNode>): readonly FlowNote[] {
  const partial: string[] = [];
  for (const { kind, chain } of nodes) {
    if ((kind !== 'service' && kind !== 'service-local') || chain === null || chain.rules.length === 0) continue;
    if (!isAllShown(ruleset, chain)) partial.push(chain.name);
  }
  if (partial.length === 0) return [];
  const more = partial.length > mostChainsNamed ? ` and ${partial.length - mostChainsNamed} more` : '';
  const some = `${partial.slice(0, mostChainsNamed).join(', ')}${more}`;
  return [noteOn('info', `The dump may not show all rules of ${some}: shares are those of the rules that it shows.`)];
}

function hookNotes(hooked: ReadonlySet<string>): readonly FlowNote[] {
  return assumedHooksNotes(hooked).map((message) => noteOn('info', message));
}

/**
 * The notes of a flow, each sentence once.
 * @param remark what was taken to be so in choosing the entries; empty for nothing
 * @param leftOut how many entries found no room
 */
export function flowNotes(
  context: FlowContext,
  frontends: readonly Frontend[],
  { collected, assumptions, hooked }: Gathered,
  remark: string,
  leftOut: number,
): readonly FlowNote[] {
  const { ruleset } = context.resolution;
  const all = [
    ...(remark === '' ? [] : [noteOn('info', remark)]),
    ...(leftOut === 0 ? [] : [noteOn('info', `${leftOut} more addresses are left out.`)]),
    ...frontends.flatMap((frontend) => frontendNotes(context, frontend)),
    ...dumpNotes(context.resolution, [...new Set(frontends.map(({ dump }) => dump))]),
    ...returningNotes(ruleset, collected.nodes.values()),
    ...partialNotes(ruleset, collected.nodes.values()),
    ...hookNotes(hooked),
    ...[...assumptions].slice(0, mostAssumptionNotes).map((text) => noteOn('info', text)),
  ];
  const notes = new Map<string, FlowNote>();
  for (const note of all) if (!notes.has(note.message)) notes.set(note.message, note);
  return [...notes.values()];
}
