/** The target REDIRECT. Source: iptables-extensions(8) and libxt_NAT.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { anyWord, listedAs } from '../support/listed.ts';
import { listedRandom, needsPorts } from '../support/nat.ts';

export const redirectTarget: ExtensionData = {
  name: 'REDIRECT',
  tables: ['nat'],
  hooks: ['PREROUTING', 'OUTPUT'],
  help: 'Changes the destination to this machine.',
  options: [
    { long: '--to-ports', value: { type: 'nat-ports' }, help: 'A port or a range for the new destination port.' },
    { long: '--random', help: 'Choose the port at random.' },
  ],
  check: needsPorts('--to-ports'),
  listed: {
    opening: '',
    options: [listedAs('--to-ports', `redir ports ${anyWord}`), listedRandom],
  },
};
