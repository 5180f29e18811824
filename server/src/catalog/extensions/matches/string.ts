/** The match string. Source: iptables-extensions(8) of iptables 1.8.9, its libxt_string.c or kin, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { uint16 } from '../../values/value-kinds.ts';
import { anyWord, listedAs, quotedText, unlessDefault } from '../support/listed.ts';

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
