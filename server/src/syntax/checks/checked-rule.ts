/** What the checks of a rule hand to each other. */
import type { ExtensionSpec } from '../../catalog/types.ts';
import type { Problem, RuleStatement, Span } from '../statement.ts';

/** What the check needs of a rule: all of it but its problems. */
export type UncheckedRule = Omit<RuleStatement, 'kind' | 'problems'>;

/** Notes a problem at a place of the line. */
export type Report = (problem: Problem) => void;

/** A match, or in the end the target, and the words that load it. */
export interface LoadedMatch {
  readonly name: string;
  /** Undefined for a match that the catalogue does not have. */
  readonly spec: ExtensionSpec | undefined;
  /** As `RuleOption.instance` of its options. */
  readonly instance: number;
  /** Where it was loaded: the value of `-m`, or the first of its options where `-p` loads it. */
  readonly at: Span;
}
