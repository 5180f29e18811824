/** The match connlimit. Source: iptables-extensions(8) and libxt_connlimit.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, Normalize } from '../../extension.ts';
import { uint32 } from '../../values/value-kinds.ts';
import { oneOf } from '../support/given.ts';
import { listedAs } from '../support/listed.ts';
import { findOption, flagOption, numberOption } from '../support/normalized.ts';

const normalize: Normalize = (options, { family }) => {
  const limit = options.find(({ name }) => name === '--connlimit-upto' || name === '--connlimit-above');
  const flipped =
    limit === undefined || !limit.negated
      ? limit
      : { ...limit, negated: false, name: limit.name === '--connlimit-upto' ? '--connlimit-above' : '--connlimit-upto' };
  return [
    ...(flipped === undefined ? [] : [flipped]),
    findOption(options, '--connlimit-mask') ?? numberOption('--connlimit-mask', family === 'ipv4' ? 32 : 128),
    findOption(options, '--connlimit-daddr') ?? flagOption('--connlimit-saddr'),
  ];
};

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
  check: oneOf('You must specify "--connlimit-above" or "--connlimit-upto".', '--connlimit-above', '--connlimit-upto'),
  normalize,
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
