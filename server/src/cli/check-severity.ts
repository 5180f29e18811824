import { nearestNames } from '../base/nearest-names.ts';
import { findingCodes } from '../lint/registry.ts';
import type { Severities } from '../lint/support/judge.ts';
import { UsageError } from './usage-error.ts';

/** What a finding may be. */
export const severityLevels = ['off', 'hint', 'info', 'warning', 'error'] as const;

/** Refuses a code that no finding has, with the nearest ones. Throws UsageError. */
export function knownCode(code: string, codes: readonly string[] = [...findingCodes().keys()]): string {
  if (codes.includes(code)) return code;
  const near = nearestNames(code, codes);
  const hint = near.length > 0 ? `did you mean ${near.join(' or ')}?` : '"check --list-rules" names them all';
  throw new UsageError(`there is no finding ${JSON.stringify(code)}; ${hint}`);
}

/** Severities as the command line gives them, "CODE=LEVEL" each; of one code the last counts. Throws UsageError. */
export function severitiesGiven(given: readonly string[]): Severities {
  return new Map(
    given.map((text) => {
      const equals = text.indexOf('=');
      const level = severityLevels.find((each) => each === text.slice(equals + 1));
      if (equals < 1 || level === undefined)
        throw new UsageError(`--severity ${JSON.stringify(text)} is none: expected CODE=${severityLevels.join('|')}`);
      return [knownCode(text.slice(0, equals)), level];
    }),
  );
}
