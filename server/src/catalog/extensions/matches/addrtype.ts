/** The match addrtype. Source: iptables-extensions(8) of iptables 1.8.9, its libxt_addrtype.c or kin, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import type { ValueKind } from '../../types.ts';
import { addressTypes } from '../../values/words.ts';
import { oneOf } from '../support/given.ts';
import { anyWord, listedAs } from '../support/listed.ts';

const addressType: ValueKind = { type: 'enum', values: addressTypes, list: true, ignoreCase: true, beginning: true };

export const addrtypeMatch: ExtensionData = {
  name: 'addrtype',
  help: 'The kind of the address as routing sees it: local, broadcast, multicast ...',
  options: [
    { long: '--src-type', value: addressType, negatable: true, help: 'The source address is of one of these types.' },
    { long: '--dst-type', value: addressType, negatable: true, help: 'The destination address is of one of these types.' },
    {
      long: '--limit-iface-in',
      excludes: ['--limit-iface-out'],
      help: 'Ask routing about the interface that the packet came in through only.',
    },
    {
      long: '--limit-iface-out',
      excludes: ['--limit-iface-in'],
      help: 'Ask routing about the interface that the packet leaves through only.',
    },
  ],
  check: oneOf('addrtype: you must specify --src-type or --dst-type', '--src-type', '--dst-type'),
  listed: {
    opening: 'ADDRTYPE match',
    options: [
      listedAs('--src-type', `src-type ~${anyWord}`),
      listedAs('--dst-type', `dst-type\\s*~${anyWord}`),
      listedAs('--limit-iface-in', 'limit-in'),
      listedAs('--limit-iface-out', 'limit-out'),
    ],
  },
};
