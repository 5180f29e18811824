/** A question about a packet, followed through the rules of a dump: what the command line prints and the editor shows. */
import { isIPv6, parseHostPort } from '../../base/ip.ts';
import type { Steps } from '../../base/steps.ts';
import type { EnumerateOptions } from '../../netfilter/enumeration/options.ts';
import { isLoopback } from '../../netfilter/packet.ts';
import { followRequest, reportSteps, type Traced, type TraceReport } from '../../netfilter/trace-report.ts';
import type { TraceRequest } from '../../netfilter/trace-request.ts';
import type { Dump, Ruleset } from '../../ruleset/ruleset.ts';
import { frontendSteps } from '../flow/frontends.ts';
import { otherProxyNoteSteps } from '../flow/resolve-target.ts';
import type { Resolution } from '../identity/chain-identity.ts';
import { assumedHooksNotes } from '../proxy/assumed-hooks.ts';
import { severalDumpsNotes } from '../proxy/several-dumps.ts';
import { arrival } from './arrival.ts';
import { type Question, questionEnds } from './ends.ts';
import { type AskOptions, followOptions } from './node-knowledge.ts';
import { seemsLocalBy } from './own-addresses.ts';

export type QuestionTrace =
  | { readonly ok: true; readonly report: TraceReport; readonly traced: Traced }
  /** One sentence: what was wrong, and what is expected. */
  | { readonly ok: false; readonly message: string };

/** What is asked, as typed: the ends by name or address as `questionEnds` takes them, and what else is known of the packet. */
export interface PacketQuestion extends Question, Omit<TraceRequest, 'from' | 'to' | 'protocol' | 'hook'> {}

/** The dump whose rules a packet to an address meets. */
export function dumpFor(ruleset: Ruleset, destination: string): Dump | undefined {
  const family = isIPv6(destination) ? 'ipv6' : 'ipv4';
  return ruleset.dumps.find((candidate) => candidate.family === family);
}

/** A question that was followed, with what is to be known before its answer is believed; empty notes are none. */
export type FollowedQuestion =
  | { readonly ok: true; readonly traced: Traced; readonly notes: readonly string[] }
  /** One sentence: what was wrong, and what is expected. */
  | { readonly ok: false; readonly message: string };

/** That a route is taken to lead where this node sends a packet, where its routes are not known; empty for what a route is known of or none is needed. */
function routeNote({ packet }: Traced, { routed, isLocal }: EnumerateOptions): string {
  const { isFromHere, out, destination } = packet;
  if (!isFromHere || out !== null || routed !== undefined) return '';
  if (isLoopback(destination) || isLocal?.(destination.text) === true) return '';
  return 'The routes of this node are not known: one is taken to lead there. Where none does, the node sends nothing.';
}

/** Where nothing tells whether the destination is the node's: the same options with what is likely. */
function* withLikely(
  resolution: Resolution,
  dump: Dump | undefined,
  destination: string,
  known: EnumerateOptions,
): Steps<EnumerateOptions> {
  if (dump === undefined || known.routed !== undefined || known.isLocal?.(destination) !== undefined) return known;
  return { ...known, seemsLocal: seemsLocalBy(resolution, dump, yield* frontendSteps(resolution)) };
}

/**
 * Every path of the packet that a question by names means. Which addresses are the node's is told by `options.local`, else by the cluster; where
 * nothing tells, paths are told apart by it. Pauses every few thousand rules; never throws.
 */
export function* followQuestion(
  resolution: Resolution,
  question: PacketQuestion,
  options: AskOptions = {},
): Steps<FollowedQuestion> {
  const { ruleset } = resolution;
  const meant = yield* questionEnds(resolution, question, options);
  if (!meant.ok) return meant;
  const { notes, ...asked } = meant.ends;
  const { entry, ipv6, protocol, hook, ...said } = question;
  const ends = { ...asked, ...arrival(resolution.origin.facts, { ...asked, in: question.in }) };
  const destination = parseHostPort(ends.to)?.ip ?? '';
  const hooked = new Set<string>();
  const dump = dumpFor(ruleset, destination);
  const known = yield* withLikely(resolution, dump, destination, followOptions(resolution, dump, destination, hooked, options));
  const answer = yield* followRequest(ruleset, { ...said, ...ends }, known);
  return answer.ok
    ? {
        ...answer,
        notes: [
          ...notes,
          routeNote(answer.traced, known),
          ...severalDumpsNotes(ruleset, dump === undefined ? [] : [dump]),
          ...assumedHooksNotes(hooked),
        ],
      }
    : answer;
}

/** The report on a question that was followed. Pauses every few outcomes. */
export function* questionReport(resolution: Resolution, traced: Traced, notes: readonly string[]): Steps<TraceReport> {
  return withNotes(yield* reportSteps(resolution.ruleset, traced), [...notes, yield* otherProxyNoteSteps(resolution)]);
}

/** The same as `followQuestion` with a report, as `trace` prints it. */
export function* traceQuestion(resolution: Resolution, question: PacketQuestion, options: AskOptions = {}): Steps<QuestionTrace> {
  const followed = yield* followQuestion(resolution, question, options);
  if (!followed.ok) return followed;
  const { traced, notes } = followed;
  return { ok: true, report: yield* questionReport(resolution, traced, notes), traced };
}

/** The report with what else is to be known before it is believed; empty notes are none. */
function withNotes(report: TraceReport, notes: readonly string[]): TraceReport {
  return { ...report, assumptions: [...notes.filter((note) => note !== ''), ...report.assumptions] };
}
