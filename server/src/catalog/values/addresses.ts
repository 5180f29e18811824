/** Addresses and networks as iptables reads and prints them: libxtables' xtables_ipparse_multiple, xtables_ip6parse_multiple and their kin. */
import ipaddr from 'ipaddr.js';
import type { Family } from '../types.ts';
import { readNumber } from './numbers.ts';

/** An address and the bits of it that count. IPv4 has 32 bits, IPv6 128. */
export interface Network {
  readonly family: Family;
  /** Host bits are cleared. */
  readonly address: bigint;
  readonly mask: bigint;
}

/** How many bits an address of the family has. */
export function addressBits(family: Family): 32 | 128 {
  return family === 'ipv4' ? 32 : 128;
}

/** The mask of a prefix length. */
export function prefixMask(family: Family, length: number): bigint {
  const bits = addressBits(family);
  return ((1n << BigInt(length)) - 1n) << BigInt(bits - length);
}

/** The prefix length of a mask; undefined where its ones do not all stand at the front. */
export function prefixLength(family: Family, mask: bigint): number | undefined {
  const bits = addressBits(family);
  const zeros = ((1n << BigInt(bits)) - 1n) ^ mask;
  if ((zeros & (zeros + 1n)) !== 0n) return undefined;
  return bits - (zeros === 0n ? 0 : zeros.toString(2).length);
}

/** An address as text: dotted decimal, or RFC 5952 as inet_ntop prints it, an embedded IPv4 address in dotted decimal. */
export function printAddress(family: Family, address: bigint): string {
  if (family === 'ipv4') {
    const number = Number(address);
    return `${number >>> 24}.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}`;
  }
  const high = address >> 32n;
  if ((high === 0n && address > 0xffffn) || high === 0xffffn)
    return `${high === 0n ? '::' : '::ffff:'}${printAddress('ipv4', address & 0xffff_ffffn)}`;
  const parts: number[] = [];
  for (let shift = 112n; shift >= 0n; shift -= 16n) parts.push(Number((address >> shift) & 0xffffn));
  return new ipaddr.IPv6(parts).toRFC5952String();
}

/** A network with its prefix length, or with its mask where that has holes: "10.0.0.0/8", "10.0.12.0/255.0.255.0". */
export function printNetwork(network: Network): string {
  const length = prefixLength(network.family, network.mask);
  return `${printAddress(network.family, network.address)}/${length ?? printAddress(network.family, network.mask)}`;
}

/** libxtables' own dotted form: one to four numbers, each in C's notations; what is missing behind them is 0. */
function readDotted(text: string, isMask: boolean): bigint | undefined {
  const parts = text.slice(0, 19).split('.');
  if (isMask && parts.length < 4) return undefined;
  let address = 0n;
  for (let index = 0; index < 4; index += 1) {
    // Whatever stands behind the third dot is the last byte.
    const part = index < 3 ? parts[index] : parts.length > 3 ? parts.slice(3).join('.') : undefined;
    const byte = part === undefined ? 0 : readNumber(part, 0, 255);
    if (byte === undefined) return undefined;
    address = (address << 8n) | BigInt(byte);
  }
  return address;
}

/** inet_aton(3), which getaddrinfo falls back on: `16909060`, `10.1`, where the last number fills the bytes left. */
function readClassic(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length > 4) return undefined;
  let address = 0n;
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const bytes = isLast ? 4 - index : 1;
    if (!/^[0-9]/.test(part)) return undefined;
    const value = readNumber(part, 0, 256 ** bytes - 1);
    if (value === undefined) return undefined;
    address = (address << BigInt(8 * bytes)) | BigInt(value);
  }
  return address;
}

/** An IPv6 address as inet_pton takes it. */
function readIPv6(text: string): bigint | undefined {
  if (text.length > 45 || text.includes('%')) return undefined;
  const plain = text.includes('.') ? withoutDots(text) : text;
  if (plain === undefined || !ipaddr.IPv6.isValid(plain)) return undefined;
  return ipaddr.IPv6.parse(plain).parts.reduce((bits, part) => (bits << 16n) | BigInt(part), 0n);
}

