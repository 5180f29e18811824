/** The target TOS. Source: iptables-extensions(8) of iptables 1.8.9, its libxt_TOS.c or kin, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { tos, uint8 } from '../../values/value-kinds.ts';
import { othersThan } from '../support/exclusive.ts';
import { anyWord, listedAs } from '../support/listed.ts';

const operations = ['--set-tos', '--and-tos', '--or-tos', '--xor-tos'];

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
  listed: {
    opening: '',
    options: [listedAs('--set-tos', `TOS set ${anyWord}`)],
  },
};
