/** The match connlimit. Source: iptables-extensions(8) of iptables 1.8.9, its libxt_connlimit.c or kin, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { uint32 } from '../../values/value-kinds.ts';
import { listedAs } from '../support/listed.ts';

export const connlimitMatch: ExtensionData = {
  name: 'connlimit',
  help: 'How many connections there are from or to an address or network.',
  options: [
    { long: '--connlimit-upto', value: uint32, negatable: true, excludes: ['--connlimit-above'], help: 'At most so many.' },
    { long: '--connlimit-above', value: uint32, negatable: true, excludes: ['--connlimit-upto'], help: 'More than so many.' },
    { long: '--connlimit-mask', value: { type: 'prefix-mask' }, help: 'Count networks of this prefix length together.' },
    { long: '--connlimit-saddr', excludes: ['--connlimit-daddr'], help: 'Count by source address, the default.' },
    { long: '--connlimit-daddr', excludes: ['--connlimit-saddr'], help: 'Count by destination address.' },
  ],
  listed: {
    opening: '#conn',
    options: [
      listedAs('--connlimit-saddr', 'src(?=/)'),
      listedAs('--connlimit-daddr', 'dst(?=/)'),
      listedAs('--connlimit-mask', '/(\\d+)'),
      listedAs('--connlimit-upto', '<= (\\d+)'),
      listedAs('--connlimit-above', '> (\\d+)'),
    ],
  },
};
