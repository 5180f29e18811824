/** The words behind an option as a typed value, or what iptables says against them. */

import type { Family, OptionSpec, PortProtocol, ValueKind } from '../types.ts';
import { readAddressList, readAddressRange, readHost, readHostMask, readNetworks, readPrefix } from './read-addresses.ts';
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
import type { Value, ValueFault } from './values.ts';

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
    case 'rate-interval':
      return readRateInterval(text, option.long);
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
