/** The match tcpmss. Source: iptables-extensions(8) and libxt_tcpmss.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { uint16Range } from '../../values/value-kinds.ts';
import { checkReversed } from '../support/given.ts';
import { listedAs } from '../support/listed.ts';

export const tcpmssMatch: ExtensionData = {
  name: 'tcpmss',
  protocols: ['tcp'],
  help: 'The maximum segment size that a SYN announces.',
  options: [{ long: '--mss', value: uint16Range, negatable: true, mandatory: true, help: 'The size or a range.' }],
  check: (given) => checkReversed(given, '--mss', () => 'tcpmss: invalid range given'),
  listed: {
    opening: 'tcpmss match',
    options: [listedAs('--mss', '~([0-9:]+)')],
  },
};
