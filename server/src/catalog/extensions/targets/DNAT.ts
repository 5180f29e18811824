/** The target DNAT. Source: iptables-extensions(8) and libxt_NAT.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { anyWord, listedAs } from '../support/listed.ts';
import { listedPersistent, listedRandom, needsPorts } from '../support/nat.ts';

export const dnatTarget: ExtensionData = {
  name: 'DNAT',
  tables: ['nat'],
  hooks: ['PREROUTING', 'OUTPUT'],
  help: 'Changes the destination of the connection.',
  options: [
    {
      long: '--to-destination',
      value: { type: 'nat-range', shifted: true },
      mandatory: true,
      help: 'The new address or range of addresses, with a port or a range of ports.',
    },
    { long: '--random', help: 'Choose the port at random.' },
    { long: '--persistent', help: 'The same client gets the same address each time.' },
  ],
  check: needsPorts('--to-destination'),
  listed: {
    opening: '',
    options: [listedAs('--to-destination', `to:${anyWord}`), listedRandom, listedPersistent],
  },
};
