/** The match pkttype. Source: iptables-extensions(8) and libxt_pkttype.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { listedAs, listedNegated } from '../support/listed.ts';

const packetTypes = ['unicast', 'broadcast', 'multicast', 'otherhost'];

export const pkttypeMatch: ExtensionData = {
  name: 'pkttype',
  help: 'Whether the packet was sent to one, to all, or to a group on the link.',
  options: [
    {
      long: '--pkt-type',
      value: {
        type: 'enum',
        values: packetTypes,
        ignoreCase: true,
        synonyms: { bcast: 'broadcast', mcast: 'multicast', host: 'unicast' },
      },
      negatable: true,
      mandatory: true,
      help: 'unicast, broadcast, multicast or otherhost.',
    },
  ],
  listed: {
    opening: '',
    options: [listedAs('--pkt-type', 'PKTTYPE = (\\w+)'), listedNegated('--pkt-type', 'PKTTYPE != (\\w+)')],
  },
};
