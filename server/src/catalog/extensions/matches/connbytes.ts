/** The match connbytes. Source: iptables-extensions(8) and libxt_connbytes.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { checkReversed } from '../support/given.ts';
import { anyWord, listedAs } from '../support/listed.ts';

export const connbytesMatch: ExtensionData = {
  name: 'connbytes',
  help: 'How much a connection has transferred so far.',
  options: [
    {
      long: '--connbytes',
      value: { type: 'uint-range', bits: 64, openEnd: true },
      negatable: true,
      mandatory: true,
      help: 'At least the first, at most the second number.',
    },
    {
      long: '--connbytes-mode',
      value: { type: 'enum', values: ['packets', 'bytes', 'avgpkt'] },
      mandatory: true,
      help: 'What to count: packets, bytes, or bytes a packet.',
    },
    {
      long: '--connbytes-dir',
      value: { type: 'enum', values: ['original', 'reply', 'both'] },
      mandatory: true,
      help: 'In which direction to count.',
    },
  ],
  check: (given) => checkReversed(given, '--connbytes', (from, to) => `${from} should be less than ${to}`),
  // Kept as a range that ends before it begins where it is negated, which one of a single number cannot.
  normalize: (options) =>
    options.map((option) => {
      const range = option.value?.type === 'range' ? option.value.range : undefined;
      if (range === undefined || option.value === undefined) return option;
      const text = range.to === 0 ? `${range.from}` : option.value.text;
      return { ...option, negated: option.negated && range.from !== range.to, value: { ...option.value, text } };
    }),
  listed: {
    opening: '',
    options: [
      listedAs('--connbytes', '~connbytes ([0-9:]+)'),
      // Before iptables 1.4.1.
      listedAs('--connbytes', 'connbytes ~([0-9:]+)'),
      listedAs('--connbytes-mode', `connbytes mode ${anyWord}`),
      listedAs('--connbytes-dir', `connbytes direction ${anyWord}`),
    ],
  },
};
