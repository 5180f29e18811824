/** Compares packets that a kernel was seen to take through its rules with what follows from a dump. Plain data; lines are 1-based. */
import type { Steps } from '../../base/steps.ts';
import type { Dump, Ruleset } from '../../ruleset/ruleset.ts';
import { ruleText } from '../../syntax/saved-layout.ts';
import { enumerateSteps } from '../enumerate.ts';
import type { EnumerateOptions } from '../enumeration/options.ts';
import type { Outcome, TraceStep, Verdict } from '../outcome.ts';
import { policyOf } from '../rule-order.ts';
import { type ReportedPacket, reportedPacket } from '../trace-report.ts';
import { lostLinesText } from './lost-lines.ts';
import { type MatchedStep, matchedStep, type newRuleFinder } from './match-rules.ts';
import type { SeenFormat, SeenPacket } from './seen-packet.ts';
import { asksNat, type SeenStart, seenLocal, seenStarts } from './seen-start.ts';

export interface SeenStepReport {
  readonly table: string;
  readonly chain: string;
  readonly kind: 'rule' | 'return' | 'policy';
  /** The rule in the dump; null where it is none of a rule's, or which one cannot be told. */
  readonly line: number | null;
  /** Rules of the dump that it may be, where there are several. */
  readonly lines: readonly number[];
  /** Without counters; empty where the dump does not have it. */
  readonly rule: string;
  /** Where it stands in the trace. */
  readonly seenAt: number;
}

export interface SeenDifference {
  /** The step from which on the ways differ, 0-based in `steps`; null behind the last. */
  readonly step: number | null;
  /** What would have come instead, in a sentence. */
  readonly message: string;
}

export interface SeenPacketReport {
  readonly format: SeenFormat;
  readonly id: string;
  /** As it was first seen. */
  readonly packet: ReportedPacket & {
    readonly protocol: string;
    readonly in: string;
    readonly out: string;
    readonly state: string;
  };
  /** Where the trace of it begins. */
  readonly seenAt: number;
  readonly steps: readonly SeenStepReport[];
  /** null where the trace does not show it to its end. */
  readonly verdict: Verdict | null;
  /** Whether the dump's rules say the same; null where that cannot be told. */
  readonly agrees: boolean | null;
  readonly difference: SeenDifference | null;
  /** What was taken to be so, and what else is to be known, in sentences. */
  readonly notes: readonly string[];
}

/** What packets are followed with. */
export interface SeenContext {
  readonly ruleset: Ruleset;
  readonly dump: Dump;
  /** How a packet to an address is followed. */
  readonly optionsFor: (destination: string) => EnumerateOptions;
}

/** The steps of an outcome that are rules, in order. */
function rulesOf({ last }: Outcome): readonly TraceStep[] {
  const steps: TraceStep[] = [];
  for (let step = last; step !== null; step = step.previous) if (step.kind !== 'policy') steps.push(step);
  return steps.reverse();
}

/** How many steps of an outcome may have come before the rule that began the trace. */
function mostBefore(steps: readonly TraceStep[]): number {
  const at = steps.findIndex(({ chain }) => chain.table.name !== 'raw');
  return at < 0 ? steps.length : at;
}

function isOne(step: TraceStep | undefined, seen: MatchedStep): boolean {
  return step?.line !== undefined && step.line !== null && seen.lines.includes(step.line);
}

/** How far an outcome goes the way that was seen. */
interface Alignment {
  readonly outcome: Outcome;
  readonly steps: readonly TraceStep[];
  /** Steps before the trace began. */
  readonly before: number;
  /** Rules that are the same from there on. */
  readonly same: number;
}

function aligned(outcome: Outcome, seen: readonly MatchedStep[]): Alignment {
  const steps = rulesOf(outcome);
  let best: Alignment = { outcome, steps, before: 0, same: -1 };
  for (let before = 0; before <= mostBefore(steps); before += 1) {
    let same = 0;
    for (const [at, each] of seen.entries()) {
      if (!isOne(steps[before + at], each)) break;
      same += 1;
    }
    // The trace may begin behind the rules that led to it.
    if (same >= best.same) best = { outcome, steps, before, same };
  }
  return best;
}

/** The table and built-in chain that a step belongs to, by the steps before it. */
function baseOf(step: TraceStep): { readonly table: string; readonly hook: string } {
  let at: TraceStep = step;
  while (!at.chain.builtin && at.previous !== null) at = at.previous;
  return { table: step.chain.table.name, hook: at.chain.name };
}

/** Whether the trace shows a base chain at all. */
function wasAt(seen: readonly MatchedStep[], { table, hook }: { readonly table: string; readonly hook: string }): boolean {
  return seen.some(({ step }) => step.table === table && step.chain === hook);
}

interface Judgement {
  readonly agrees: boolean;
  /** Whether the trace ends before the dump's rules do. */
  readonly isShort: boolean;
}

