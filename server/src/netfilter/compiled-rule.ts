import type { RuleOption } from '../syntax/statement.ts';
import type { Action } from './actions.ts';
import type { Predicate } from './answer.ts';

/** One of iptables' own options, or one loaded match with its options, and what they ask of a packet. */
export interface Condition {
  /** The match's name; empty for an option of iptables' own, and for what a listing does not show. */
  readonly match: string;
  /** As typed; none for what a listing does not show. */
  readonly options: readonly RuleOption[];
  readonly predicates: readonly Predicate[];
}

/** A rule ready to be asked. */
export interface CompiledRule {
  /** All must hold for it to match. */
  readonly predicates: readonly Predicate[];
  readonly action: Action;
  readonly isGoto: boolean;
  /** Where the predicates come from; absent where the rule was told by its shape. */
  readonly conditions?: readonly Condition[];
}
