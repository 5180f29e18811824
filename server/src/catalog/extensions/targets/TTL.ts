/** The target TTL. Source: iptables-extensions(8) and libipt_TTL.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { uint8 } from '../../values/value-kinds.ts';
import { anyOption } from '../support/given.ts';
import { listedAs } from '../support/listed.ts';

export const ttlTarget: ExtensionData = {
  name: 'TTL',
  families: ['ipv4'],
  tables: ['mangle'],
  help: 'Changes the time to live.',
  options: [
    { long: '--ttl-set', value: uint8, excludes: ['--ttl-dec', '--ttl-inc'], help: 'To this.' },
    {
      long: '--ttl-dec',
      value: { type: 'uint', bits: 8, min: 1 },
      excludes: ['--ttl-set', '--ttl-inc'],
      help: 'Down by this.',
    },
    { long: '--ttl-inc', value: { type: 'uint', bits: 8, min: 1 }, excludes: ['--ttl-set', '--ttl-dec'], help: 'Up by this.' },
  ],
  check: anyOption('TTL: You must specify an action'),
  listed: {
    opening: 'TTL',
    options: [
      listedAs('--ttl-set', 'set to (\\d+)'),
      listedAs('--ttl-inc', 'increment by (\\d+)'),
      listedAs('--ttl-dec', 'decrement by (\\d+)'),
    ],
  },
};
