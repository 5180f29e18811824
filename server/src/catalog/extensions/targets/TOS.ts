/** The target TOS. Source: iptables-extensions(8) and libxt_TOS.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, Normalize } from '../../extension.ts';
import { printTos } from '../../values/read-names.ts';
import { tos, uint8 } from '../../values/value-kinds.ts';
import { othersThan } from '../support/exclusive.ts';
import { anyOption } from '../support/given.ts';
import { anyWord, listedAs } from '../support/listed.ts';
import { markOption } from '../support/normalized.ts';

const operations = ['--set-tos', '--and-tos', '--or-tos', '--xor-tos'];

const normalize: Normalize = (options) =>
  options.map((option) => {
    const value = option.value;
    if (value?.type !== 'number') return option;
    const bits = value.value;
    const mask = option.name === '--and-tos' ? ~bits & 0xff : option.name === '--or-tos' ? bits : 0;
    const set = option.name === '--and-tos' ? 0 : bits;
    return markOption('--set-tos', set, mask, printTos(set, mask));
  });

export const tosTarget: ExtensionData = {
  name: 'TOS',
  tables: ['mangle'],
  help: 'Sets the type of service byte of the IP header.',
  options: [
    {
      long: '--set-tos',
      value: tos,
      excludes: othersThan(operations, '--set-tos'),
      help: 'Clear the bits of the mask, then flip those of the value.',
    },
    { long: '--and-tos', value: uint8, excludes: othersThan(operations, '--and-tos'), help: 'Keep these bits only.' },
    { long: '--or-tos', value: uint8, excludes: othersThan(operations, '--or-tos'), help: 'Set these bits.' },
    { long: '--xor-tos', value: uint8, excludes: othersThan(operations, '--xor-tos'), help: 'Flip these bits.' },
  ],
  check: anyOption('TOS: An action is required'),
  normalize,
  listed: {
    opening: '',
    options: [
      listedAs('--set-tos', `TOS set ${anyWord}`),
      // Without -n.
      ...['and', 'or', 'xor'].map((operation) => listedAs(`--${operation}-tos`, `TOS ${operation} ${anyWord}`)),
    ],
  },
};
