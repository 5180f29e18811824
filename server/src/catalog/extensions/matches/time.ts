/** The match time. Source: iptables-extensions(8) of iptables 1.8.9, its libxt_time.c or kin, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { listedAs, unlessDefault } from '../support/listed.ts';

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
  listed: {
    opening: 'TIME',
    options: [
      listedAs('--timestart', 'from (\\d\\d:\\d\\d:\\d\\d)', unlessDefault('00:00:00')),
      listedAs('--timestop', 'to (\\d\\d:\\d\\d:\\d\\d)', unlessDefault('23:59:59')),
      listedAs('--weekdays', '~on ((?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:,\\w+)*)'),
      listedAs('--monthdays', '~on (\\d+(?:st|nd|rd|th)(?:,\\d+\\w\\w)*)', ([days = '']) => [days.replace(/st|nd|rd|th/g, '')]),
      listedAs('--datestart', 'starting from (\\S+) (\\S+)', ([day, time]) => [`${day}T${time}`]),
      listedAs('--datestop', 'until date (\\S+) (\\S+)', ([day, time]) => [`${day}T${time}`]),
      listedAs('--kerneltz', 'kerneltz|TZ'),
      listedAs('--contiguous', 'contiguous'),
      listedAs('', 'UTC'),
    ],
  },
};
