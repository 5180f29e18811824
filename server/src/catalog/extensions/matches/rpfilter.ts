/** The match rpfilter. Source: iptables-extensions(8) and libxt_rpfilter.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { listedAs } from '../support/listed.ts';

export const rpfilterMatch: ExtensionData = {
  name: 'rpfilter',
  tables: ['raw', 'mangle'],
  hooks: ['PREROUTING'],
  help: 'A reply would leave through the interface that the packet came in through.',
  options: [
    { long: '--loose', help: 'Any interface will do for the reply.' },
    { long: '--validmark', help: 'The mark takes part in the look-up of the route.' },
    { long: '--accept-local', help: 'Packets with a local source pass.' },
    { long: '--invert', help: 'Match those that fail the test.' },
  ],
  listed: {
    opening: 'rpfilter',
    options: [
      listedAs('--loose', 'loose'),
      listedAs('--validmark', 'validmark'),
      listedAs('--accept-local', 'accept-local'),
      listedAs('--invert', 'invert'),
    ],
  },
};
