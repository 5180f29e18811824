/** The match limit. Source: iptables-extensions(8) and libxt_limit.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, Normalize, NormalizedOption } from '../../extension.ts';
import { faultOf } from '../../values/values.ts';
import { limitOverflows } from '../support/credits.ts';
import { findGiven, givenNumber, readGiven } from '../support/given.ts';
import { anyWord, listedAs, unlessDefault } from '../support/listed.ts';
import { findOption, numberOf } from '../support/normalized.ts';

const defaultRate = { type: 'rate', amount: 3, unit: 'packets', seconds: 3600, text: '3/hour' } as const;
const defaultBurst = 5;

const normalize: Normalize = (options) => {
  const rate: NormalizedOption = findOption(options, '--limit') ?? {
    name: '--limit',
    negated: false,
    value: defaultRate,
  };
  const burst = findOption(options, '--limit-burst');
  const burstValue = numberOf(burst);
  return burst === undefined || burstValue === defaultBurst || burstValue === 0 ? [rate] : [rate, burst];
};

export const limitMatch: ExtensionData = {
  name: 'limit',
  help: 'A rate for all packets together: a token bucket.',
  options: [
    { long: '--limit', value: { type: 'rate' }, help: 'How fast the bucket fills; 3/hour when not given.' },
    {
      long: '--limit-burst',
      value: { type: 'uint', bits: 32, max: 10000 },
      help: 'How many packets may come at once; 5 when not given.',
    },
  ],
  kernelCheck: (given) => {
    const rate = readGiven(given, findGiven(given, '--limit'));
    const { amount, seconds } = rate?.type === 'rate' ? rate : defaultRate;
    return limitOverflows(amount, seconds, givenNumber(given, '--limit-burst') ?? defaultBurst)
      ? faultOf('legacy', 'bad-rate', 'the kernel cannot count so slow a rate with such a burst')
      : undefined;
  },
  normalize,
  listed: {
    opening: 'limit:',
    options: [listedAs('--limit', `avg ${anyWord}`), listedAs('--limit-burst', `burst ${anyWord}`, unlessDefault('5'))],
  },
};
