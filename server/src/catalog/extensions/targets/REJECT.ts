/** The target REJECT. Source: iptables-extensions(8) of iptables 1.8.9, its libxt_REJECT.c or kin, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { anyWord, listedAs } from '../support/listed.ts';

export const rejectTarget: ExtensionData = {
  name: 'REJECT',
  tables: ['filter'],
  hooks: ['INPUT', 'FORWARD', 'OUTPUT'],
  help: 'Drops the packet and tells the sender.',
  options: [
    {
      long: '--reject-with',
      value: { type: 'reject-type' },
      help: 'The answer: an ICMP error by name, or tcp-reset.',
    },
  ],
  listed: {
    opening: '',
    options: [listedAs('--reject-with', `reject-with ${anyWord}`)],
  },
};
