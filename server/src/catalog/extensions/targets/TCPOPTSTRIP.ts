/** The target TCPOPTSTRIP. Source: iptables-extensions(8) and libxt_TCPOPTSTRIP.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { anyWord, listedAs } from '../support/listed.ts';

export const tcpoptstripTarget: ExtensionData = {
  name: 'TCPOPTSTRIP',
  tables: ['mangle'],
  protocols: ['tcp'],
  help: 'Takes options out of the TCP header.',
  options: [{ long: '--strip-options', value: { type: 'tcp-option-list' }, help: 'The options by name or number.' }],
  listed: {
    opening: '',
    options: [listedAs('--strip-options', `TCPOPTSTRIP options ${anyWord}`)],
  },
};
