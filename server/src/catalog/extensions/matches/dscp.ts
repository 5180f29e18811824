/** The match dscp. Source: iptables-extensions(8) and libxt_dscp.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { dscpClass } from '../../values/value-kinds.ts';
import { normalizeDscp } from '../support/dscp.ts';
import { anyOption } from '../support/given.ts';
import { listedAs } from '../support/listed.ts';

export const dscpMatch: ExtensionData = {
  name: 'dscp',
  help: 'The six bits of differentiated services in the IP header.',
  options: [
    {
      long: '--dscp',
      value: { type: 'uint', bits: 8, max: 63, print: 'hex2' },
      negatable: true,
      excludes: ['--dscp-class'],
      help: 'Their value.',
    },
    {
      long: '--dscp-class',
      value: dscpClass,
      negatable: true,
      excludes: ['--dscp'],
      help: 'Their value by name: BE, EF, AFxx, CSx.',
    },
  ],
  check: anyOption('DSCP match: Parameter --dscp is required'),
  normalize: normalizeDscp('--dscp'),
  listed: {
    opening: 'DSCP match',
    options: [listedAs('--dscp', '~(0x[0-9a-f]+)')],
  },
};
