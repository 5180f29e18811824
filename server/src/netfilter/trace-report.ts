/** What `iptables-inspect trace` answers: the paths of one packet, rule by rule. */

import { createMemory } from '../base/memory.ts';
import { mappedSteps, runToEnd, type Steps } from '../base/steps.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';
import { ruleText } from '../syntax/saved-layout.ts';
import { enumerateSteps } from './enumerate.ts';
import type { EnumerateOptions } from './enumeration/options.ts';
import { type Followed, type FollowedOutcome, followConnection } from './follow-connection.ts';
import type { Assumption, Outcome, TraceStep, Unshown, Verdict } from './outcome.ts';
import { type ConnectionState, isLoopback, type Packet } from './packet.ts';
import { type PacketKind, RequestError, readMarks, readRequest, type TraceRequest } from './trace-request.ts';

export interface ReportedStep {
  readonly table: string;
  readonly chain: string;
  /** 1-based; null for a policy that the dump does not say. */
  readonly line: number | null;
  /** Without counters; "policy FORWARD" for a chain's policy. */
  readonly rule: string;
  /** "jump KUBE-SERVICES", "dnat to 10.0.0.1:80", "drop". */
  readonly action: string;
}

export interface ReportedPacket {
  /** null where MASQUERADE chose an address that the rules do not say. */
  readonly src: string | null;
  readonly sport: number | null;
  /** null where REDIRECT chose an address that the rules do not say. */
  readonly dst: string | null;
  readonly dport: number | null;
  /** "0x4000"; null for none. */
  readonly mark: string | null;
}

export interface ReportedOutcome {
  /** 0 to 1; over all outcomes that assume the same they add up to 1. */
  readonly probability: number;
  readonly verdict: Verdict;
  /** Whether the text shows all rules that this packet may meet; where it does not, the verdict is that of those shown. */
  readonly shownWhole: boolean;
  readonly steps: readonly ReportedStep[];
  /** The packet that this outcome is of as it started; outcomes of answers and later packets may be of several. */
  readonly start: ReportedPacket;
  readonly packet: ReportedPacket;
  /** What this outcome takes to be so, besides the assumptions that all share. */
  readonly assuming: readonly string[];
}

export interface TraceReport {
  readonly packet: ReportedPacket & {
    readonly protocol: string;
    readonly hook: 'prerouting' | 'output';
    readonly in: string | null;
    readonly out: string | null;
    readonly state: ConnectionState;
    /** The first packet of its connection, or the answer to it or a later one, for which `packet` is the first. */
    readonly kind: PacketKind;
  };
  readonly outcomes: readonly ReportedOutcome[];
  readonly assumptions: readonly string[];
}

export type TraceAnswer =
  | { readonly ok: true; readonly report: TraceReport }
  /** One sentence: what was wrong, and what is expected. */
  | { readonly ok: false; readonly message: string };

/** A packet as plain data. */
export function reportedPacket(packet: Packet): ReportedPacket {
  return {
    src: packet.source?.text ?? null,
    sport: packet.sport,
    dst: packet.destination.standsIn === true ? null : packet.destination.text,
    dport: packet.dport,
    mark: packet.mark === 0 ? null : `0x${packet.mark.toString(16)}`,
  };
}

/** Of a packet's way through chains that are nested by the hundred thousand. */
const stepsBetweenPauses = 256;

/** The rules and policies that a packet met, in order. @param last the latest of them */
export function reportedSteps(ruleset: Ruleset, last: TraceStep | null): readonly ReportedStep[] {
  return runToEnd(stepsToReport(ruleset, last));
}

function* stepsToReport(ruleset: Ruleset, last: TraceStep | null): Steps<readonly ReportedStep[]> {
  const steps: ReportedStep[] = [];
  for (let step = last; step !== null; step = step.previous) {
    if (steps.length % stepsBetweenPauses === stepsBetweenPauses - 1) yield;
    const line = step.line === null ? undefined : ruleset.lines.at(step.line);
    steps.push({
      table: step.chain.table.name,
      chain: step.chain.name,
      line: step.line === null ? null : step.line + 1,
      rule: step.kind === 'policy' || line === undefined ? `policy ${step.chain.name}` : ruleText(line),
      action: step.words,
    });
  }
  return steps.reverse();
}

