/** The target MARK. Source: iptables-extensions(8) and libxt_MARK.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, Normalize } from '../../extension.ts';
import { mark, uint32 } from '../../values/value-kinds.ts';
import { othersThan } from '../support/exclusive.ts';
import { anyOption } from '../support/given.ts';
import { asSetXmark, listedMarkOperations, markOperations } from '../support/marks.ts';

const normalize: Normalize = (options) => options.map((option) => asSetXmark(option) ?? option);

export const markTarget: ExtensionData = {
  name: 'MARK',
  help: 'Sets the mark of the packet.',
  options: [
    {
      long: '--set-xmark',
      value: mark,
      excludes: othersThan(markOperations, '--set-xmark'),
      help: 'Clear the bits of the mask, then flip those of the value.',
    },
    {
      long: '--set-mark',
      value: mark,
      excludes: othersThan(markOperations, '--set-mark'),
      help: 'Clear the bits of the mask, then set those of the value.',
    },
    { long: '--and-mark', value: uint32, excludes: othersThan(markOperations, '--and-mark'), help: 'Keep these bits only.' },
    { long: '--or-mark', value: uint32, excludes: othersThan(markOperations, '--or-mark'), help: 'Set these bits.' },
    { long: '--xor-mark', value: uint32, excludes: othersThan(markOperations, '--xor-mark'), help: 'Flip these bits.' },
  ],
  check: anyOption('MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required'),
  normalize,
  listed: {
    opening: '',
    options: [...listedMarkOperations('MARK')],
  },
};
