/** The match string. Source: iptables-extensions(8) and libxt_string.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, GivenOptions, Normalize } from '../../extension.ts';
import { printPattern } from '../../values/read-programs.ts';
import { uint16 } from '../../values/value-kinds.ts';
import { fault, type ValueFault } from '../../values/values.ts';
import { findGiven, givenNumber, givenText, oneOf, readGiven } from '../support/given.ts';
import { anyWord, listedAs, quotedText, unlessDefault } from '../support/listed.ts';
import { numberOf, replaceText, unquoted } from '../support/normalized.ts';

/** Both options are printed as what the pattern is, whichever was typed. */
const normalize: Normalize = (options) =>
  options.flatMap((option) => {
    const value = option.value;
    if ((option.name === '--string' || option.name === '--hex-string') && value?.type === 'text') {
      const printed = printPattern(value.raw);
      return [{ ...replaceText(option, printed.text), name: printed.option }];
    }
    if (option.name === '--algo') return [unquoted(option)];
    if (option.name === '--from' && numberOf(option) === 0) return [];
    if (option.name === '--to' && numberOf(option) === 65535) return [];
    return [option];
  });

const algorithms = ['bm', 'kmp', 'fsm'];

/** Source: xt_string.c, string_mt_check. */
function kernelCheck(given: GivenOptions): ValueFault | undefined {
  const from = givenNumber(given, '--from') ?? 0;
  const to = givenNumber(given, '--to') ?? 65_535;
  if (from > to) return fault('reversed-range', `the kernel refuses to search from ${from} to ${to}`);
  const algorithm = givenText(given, '--algo');
  if (algorithm !== undefined && !algorithms.includes(algorithm))
    return fault('bad-name', `the kernel has no way to search named ${algorithm}`);
  const pattern = readGiven(given, findGiven(given, '--string') ?? findGiven(given, '--hex-string'));
  return pattern?.type === 'text' && pattern.raw === ''
    ? fault('text-too-short', 'the kernel refuses to search for nothing')
    : undefined;
}

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
  kernelCheck,
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
