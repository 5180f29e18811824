/** The match ipcomp. Source: iptables-extensions(8) and libxt_ipcomp.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { uint32Range } from '../../values/value-kinds.ts';
import { anyWord, listedAs } from '../support/listed.ts';
import { findOption, numberOption, withoutFullRanges } from '../support/normalized.ts';

export const ipcompMatch: ExtensionData = {
  name: 'ipcomp',
  protocols: ['ipcomp'],
  help: 'The IP payload compression header.',
  options: [
    {
      long: '--ipcompspi',
      value: uint32Range,
      negatable: true,
      help: 'Its compression parameter index is this or in this range.',
    },
    { long: '--compres', help: 'Its reserved field is zero.' },
  ],
  normalize: (options, context) =>
    findOption(options, '--ipcompspi') === undefined
      ? [numberOption('--ipcompspi', 0), ...options]
      : withoutFullRanges(0xffff_ffff)(options, context),
  listed: {
    opening: 'comp',
    options: [listedAs('--ipcompspi', `spis?:~${anyWord}`), listedAs('--compres', 'reserved')],
  },
};