function judge(
  { outcome, steps, before, same }: Alignment,
  all: readonly MatchedStep[],
  rules: readonly MatchedStep[],
  verdict: Verdict | null,
): Judgement {
  const next = steps[before + same];
  if (same < rules.length) return { agrees: false, isShort: false };
  // Behind a jump, a mark or the end of a chain something always comes: the trace was cut.
  if (verdict === null) return { agrees: true, isShort: true };
  if (next !== undefined) {
    const isShort = !wasAt(all, baseOf(next));
    return { agrees: isShort && verdict === 'accept', isShort };
  }
  if (verdict === outcome.verdict) return { agrees: true, isShort: false };
  // Dropped between two hooks, by no rule.
  const isUnruled = outcome.verdict === 'drop' && outcome.last?.words.includes('drop') !== true;
  return { agrees: verdict === 'accept' && isUnruled, isShort: isUnruled };
}

/** Targets with which a packet's way through a table ends, and it goes on. */
const ending: ReadonlySet<string> = new Set(['ACCEPT', 'DNAT', 'SNAT', 'MASQUERADE', 'REDIRECT', 'NETMAP', 'TPROXY']);

/** What became of a packet, by the last that was seen of it. */
function seenVerdict(ruleset: Ruleset, steps: readonly MatchedStep[]): Verdict | null {
  const last = steps.at(-1);
  if (last === undefined) return null;
  const [line] = last.lines;
  if (last.isRule && line !== undefined) {
    const target = ruleset.lines.at(line)?.target ?? '';
    if (target === 'DROP') return 'drop';
    if (target === 'REJECT') return 'reject';
    // Behind any other target something always comes.
    return ending.has(target) ? 'accept' : null;
  }
  if (last.isRule) return last.step.verdict === 'DROP' ? 'drop' : null;
  if (last.step.kind !== 'policy') return null;
  if (last.step.verdict !== '') return last.step.verdict === 'DROP' ? 'drop' : 'accept';
  return last.chain === null ? null : policyOf(ruleset, last.chain).verdict;
}

function placeText({ chain, line }: Pick<TraceStep, 'chain' | 'line'>): string {
  return `${chain.table.name} ${chain.name}${line === null ? '' : `, line ${line + 1}`}`;
}

const verdictWords = { accept: 'accepted', drop: 'dropped', reject: 'rejected' } as const;

/** What an outcome does where its way leaves the one that was seen, in a sentence. */
function insteadText({ outcome, steps, before, same }: Alignment): string {
  const next = steps[before + same];
  if (next !== undefined) return `By the dump ${placeText(next)} takes the packet here: ${next.words}.`;
  const { last, verdict } = outcome;
  const by = last === null ? '' : ` by ${last.kind === 'policy' ? 'the policy of ' : ''}${placeText(last)}`;
  return `By the dump the packet is ${verdictWords[verdict]} here${by}.`;
}

/** Whether a trace lacks one rule of the dump's way, and is the same behind it. */
function goesOn({ steps, before, same }: Alignment, rules: readonly MatchedStep[]): boolean {
  const rest = rules.slice(same);
  return rest.length > 0 && rest.every((each, at) => isOne(steps[before + same + 1 + at], each));
}

/** Whether a rule is one that begins the trace, which a dump from before does not have. */
function beginsTrace({ step: { rule } }: MatchedStep): boolean {
  if (rule?.by === 'text') return /-j TRACE$/.test(rule.text);
  return rule?.by === 'nft' && rule.text.includes('meta nftrace set 1');
}

interface Compared {
  readonly agrees: boolean | null;
  readonly difference: SeenDifference | null;
  readonly start: SeenStart | null;
  readonly notes: readonly string[];
  readonly outcome: Outcome | null;
  /** Whether the trace ends before the packet's way does by the dump. */
  readonly isShort: boolean;
}

const short =
  'The trace ends here, and no further rule was met: no route, the reverse path filter or the socket may have stopped the packet, or the trace was cut.';

function nothingToCompare(note: string, start: SeenStart | null = null): Compared {
  return { agrees: null, difference: null, start, notes: [note], outcome: null, isShort: false };
}

function assumedTexts(outcome: Outcome): readonly string[] {
  const texts: string[] = [];
  for (let at = outcome.assumed; at !== null; at = at.previous) {
    const text = at.holds ? at.fact.yes : at.fact.no;
    if (text !== '') texts.push(text);
  }
  return texts.reverse();
}