/** The IPv4 address at the end in hexadecimal: the library takes `::1.2.3.4` for a mapped address, which it is not. */
function withoutDots(text: string): string | undefined {
  const colon = text.lastIndexOf(':') + 1;
  const embedded = text.slice(colon);
  if (!strictIPv4.test(embedded)) return undefined;
  const [first = 0, second = 0, third = 0, fourth = 0] = embedded.split('.').map(Number);
  return `${text.slice(0, colon)}${((first << 8) | second).toString(16)}:${((third << 8) | fourth).toString(16)}`;
}

/** Names that Debian's /etc/hosts and /etc/networks have; all others would have to be asked for. */
const localNames: Readonly<Record<string, bigint>> = {
  localhost: 0x7f00_0001n,
  default: 0n,
  loopback: 0x7f00_0000n,
  'link-local': 0xa9fe_0000n,
};

const strictIPv4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** An address as inet_pton takes it: four plain decimal numbers, or an IPv6 address. Undefined for all else. */
export function readStrictAddress(text: string, family: Family): bigint | undefined {
  if (family === 'ipv6') return readIPv6(text);
  return strictIPv4.test(text) ? readDotted(text, false) : undefined;
}

/** An address as xtables_numeric_to_ipaddr takes it; undefined for all else. */
export function readNumericAddress(text: string, family: Family): bigint | undefined {
  return family === 'ipv4' ? readDotted(text, false) : readIPv6(text);
}

/** The IPv4 address in an IPv6 one: `::ffff:1.2.3.4`. */
function mappedAddress(text: string): bigint | undefined {
  const address = text.includes(':') ? readIPv6(text) : undefined;
  return address === undefined || address >> 32n !== 0xffffn ? undefined : address & 0xffff_ffffn;
}

/** An address as getaddrinfo takes it without asking anyone; undefined for a name that has to be looked up. */
export function readHostAddress(text: string, family: Family): bigint | undefined {
  if (family === 'ipv6') return readIPv6(text);
  return readClassic(text) ?? mappedAddress(text) ?? (text === 'localhost' ? localNames['localhost'] : undefined);
}

/** An address as `-s` and `-d` take it; undefined for a name that has to be looked up. */
export function readAddress(text: string, family: Family): bigint | undefined {
  const numeric = readNumericAddress(text, family);
  if (numeric !== undefined || family === 'ipv6') return numeric;
  if (Object.hasOwn(localNames, text)) return localNames[text];
  return readClassic(text) ?? mappedAddress(text);
}

/** A mask: a prefix length, or an address whose bits it is. Undefined for all else. */
export function readMask(text: string, family: Family): bigint | undefined {
  const asAddress = family === 'ipv4' ? readDotted(text, true) : readIPv6(text);
  if (asAddress !== undefined) return asAddress;
  const length = readNumber(text, 0, addressBits(family));
  return length === undefined ? undefined : prefixMask(family, length);
}

/** The part of `address[/mask]` that is wrong. */
export interface NetworkFault {
  readonly wrong: 'address' | 'mask';
  readonly text: string;
}

/** `address[/mask]`. Behind an empty mask (`/0`) the address is not looked at: iptables reads "any/0" so. */
export function readNetwork(text: string, family: Family): Network | NetworkFault {
  const slash = text.lastIndexOf('/');
  const maskText = slash < 0 ? undefined : text.slice(slash + 1);
  const mask = maskText === undefined ? prefixMask(family, addressBits(family)) : readMask(maskText, family);
  if (mask === undefined) return { wrong: 'mask', text: maskText ?? '' };
  const addressText = slash < 0 ? text : text.slice(0, slash);
  if (mask === 0n) return { family, address: 0n, mask };
  const address = readAddress(addressText, family);
  if (address === undefined) return { wrong: 'address', text: addressText };
  return { family, address: address & mask, mask };
}
