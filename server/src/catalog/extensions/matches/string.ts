/** The match string. Source: iptables-extensions(8) of iptables 1.8.9, its libxt_string.c or kin, and runs of it. */
import type { ExtensionData, Normalize } from '../../extension.ts';
import { isPrintable, printPattern } from '../../values/read-programs.ts';
import { uint16 } from '../../values/value-kinds.ts';
import { oneOf } from '../support/given.ts';
import { anyWord, listedAs, quotedText, unlessDefault } from '../support/listed.ts';
import { numberOf, replaceText, unquoted } from '../support/normalized.ts';

const normalize: Normalize = (options) =>
  options.flatMap((option) => {
    const value = option.value;
    if (option.name === '--string' && value?.type === 'text') {
      const printed = printPattern(value.raw);
      return [{ ...replaceText(option, printed.text), name: printed.option }];
    }
    if (option.name === '--hex-string' && value?.type === 'text' && isPrintable(value.raw))
      return [{ ...option, name: '--string' }];
    if (option.name === '--algo') return [unquoted(option)];
    if (option.name === '--from' && numberOf(option) === 0) return [];
    if (option.name === '--to' && numberOf(option) === 65535) return [];
    return [option];
  });

export const stringMatch: ExtensionData = {
  name: 'string',
  help: 'The packet holds a text.',
  options: [
    { long: '--string', value: { type: 'pattern', max: 128 }, negatable: true, excludes: ['--hex-string'], help: 'The text.' },
    {
      long: '--hex-string',
      value: { type: 'hex-text', max: 128 },
      negatable: true,
      excludes: ['--string'],
      help: 'The text, with bytes between bars: `|0D 0A|`.',
    },
    { long: '--algo', value: { type: 'text', max: 15 }, mandatory: true, help: 'How to search: bm or kmp.' },
    { long: '--from', value: uint16, help: 'Where to start, in bytes.' },
    { long: '--to', value: uint16, help: 'Where to end, in bytes.' },
    { long: '--icase', help: 'Upper and lower case are the same.' },
  ],
  check: oneOf("STRING match: You must specify `--string' or `--hex-string'", '--string', '--hex-string'),
  normalize,
  listed: {
    opening: 'STRING match',
    options: [
      listedAs('--hex-string', '~"(\\|(?:[^"\\\\]|\\\\.)*)"'),
      listedAs('--string', `~${quotedText}`),
      listedAs('--algo', `ALGO name ${anyWord}`),
      listedAs('--from', 'FROM (\\d+)', unlessDefault('0')),
      listedAs('--to', 'TO (\\d+)', unlessDefault('65535')),
      listedAs('--icase', 'ICASE'),
    ],
  },
};