function assumptionText({ holds, fact }: Assumption): string {
  return holds ? fact.yes : fact.no;
}

/** Of the assumptions up to one: how many have words, and the last of them. */
interface Said {
  readonly count: number;
  readonly last: Assumption | null;
}

const noneSaid: Said = { count: 0, last: null };
const saidBefore = createMemory<Assumption, Said>();

/** What is said of the assumptions up to one. Told once for each: a packet's thousand outcomes share most of thousands. */
function* saidUpTo(last: Assumption | null): Steps<Said> {
  const uncounted: Assumption[] = [];
  let at = last;
  while (at !== null && saidBefore.get(at) === undefined) {
    uncounted.push(at);
    if (uncounted.length % stepsBetweenPauses === 0) yield;
    at = at.previous;
  }
  let said = at === null ? noneSaid : (saidBefore.get(at) ?? noneSaid);
  for (let left = uncounted.length - 1; left >= 0; left -= 1) {
    const assumption = uncounted[left] as Assumption;
    if (assumptionText(assumption) !== '') said = { count: said.count + 1, last: assumption };
    saidBefore.set(assumption, said);
    if (left % stepsBetweenPauses === stepsBetweenPauses - 1) yield;
  }
  return said;
}

/** What an outcome takes to be so, the latest part where that is much; what goes without saying is left out. */
function* assumingOf(outcome: Outcome): Steps<readonly string[]> {
  const texts: string[] = [];
  const said = yield* saidUpTo(outcome.assumed);
  // From one that has words to the one before: thousands of those between may have none.
  for (let at = said.last; at !== null && texts.length < mostAssumptionsListed; ) {
    texts.push(assumptionText(at));
    at = at.previous === null ? null : (saidBefore.get(at.previous) ?? noneSaid).last;
  }
  const left = said.count - texts.length;
  if (left > 0) texts.push(`${left} more questions before these were answered with what is usual, or otherwise.`);
  return texts.reverse();
}

const mostAssumptionsListed = 100;
const mostOutcomesListed = 1000;
const loNote = 'What this node sends to itself comes back in by lo: ask with --hook prerouting --in lo for that half.';

function* outcomesOf(ruleset: Ruleset, packet: Packet, request: TraceRequest, options: EnumerateOptions): Steps<Followed> {
  const { kind = 'first' } = request;
  if (kind !== 'first') return yield* followConnection(ruleset, packet, kind, readMarks(request, packet.family), options);
  const found = yield* enumerateSteps(ruleset, packet, options);
  return { ...found, outcomes: yield* mappedSteps(found.outcomes, (outcome) => ({ ...outcome, start: packet })) };
}

