/** The match hashlimit. Source: iptables-extensions(8) and libxt_hashlimit.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, GivenOptions, Normalize, NormalizedOption } from '../../extension.ts';
import { printByteBurst } from '../../values/read-rates.ts';
import { uint32 } from '../../values/value-kinds.ts';
import { fault, type ValueFault } from '../../values/values.ts';
import { hashlimitOverflows } from '../support/credits.ts';
import { findGiven, givenNumber, givenText, hasGiven, missingOption, readGiven } from '../support/given.ts';
import { anyWord, listedAs } from '../support/listed.ts';
import { findOption, numberOf, numberOption, ordered, unquoted, without } from '../support/normalized.ts';

function check(given: GivenOptions): ValueFault | undefined {
  const rate = findGiven(given, '--hashlimit-upto') ?? findGiven(given, '--hashlimit-above');
  if (rate === undefined) return missingOption('You have to specify --hashlimit');
  const burst = givenNumber(given, '--hashlimit-burst');
  if (burst === undefined) return undefined;
  const value = readGiven(given, rate);
  if (value?.type !== 'rate') return undefined;
  if (value.unit === 'packets')
    return burst > 1_000_000
      ? fault('bad-number', 'bad value for option "--hashlimit-burst", or out of range (1-1000000).')
      : undefined;
  if (value.amount === 0) return fault('bad-rate', 'a rate below 16 bytes a second counts as none, and iptables divides by it');
  return burst < value.amount ? fault('bad-number', `burst cannot be smaller than ${value.amount}b`) : undefined;
}

/** In bytes a second; seen in runs with both back ends: 32767mb/s loads. */
const refusedBytes = 32_768 * 1024 * 1024;

/** Source: xt_hashlimit.c, hashlimit_mt_check_common. */
function kernelCheck(given: GivenOptions): ValueFault | undefined {
  for (const long of ['--hashlimit-htable-expire', '--hashlimit-htable-gcinterval'])
    if (givenNumber(given, long) === 0) return fault('bad-number', `the kernel refuses ${long} 0`);
  for (const long of ['--hashlimit-srcmask', '--hashlimit-dstmask'])
    if (given.family === 'ipv4' && (givenNumber(given, long) ?? 0) > 32)
      return fault('bad-mask', `the kernel takes a ${long} of up to 32 bits in IPv4`);
  const name = givenText(given, '--hashlimit-name') ?? '';
  if (name === '.' || name === '..' || name.includes('/'))
    return fault('bad-name', `the kernel takes no table named ${name}: it would be a file of that name`);
  const rate = readGiven(given, findGiven(given, '--hashlimit-upto') ?? findGiven(given, '--hashlimit-above'));
  if (rate?.type === 'rate' && rate.unit === 'bytes' && rate.amount >= refusedBytes)
    return fault('bad-rate', 'the kernel takes no rate of 32 gigabytes a second or more');
  if (rate?.type !== 'rate' || rate.unit === 'bytes' || hasGiven(given, '--hashlimit-rate-match')) return undefined;
  return hashlimitOverflows(rate.amount, rate.seconds, givenNumber(given, '--hashlimit-burst') ?? 5)
    ? fault('bad-rate', 'the kernel cannot count so slow a rate with such a burst')
    : undefined;
}

/** The kernel's most for a table's buckets and entries. */
const mostEntries = 1_048_576;

const hashlimitOrder = [
  '--hashlimit-upto',
  '--hashlimit-above',
  '--hashlimit-burst',
  '--hashlimit-mode',
  '--hashlimit-name',
  '--hashlimit-htable-size',
  '--hashlimit-htable-max',
  '--hashlimit-htable-gcinterval',
  '--hashlimit-htable-expire',
  '--hashlimit-srcmask',
  '--hashlimit-dstmask',
  '--hashlimit-rate-match',
  '--hashlimit-rate-interval',
];

function capped(option: NormalizedOption): NormalizedOption {
  const isCounted = option.name === '--hashlimit-htable-size' || option.name === '--hashlimit-htable-max';
  return isCounted && (numberOf(option) ?? 0) > mostEntries ? numberOption(option.name, mostEntries) : option;
}

