import type { Action } from './actions.ts';
import type { Predicate } from './answer.ts';

/** A rule ready to be asked. */
export interface CompiledRule {
  /** All must hold for it to match. */
  readonly predicates: readonly Predicate[];
  readonly action: Action;
  readonly isGoto: boolean;
}