function* reportedOutcome(ruleset: Ruleset, outcome: FollowedOutcome, shownWhole: boolean): Steps<ReportedOutcome> {
  return {
    probability: Math.round(outcome.probability * 1e12) / 1e12,
    verdict: outcome.verdict,
    shownWhole,
    steps: yield* stepsToReport(ruleset, outcome.last),
    start: reportedPacket(outcome.start),
    packet: reportedPacket(outcome.packet),
    assuming: yield* assumingOf(outcome),
  };
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** What the text does not show of what the packet meets, in a sentence for each kind. */
export function unshownTexts(unshown: readonly Unshown[]): readonly string[] {
  const of = (what: Unshown['what']): readonly Unshown[] => unshown.filter((each) => each.what === what);
  const chains = (what: Unshown['what']): string => listed(of(what).map(({ chain, table }) => `${chain} (${table})`));
  const tables = of('table').map(({ table }) => table);
  const texts: string[] = [];
  if (tables.length > 0)
    texts.push(
      `The text does not show ${tables.length === 1 ? 'table' : 'the tables'} ${listed(tables)}, which the packet would meet.`,
    );
  if (of('base chain').length > 0) texts.push(`The text does not show ${chains('base chain')}, which the packet would meet.`);
  const cut = of('cut').map(({ table }) => table);
  if (cut.length > 0)
    texts.push(`The rules of ${listed(cut)} are cut, all at one place: what they ask for and where they lead is not known.`);
  if (of('end').length > 0) texts.push(`More rules than are shown may stand at the end of ${chains('end')}.`);
  return texts;
}

/** What of the rules on the way the text does not show, in sentences. */
export function notShownTexts({ missing, unshown }: Pick<Followed, 'missing' | 'unshown'>): readonly string[] {
  const lost = missing.map(
    ({ name }) => `${name} is not in the dump, so that nothing is known of what it does: the jump is passed over.`,
  );
  return [...lost, ...unshownTexts(unshown)];
}

/** Whether a packet that this node sends may be for the node itself. */
function mayComeBack({ found: { outcomes }, options }: Traced): boolean {
  return outcomes.some(({ verdict, packet: { isFromHere, destination } }) => {
    if (verdict !== 'accept' || !isFromHere) return false;
    return isLoopback(destination) || options.isLocal?.(destination.text) !== false;
  });
}

/** What holds for all outcomes, and what the text does not show. */
function sharedAssumptions({ assumptions, unshown, missing, outcomes }: Followed, isSentToItself: boolean): readonly string[] {
  const notListed = outcomes.length - mostOutcomesListed;
  return [
    ...assumptions,
    ...notShownTexts({ missing, unshown }),
    ...(notListed > 0 ? [`${notListed} more outcomes, which rest on more unlikely assumptions, are not listed.`] : []),
    ...(isSentToItself ? [loNote] : []),
  ];
}

function readOrRefuse(request: TraceRequest): Packet | string {
  try {
    return readRequest(request);
  } catch (error) {
    if (error instanceof RequestError) return error.message;
    throw error;
  }
}

/** A packet that was followed as a request describes it: what a report is made of. */
export interface Traced {
  readonly request: TraceRequest;
  /** The packet asked for; of an answer or a later packet, the first one of the connection. */
  readonly packet: Packet;
  readonly found: Followed;
  readonly options: EnumerateOptions;
}

export type Tracing =
  | { readonly ok: true; readonly traced: Traced }
  /** One sentence: what was wrong, and what is expected. */
  | { readonly ok: false; readonly message: string };

/** Follows the packet of a request, or says in a sentence what is wrong with the request. Pauses every few hundred rules; never throws. */
export function* followRequest(ruleset: Ruleset, request: TraceRequest, options: EnumerateOptions = {}): Steps<Tracing> {
  const packet = readOrRefuse(request);
  if (typeof packet === 'string') return { ok: false, message: packet };
  if (!ruleset.dumps.some((dump) => dump.family === packet.family)) {
    const name = packet.family === 'ipv4' ? 'IPv4' : 'IPv6';
    return { ok: false, message: `The dump has no ${name} tables, and ${packet.destination.text} is an ${name} address.` };
  }
  const found = yield* outcomesOf(ruleset, packet, request, options);
  return { ok: true, traced: { request, packet, found, options } };
}

const outcomesBetweenPauses = 8;

/** The report on a packet that was followed. Pauses every few outcomes. */
export function* reportSteps(ruleset: Ruleset, traced: Traced): Steps<TraceReport> {
  const { request, packet, found } = traced;
  const isNode = packet.isFromHere && packet.in !== 'lo';
  const shownWhole = found.unshown.length === 0 && found.missing.length === 0;
  const outcomes: ReportedOutcome[] = [];
  for (const outcome of found.outcomes.slice(0, mostOutcomesListed)) {
    outcomes.push(yield* reportedOutcome(ruleset, outcome, shownWhole));
    if (outcomes.length % outcomesBetweenPauses === 0) yield;
  }
  return {
    packet: {
      ...reportedPacket(packet),
      protocol: packet.protocol,
      hook: isNode ? 'output' : 'prerouting',
      in: packet.in === '' ? null : packet.in,
      out: packet.out,
      state: packet.state,
      kind: request.kind ?? 'first',
    },
    outcomes,
    assumptions: sharedAssumptions(found, isNode && mayComeBack(traced)),
  };
}

/** The report on one packet, or in a sentence what is wrong with the request. Pauses every few hundred rules; never throws. */
export function* traceSteps(ruleset: Ruleset, request: TraceRequest, options: EnumerateOptions = {}): Steps<TraceAnswer> {
  const answer = yield* followRequest(ruleset, request, options);
  return answer.ok ? { ok: true, report: yield* reportSteps(ruleset, answer.traced) } : answer;
}

/** The same without pauses. */
export function traceReport(ruleset: Ruleset, request: TraceRequest, options: EnumerateOptions = {}): TraceAnswer {
  return runToEnd(traceSteps(ruleset, request, options));
}
