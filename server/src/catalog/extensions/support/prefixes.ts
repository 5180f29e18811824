/** What the targets that change prefixes of IPv6 addresses have in common. */
import type { GivenOptions } from '../../extension.ts';
import { readStrictAddress } from '../../values/addresses.ts';
import { fault, type ValueFault } from '../../values/values.ts';
import { findGiven, givenText, readGiven } from './given.ts';

/** The longest prefix that can be changed. */
const longest = 64;

/** Prefixes have no bits behind their length. Source: ip6t_NPT.c, ip6t_npt_checkentry. */
export function checkPrefixes(given: GivenOptions): ValueFault | undefined {
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
