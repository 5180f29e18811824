/** The match statistic. Source: iptables-extensions(8) and libxt_statistic.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, GivenOptions } from '../../extension.ts';
import { uint32 } from '../../values/value-kinds.ts';
import { fault, type ValueFault } from '../../values/values.ts';
import { givenNumber, givenText, hasGiven, missingOption } from '../support/given.ts';
import { anyWord, listedAs, unlessDefault } from '../support/listed.ts';

function check(given: GivenOptions): ValueFault | undefined {
  const mode = givenText(given, '--mode');
  if ((mode === 'random' || mode === undefined) && !hasGiven(given, '--probability'))
    return missingOption('--probability must be specified when using random mode');
  if (mode !== 'nth') return undefined;
  if (!hasGiven(given, '--every') && !hasGiven(given, '--packet'))
    return missingOption('--every and --packet must be specified when using nth mode');
  const every = givenNumber(given, '--every');
  const packet = givenNumber(given, '--packet');
  if (every !== undefined && packet !== undefined && packet >= every)
    return fault('bad-number', 'the --packet p must be 0 <= p <= n-1');
  return undefined;
}

export const statisticMatch: ExtensionData = {
  name: 'statistic',
  help: 'A share of all packets, at random or counted.',
  options: [
    {
      long: '--mode',
      value: { type: 'enum', values: ['random', 'nth'] },
      mandatory: true,
      help: 'random: with a probability. nth: every so many.',
    },
    {
      long: '--probability',
      value: { type: 'probability' },
      negatable: true,
      excludes: ['--every', '--packet'],
      help: 'The share, between 0 and 1.',
    },
    {
      long: '--every',
      value: { type: 'uint', bits: 32, min: 1 },
      negatable: true,
      excludes: ['--probability'],
      requires: ['--packet'],
      help: 'One packet of so many.',
    },
    {
      long: '--packet',
      value: uint32,
      excludes: ['--probability'],
      requires: ['--every'],
      help: 'Which one of them, from 0.',
    },
  ],
  check,
  listed: {
    opening: 'statistic',
    options: [
      listedAs('--mode', 'mode (random|nth)'),
      listedAs('--probability', `~probability ${anyWord}`),
      listedAs('--every', `~every ${anyWord}`),
      listedAs('--packet', `packet ${anyWord}`, unlessDefault('0')),
    ],
  },
};
