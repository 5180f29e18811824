/** The target SNAT. Source: iptables-extensions(8) and libxt_NAT.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { anyWord, listedAs } from '../support/listed.ts';
import { listedFullyRandom, listedPersistent, listedRandom, needsPorts } from '../support/nat.ts';

export const snatTarget: ExtensionData = {
  name: 'SNAT',
  tables: ['nat'],
  hooks: ['INPUT', 'POSTROUTING'],
  help: 'Changes the source of the connection.',
  options: [
    {
      long: '--to-source',
      value: { type: 'nat-range', shifted: false },
      mandatory: true,
      help: 'The new address or range of addresses, with a port or a range of ports.',
    },
    { long: '--random', help: 'Choose the port at random.' },
    { long: '--random-fully', help: 'Choose the port wholly at random.' },
    { long: '--persistent', help: 'The same client gets the same address each time.' },
  ],
  check: needsPorts('--to-source'),
  listed: {
    opening: '',
    options: [listedAs('--to-source', `to:${anyWord}`), listedFullyRandom, listedRandom, listedPersistent],
  },
};