function* compare(context: SeenContext, seen: SeenPacket, all: readonly MatchedStep[]): Steps<Compared> {
  const { ruleset, dump } = context;
  const nat = dump.tables.find(({ name }) => name === 'nat');
  const starts = seenStarts(
    seen,
    asksNat(all, (hook) => nat?.chains.get(hook)?.rules.length !== undefined && (nat.chains.get(hook)?.rules.length ?? 0) > 0),
  );
  const [first] = starts;
  if (first === undefined) return nothingToCompare('The trace does not show the addresses of the packet.');
  const missing = lostLinesText(ruleset, dump, all);
  if (missing !== '') return nothingToCompare(missing, first);
  const rules = all.filter((each) => each.isRule && !(each.lines.length === 0 && beginsTrace(each)));
  const lost = rules.find(({ lines }) => lines.length === 0);
  if (lost !== undefined) {
    const { table, chain } = lost.step;
    const what = lost.chain === null ? `has no chain ${chain} in table ${table}` : `does not have that rule of ${table} ${chain}`;
    return {
      ...nothingToCompare('', first),
      agrees: false,
      notes: [],
      difference: { step: all.indexOf(lost), message: `The dump ${what}: it is of another node, or of another time.` },
    };
  }
  const verdict = seenVerdict(ruleset, all);
  let nearest: { readonly alignment: Alignment; readonly start: SeenStart } | undefined;
  for (const start of starts) {
    const options = context.optionsFor(start.packet.destination.text);
    const found = yield* enumerateSteps(ruleset, start.packet, { ...options, dump, isLocal: seenLocal(seen, options.isLocal) });
    for (const outcome of found.outcomes) {
      const alignment = aligned(outcome, rules);
      const { agrees, isShort } = judge(alignment, all, rules, verdict);
      if (agrees) {
        const notes = [start.note, ...assumedTexts(outcome), isShort ? short : ''].filter((note) => note !== '');
        return { agrees: true, difference: null, start, notes, outcome, isShort };
      }
      if (nearest === undefined || alignment.same > nearest.alignment.same) nearest = { alignment, start };
    }
  }
  if (nearest === undefined) return nothingToCompare('Nothing follows from the dump for this packet.', first);
  const { alignment, start } = nearest;
  const differing = rules[alignment.same];
  return {
    agrees: false,
    difference: {
      step: differing === undefined ? null : all.indexOf(differing),
      message: `${insteadText(alignment)}${goesOn(alignment, rules) ? ' Behind it both are the same: a line of the trace may be lost.' : ''}`,
    },
    start,
    notes: start.note === '' ? [] : [start.note],
    outcome: alignment.outcome,
    isShort: false,
  };
}

/** The rules that were seen, each with its line where that is told, by what follows from the dump too. */
function stepReports(ruleset: Ruleset, all: readonly MatchedStep[], outcome: Outcome | null): readonly SeenStepReport[] {
  const rules = all.filter(({ isRule, lines }) => isRule && lines.length > 0);
  const alignment = outcome === null ? undefined : aligned(outcome, rules);
  let at = 0;
  return all.map((each): SeenStepReport => {
    const { step, isRule, lines } = each;
    let chosen = lines.length === 1 ? (lines[0] ?? null) : null;
    if (isRule && lines.length > 0) {
      // Of rules that read alike the one that the dump's way goes by.
      if (alignment !== undefined && at < alignment.same) chosen = alignment.steps[alignment.before + at]?.line ?? chosen;
      at += 1;
    }
    const source = chosen === null ? undefined : ruleset.lines.at(chosen);
    return {
      table: step.table,
      chain: step.chain,
      kind: isRule ? 'rule' : step.kind,
      line: isRule && chosen !== null ? chosen + 1 : null,
      lines: isRule && chosen === null ? lines.map((line) => line + 1) : [],
      rule: isRule ? (source === undefined ? '' : ruleText(source)) : '',
      seenAt: step.line,
    };
  });
}

/** One seen packet with the dump's rules beside it. Pauses every few thousand rules; never throws. */
export function* compareSeen(
  context: SeenContext,
  seen: SeenPacket,
  finder: ReturnType<typeof newRuleFinder>,
): Steps<SeenPacketReport> {
  const all = seen.steps.map((step) => matchedStep(finder, step));
  const { agrees, difference, start, notes, outcome, isShort } = yield* compare(context, seen, all);
  const fields = seen.steps[0]?.fields;
  const packet = start?.packet;
  return {
    format: seen.format,
    id: seen.id,
    packet: {
      ...(packet === undefined
        ? { src: fields?.src ?? null, sport: null, dst: fields?.dst ?? null, dport: null, mark: null }
        : reportedPacket(packet)),
      protocol: packet?.protocol ?? fields?.protocol ?? '',
      in: fields?.in ?? '',
      out: fields?.out ?? '',
      state: packet?.state ?? '',
    },
    seenAt: seen.steps[0]?.line ?? 0,
    steps: stepReports(context.ruleset, all, outcome),
    verdict: isShort ? null : seenVerdict(context.ruleset, all),
    agrees,
    difference,
    notes,
  };
}
