import { mentionsOn } from '../../ruleset/places.ts';
import type { Ruleset } from '../../ruleset/ruleset.ts';
import type { RuleStatement } from '../../syntax/statement.ts';
import type { Place } from './finding.ts';

/** A line (0-based) as a place, without what a paste put in front of it. */
export function linePlace({ lines }: Ruleset, number: number): Place {
  const line = lines.at(number);
  return { line: number, start: line?.prefix ?? 0, end: line?.text.length ?? 0 };
}

/** The last chain or target that a line (0-based) names, as a place; without any, the whole line. */
export function lastNamePlace(ruleset: Ruleset, number: number): Place {
  return mentionsOn(ruleset, number).at(-1) ?? linePlace(ruleset, number);
}

/** The word that names the target of the rule on a line (0-based). */
export function targetPlace(number: number, { target }: RuleStatement): Place {
  return { line: number, start: target?.start ?? 0, end: target?.end ?? 0 };
}
