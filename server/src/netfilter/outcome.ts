/** Where a packet's paths lead, and how. */
import type { Chain } from '../ruleset/ruleset.ts';
import type { Action } from './actions.ts';
import type { Fact } from './answer.ts';
import type { Packet } from './packet.ts';
import type { Ranges } from './ranges.ts';

export type Verdict = 'accept' | 'drop' | 'reject';

/** A rule that matched, or the policy of a built-in chain; each knows the one before it. */
export interface TraceStep {
  readonly previous: TraceStep | null;
  readonly chain: Chain;
  /** 0-based; null for a policy that the dump does not say. */
  readonly line: number | null;
  /** What the rule did; 'policy' for a chain's end. */
  readonly kind: Action['kind'] | 'policy';
  /** The same in words, with values: "jump KUBE-SERVICES", "dnat to 10.0.0.1:80". */
  readonly words: string;
  /** The chain that a jump or goto enters. */
  readonly target: Chain | null;
}

/** What one path takes to be so; the latest first. */
export interface Assumption {
  readonly fact: Fact;
  readonly holds: boolean;
  readonly previous: Assumption | null;
  /** What the fact's value may be after all answers about it, this one included. */
  readonly left?: Ranges;
}

export interface Outcome {
  /** 0 to 1. Over all outcomes of the same assumptions, they add up to 1. */
  readonly probability: number;
  /** How many unlikely assumptions it makes. */
  readonly oddity: number;
  readonly verdict: Verdict;
  /** The last rule or policy; null where no table has anything for the packet. */
  readonly last: TraceStep | null;
  /** After all changes. */
  readonly packet: Packet;
  readonly assumed: Assumption | null;
}

/** A table, a built-in chain of a table, the end of a chain, or (`cut`) the ends of a table's rules that the text does not show. */
export interface Unshown {
  readonly what: 'table' | 'base chain' | 'end' | 'cut';
  readonly table: string;
  /** Empty for a table and its rules. */
  readonly chain: string;
}

export interface Enumeration {
  /** Those of the fewest unlikely assumptions first. */
  readonly outcomes: readonly Outcome[];
  /** What holds for all outcomes, in sentences. */
  readonly assumptions: readonly string[];
  /** Parts of the rules that the packet would meet and the text does not show. */
  readonly unshown: readonly Unshown[];
  /** Chains that rules jump to and the dump does not have: such a jump is passed over. */
  readonly missing: readonly Chain[];
  /** False where there are more outcomes than these. */
  readonly complete: boolean;
}

/** The rule or policy that stopped a packet, of the last steps of its way; null where none did: it passed, or had no route or no TTL left. */
export function stoppingStep(verdict: Verdict, lasts: readonly (TraceStep | null)[]): TraceStep | null {
  const last = lasts.findLast((step) => step !== null) ?? null;
  if (last === null || verdict === 'accept') return null;
  if (last.kind === 'policy') return last.words === 'drop' ? last : null;
  return last.kind === 'drop' || last.kind === 'reject' || last.kind === 'redirect' ? last : null;
}
