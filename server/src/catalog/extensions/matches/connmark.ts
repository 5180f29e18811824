/** The match connmark. Source: iptables-extensions(8) and libxt_connmark.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { mark } from '../../values/value-kinds.ts';
import { anyWord, listedAs } from '../support/listed.ts';

export const connmarkMatch: ExtensionData = {
  name: 'connmark',
  help: 'The mark of the connection.',
  options: [{ long: '--mark', value: mark, negatable: true, mandatory: true, help: 'The mark, looked at through the mask.' }],
  listed: {
    opening: '(?:connmark|CONNMARK) match',
    options: [listedAs('--mark', `~${anyWord}`)],
  },
};
