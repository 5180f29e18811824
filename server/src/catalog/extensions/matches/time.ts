/** The match time. Source: iptables-extensions(8) and libxt_time.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, GivenOptions, Normalize, NormalizedOption } from '../../extension.ts';
import { endOfTime, otherMonthdays, otherWeekdays } from '../../values/read-time.ts';
import { fault, type ValueFault } from '../../values/values.ts';
import { givenNumber, hasGiven } from '../support/given.ts';
import { listedAs, unlessDefault } from '../support/listed.ts';
import { findOption, flagOption, numberOf, numberOption, ordered } from '../support/normalized.ts';

function check(given: GivenOptions): ValueFault | undefined {
  if (!hasGiven(given, '--contiguous')) return undefined;
  const start = givenNumber(given, '--timestart') ?? 0;
  const stop = givenNumber(given, '--timestop') ?? 86_399;
  return start >= stop
    ? undefined
    : fault('excluded-option', 'time: --contiguous only makes sense when stoptime is smaller than starttime');
}

const timeOrder = [
  '--timestart',
  '--timestop',
  '--monthdays',
  '--weekdays',
  '--datestart',
  '--datestop',
  '--kerneltz',
  '--contiguous',
];

const normalize: Normalize = (options) => {
  const start = findOption(options, '--timestart') ?? numberOption('--timestart', 0, '00:00:00');
  const stop = findOption(options, '--timestop') ?? numberOption('--timestop', 86399, '23:59:59');
  const wholeDay = numberOf(start) === 0 && numberOf(stop) === 86399;
  const days = (name: '--weekdays' | '--monthdays', count: number): NormalizedOption | undefined => {
    const option = findOption(options, name);
    const value = option?.value;
    if (option === undefined || value?.type !== 'words') return option;
    const others = name === '--weekdays' ? otherWeekdays : otherMonthdays;
    const words = option.negated ? others(value.words) : value.words;
    return words.length === count ? undefined : { name, negated: false, value: { type: 'words', words, text: words.join(',') } };
  };
  const zone = findOption(options, '--kerneltz') ?? findOption(options, '--localtz');
  const dateStart = findOption(options, '--datestart');
  return ordered(
    [
      wholeDay ? undefined : start,
      wholeDay ? undefined : stop,
      days('--monthdays', 31),
      days('--weekdays', 7),
      numberOf(dateStart) === 0 ? undefined : dateStart,
      findOption(options, '--datestop') ?? numberOption('--datestop', 0x7fff_ffff, endOfTime),
      zone === undefined ? undefined : flagOption('--kerneltz'),
      findOption(options, '--contiguous'),
    ],
    timeOrder,
  );
};

export const timeMatch: ExtensionData = {
  name: 'time',
  help: 'When the packet arrives.',
  options: [
    { long: '--timestart', value: { type: 'time-of-day' }, help: 'From this time of the day.' },
    { long: '--timestop', value: { type: 'time-of-day' }, help: 'Until this time of the day.' },
    { long: '--monthdays', value: { type: 'monthdays' }, negatable: true, help: 'On these days of the month.' },
    { long: '--weekdays', value: { type: 'weekdays' }, negatable: true, help: 'On these days of the week.' },
    { long: '--datestart', value: { type: 'date' }, help: 'From this date and time.' },
    { long: '--datestop', value: { type: 'date' }, help: 'Until this date and time.' },
    { long: '--kerneltz', excludes: ['--utc'], help: 'In the time zone of the kernel.' },
    { long: '--contiguous', help: 'A time that passes midnight is one stretch.' },
    { long: '--localtz', excludes: ['--utc'], help: 'The old name of --kerneltz.' },
    { long: '--utc', excludes: ['--localtz', '--kerneltz'], help: 'In UTC, the default.' },
  ],
  check,
  normalize,
  listed: {
    opening: 'TIME',
    options: [
      listedAs('--timestart', 'from (\\d\\d:\\d\\d:\\d\\d)', unlessDefault('00:00:00')),
      listedAs('--timestop', 'to (\\d\\d:\\d\\d:\\d\\d)', unlessDefault('23:59:59')),
      listedAs('--weekdays', '~on ((?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:,\\w+)*)'),
      listedAs('--monthdays', '~on (\\d+(?:st|nd|rd|th)(?:,\\d+\\w\\w)*)', ([days = '']) => [days.replace(/st|nd|rd|th/g, '')]),
      listedAs('--datestart', 'starting from (\\S+) (\\S+)', ([day, time]) => [`${day}T${time}`]),
      listedAs('--datestop', 'until date (\\S+) (\\S+)', ([day, time]) => [`${day}T${time}`]),
      listedAs('--contiguous', 'contiguous'),
      // Since iptables 1.4.0: where it does not say UTC, it means the kernel's time zone.
      { long: '--kerneltz', pattern: 'UTC', absent: true },
    ],
  },
};
