import type {
  SeenPacketInfo,
  TracedOutcome,
  TracePart,
  TraceReason,
  TraceRulesResult,
  TraceStage,
  TraceWhyNotResult,
} from '../../../server/src/protocol/trace.ts';

export type LookedRule = TraceRulesResult['rules'][number];
export type PassingChange = TraceWhyNotResult['changes'][number];
type Part<Kind extends TracePart['kind']> = Extract<TracePart, { readonly kind: Kind }>;

/** The rule or policy that stopped a packet. */
export interface StoppedBy {
  readonly verdict: TracedOutcome['verdict'];
  readonly step: number;
  readonly chain: string;
  /** 0-based; null where the dump does not say it. */
  readonly line: number | null;
  readonly rule: string;
}

/** What a row of the trace view is about. `at` is the outcome, 0-based. */
export type TraceSubject =
  | { readonly kind: 'outcome'; readonly at: number; readonly outcome: TracedOutcome; readonly owner: string }
  | { readonly kind: 'assuming'; readonly text: string }
  | { readonly kind: 'stage'; readonly at: number; readonly stage: TraceStage }
  | { readonly kind: 'rule'; readonly at: number; readonly part: Part<'rule'> }
  | { readonly kind: 'policy'; readonly at: number; readonly part: Part<'policy'> }
  /** Rules that did not match; more than a few stand in ranges. */
  | { readonly kind: 'passed'; readonly at: number; readonly first: number; readonly count: number; readonly isRange: boolean }
  | { readonly kind: 'looked'; readonly rule: LookedRule }
  | { readonly kind: 'reasons'; readonly reasons: readonly TraceReason[] }
  | { readonly kind: 'reason'; readonly reason: TraceReason }
  /** The packet as a rule or table left it. */
  | { readonly kind: 'changed'; readonly before: string; readonly after: string }
  /** What stopped the packet; below it, with what change it passes. */
  | { readonly kind: 'why-not'; readonly at: number; readonly stopped: StoppedBy }
  | { readonly kind: 'change'; readonly change: PassingChange }
  | { readonly kind: 'notes'; readonly notes: readonly string[] }
  | { readonly kind: 'note'; readonly text: string }
  /** A packet that a kernel was seen to take through its rules; `at` is its place among them. */
  | { readonly kind: 'seen-packet'; readonly at: number; readonly packet: SeenPacketInfo }
  /** `number` is its place among the packet's steps, from 1. */
  | { readonly kind: 'seen-step'; readonly at: number; readonly number: number; readonly step: SeenPacketInfo['steps'][number] }
  | { readonly kind: 'seen-difference'; readonly message: string };

/** A row of the trace view, which knows the one that it stands below. */
export interface TraceNode {
  readonly subject: TraceSubject;
  readonly parent: TraceNode | undefined;
}

/** Rows of the trace view below another one; undefined for those at the top. */
export function below(parent: TraceNode | undefined, subjects: readonly TraceSubject[]): readonly TraceNode[] {
  return subjects.map((subject) => ({ subject, parent }));
}

/** So many rules are listed below one row, and asked for at once. */
const rulesInRange = 100;

/** The rules that did not match, one by one where they are few, else in ranges. */
export function rangesOf(at: number, first: number, count: number): readonly TraceSubject[] {
  if (count <= rulesInRange) return [];
  const ranges: TraceSubject[] = [];
  for (let from = first; from < first + count; from += rulesInRange)
    ranges.push({ kind: 'passed', at, first: from, count: Math.min(rulesInRange, first + count - from), isRange: true });
  return ranges;
}

/** Whether a table did something with the packet; what did not is dull, and folded. */
export function isDull({ parts, after }: TraceStage): boolean {
  return after === null && parts.every(({ kind }) => kind !== 'rule');
}

/** The rows below a table or a rule that matched. */
export function subjectsOfParts(at: number, parts: readonly TracePart[]): readonly TraceSubject[] {
  return parts.map((part): TraceSubject => subjectOfPart(at, part));
}

function subjectOfPart(at: number, part: TracePart): TraceSubject {
  switch (part.kind) {
    case 'rule':
      return { kind: 'rule', at, part };
    case 'policy':
      return { kind: 'policy', at, part };
    case 'passed':
      return { kind: 'passed', at, first: part.first, count: part.count, isRange: false };
  }
}
