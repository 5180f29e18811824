/** The target RATEEST. Source: iptables-extensions(8) and libxt_RATEEST.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, GivenOptions, Normalize } from '../../extension.ts';
import { printDuration } from '../../values/read-rates.ts';
import { fault, type ValueFault } from '../../values/values.ts';
import { givenNumber } from '../support/given.ts';
import { anyWord, listedAs } from '../support/listed.ts';
import { findOption, numberOf, numberOption, unquoted } from '../support/normalized.ts';

/** The exponent that the kernel keeps for an average over so many microseconds; undefined where none fits. */
function ewmaLog(interval: number, average: number): number | undefined {
  let log = 1;
  while (log < 32 && interval / -Math.log(1 - 1 / 2 ** log) <= average) log += 1;
  return log - 1 === 0 || log - 1 >= 31 ? undefined : log - 1;
}

/** Source: libxt_RATEEST.c, RATEEST_final_check. */
function check(given: GivenOptions): ValueFault | undefined {
  const interval = givenNumber(given, '--rateest-interval') ?? 0;
  const average = givenNumber(given, '--rateest-ewmalog') ?? 0;
  if (interval > 8_000_000) return fault('bad-number', 'RATEEST: interval value is too large');
  return ewmaLog(interval, average) === undefined ? fault('bad-number', 'RATEEST: ewmalog value is out of range') : undefined;
}

/** Both are kept as powers of two: of a quarter of a second, and of the interval. */
const normalize: Normalize = (options) => {
  const interval = numberOf(findOption(options, '--rateest-interval')) ?? 0;
  let kept = 250_000;
  while (kept < interval && kept < 8_000_000) kept *= 2;
  const log = ewmaLog(interval, numberOf(findOption(options, '--rateest-ewmalog')) ?? 0) ?? 1;
  // 32 bits hold no more.
  const average = (kept * 2 ** log) % 2 ** 32;
  return options.map((option) => {
    if (option.name === '--rateest-interval') return numberOption(option.name, kept, printDuration(kept));
    if (option.name === '--rateest-ewmalog') return numberOption(option.name, average, printDuration(average));
    return unquoted(option);
  });
};

export const rateestTarget: ExtensionData = {
  name: 'RATEEST',
  help: 'Estimates the rate of packets, for the rateest match.',
  options: [
    { long: '--rateest-name', value: { type: 'text', max: 15 }, mandatory: true, help: 'The name of the estimator.' },
    { long: '--rateest-interval', value: { type: 'duration' }, mandatory: true, help: 'How often to measure: `250ms`.' },
    { long: '--rateest-ewmalog', value: { type: 'duration' }, mandatory: true, help: 'Over how long to average: `500ms`.' },
  ],
  check,
  normalize,
  listed: {
    opening: '',
    options: [
      listedAs('--rateest-name', `name ${anyWord}`),
      listedAs('--rateest-interval', `interval ${anyWord}`),
      listedAs('--rateest-ewmalog', `ewmalog ${anyWord}`),
    ],
  },
};
