/**
 * Questions about the options of one extension as typed, for its `check`. Source of the checks: the `final_check`, `x6_fcheck` and `x6_parse` functions of
 * iptables 1.8.9's extensions, and runs of them. The words are theirs.
 */
import type { CombinationCheck, GivenOption, GivenOptions } from '../../extension.ts';
import { readValue } from '../../values/read-value.ts';
import { fault, type Value, type ValueFault } from '../../values/values.ts';

/** The first option of this name; undefined where it is absent. */
export function findGiven({ all }: GivenOptions, long: string): GivenOption | undefined {
  for (const option of all) if (option.name === long) return option;
  return undefined;
}

/** Whether the option is there. */
export function hasGiven(given: GivenOptions, long: string): boolean {
  return findGiven(given, long) !== undefined;
}

/** The value of an option; undefined for a flag, and for a value that has been refused already. */
export function readGiven(given: GivenOptions, option: GivenOption | undefined): Value | undefined {
  if (option?.spec === undefined || option.values.length === 0) return undefined;
  const words = option.values.map(({ text }) => text);
  const value = readValue(option.spec, words, given);
  return value?.type === 'fault' ? undefined : value;
}

/** The number of an option; undefined where it is absent or has none. */
export function givenNumber(given: GivenOptions, long: string): number | undefined {
  const value = readGiven(given, findGiven(given, long));
  return value?.type === 'number' ? value.value : undefined;
}

/** The first word of an option as typed, without quotes. */
export function givenText(given: GivenOptions, long: string): string | undefined {
  return findGiven(given, long)?.values[0]?.text;
}

/** The number of the protocol that `-p` gave in front of an option; 0 where it stands behind, or nowhere. */
export function protocolBefore(given: GivenOptions, option: GivenOption): number {
  const before = given.rule.slice(0, given.rule.indexOf(option));
  const value = readGiven(
    given,
    before.findLast(({ name }) => name === '--protocol'),
  );
  return value?.type === 'protocol' ? value.number : 0;
}

/** An option is missing, in iptables' words. */
export function missingOption(message: string): ValueFault {
  return fault('missing-option', message);
}

/** One of these options at least must be there. */
export function oneOf(message: string, ...longs: readonly string[]): CombinationCheck {
  return (given) => (longs.some((long) => hasGiven(given, long)) ? undefined : missingOption(message));
}

/** One of these options must be there, and not another with it. */
export function oneOnly(message: string, ...longs: readonly string[]): CombinationCheck {
  return (given) => (longs.filter((long) => hasGiven(given, long)).length === 1 ? undefined : missingOption(message));
}

/** Some option must be there. */
export function anyOption(message: string): CombinationCheck {
  return ({ all }) => (all.length > 0 ? undefined : missingOption(message));
}

/** The option's range must not end before it begins. */
export function checkReversed(
  given: GivenOptions,
  long: string,
  message: (from: number, to: number) => string,
): ValueFault | undefined {
  const value = readGiven(given, findGiven(given, long));
  return value?.type === 'range' && value.range.from > value.range.to
    ? fault('reversed-range', message(value.range.from, value.range.to))
    : undefined;
}
