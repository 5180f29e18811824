/** The target MASQUERADE. Source: iptables-extensions(8) and libxt_NAT.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { anyWord, listedAs } from '../support/listed.ts';
import { listedFullyRandom, listedRandom, needsPorts } from '../support/nat.ts';

export const masqueradeTarget: ExtensionData = {
  name: 'MASQUERADE',
  tables: ['nat'],
  hooks: ['POSTROUTING'],
  help: 'Changes the source to the address of the interface that the packet leaves through.',
  options: [
    { long: '--to-ports', value: { type: 'nat-ports' }, help: 'A port or a range for the new source port.' },
    { long: '--random', help: 'Choose the port at random.' },
    { long: '--random-fully', help: 'Choose the port wholly at random.' },
  ],
  check: needsPorts('--to-ports'),
  listed: {
    opening: '',
    options: [listedAs('--to-ports', `masq ports: ${anyWord}`), listedFullyRandom, listedRandom],
  },
};
