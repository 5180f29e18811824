/** The match mark. Source: iptables-extensions(8) and libxt_mark.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { mark } from '../../values/value-kinds.ts';
import { anyWord, listedAs } from '../support/listed.ts';

export const markMatch: ExtensionData = {
  name: 'mark',
  help: 'The mark of the packet.',
  options: [{ long: '--mark', value: mark, negatable: true, mandatory: true, help: 'The mark, looked at through the mask.' }],
  listed: {
    opening: '(?:mark|MARK) match',
    options: [listedAs('--mark', `~${anyWord}`)],
  },
};