const normalize: Normalize = (options, { family }) => {
  const bits = family === 'ipv4' ? 32 : 128;
  const written = findOption(options, '--hashlimit-upto') ?? findOption(options, '--hashlimit-above');
  const rate = written?.value?.type === 'rate' ? written.value : undefined;
  const flipped =
    written === undefined || !written.negated
      ? written
      : { ...written, negated: false, name: written.name === '--hashlimit-upto' ? '--hashlimit-above' : '--hashlimit-upto' };
  const burst = findOption(options, '--hashlimit-burst');
  const burstValue = numberOf(burst);
  let printedBurst: NormalizedOption | undefined;
  if (rate?.unit === 'bytes') {
    if (burstValue !== undefined)
      printedBurst = numberOption('--hashlimit-burst', burstValue, printByteBurst(burstValue, rate.amount));
  } else {
    printedBurst = burst ?? numberOption('--hashlimit-burst', 5);
  }
  // An entry lives as long as the unit in which the rate was written, unless something else is said.
  const unit = rate?.unit === 'bytes' ? 15 : (rate?.seconds ?? 1);
  const expire = numberOf(findOption(options, '--hashlimit-htable-expire')) ?? (rate?.written ?? unit) * 1000;
  const kept = without(options, '--hashlimit-upto', '--hashlimit-above', '--hashlimit-burst', '--hashlimit-htable-expire').filter(
    (option) => {
      const value = numberOf(option);
      switch (option.name) {
        case '--hashlimit-srcmask':
        case '--hashlimit-dstmask':
          return value !== bits;
        case '--hashlimit-htable-gcinterval':
          return value !== 1000;
        case '--hashlimit-htable-size':
        case '--hashlimit-htable-max':
          return value !== 0;
        case '--hashlimit-mode':
          return option.value?.text !== '';
        case '--hashlimit-rate-interval':
          return findOption(options, '--hashlimit-rate-match') !== undefined && value !== 1;
        default:
          return true;
      }
    },
  );
  return ordered(
    [
      flipped,
      printedBurst,
      expire === unit * 1000 ? undefined : numberOption('--hashlimit-htable-expire', expire),
      ...kept.map(unquoted).map(capped),
    ],
    hashlimitOrder,
  );
};

export const hashlimitMatch: ExtensionData = {
  name: 'hashlimit',
  help: 'A rate for each address, port or network: a token bucket for every key.',
  options: [
    {
      long: '--hashlimit-upto',
      aliases: ['--hashlimit'],
      value: { type: 'hash-rate' },
      negatable: true,
      excludes: ['--hashlimit-above'],
      help: 'Packets within this rate match.',
    },
    {
      long: '--hashlimit-above',
      value: { type: 'hash-rate' },
      negatable: true,
      excludes: ['--hashlimit-upto'],
      help: 'Packets above this rate match.',
    },
    { long: '--hashlimit-burst', value: { type: 'hash-burst' }, help: 'How much may come at once; 5 packets when not given.' },
    { long: '--hashlimit-mode', value: { type: 'hash-mode' }, help: 'What makes the key; one bucket for all when not given.' },
    {
      long: '--hashlimit-name',
      value: { type: 'text', min: 1, max: 255 },
      mandatory: true,
      help: 'The name under /proc/net/ipt_hashlimit.',
    },
    { long: '--hashlimit-htable-size', value: uint32, help: 'Number of buckets of the hash table.' },
    { long: '--hashlimit-htable-max', value: uint32, help: 'Most entries of the hash table.' },
    { long: '--hashlimit-htable-gcinterval', value: uint32, help: 'Milliseconds between clean-ups.' },
    { long: '--hashlimit-htable-expire', value: uint32, help: 'Milliseconds until an idle entry goes.' },
    {
      long: '--hashlimit-srcmask',
      value: { type: 'prefix-length' },
      help: 'Prefix length by which source addresses are grouped.',
    },
    {
      long: '--hashlimit-dstmask',
      value: { type: 'prefix-length' },
      help: 'Prefix length by which destination addresses are grouped.',
    },
    { long: '--hashlimit-rate-match', help: 'Judge the rate as it is, without a bucket.' },
    {
      long: '--hashlimit-rate-interval',
      value: { type: 'rate-interval' },
      help: 'Seconds over which the rate is taken.',
    },
  ],
  check,
  kernelCheck,
  normalize,
  listed: {
    // Without "up to" it is revision 0, which iptables before 1.4.1 had; the match limit has no mode.
    opening: 'limit:(?= (?:up to|above|avg \\S+ burst \\d+ mode))',
    options: [
      listedAs('--hashlimit-upto', `avg ${anyWord}`),
      listedAs('--hashlimit-upto', `up to ${anyWord}`),
      listedAs('--hashlimit-above', `above ${anyWord}`),
      listedAs('--hashlimit-burst', `burst ${anyWord}`),
      listedAs('--hashlimit-mode', `mode ${anyWord}`, ([mode = '']) => [mode.replaceAll('-', ',')]),
      listedAs('--hashlimit-htable-size', `htable-size ${anyWord}`),
      listedAs('--hashlimit-htable-max', `htable-max ${anyWord}`),
      listedAs('--hashlimit-htable-gcinterval', `htable-gcinterval ${anyWord}`),
      listedAs('--hashlimit-htable-expire', `htable-expire ${anyWord}`),
      listedAs('--hashlimit-srcmask', `srcmask ${anyWord}`),
      listedAs('--hashlimit-dstmask', `dstmask ${anyWord}`),
      listedAs('--hashlimit-rate-match', 'rate-match'),
      listedAs('--hashlimit-rate-interval', `rate-interval ${anyWord}`),
    ],
  },
};
