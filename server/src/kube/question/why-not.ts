/** Why a packet does not pass, and the smallest changes of it that would: proposed from the conditions of rules, and each followed before it is said. */
import { hostPort, parseHostPort, withoutHostMask } from '../../base/ip.ts';
import type { Steps } from '../../base/steps.ts';
import type { Fact } from '../../netfilter/answer.ts';
import { compiledRule } from '../../netfilter/compile-rule.ts';
import type { Condition } from '../../netfilter/compiled-rule.ts';
import { type Assumption, type Outcome, stoppingStep, type TraceStep } from '../../netfilter/outcome.ts';
import type { Packet } from '../../netfilter/packet.ts';
import { conditionsWithReasons } from '../../netfilter/rule-reasons.ts';
import type { TraceRequest } from '../../netfilter/trace-request.ts';
import { type Walk, type WalkPart, walkSteps } from '../../netfilter/walk.ts';
import type { Resolution } from '../identity/chain-identity.ts';
import type { AskOptions } from './node-knowledge.ts';
import { type ProposedChange, proposals } from './proposals.ts';
import { type PacketQuestion, traceQuestion } from './trace.ts';

/** A packet that differs in one respect and passes, which was found out by following it. */
export interface PassingChange extends ProposedChange {
  readonly question: PacketQuestion;
  /** The rule that it comes from, 1-based: one that no longer stops the packet, or one that lets it pass. */
  readonly line: number;
  /** What it takes to be so besides. */
  readonly assuming: readonly string[];
}

export interface WhyNot {
  /** The rule or policy that stopped the packet; null where none did. */
  readonly stoppedBy: TraceStep | null;
  readonly changes: readonly PassingChange[];
}

const mostRulesLookedAt = 300;
const mostTried = 24;
const mostFound = 6;

interface Candidate {
  readonly change: ProposedChange;
  readonly line: number;
}

/** What an outcome takes to be so, as answers. */
function decisions(outcome: Outcome): (fact: Fact) => boolean | undefined {
  const known = new Map<string, boolean>();
  for (let at: Assumption | null = outcome.assumed; at !== null; at = at.previous) known.set(at.fact.key, at.holds);
  return (fact) => known.get(fact.key);
}

function* passedIn(parts: readonly WalkPart[]): Generator<{ readonly line: number; readonly packet: Packet }> {
  for (const part of parts) {
    if (part.kind === 'passed') for (const line of part.lines) yield { line, packet: part.packet };
    if (part.kind === 'rule') yield* passedIn(part.inner);
  }
}

/** Changes by which the rule that stopped the packet would not be for it. */
function avoiding(resolution: Resolution, walk: Walk, step: TraceStep, packet: Packet): readonly Candidate[] {
  const { line } = step;
  const source = line === null ? undefined : resolution.ruleset.lines.at(line);
  if (line === null || source === undefined || step.kind === 'policy') return [];
  const conditions = conditionsWithReasons(walk, source, packet).map(({ condition }) => condition);
  // A rule for one address stands for who has it: another port of the same is another Service.
  const isForOne = conditions.some(isForOneAddress);
  return conditions
    .flatMap((condition) => proposals(condition, packet, false))
    .filter(({ field }) => field !== 'port' || !isForOne)
    .map((change) => ({ change, line }));
}

function isForOneAddress({ match, options }: Condition): boolean {
  const text = options[0]?.name === '--destination' ? (options[0].values[0]?.text ?? '') : '';
  return match === '' && text !== '' && options[0]?.negation === undefined && !withoutHostMask(text).includes('/');
}

/** Changes by which a rule before, which one condition kept from it, would let the packet pass. */
function meeting(resolution: Resolution, walk: Walk, parts: readonly WalkPart[]): readonly Candidate[] {
  const found: Candidate[] = [];
  let looked = 0;
  for (const { line, packet } of passedIn(parts)) {
    looked += 1;
    if (looked > mostRulesLookedAt) break;
    const source = resolution.ruleset.lines.at(line);
    const kind = source === undefined ? undefined : compiledRule(source, walk.run.family)?.action.kind;
    if (source === undefined || (kind !== 'accept' && kind !== 'return' && kind !== 'jump')) continue;
    const failed = conditionsWithReasons(walk, source, packet).filter(({ reason }) => reason.holds === false);
    const [only] = failed;
    if (failed.length !== 1 || only === undefined) continue;
    for (const change of proposals(only.condition, packet, true)) found.push({ change, line });
  }
  return found;
}

