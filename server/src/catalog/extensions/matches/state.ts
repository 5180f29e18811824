/** The match state. Source: iptables-extensions(8) and libxt_conntrack.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { conntrackStates } from '../../values/words.ts';
import { anyWord, listedAs } from '../support/listed.ts';

export const stateMatch: ExtensionData = {
  name: 'state',
  help: 'The state of the connection; conntrack can say more.',
  options: [
    {
      long: '--state',
      value: { type: 'enum', values: conntrackStates.slice(0, 5), list: true, ignoreCase: true, beginning: true },
      negatable: true,
      mandatory: true,
      help: 'The connection is in one of these states.',
    },
  ],
  listed: {
    opening: '',
    options: [listedAs('--state', `~state ${anyWord}`)],
  },
};
