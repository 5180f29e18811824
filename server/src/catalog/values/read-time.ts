/** Values of the time match. Source: libxt_time.c. */
import { fault, type Value, type ValueFault } from './values.ts';

const pad = (value: number): string => `${value}`.padStart(2, '0');

/** `hh:mm[:ss]`; a part may be empty. The value is in seconds since midnight. */
export function readTimeOfDay(text: string): Value | ValueFault {
  const read = /^\s*\+?([0-9]*):([0-9]*)(?::([0-9]*))?$/.exec(text);
  const [hours, minutes, seconds] = [Number(read?.[1] ?? 99), Number(read?.[2] ?? 99), Number(read?.[3] ?? 0)];
  if (hours > 23 || minutes > 59 || seconds > 59) {
    const message = `invalid time "${text}" specified, should be hh:mm[:ss] format and within the boundaries`;
    return fault('bad-time', message);
  }
  return {
    type: 'number',
    value: hours * 3600 + minutes * 60 + seconds,
    text: `${pad(hours)}:${pad(minutes)}:${pad(seconds)}`,
  };
}

/** The last moment of a date that the match knows; iptables-save prints it where none was given. */
export const endOfTime = '2038-01-19T03:14:07';

/** `YYYY[-MM[-DD[Thh[:mm[:ss]]]]]`. The value is in seconds since 1970. */
export function readDate(text: string): Value | ValueFault {
  const read = /^\s*\+?([0-9]+)(?:-([0-9]+)(?:-([0-9]+)(?:T([0-9]+)(?::([0-9]+)(?::([0-9]+))?)?)?)?)?$/.exec(text);
  const part = (index: number, missing: number): number => Number(read?.[index] ?? missing);
  const [year, month, day] = [part(1, 0), part(2, 1), part(3, 1)];
  const [hours, minutes, seconds] = [part(4, 0), part(5, 0), part(6, 0)];
  const inBounds = read !== null && year >= 1970 && year <= 2038 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
  if (!inBounds || hours > 23 || minutes > 59 || seconds > 59)
    return fault('bad-date', `Invalid date "${text}" specified. Should be YYYY[-MM[-DD[Thh[:mm[:ss]]]]]`);
  const value = Date.UTC(year, month - 1, day, hours, minutes, seconds) / 1000;
  return { type: 'number', value, text: new Date(value * 1000).toISOString().slice(0, 19) };
}

/** The days of the week, Monday first. */
export const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;
/** Days of the week by number from Monday, or by name: two letters count, and no more than three are looked at. */
export function readWeekdays(text: string): Value | ValueFault {
  const days = new Set<number>();
  for (const part of text === '' ? [] : text.split(',')) {
    const word = part.slice(0, 3);
    const named = weekdays.findIndex((day) => word.startsWith(day.slice(0, 2)));
    const number = /^\s*[-+]?[0-9]*$/.test(word) ? Number(word) : undefined;
    if (named < 0 && number === undefined) return fault('bad-name', `${word} is not a valid day specifier`);
    if (named < 0 && number === 0) return fault('bad-name', 'No, the week does NOT begin with Sunday.');
    days.add(named >= 0 ? named + 1 : (number ?? 0));
  }
  const words = weekdays.filter((_day, index) => days.has(index + 1));
  return { type: 'words', words, text: words.join(',') };
}

/** The days of the week that are not among these. */
export function otherWeekdays(words: readonly string[]): readonly string[] {
  return weekdays.filter((day) => !words.includes(day));
}

/** Days of the month by number. */
export function readMonthdays(text: string): Value | ValueFault {
  const days = new Set<number>();
  for (const word of text.split(',').filter((part) => part !== '')) {
    const day = /^\s*\+?([0-9]+)$/.exec(word)?.[1];
    if (day === undefined || Number(day) > 31) return fault('bad-number', `${word} is not a valid day for --monthdays`);
    days.add(Number(day));
  }
  const words = [...days]
    .filter((day) => day > 0)
    .sort((one, other) => one - other)
    .map(String);
  return { type: 'words', words, text: words.join(',') };
}

/** The days of the month that are not among these. */
export function otherMonthdays(words: readonly string[]): readonly string[] {
  return Array.from({ length: 31 }, (_none, index) => `${index + 1}`).filter((day) => !words.includes(day));
}
