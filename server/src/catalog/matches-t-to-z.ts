/** Matches from tcp to udp. Source: iptables-extensions(8) of iptables 1.8.9 and runs of it. */
import type { ExtensionData } from './types.ts';
import { orderedPortRange, portRange, tos, uint8, uint16Range } from './values/value-kinds.ts';

export const matchesTToZ = [
  {
    name: 'tcp',
    protocols: ['tcp'],
    help: 'TCP ports, flags and options.',
    options: [
      {
        long: '--source-port',
        aliases: ['--sport'],
        saved: '--sport',
        value: orderedPortRange,
        negatable: true,
        help: 'The source port or a range.',
      },
      {
        long: '--destination-port',
        aliases: ['--dport'],
        saved: '--dport',
        value: orderedPortRange,
        negatable: true,
        help: 'The destination port or a range.',
      },
      { long: '--tcp-option', value: { type: 'tcp-option' }, negatable: true, help: 'This option is there.' },
      {
        long: '--tcp-flags',
        value: { type: 'tcp-flags' },
        negatable: true,
        help: 'Of the first flags exactly the second are set.',
      },
      {
        long: '--syn',
        negatable: true,
        help: 'The packet opens a connection: SYN is set, and ACK, RST and FIN are not.',
      },
    ],
  },
  {
    name: 'tcpmss',
    protocols: ['tcp'],
    help: 'The maximum segment size that a SYN announces.',
    options: [{ long: '--mss', value: uint16Range, negatable: true, mandatory: true, help: 'The size or a range.' }],
  },
  {
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
  },
  {
    name: 'tos',
    help: 'The type of service byte of the IP header.',
    options: [{ long: '--tos', value: tos, negatable: true, mandatory: true, help: 'Its value, with a mask or by name.' }],
  },
  {
    name: 'ttl',
    families: ['ipv4'],
    help: 'The time to live.',
    options: [
      {
        long: '--ttl-eq',
        aliases: ['--ttl'],
        value: uint8,
        negatable: true,
        excludes: ['--ttl-lt', '--ttl-gt'],
        help: 'It is this.',
      },
      { long: '--ttl-lt', value: uint8, excludes: ['--ttl-gt', '--ttl-eq'], help: 'It is lower than this.' },
      { long: '--ttl-gt', value: uint8, excludes: ['--ttl-lt', '--ttl-eq'], help: 'It is higher than this.' },
    ],
  },
  {
    name: 'u32',
    help: 'Numbers taken from anywhere in the packet.',
    options: [
      {
        long: '--u32',
        value: { type: 'u32' },
        negatable: true,
        mandatory: true,
        help: 'Tests such as `0&0xffff=0x100:0xffff`, joined by &&.',
      },
    ],
  },
  {
    name: 'udp',
    protocols: ['udp'],
    help: 'UDP ports.',
    options: [
      {
        long: '--source-port',
        aliases: ['--sport'],
        saved: '--sport',
        value: portRange,
        negatable: true,
        help: 'The source port or a range.',
      },
      {
        long: '--destination-port',
        aliases: ['--dport'],
        saved: '--dport',
        value: portRange,
        negatable: true,
        help: 'The destination port or a range.',
      },
    ],
  },
] as const satisfies readonly ExtensionData[];
