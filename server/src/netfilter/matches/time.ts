/** When the packet comes. Source: the kernel's xt_time.c, time_mt. */
import { otherMonthdays, otherWeekdays, weekdays } from '../../catalog/values/read-time.ts';
import { doubt, type Predicate } from '../answer.ts';
import { isNegated, type MatchReader, optionNamed, optionValue, type RuleContext, unknownMatch } from '../match-reader.ts';
import { type LoadedMatch, optionsText } from '../option-view.ts';

const day = 86_400;

/** The number of an option's value in seconds; the default where the rule does not say it. */
function secondsOf(match: LoadedMatch, context: RuleContext, name: string, missing: number): number | undefined {
  const option = optionNamed(match, name);
  if (option === undefined) return missing;
  const value = optionValue(option, context);
  return value?.type === 'number' ? value.value : undefined;
}

/** The days that an option allows; null for all of them. */
function daysOf(
  match: LoadedMatch,
  context: RuleContext,
  name: '--weekdays' | '--monthdays',
): ReadonlySet<string> | null | undefined {
  const option = optionNamed(match, name);
  if (option === undefined) return null;
  const value = optionValue(option, context);
  if (value?.type !== 'words') return undefined;
  const others = name === '--weekdays' ? otherWeekdays : otherMonthdays;
  return new Set(isNegated(option) ? others(value.words) : value.words);
}

/** Whether a moment, in milliseconds since 1970, is one of a rule's; undefined where the rule cannot be read, or means the kernel's time zone. */
function isSuch(match: LoadedMatch, context: RuleContext, milliseconds: number): boolean | undefined {
  if (optionNamed(match, '--kerneltz') !== undefined || optionNamed(match, '--localtz') !== undefined) return undefined;
  const start = secondsOf(match, context, '--timestart', 0);
  const stop = secondsOf(match, context, '--timestop', day - 1);
  const from = secondsOf(match, context, '--datestart', 0);
  const until = secondsOf(match, context, '--datestop', Number.POSITIVE_INFINITY);
  const onDays = daysOf(match, context, '--weekdays');
  const onDates = daysOf(match, context, '--monthdays');
  if (start === undefined || stop === undefined || from === undefined || until === undefined) return undefined;
  if (onDays === undefined || onDates === undefined) return undefined;
  const now = Math.floor(milliseconds / 1000);
  if (now < from || now > until) return false;
  const ofDay = now % day;
  const isContiguous = optionNamed(match, '--contiguous') !== undefined;
  if (start < stop ? ofDay < start || ofDay > stop : ofDay < start && ofDay > stop) return false;
  // A stretch that passes midnight belongs to the day on which it began.
  const date = new Date((start >= stop && isContiguous && ofDay <= stop ? now - day : now) * 1000);
  const name = weekdays[(date.getUTCDay() + 6) % 7] ?? '';
  return onDays?.has(name) !== false && onDates?.has(`${date.getUTCDate()}`) !== false;
}

/** Whether now is such a time: as it was when the node was looked at, where that is known. */
export const time: MatchReader = (match, context) => {
  const unknown = unknownMatch(match);
  const predicate: Predicate = (packet, knows) => {
    const holds = knows.time === undefined ? undefined : isSuch(match, context, knows.time);
    if (holds === undefined || knows.time === undefined) return unknown(packet, knows);
    const text = `-m time ${optionsText(match.options)}`.trim();
    const at = new Date(knows.time).toISOString();
    return doubt({
      about: 'other',
      key: text,
      yes: holds ? `"${text}" matches, as it did when the bundle was taken (${at}).` : `"${text}" matches.`,
      no: holds ? `"${text}" does not match.` : `"${text}" does not match, as it did not when the bundle was taken (${at}).`,
      likely: holds,
    });
  };
  return [predicate];
};