/** The question with a change; undefined where it cannot be said, as of a destination that was translated before. */
function changed(question: PacketQuestion, meant: TraceRequest, { field, value }: ProposedChange): PacketQuestion | undefined {
  switch (field) {
    case 'port': {
      const ip = parseHostPort(meant.to)?.ip;
      const protocol = meant.protocol === undefined ? {} : { protocol: meant.protocol };
      return ip === undefined ? undefined : { ...question, ...protocol, to: hostPort(ip, Number(value)) };
    }
    case 'source': {
      // By another client a Service's name may mean another entry, or none.
      const { in: came, entry, ipv6, ...rest } = question;
      const protocol = meant.protocol === undefined ? {} : { protocol: meant.protocol };
      const port = parseHostPort(question.from)?.port ?? null;
      return { ...rest, ...protocol, from: port === null ? value : hostPort(value, port), to: meant.to };
    }
    case 'sport': {
      // The port that the source names would be another one beside it.
      const from = parseHostPort(question.from);
      return { ...question, from: from === undefined || from.port === null ? question.from : from.ip, sport: value };
    }
    default:
      return { ...question, [field]: value };
  }
}

const order: readonly ProposedChange['field'][] = [
  'port',
  'source',
  'in',
  'out',
  'protocol',
  'state',
  'icmpType',
  'sport',
  'uid',
  'mark',
];

/** Follows a changed packet under what the outcome takes to be so; what it assumes besides where it passes, undefined where it does not. */
function* verify(resolution: Resolution, question: PacketQuestion, knowledge: AskOptions): Steps<readonly string[] | undefined> {
  const answer = yield* traceQuestion(resolution, question, knowledge);
  if (!answer.ok) return undefined;
  const { outcomes } = answer.report;
  if (outcomes.length === 0) return undefined;
  if (outcomes.every(({ verdict }) => verdict === 'accept')) return [];
  const first = JSON.stringify(outcomes[0]?.assuming);
  const alike = outcomes.filter(({ assuming }) => JSON.stringify(assuming) === first);
  const passes = alike.every(({ verdict }) => verdict === 'accept') && outcomes[0]?.assuming.length !== 0;
  return passes ? outcomes[0]?.assuming : undefined;
}

/**
 * Why one outcome of a question is no pass. Undefined where it is one, or there is none. Pauses as a trace does; never throws.
 * @param at which outcome, in the order of the report
 */
export function* whyNot(
  resolution: Resolution,
  question: PacketQuestion,
  at: number,
  knowledge: AskOptions = {},
): Steps<WhyNot | undefined> {
  const answer = yield* traceQuestion(resolution, question, knowledge);
  if (!answer.ok) return undefined;
  const { found, options, request } = answer.traced;
  const outcome = found.outcomes[at];
  if (outcome === undefined || outcome.verdict === 'accept') return undefined;
  const walk = yield* walkSteps(resolution.ruleset, outcome.start, outcome, options);
  const stage = walk?.stages.at(-1);
  const stoppedBy = stoppingStep(outcome.verdict, [outcome.last]);
  if (walk === undefined || stage === undefined || stoppedBy === null) return { stoppedBy, changes: [] };
  const isTranslated =
    stage.before.destination.text !== outcome.start.destination.text || stage.before.dport !== outcome.start.dport;
  const candidates = [...meeting(resolution, walk, stage.parts), ...avoiding(resolution, walk, stoppedBy, stage.before)]
    .filter(({ change }) => change.field !== 'port' || !isTranslated)
    .toSorted((one, other) => order.indexOf(one.change.field) - order.indexOf(other.change.field));
  const decide = decisions(outcome);
  const tried = new Set<string>();
  const changes: PassingChange[] = [];
  for (const { change, line } of candidates) {
    if (tried.size >= mostTried || changes.length >= mostFound) break;
    const other = changed(question, request, change);
    const key = JSON.stringify(other);
    if (other === undefined || tried.has(key)) continue;
    tried.add(key);
    const assuming = yield* verify(resolution, other, { ...knowledge, decide: (fact) => decide(fact) ?? options.decide?.(fact) });
    if (assuming !== undefined) changes.push({ ...change, question: other, line: line + 1, assuming });
  }
  return { stoppedBy, changes };
}
