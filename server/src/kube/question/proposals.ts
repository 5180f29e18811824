/** Changes of one respect of a packet by which a condition of a rule would be met, or would not. Whether that helps has to be found out. */
import { type Network, readNetwork } from '../../catalog/values/addresses.ts';
import { readNumber } from '../../catalog/values/numbers.ts';
import type { Condition } from '../../netfilter/compiled-rule.ts';
import { canonicalProtocol } from '../../netfilter/core-match-predicates.ts';
import { markValue, valueText } from '../../netfilter/option-view.ts';
import { addressOf, type Packet } from '../../netfilter/packet.ts';
import { portRanges } from '../../netfilter/port-predicates.ts';
import { includes } from '../../netfilter/ranges.ts';
import type { RuleOption } from '../../syntax/statement.ts';

export interface ProposedChange {
  /** `port` is that of the destination, `source` its address; all others are fields of a trace's request. */
  readonly field: 'port' | 'source' | 'in' | 'out' | 'protocol' | 'state' | 'icmpType' | 'sport' | 'uid' | 'mark';
  readonly value: string;
  /** "for port 443 instead of 8080". */
  readonly words: string;
}

/** Addresses that are taken for sources elsewhere: of documentation (RFC 5737, RFC 3849). */
const elsewhere = { ipv4: ['203.0.113.1', '198.51.100.1', '192.0.2.1'], ipv6: ['2001:db8::cb00:7101', '2001:db8:1::1'] } as const;

function isIn({ address, mask }: Network, bits: bigint): boolean {
  return (bits & mask) === address;
}

/** An address in a network: the first behind that of the network itself, where it has several. */
function addressIn({ family, address, mask }: Network): string {
  const all = family === 'ipv4' ? 0xffff_ffffn : (1n << 128n) - 1n;
  return addressOf(family, mask === all ? address : address + 1n).text;
}

function sources(option: RuleOption, packet: Packet, isWithin: boolean): readonly ProposedChange[] {
  const { family } = packet;
  const networks = valueText(option)
    .split(',')
    .map((text) => readNetwork(text, family))
    .filter((network): network is Network => !('wrong' in network));
  const from = (address: string): ProposedChange => ({ field: 'source', value: address, words: `from ${address}` });
  if (isWithin) return networks.slice(0, 2).map((network) => from(addressIn(network)));
  const other = elsewhere[family].find((text) => {
    const read = readNetwork(text, family);
    return !('wrong' in read) && !networks.some((network) => isIn(network, read.address));
  });
  return other === undefined ? [] : [from(other)];
}

/** The port next to one, below it before above it, of those that are wanted. */
function nearestPort(port: number, isWanted: (port: number) => boolean): number | undefined {
  for (let distance = 1; distance <= 65_535; distance += 1) {
    for (const other of [port - distance, port + distance]) if (other > 0 && other <= 65_535 && isWanted(other)) return other;
  }
  return undefined;
}

function portChange(option: RuleOption, packet: Packet, isWithin: boolean, end: 'port' | 'sport'): readonly ProposedChange[] {
  const now = end === 'port' ? packet.dport : packet.sport;
  const ranges = portRanges(valueText(option));
  if (now === null || ranges === undefined) return [];
  const port = nearestPort(now, (other) => includes(ranges, other) === isWithin);
  if (port === undefined) return [];
  return [{ field: end, value: String(port), words: `${end === 'port' ? 'for' : 'from'} port ${port} instead of ${now}` }];
}

function interfaceChange(option: RuleOption, isWithin: boolean, end: 'in' | 'out'): readonly ProposedChange[] {
  const pattern = valueText(option);
  const isMatch = (name: string): boolean => (pattern.endsWith('+') ? name.startsWith(pattern.slice(0, -1)) : name === pattern);
  const name = isWithin ? pattern.replace(/\+$/, '0') : ['eth0', 'eth1', 'net0'].find((each) => !isMatch(each));
  if (name === undefined || name === '' || name.length > 15) return [];
  return [{ field: end, value: name, words: end === 'in' ? `in by ${name}` : `out by ${name}` }];
}

const likelyStates = ['ESTABLISHED', 'RELATED', 'NEW', 'UNTRACKED'] as const;

function stateChange(option: RuleOption, packet: Packet, isWithin: boolean): readonly ProposedChange[] {
  const listed = new Set(valueText(option).toUpperCase().split(','));
  const state = likelyStates.find((each) => listed.has(each) === isWithin && each !== packet.state);
  return state === undefined ? [] : [{ field: 'state', value: state, words: `of a connection that is ${state}` }];
}

function markChange(option: RuleOption, packet: Packet, isWithin: boolean): readonly ProposedChange[] {
  const wanted = markValue(valueText(option));
  if (wanted === undefined) return [];
  const { value, mask } = wanted;
  const mark = isWithin ? ((packet.mark & ~mask) | (value & mask)) >>> 0 : 0;
  const text = `0x${mark.toString(16)}`;
  return [{ field: 'mark', value: text, words: `with mark ${text}` }];
}

function protocolChange(option: RuleOption, isWithin: boolean): readonly ProposedChange[] {
  const protocol = canonicalProtocol(valueText(option));
  return isWithin && protocol !== '' ? [{ field: 'protocol', value: protocol, words: `as ${protocol}` }] : [];
}

function single(field: 'icmpType' | 'uid', option: RuleOption, isWithin: boolean): readonly ProposedChange[] {
  const value = valueText(option);
  if (!isWithin || (field === 'uid' && readNumber(value, 0, 0xffff_ffff) === undefined)) return [];
  return [{ field, value, words: field === 'uid' ? `sent by user ${value}` : `as ICMP ${value}` }];
}

function byOption(option: RuleOption, match: string, packet: Packet, isWithin: boolean): readonly ProposedChange[] {
  const wanted = isWithin !== (option.negation !== undefined);
  switch (option.name) {
    case '--source':
      return sources(option, packet, wanted);
    case '--in-interface':
      return interfaceChange(option, wanted, 'in');
    case '--out-interface':
      return interfaceChange(option, wanted, 'out');
    case '--protocol':
      return protocolChange(option, wanted);
    case '--destination-port':
    case '--destination-ports':
    case '--ports':
      return portChange(option, packet, wanted, 'port');
    case '--source-port':
    case '--source-ports':
      return portChange(option, packet, wanted, 'sport');
    case '--ctstate':
    case '--state':
      return stateChange(option, packet, wanted);
    case '--icmp-type':
    case '--icmpv6-type':
      return single('icmpType', option, wanted);
    case '--uid-owner':
      return single('uid', option, wanted);
    case '--mark':
      return match === 'mark' ? markChange(option, packet, wanted) : [];
    default:
      return [];
  }
}

/** What to change in a packet so that a condition holds (`isWithin`), or does not. A new list, empty where nothing is known that would. */
export function proposals({ match, options }: Condition, packet: Packet, isWithin: boolean): readonly ProposedChange[] {
  return options.flatMap((option) => byOption(option, match, packet, isWithin));
}
