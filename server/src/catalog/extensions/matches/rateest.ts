/** The match rateest. Source: iptables-extensions(8) and libxt_rateest.c of iptables 1.8.9, and runs of it. */
import type { CombinationCheck, ExtensionData, Normalize, NormalizedOption } from '../../extension.ts';
import { bitRate, uint32 } from '../../values/value-kinds.ts';
import { fault } from '../../values/values.ts';
import { hasGiven } from '../support/given.ts';
import { findOption, ordered, unquoted } from '../support/normalized.ts';

const rateestOrder = [
  '--rateest-delta',
  '--rateest',
  '--rateest1',
  '--rateest-bps1',
  '--rateest-pps1',
  '--rateest-lt',
  '--rateest-gt',
  '--rateest-eq',
  '--rateest-bps',
  '--rateest-pps',
  '--rateest-bps2',
  '--rateest-pps2',
  '--rateest2',
];

/** One estimator is compared with a number, or two with each other; the option names differ by that. */
const normalize: Normalize = (options) => {
  const isRelative = findOption(options, '--rateest2') !== undefined;
  const isDelta = findOption(options, '--rateest-delta') !== undefined;
  // Without the delta there is one number, the second.
  const isIdle = ({ name }: NormalizedOption): boolean =>
    !isDelta && /ps1$/.test(name) && findOption(options, name.replace(/1$/, '2')) !== undefined;
  const given = options.filter((option) => !isIdle(option));
  const named = given.map((option) => {
    const plain = unquoted(option);
    if (plain.name === '--rateest1' && !isRelative) return { ...plain, name: '--rateest' };
    return !isDelta && /^--rateest-[bp]ps[12]$/.test(plain.name) ? { ...plain, name: plain.name.slice(0, -1) } : plain;
  });
  return ordered(named, rateestOrder);
};

const comparisons = ['--rateest-lt', '--rateest-gt', '--rateest-eq'];
const quantities = ['--rateest-bps1', '--rateest-bps2', '--rateest-pps1', '--rateest-pps2'];

/** Source: `xt_rateest_mt_checkentry`, and runs with an estimator that is there. Whether one of a name is there only the machine can tell. */
const kernelCheck: CombinationCheck = (given) => {
  const hasOne = (names: readonly string[]): boolean => names.some((name) => hasGiven(given, name));
  if (!hasOne(comparisons)) return fault('missing-option', 'the kernel refuses rateest without --rateest-lt, -gt or -eq');
  return hasOne(quantities)
    ? undefined
    : fault('missing-option', 'the kernel refuses rateest without --rateest-bps or --rateest-pps');
};

export const rateestMatch: ExtensionData = {
  name: 'rateest',
  help: 'A rate that the RATEEST target estimates, compared with another or with a number.',
  options: [
    { long: '--rateest1', aliases: ['--rateest'], value: { type: 'text', max: 15 }, help: 'The first estimator.' },
    { long: '--rateest2', value: { type: 'text', max: 15 }, help: 'The second estimator.' },
    { long: '--rateest-bps1', value: bitRate, valueOptional: true, help: 'Compare bytes a second; the first number.' },
    { long: '--rateest-pps1', value: uint32, valueOptional: true, help: 'Compare packets a second; the first number.' },
    {
      long: '--rateest-bps2',
      aliases: ['--rateest-bps'],
      value: bitRate,
      valueOptional: true,
      help: 'Compare bytes a second; the second number.',
    },
    {
      long: '--rateest-pps2',
      aliases: ['--rateest-pps'],
      value: uint32,
      valueOptional: true,
      help: 'Compare packets a second; the second number.',
    },
    { long: '--rateest-delta', help: 'Compare the difference to the first number.' },
    { long: '--rateest-lt', negatable: true, help: 'The first is lower.' },
    { long: '--rateest-gt', negatable: true, help: 'The first is higher.' },
    { long: '--rateest-eq', negatable: true, help: 'They are equal.' },
  ],
  kernelCheck,
  normalize,
};
