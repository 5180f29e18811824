/** The match quota. Source: iptables-extensions(8) and libxt_quota.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { listedAs } from '../support/listed.ts';

export const quotaMatch: ExtensionData = {
  name: 'quota',
  help: 'Matches until so many bytes have passed.',
  options: [
    { long: '--quota', value: { type: 'uint', bits: 64 }, negatable: true, mandatory: true, help: 'The number of bytes.' },
  ],
  listed: {
    opening: '',
    options: [listedAs('--quota', 'quota: (\\d+) bytes')],
  },
};
