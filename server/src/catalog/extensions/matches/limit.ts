/** The match limit. Source: iptables-extensions(8) of iptables 1.8.9, its libxt_limit.c or kin, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { anyWord, listedAs, unlessDefault } from '../support/listed.ts';

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
  listed: {
    opening: 'limit:',
    options: [listedAs('--limit', `avg ${anyWord}`), listedAs('--limit-burst', `burst ${anyWord}`, unlessDefault('5'))],
  },
};
