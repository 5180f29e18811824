/** The match nfacct. Source: iptables-extensions(8) and libxt_nfacct.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { anyWord, listedAs } from '../support/listed.ts';
import { replaceText, unquoted } from '../support/normalized.ts';

export const nfacctMatch: ExtensionData = {
  name: 'nfacct',
  help: 'Counts packets and bytes under a name.',
  options: [
    {
      long: '--nfacct-name',
      value: { type: 'text', min: 1, max: 31, oneLine: true },
      mandatory: true,
      help: 'An object made with nfacct(8).',
    },
  ],
  normalize: (options) => options.map((option) => replaceText(unquoted(option), ` ${unquoted(option).value?.text ?? ''}`)),
  listed: {
    opening: '',
    options: [listedAs('--nfacct-name', `nfacct-name ${anyWord}`)],
  },
};
