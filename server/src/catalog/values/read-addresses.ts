/** Addresses, networks, masks and ranges of addresses as values of options. */

import type { Family, OptionSpec } from '../types.ts';
import {
  addressBits,
  type Network,
  prefixLength,
  prefixMask,
  printAddress,
  printNetwork,
  readHostAddress,
  readNetwork,
  readNumericAddress,
} from './addresses.ts';
import { readNumber } from './numbers.ts';
import { fault, type Value, type ValueFault } from './values.ts';

/** What no host is called: `invalid` (RFC 2606), and what somebody wrote who took an address out, as in 203.0.113.xxx. */
const noDomain = /\.(?:invalid|([A-Za-z])\1+)$/i;

/** Whether a name may be that of some host; a domain of one letter does not exist. */
function mayBeHost(text: string): boolean {
  return /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}$/.test(text) && !noDomain.test(text);
}

/** Addresses, networks and names of hosts between commas, as -s and -d take them; a fault for the first that is none. */
export function readNetworks(text: string, family: Family): Value | ValueFault {
  const networks: Network[] = [];
  for (const part of text.split(',')) {
    const network = readNetwork(part, family);
    if ('wrong' in network) {
      if (network.wrong === 'mask') return fault('bad-mask', `invalid mask \`${network.text}' specified`);
      const other = family === 'ipv4' ? 'ipv6' : 'ipv4';
      const isOther =
        readNumericAddress(network.text, other) !== undefined && network.text.includes(other === 'ipv6' ? ':' : '.');
      const notFound = fault(isOther ? 'wrong-family' : 'bad-address', `host/network \`${network.text}' not found`);
      return mayBeHost(network.text) ? { ...notFound, isLookedUp: true } : notFound;
    }
    networks.push(network);
  }
  return { type: 'networks', networks, text: networks.map(printNetwork).join(',') };
}

/** XTTYPE_HOSTMASK: host bits are kept, and a mask with holes counts as none. */
export function readHostMask(text: string, family: Family, option: OptionSpec, owner: string): Value | ValueFault {
  const slash = text.indexOf('/');
  const hostText = slash < 0 ? text : text.slice(0, slash);
  const address = readHostAddress(hostText, family);
  if (address === undefined) return hostFault(hostText, family);
  const bits = addressBits(family);
  let length: number = bits;
  if (slash >= 0) {
    const read = readPrefixLength(text.slice(slash + 1), family);
    if (read === undefined) return prefixFault(option, owner, bits);
    length = read;
  }
  const printed = printAddress(family, address);
  return {
    type: 'network',
    network: { family, address: address & prefixMask(family, length), mask: prefixMask(family, length) },
    text: length === bits ? printed : `${printed}/${length}`,
  };
}

/** A prefix length, or an address whose bits are the mask; one with holes counts as none. */
function readPrefixLength(text: string, family: Family): number | undefined {
  const bits = addressBits(family);
  const length = readNumber(text, 0, bits);
  if (length !== undefined) return length;
  const mask = readHostAddress(text, family);
  return mask === undefined ? undefined : (prefixLength(family, mask) ?? bits);
}

function prefixFault(option: OptionSpec, owner: string, bits: number): ValueFault {
  return fault(
    'bad-mask',
    `${owner}: bad value for option "${option.long}", neither a valid network mask nor valid CIDR (0-${bits}).`,
  );
}

/** The length of a prefix, which may be written as a mask; a fault for a mask that is none. */
export function readPrefix(text: string, family: Family, option: OptionSpec, owner: string): Value | ValueFault {
  const length = readPrefixLength(text, family);
  return length === undefined
    ? prefixFault(option, owner, addressBits(family))
    : { type: 'number', value: length, text: `${length}` };
}

/** `from[-to]` as iprange takes it; one address is a range by itself. */
export function readAddressRange(text: string, family: Family, option: OptionSpec): Value | ValueFault {
  const dash = text.indexOf('-');
  const first = dash < 0 ? text : text.slice(0, dash);
  const last = dash < 0 ? text : text.slice(dash + 1);
  const from = readNumericAddress(first, family);
  if (from === undefined) return fault('bad-address', `iprange: Bad value for "${option.long}" option: "${first}"`);
  const to = readNumericAddress(last, family);
  if (to === undefined) return fault('bad-address', `iprange: Bad value for "${option.long}" option: "${last}"`);
  return { type: 'addresses', from, to, text: `${printAddress(family, from)}-${printAddress(family, to)}` };
}

/** At most `max` addresses by number between commas; what stands behind them is left out, as by iptables. */
export function readAddressList(text: string, family: Family, max: number): Value | ValueFault {
  const words: string[] = [];
  for (const part of text.split(',').slice(0, max)) {
    const address = readNumericAddress(part, family);
    if (address === undefined) return fault('bad-address', `error parsing address '${part}'`);
    words.push(printAddress(family, address));
  }
  return { type: 'words', words, text: words.join(',') };
}

/** One address by number or a name that every machine knows (XTTYPE_HOST). */
export function readHost(text: string, family: Family): Value | ValueFault {
  const address = readHostAddress(text, family);
  if (address === undefined) return hostFault(text, family);
  return { type: 'addresses', from: address, to: address, text: printAddress(family, address) };
}

/** What getaddrinfo says of a text that is no address of the family. */
export function hostFault(text: string, family: Family): ValueFault {
  const other = family === 'ipv4' ? 'ipv6' : 'ipv4';
  return readNumericAddress(text, other) === undefined
    ? fault('bad-address', `getaddrinfo: Name or service not known: \`${text}'`)
    : fault('wrong-family', 'getaddrinfo: Address family for hostname not supported');
}
