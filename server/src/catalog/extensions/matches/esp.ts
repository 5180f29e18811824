/** The match esp. Source: iptables-extensions(8) and libxt_esp.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { uint32Range } from '../../values/value-kinds.ts';
import { anyWord, listedAs } from '../support/listed.ts';
import { withoutFullRanges } from '../support/normalized.ts';

export const espMatch: ExtensionData = {
  name: 'esp',
  protocols: ['esp'],
  help: 'The IPsec encapsulating security payload.',
  options: [
    { long: '--espspi', value: uint32Range, negatable: true, help: 'Its security parameters index is this or in this range.' },
  ],
  normalize: withoutFullRanges(0xffff_ffff),
  listed: {
    opening: 'esp',
    options: [listedAs('--espspi', `spis?:~${anyWord}`)],
  },
};
