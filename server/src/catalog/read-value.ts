/** The words behind an option as a typed value, or what iptables says against them. */
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
import { dccpTypes } from './matches-a-to-e.ts';
import { maxOfBits, readBigNumber, readNumber, scanNumber } from './numbers.ts';
import { protocolName, protocolNumber } from './protocols.ts';
import {
  readAccount,
  readIcmpType,
  readIpv6Headers,
  readLogLevel,
  readMhType,
  readNamedMark,
  readRejectType,
  readTcpFlags,
  readTcpOptionList,
  readTos,
} from './read-names.ts';
import {
  hostFault,
  readHost,
  readMultiport,
  readNatPortRange,
  readNatRange,
  readOnePort,
  readOrderedPortRange,
  readPortRange,
} from './read-ports.ts';
import { readBytecode, readHeaderOptions, readHexText, readPattern, readSctpChunks, readText, readU32 } from './read-programs.ts';
import { readBitRate, readDuration, readHashBurst, readHashRate, readLimitRate } from './read-rates.ts';
import { readDate, readMonthdays, readTimeOfDay, readWeekdays } from './read-time.ts';
import type { Family, OptionSpec, PortProtocol, ValueKind } from './types.ts';
import { fault, type Value, type ValueFault } from './values.ts';

/** What the reading of a value depends on besides the option. */
export interface ValueContext {
  readonly family: Family;
  /** The number that `-p` gave before the option; 0 for any, or where there is none yet. */
  readonly protocol: number;
}

/**
 * The value of an option. `words` are its words without quotes, as many as the option takes; with none, an empty text is read.
 * Undefined for a flag.
 */
export function readValue(option: OptionSpec, words: readonly string[], context: ValueContext): Value | ValueFault | undefined {
  const kind = option.value;
  if (kind === undefined) return undefined;
  const [first = '', second = ''] = words;
  return readKind(kind, option, first, second, context);
}

function readKind(
  kind: ValueKind,
  option: OptionSpec,
  text: string,
  second: string,
  { family, protocol }: ValueContext,
): Value | ValueFault {
  const owner = option.extension?.name ?? 'iptables';
  switch (kind.type) {
    case 'networks':
      return readNetworks(text, family);
    case 'network':
      return readHostMask(text, family, option, owner);
    case 'host':
      return readHost(text, family);
    case 'address-range':
      return readAddressRange(text, family, option);
    case 'address-list':
      return readAddressList(text, family, kind.max);
    case 'prefix-length':
    case 'prefix-mask':
      return readPrefix(text, family, option, owner);
    case 'nat-range':
      return readNatRange(text, family, kind.shifted);
    case 'nat-ports':
      return readNatPortRange(text, owner === 'MASQUERADE');
    case 'port':
      return readOnePort(text);
    case 'port-range':
      return readPortRange(text, option);
    case 'ordered-port-range':
      return readOrderedPortRange(text, option);
    case 'multiport':
      return readMultiport(text, portProtocol(protocol));
    case 'protocol':
      return readProtocol(text);
    case 'interface':
      return readInterface(text, kind.mayBeEmpty === true);
    case 'mac':
      return readMac(text);
    case 'mark':
      return readMark(text, option, owner);
    case 'tos':
      return readTos(text, option.long);
    case 'uint':
      return readUint(text, kind, option, owner);
    case 'uint-range':
      return readUintRange(text, kind, option, owner);
    case 'probability':
      return readProbability(text, option, owner);
    case 'pattern':
      return readPattern(text, kind.max);
    case 'text':
      return readText(text, kind.min ?? 0, kind.max ?? 1023, kind.strict ?? false);
    case 'enum':
      return readEnum(text, kind, option, owner);
    case 'rate':
      return readLimitRate(text);
    case 'hash-rate':
      return readHashRate(text, option.long);
    case 'hash-burst':
      return readHashBurst(text);
    case 'duration':
      return readDuration(text, option.long);
    case 'bit-rate':
      return readBitRate(text);
    case 'led-delay':
      return readLedDelay(text);
    case 'date':
      return readDate(text);
    case 'time-of-day':
      return readTimeOfDay(text);
    case 'weekdays':
      return readWeekdays(text);
    case 'monthdays':
      return readMonthdays(text);
    case 'tcp-flags':
      return readTcpFlags(text, second);
    case 'tcp-option':
      return readTcpOption(text);
    case 'tcp-option-list':
      return readTcpOptionList(text);
    case 'sctp-chunks':
      return readSctpChunks(text, second);
    case 'dccp-types':
      return readDccpTypes(text);
    case 'set':
      return readSet(text, second);
    case 'icmp-type':
      return readIcmpType(text, 'ipv4');
    case 'icmpv6-type':
      return readIcmpType(text, 'ipv6');
    case 'reject-type':
      return readRejectType(text, family);
    case 'mh-type':
      return readMhType(text);
    case 'header-options':
      return readHeaderOptions(text, option.long);
    case 'ipv6-headers':
      return readIpv6Headers(text);
    case 'log-level':
      return readLogLevel(text);
    case 'account':
      return readAccount(text, kind.of, option.long);
    case 'class':
      return readClass(text);
    case 'realm':
    case 'device-group':
      return readNamedMark(text, kind.type, owner, option.long);
    case 'zone':
      return readZone(text);
    case 'label':
      return readLabel(text);
    case 'hex-text':
      return readHexText(text, kind.max);
    case 'u32':
      return readU32(text);
    case 'bytecode':
      return readBytecode(text);
    case 'hash-mode':
      return readHashMode(text, option);
    case 'match-name':
    case 'target':
    case 'chain':
    case 'table-name':
      return { type: 'text', raw: text, text };
    case 'counters':
      return readCounters(text, second);
  }
}

