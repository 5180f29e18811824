/** The words behind an option as a typed value, or what iptables says against them. */

import type { Family, OptionSpec, PortProtocol, ValueKind } from '../types.ts';
import { readAddressList, readAddressRange, readHost, readHostMask, readNetworks, readPrefix } from './read-addresses.ts';
import { readIcmpType } from './read-icmp.ts';
import { readAccount, readIpv6Headers, readLogLevel, readMhType, readNamedMark, readRejectType, readTos } from './read-names.ts';
import {
  readClass,
  readLabel,
  readLedDelay,
  readMark,
  readProbability,
  readTcpOption,
  readUint,
  readUintRange,
  readZone,
} from './read-numbers.ts';
import { readMultiport, readNatPortRange, readNatRange, readOnePort, readOrderedPortRange, readPortRange } from './read-ports.ts';
import { readBytecode, readHeaderOptions, readHexText, readPattern, readSctpChunks, readText, readU32 } from './read-programs.ts';
import { readBitRate, readDuration, readHashBurst, readHashRate, readLimitRate, readRateInterval } from './read-rates.ts';
import { readTcpFlags, readTcpOptionList } from './read-tcp.ts';
import { readDate, readMonthdays, readTimeOfDay, readWeekdays } from './read-time.ts';
import {
  readCounters,
  readDccpTypes,
  readEnum,
  readHashMode,
  readInterface,
  readMac,
  readProtocol,
  readSet,
} from './read-words.ts';
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
  const owner = option.extension?.name ?? 'iptables';
  // The table has a reader for each kind, made for just that kind.
  const read = readers[kind.type] as (reading: Reading<ValueKind>) => Value | ValueFault;
  return read({ kind, option, owner, text: first, second, ...context });
}

/** The words of an option and what their reading depends on. */
interface Reading<Kind> {
  readonly kind: Kind;
  readonly option: OptionSpec;
  /** The extension's name, or iptables' own. */
  readonly owner: string;
  readonly text: string;
  /** The second word; empty where there is none. */
  readonly second: string;
  readonly family: Family;
  readonly protocol: number;
}

type Readers = {
  readonly [Type in ValueKind['type']]: (reading: Reading<Extract<ValueKind, { type: Type }>>) => Value | ValueFault;
};

const asTyped = ({ text }: { readonly text: string }): Value => ({ type: 'text', raw: text, text });

const readers: Readers = {
  networks: ({ text, family }) => readNetworks(text, family),
  network: ({ text, option, owner, family }) => readHostMask(text, family, option, owner),
  host: ({ text, family }) => readHost(text, family),
  'address-range': ({ text, option, family }) => readAddressRange(text, family, option),
  'address-list': ({ text, kind, family }) => readAddressList(text, family, kind.max),
  'prefix-length': ({ text, option, owner, family }) => readPrefix(text, family, option, owner),
  'prefix-mask': ({ text, option, owner, family }) => readPrefix(text, family, option, owner),
  'nat-range': ({ text, kind, family }) => readNatRange(text, family, kind.shifted),
  'nat-ports': ({ text, owner }) => readNatPortRange(text, owner === 'MASQUERADE'),
  port: ({ text }) => readOnePort(text),
  'port-range': ({ text, option }) => readPortRange(text, option),
  'ordered-port-range': ({ text, option }) => readOrderedPortRange(text, option),
  multiport: ({ text, protocol }) => readMultiport(text, portProtocol(protocol)),
  protocol: ({ text }) => readProtocol(text),
  interface: ({ text, kind }) => readInterface(text, kind.mayBeEmpty === true),
  mac: ({ text }) => readMac(text),
  mark: ({ text, option, owner }) => readMark(text, option, owner),
  tos: ({ text, option }) => readTos(text, option.long),
  uint: ({ text, kind, option, owner }) => readUint(text, kind, option, owner),
  'segment-size': ({ text, option, owner, family }) =>
    readUint(text, { type: 'uint', bits: 16, max: 65535 - (family === 'ipv4' ? 20 : 40) }, option, owner),
  'uint-range': ({ text, kind, option, owner }) => readUintRange(text, kind, option, owner),
  probability: ({ text, option, owner }) => readProbability(text, option, owner),
  pattern: ({ text, kind }) => readPattern(text, kind.max),
  text: ({ text, kind, option }) =>
    kind.oneLine && text.includes('\n')
      ? fault('bad-name', `Newlines not allowed in ${option.long}`)
      : readText(text, kind.min ?? 0, kind.max ?? 1023, kind.strict ?? false),
  enum: ({ text, kind, option, owner }) => readEnum(text, kind, option, owner),
  rate: ({ text }) => readLimitRate(text),
  'hash-rate': ({ text, option }) => readHashRate(text, option.long),
  'hash-burst': ({ text }) => readHashBurst(text),
  'rate-interval': ({ text, option }) => readRateInterval(text, option.long),
  duration: ({ text, option }) => readDuration(text, option.long),
  'bit-rate': ({ text }) => readBitRate(text),
  'led-delay': ({ text }) => readLedDelay(text),
  date: ({ text }) => readDate(text),
  'time-of-day': ({ text }) => readTimeOfDay(text),
  weekdays: ({ text }) => readWeekdays(text),
  monthdays: ({ text }) => readMonthdays(text),
  'tcp-flags': ({ text, second }) => readTcpFlags(text, second),
  'tcp-option': ({ text }) => readTcpOption(text),
  'tcp-option-list': ({ text }) => readTcpOptionList(text),
  'sctp-chunks': ({ text, second }) => readSctpChunks(text, second),
  'dccp-types': ({ text }) => readDccpTypes(text),
  set: ({ text, second }) => readSet(text, second),
  'icmp-type': ({ text }) => readIcmpType(text, 'ipv4'),
  'icmpv6-type': ({ text }) => readIcmpType(text, 'ipv6'),
  'reject-type': ({ text, family }) => readRejectType(text, family),
  'mh-type': ({ text }) => readMhType(text),
  'header-options': ({ text, option }) => readHeaderOptions(text, option.long),
  'ipv6-headers': ({ text }) => readIpv6Headers(text),
  'log-level': ({ text }) => readLogLevel(text),
  account: ({ text, kind, option }) => readAccount(text, kind.of, option.long),
  class: ({ text }) => readClass(text),
  realm: ({ text, kind, option, owner }) => readNamedMark(text, kind.type, owner, option.long),
  'device-group': ({ text, kind, option, owner }) => readNamedMark(text, kind.type, owner, option.long),
  zone: ({ text }) => readZone(text),
  label: ({ text }) => readLabel(text),
  'hex-text': ({ text, kind }) => readHexText(text, kind.max),
  u32: ({ text }) => readU32(text),
  bytecode: ({ text }) => readBytecode(text),
  'hash-mode': ({ text, option }) => readHashMode(text, option),
  'match-name': asTyped,
  target: asTyped,
  chain: asTyped,
  'table-name': asTyped,
  counters: ({ text, second }) => readCounters(text, second),
};

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
