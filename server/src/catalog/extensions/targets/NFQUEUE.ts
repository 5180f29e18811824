/** The target NFQUEUE. Source: iptables-extensions(8) of iptables 1.8.9, its libxt_NFQUEUE.c or kin, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { uint16 } from '../../values/value-kinds.ts';
import { listedAs } from '../support/listed.ts';

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
