/** The target NFQUEUE. Source: iptables-extensions(8) and libxt_NFQUEUE.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, Normalize } from '../../extension.ts';
import { uint16 } from '../../values/value-kinds.ts';
import { fault } from '../../values/values.ts';
import { findGiven, readGiven } from '../support/given.ts';
import { listedAs } from '../support/listed.ts';
import { findOption, numberOption } from '../support/normalized.ts';

const normalize: Normalize = (options) =>
  findOption(options, '--queue-num') === undefined && findOption(options, '--queue-balance') === undefined
    ? [numberOption('--queue-num', 0), ...options]
    : options;

export const nfqueueTarget: ExtensionData = {
  name: 'NFQUEUE',
  help: 'Hands the packet to a program that decides.',
  options: [
    { long: '--queue-num', value: uint16, excludes: ['--queue-balance'], help: 'The queue; 0 when not given.' },
    {
      long: '--queue-balance',
      value: { type: 'uint-range', bits: 16, bothEnds: true },
      excludes: ['--queue-num'],
      help: 'Spread connections over queues from one to another.',
    },
    { long: '--queue-bypass', help: 'Accept the packet if no program listens.' },
    { long: '--queue-cpu-fanout', requires: ['--queue-balance'], help: 'Choose the queue by processor.' },
  ],
  check: (given) => {
    const value = readGiven(given, findGiven(given, '--queue-balance'));
    if (value?.type !== 'range' || value.range.from < value.range.to) return undefined;
    return fault('bad-range', `${value.range.from} should be less than ${value.range.to}`);
  },
  kernelCheck: (given) => {
    const value = readGiven(given, findGiven(given, '--queue-balance'));
    return value?.type === 'range' && value.range.to - value.range.from >= 65_535
      ? fault('bad-range', 'the kernel counts all 65536 queues as none')
      : undefined;
  },
  normalize,
  listed: {
    opening: 'NFQUEUE',
    options: [
      listedAs('--queue-num', 'num (\\d+)'),
      listedAs('--queue-balance', 'balance ([0-9:]+)'),
      listedAs('--queue-bypass', 'bypass'),
      listedAs('--queue-cpu-fanout', 'cpu-fanout'),
    ],
  },
};