/** Under which protocol port names are looked up; any of them where none was given. */
function portProtocol(protocol: number): PortProtocol | undefined {
  switch (protocol) {
    case 0:
      return undefined;
    case 6:
      return 'tcp';
    case 17:
      return 'udp';
    case 132:
      return 'sctp';
    default:
      return 'other';
  }
}

function readNetworks(text: string, family: Family): Value | ValueFault {
  const networks: Network[] = [];
  for (const part of text.split(',')) {
    const network = readNetwork(part, family);
    if ('wrong' in network) {
      if (network.wrong === 'mask') return fault('bad-mask', `invalid mask \`${network.text}' specified`);
      const other = family === 'ipv4' ? 'ipv6' : 'ipv4';
      const isOther =
        readNumericAddress(network.text, other) !== undefined && network.text.includes(other === 'ipv6' ? ':' : '.');
      return fault(isOther ? 'wrong-family' : 'bad-address', `host/network \`${network.text}' not found`);
    }
    networks.push(network);
  }
  return { type: 'networks', networks, text: networks.map(printNetwork).join(',') };
}

/** XTTYPE_HOSTMASK: host bits are kept, and a mask with holes counts as none. */
function readHostMask(text: string, family: Family, option: OptionSpec, owner: string): Value | ValueFault {
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

function readPrefix(text: string, family: Family, option: OptionSpec, owner: string): Value | ValueFault {
  const length = readPrefixLength(text, family);
  return length === undefined
    ? prefixFault(option, owner, addressBits(family))
    : { type: 'number', value: length, text: `${length}` };
}

function readAddressRange(text: string, family: Family, option: OptionSpec): Value | ValueFault {
  const dash = text.indexOf('-');
  const first = dash < 0 ? text : text.slice(0, dash);
  const last = dash < 0 ? text : text.slice(dash + 1);
  const from = readNumericAddress(first, family);
  if (from === undefined) return fault('bad-address', `iprange: Bad value for "${option.long}" option: "${first}"`);
  const to = readNumericAddress(last, family);
  if (to === undefined) return fault('bad-address', `iprange: Bad value for "${option.long}" option: "${last}"`);
  return { type: 'addresses', from, to, text: `${printAddress(family, from)}-${printAddress(family, to)}` };
}

function readAddressList(text: string, family: Family, max: number): Value | ValueFault {
  const words: string[] = [];
  for (const part of text.split(',').slice(0, max)) {
    const address = readNumericAddress(part, family);
    if (address === undefined) return fault('bad-address', `error parsing address '${part}'`);
    words.push(printAddress(family, address));
  }
  return { type: 'words', words, text: words.join(',') };
}

/** Names count in any case; a number without a name stays a number. */
function readProtocol(text: string): Value | ValueFault {
  const lower = text.toLowerCase();
  const number = readNumber(lower, 0, 255) ?? protocolNumber(lower);
  if (number === undefined) return fault('bad-protocol', `unknown protocol "${lower}" specified`);
  return { type: 'protocol', number, text: protocolName(number) ?? `${number}` };
}

function readInterface(text: string, mayBeEmpty: boolean): Value | ValueFault {
  if (text === '' && !mayBeEmpty) return fault('bad-interface', 'Empty interface is likely to be undesired');
  if (new TextEncoder().encode(text).length > 15)
    return fault('bad-interface', `interface name \`${text}' must be shorter than IFNAMSIZ (15)`);
  const prefix = text.endsWith('+');
  return { type: 'interface', name: prefix ? text.slice(0, -1) : text, prefix, text };
}

function readMac(text: string): Value | ValueFault {
  const parts = text.split(':');
  if (parts.length !== 6 || parts.some((part) => !/^[0-9a-fA-F]{1,2}$/.test(part)))
    return fault('bad-mac', 'Invalid MAC address specified.');
  const printed = parts.map((part) => part.toLowerCase().padStart(2, '0')).join(':');
  return { type: 'text', raw: printed, text: printed };
}

function printMark(value: number, mask: number): string {
  return mask === 0xffff_ffff ? `0x${value.toString(16)}` : `0x${value.toString(16)}/0x${mask.toString(16)}`;
}

/** XTTYPE_MARKMASK32. */
function readMark(text: string, option: OptionSpec, owner: string): Value | ValueFault {
  const bad = fault('bad-number', `${owner}: bad integer value for option "${option.long}", or out of range.`);
  const garbage = fault('bad-number', `${owner}: trailing garbage after value for option "${option.long}".`);
  const first = scanNumber(text);
  if (first?.value === undefined || first.value > 0xffff_ffffn) return bad;
  const value = Number(first.value);
  if (first.end === text.length) return { type: 'mark', value, mask: 0xffff_ffff, text: printMark(value, 0xffff_ffff) };
  if (text[first.end] !== '/') return garbage;
  const second = scanNumber(text, first.end + 1);
  if (second?.value === undefined || second.value > 0xffff_ffffn) return bad;
  if (second.end !== text.length) return garbage;
  const mask = Number(second.value);
  return { type: 'mark', value, mask, text: printMark(value, mask) };
}

type UintKind = Extract<ValueKind, { type: 'uint' }>;
type UintRangeKind = Extract<ValueKind, { type: 'uint-range' }>;

function printNumber(value: bigint | number, print: UintKind['print']): string {
  if (print === undefined) return `${value}`;
  return `0x${value.toString(16).padStart(print === 'hex2' ? 2 : print === 'hex8' ? 8 : print === 'hex4' ? 4 : 1, '0')}`;
}

function readUint(text: string, kind: UintKind, option: OptionSpec, owner: string): Value | ValueFault {
  const min = BigInt(kind.min ?? 0);
  const max = kind.max === undefined ? maxOfBits(kind.bits) : BigInt(kind.max);
  const value = readBigNumber(text, min, max);
  if (value === undefined)
    return fault('bad-number', `${owner}: bad value for option "${option.long}", or out of range (${min}-${max}).`);
  return { type: 'number', value: Number(value), text: printNumber(value, kind.print) };
}

/** XTTYPE_UINT*RC: `from[:to]`; what is left out is the least or the greatest. */
function readUintRange(text: string, kind: UintRangeKind, option: OptionSpec, owner: string): Value | ValueFault {
  const max = kind.max === undefined ? maxOfBits(kind.bits) : BigInt(kind.max);
  const parts: bigint[] = [];
  let at = 0;
  for (;;) {
    if (parts.length === 2) return fault('bad-range', `${owner}: Too many components for option "${option.long}" (max: 2)`);
    if (at >= text.length || text[at] === ':') {
      parts.push(parts.length === 1 ? max : 0n);
    } else {
      const scanned = scanNumber(text, at);
      if (scanned?.value === undefined || scanned.value > max) {
        return fault(
          'bad-number',
          `${owner}: bad value for option "${option.long}" near "${text.slice(at)}", or out of range (0-${max}).`,
        );
      }
      if (scanned.end < text.length && text[scanned.end] !== ':') {
        return fault(
          'bad-number',
          `${owner}: Argument to "${option.long}" has unexpected characters near "${text.slice(scanned.end)}".`,
        );
      }
      parts.push(scanned.value);
      at = scanned.end;
    }
    if (at >= text.length) break;
    at += 1;
  }
  if (kind.bothEnds && parts.length === 1) return fault('bad-range', `Bad range "${text}"`);
  const [from = 0n, to = kind.openEnd ? max : from] = parts;
  if (kind.openEnd) {
    const text = to === max ? `${from}` : `${from}:${to}`;
    return { type: 'range', range: { from: Number(from), to: Number(to) }, text };
  }
  const printed = from === to ? printNumber(from, kind.print) : `${printNumber(from, kind.print)}:${printNumber(to, kind.print)}`;
  return { type: 'range', range: { from: Number(from), to: Number(to) }, text: printed };
}

/** Kept as a 32-bit number of 2^-31ths, and printed back from it with eleven digits. */
function readProbability(text: string, option: OptionSpec, owner: string): Value | ValueFault {
  const read = /^\s*[-+]?(?:[0-9]+\.?[0-9]*(?:[eE][-+]?[0-9]+)?|\.[0-9]+(?:[eE][-+]?[0-9]+)?)$/.exec(text);
  const number = read === null ? Number.NaN : Number(text);
  if (!(number >= 0 && number <= 1))
    return fault('bad-number', `${owner}: bad value for option "${option.long}", or out of range (0-1).`);
  const share = Math.round(number * 0x8000_0000) / 0x8000_0000;
  return { type: 'probability', share, text: share.toFixed(11) };
}

function readEnum(
  text: string,
  kind: Extract<ValueKind, { type: 'enum' }>,
  option: OptionSpec,
  owner: string,
): Value | ValueFault {
  const find = (word: string): string | undefined => {
    const wanted = kind.ignoreCase ? word.toLowerCase() : word;
    const known = kind.values.find((value) => {
      const name = kind.ignoreCase ? value.toLowerCase() : value;
      return kind.beginning ? wanted !== '' && name.startsWith(wanted) : name === wanted;
    });
    if (known !== undefined) return known;
    const synonym = kind.synonyms?.[wanted];
    if (synonym !== undefined) return synonym;
    return kind.numberMax !== undefined && readNumber(word, 0, kind.numberMax) !== undefined ? word : undefined;
  };
  const words = kind.list ? text.split(',') : [text];
  const found = new Set<string>();
  for (const [index, word] of words.entries()) {
    const value = find(word);
    if (value === undefined) return enumFault(kind.list ? words.slice(index).join(',') : word, option, owner);
    found.add(value);
  }
  const ordered = kind.values.filter((value) => found.has(value));
  const printed = ordered.length > 0 ? ordered : [...found];
  return { type: 'words', words: printed, text: printed.join(',') };
}

function enumFault(text: string, option: OptionSpec, owner: string): ValueFault {
  switch (option.long) {
    case '--ctstate':
      return fault('bad-name', `Bad ctstate "${text}"`);
    case '--ctstatus':
      return fault('bad-name', `Bad ctstatus "${text}"`);
    case '--state':
      return fault('bad-name', `Bad state "${text}"`);
    case '--src-type':
    case '--dst-type':
      return fault('bad-name', `addrtype: bad type "${text}"`);
    case '--pkt-type':
      return fault('bad-name', `Bad packet type '${text}'`);
    case '--mode':
      return fault('bad-name', `Bad mode "${text}"`);
    case '--connbytes-dir':
    case '--connbytes-mode':
      return fault('bad-name', `Unknown ${option.long} \`${text}'`);
    case '--type':
      return fault('bad-name', `Bad action type value "${text}"`);
    case '--ctevents':
    case '--expevents':
      return fault('bad-name', `Unknown event type "${text}"`);
    case '--dir':
      return fault('bad-name', `policy_match: invalid dir "${text}"`);
    case '--hmark-tuple':
      return fault(
        'bad-name',
        text === ''
          ? '"--hmark-tuple" requires a list of types with no spaces, e.g. src,dst,sport,dport,proto'
          : `Bad type "${text}"`,
      );
    case '--dscp-class':
    case '--set-dscp-class':
      return fault('bad-name', `Invalid DSCP value \`${text}'`);
    default:
      return fault('bad-name', `${owner}: Bad value for "${option.long}" option: "${text}"`);
  }
}

function readLedDelay(text: string): Value | ValueFault {
  if (text.toLowerCase() === 'inf') return { type: 'number', value: Number.POSITIVE_INFINITY, text: 'inf' };
  const value = readNumber(text, 0, 0xffff_ffff);
  if (value === undefined) return fault('bad-number', `Delay value must be within range 0..${0xffff_ffff}`);
  return { type: 'number', value, text: `${value}` };
}

function readTcpOption(text: string): Value | ValueFault {
  const value = readNumber(text, 1, 255);
  return value === undefined ? fault('bad-number', `Bad TCP option "${text}"`) : { type: 'number', value, text: `${value}` };
}

function readDccpTypes(text: string): Value | ValueFault {
  const found = new Set<string>();
  for (const word of text.split(',').filter((part) => part !== '')) {
    const name = (dccpTypes as readonly string[]).find((type) => type === word.toUpperCase());
    if (name === undefined) return fault('bad-name', `Unknown DCCP type \`${word}'`);
    found.add(name);
  }
  const words = dccpTypes.filter((type) => found.has(type));
  return { type: 'words', words, text: words.join(',') };
}

function readSet(name: string, directions: string): Value | ValueFault {
  if (name.length > 31) return fault('text-too-long', `setname \`${name}' too long, max 31 characters.`);
  const words: ('src' | 'dst')[] = [];
  for (const word of directions.split(',')) {
    if (!word.startsWith('src') && !word.startsWith('dst'))
      return { ...fault('bad-name', "You must spec (the comma separated list of) `src' or `dst'."), word: 1 };
    words.push(word.startsWith('src') ? 'src' : 'dst');
  }
  if (words.length > 6) return { ...fault('too-many-values', "Can't be more src/dst options than 6."), word: 1 };
  return { type: 'set', name, directions: words, text: `${name} ${words.join(',')}` };
}

function readClass(text: string): Value | ValueFault {
  const read = /^\s*([-+]?)(?:0[xX])?([0-9a-fA-F]+):\s*([-+]?)(?:0[xX])?([0-9a-fA-F]+)/.exec(text);
  if (read === null) return fault('bad-number', `Bad class value "${text}"`);
  const [, majorSign = '', major = '', minorSign = '', minor = ''] = read;
  const part = (sign: string, digits: string): string =>
    (Number.parseInt(`${sign}${digits}`, 16) & 0xffff).toString(16).padStart(4, '0');
  const printed = `${part(majorSign, major)}:${part(minorSign, minor)}`;
  return { type: 'text', raw: printed, text: printed };
}

function readZone(text: string): Value | ValueFault {
  if (text === 'mark') return { type: 'text', raw: text, text };
  const value = readNumber(text, 0, 65535);
  return value === undefined
    ? fault('bad-number', `Cannot parse ${text} as a zone ID`)
    : { type: 'number', value, text: `${value}` };
}

function readLabel(text: string): Value | ValueFault {
  const value = readNumber(text, 0, 65535);
  return value === undefined
    ? fault('bad-name', `label '${text}' not found or invalid value`)
    : { type: 'number', value, text: `"${value}"` };
}

const hashModes = ['srcip', 'srcport', 'dstip', 'dstport'] as const;

function readHashMode(text: string, option: OptionSpec): Value | ValueFault {
  const found = new Set<string>();
  for (const word of text.split(',').filter((part) => part !== '')) {
    if (!(hashModes as readonly string[]).includes(word))
      return fault('bad-name', `hashlimit: Bad value for "${option.long}" option: "${text}"`);
    found.add(word);
  }
  const words = ['srcip', 'srcport', 'dstip', 'dstport'].filter((mode) => found.has(mode));
  return { type: 'words', words, text: words.join(',') };
}

function readCounters(first: string, second: string): Value | ValueFault {
  const comma = first.indexOf(',', 1);
  const packets = comma < 0 ? first : first.slice(0, comma);
  const bytes = comma < 0 ? second : first.slice(comma + 1);
  if (comma < 0 && second === '') return fault('missing-value', '-c requires packet and byte counter');
  if (!/^\s*[-+]?[0-9]/.test(packets)) return fault('bad-number', '-c packet counter not numeric');
  if (!/^\s*[-+]?[0-9]/.test(bytes)) return { ...fault('bad-number', '-c byte counter not numeric'), word: comma < 0 ? 1 : 0 };
  return { type: 'text', raw: `${packets} ${bytes}`, text: `${Number.parseInt(packets, 10)} ${Number.parseInt(bytes, 10)}` };
}
