/** The target HL. Source: iptables-extensions(8) and libip6t_HL.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { uint8 } from '../../values/value-kinds.ts';
import { anyOption } from '../support/given.ts';
import { listedAs } from '../support/listed.ts';

export const hlTarget: ExtensionData = {
  name: 'HL',
  families: ['ipv6'],
  tables: ['mangle'],
  help: 'Changes the hop limit.',
  options: [
    { long: '--hl-set', value: uint8, excludes: ['--hl-dec', '--hl-inc'], help: 'To this.' },
    { long: '--hl-dec', value: { type: 'uint', bits: 8, min: 1 }, excludes: ['--hl-set', '--hl-inc'], help: 'Down by this.' },
    { long: '--hl-inc', value: { type: 'uint', bits: 8, min: 1 }, excludes: ['--hl-set', '--hl-dec'], help: 'Up by this.' },
  ],
  check: anyOption('HL: You must specify an action'),
  listed: {
    opening: 'HL',
    options: [
      listedAs('--hl-set', 'set to (\\d+)'),
      listedAs('--hl-inc', 'increment by (\\d+)'),
      listedAs('--hl-dec', 'decrement by (\\d+)'),
    ],
  },
};
