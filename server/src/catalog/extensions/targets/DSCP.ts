/** The target DSCP. Source: iptables-extensions(8) and libxt_DSCP.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { dscpClass } from '../../values/value-kinds.ts';
import { normalizeDscp } from '../support/dscp.ts';
import { anyOption } from '../support/given.ts';
import { anyWord, listedAs } from '../support/listed.ts';

export const dscpTarget: ExtensionData = {
  name: 'DSCP',
  tables: ['mangle'],
  help: 'Sets the six bits of differentiated services.',
  options: [
    {
      long: '--set-dscp',
      value: { type: 'uint', bits: 8, max: 63, print: 'hex2' },
      excludes: ['--set-dscp-class'],
      help: 'Their value.',
    },
    { long: '--set-dscp-class', value: dscpClass, excludes: ['--set-dscp'], help: 'Their value by name: BE, EF, AFxx, CSx.' },
  ],
  check: anyOption('DSCP target: Parameter --set-dscp is required'),
  normalize: normalizeDscp('--set-dscp'),
  listed: {
    opening: '',
    options: [listedAs('--set-dscp', `DSCP set ${anyWord}`)],
  },
};
