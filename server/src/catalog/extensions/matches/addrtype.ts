/** The match addrtype. Source: iptables-extensions(8) and libxt_addrtype.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, GivenOptions } from '../../extension.ts';
import type { ValueKind } from '../../types.ts';
import { fault, type ValueFault } from '../../values/values.ts';
import { addressTypes } from '../../values/words.ts';
import { hasGiven, oneOf, readGiven } from '../support/given.ts';
import { incomingHooks, outgoingHooks } from '../support/hooks.ts';
import { anyWord, listedAs } from '../support/listed.ts';

const addressType: ValueKind = { type: 'enum', values: addressTypes, list: true, ignoreCase: true, beginning: true };

/** Types that IPv6 has no notion of. Source: xt_addrtype.c, addrtype_mt_checkentry_v1. */
const onlyIPv4: readonly string[] = ['BROADCAST', 'BLACKHOLE', 'PROHIBIT', 'THROW', 'NAT', 'XRESOLVE'];

function kernelCheck(given: GivenOptions): ValueFault | undefined {
  if (given.family === 'ipv4') return undefined;
  for (const option of given.all) {
    const value = readGiven(given, option);
    const type = value?.type === 'words' ? value.words.find((word) => onlyIPv4.includes(word)) : undefined;
    if (type !== undefined) return fault('wrong-family', `the kernel has no ${type} addresses in IPv6`);
  }
  return undefined;
}

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
  kernelCheck,
  hooksWith: (given) => {
    if (hasGiven(given, '--limit-iface-in')) return incomingHooks;
    return hasGiven(given, '--limit-iface-out') ? outgoingHooks : undefined;
  },
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
