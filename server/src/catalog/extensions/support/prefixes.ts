/** What the targets that change prefixes of IPv6 addresses have in common. */

import type { ExtensionData, GivenOptions } from '../../extension.ts';
import type { Hook } from '../../types.ts';
import { readStrictAddress } from '../../values/addresses.ts';
import { network } from '../../values/value-kinds.ts';
import { fault, type ValueFault } from '../../values/values.ts';
import { findGiven, givenText, readGiven } from './given.ts';
import { listedAs } from './listed.ts';

/** The longest prefix that can be changed. */
const longest = 64;

/** Prefixes have no bits behind their length. Source: ip6t_NPT.c, ip6t_npt_checkentry. */
function checkPrefixes(given: GivenOptions): ValueFault | undefined {
  for (const long of ['--src-pfx', '--dst-pfx']) {
    const value = readGiven(given, findGiven(given, long));
    if (value?.type !== 'network') continue;
    if (((value.network.mask >> BigInt(127 - longest)) & 1n) === 1n)
      return fault('bad-mask', `the kernel takes a ${long} of up to ${longest} bits`);
    const address = readStrictAddress((givenText(given, long) ?? '').split('/')[0] ?? '', 'ipv6');
    if (address !== undefined && (address & ~value.network.mask) !== 0n)
      return fault('bad-address', `the kernel refuses a ${long} with bits behind its length`);
  }
  return undefined;
}

/** A target that puts another prefix in place of one, of the address at one end of a packet. */
export function prefixTarget(name: string, hooks: readonly Hook[], help: string): ExtensionData {
  return {
    name,
    families: ['ipv6'],
    tables: ['mangle'],
    hooks,
    help,
    options: [
      { long: '--src-pfx', value: network, mandatory: true, help: 'The prefix as it is.' },
      { long: '--dst-pfx', value: network, mandatory: true, help: 'The prefix as it will be.' },
    ],
    kernelCheck: checkPrefixes,
    listed: {
      // The name is not printed before iptables 1.8.
      opening: '',
      options: [
        listedAs('', name),
        listedAs('--src-pfx', 'src-pfx ([0-9a-f:./]+)'),
        listedAs('--dst-pfx', 'dst-pfx ([0-9a-f:./]+)'),
      ],
    },
  };
}
