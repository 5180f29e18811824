/** Words that a value may be, where iptables has a list of them: for whoever writes a rule. Numbers, names and addresses are without end and not here. */
import type { Family, ValueKind } from '../types.ts';
import { protocolNames } from './protocols.ts';
import { icmpTypes, icmpv6Types } from './read-icmp.ts';
import { accountNames, ipv6HeaderNames, logLevels, mhTypeNames, rejectTypeNames, tosNames } from './read-names.ts';
import { tcpFlagNames, tcpOptionListNames } from './read-tcp.ts';
import { weekdays } from './read-time.ts';
import { hashModes } from './read-words.ts';
import { dccpTypes, sctpChunkTypes } from './words.ts';

/** The words that may stand in one place of a value. */
export interface KnownWords {
  readonly words: readonly string[];
  /** Several may stand there, with commas between. */
  readonly isList: boolean;
}

const one = (words: readonly string[]): KnownWords => ({ words, isList: false });
const list = (words: readonly string[]): KnownWords => ({ words, isList: true });

const directions = ['src', 'dst'];

/**
 * The words that a value of this kind may be; undefined where iptables has no list of them, or takes them for something else than a choice.
 * @param at which word of the value: 0, or 1 for the second of two
 */
export function knownWords(kind: ValueKind, family: Family, at: number): KnownWords | undefined {
  switch (kind.type) {
    case 'enum':
      return { words: [...kind.values, ...Object.keys(kind.synonyms ?? {})], isList: kind.list === true };
    case 'protocol':
      return one(protocolNames.filter((name) => name === name.toLowerCase()));
    case 'reject-type':
      return one(rejectTypeNames(family));
    case 'icmp-type':
      return one(icmpTypes.map(({ name }) => name));
    case 'icmpv6-type':
      return one(icmpv6Types.map(({ name }) => name));
    case 'tcp-flags':
      return list(tcpFlagNames);
    case 'tcp-option-list':
      return list(tcpOptionListNames);
    case 'sctp-chunks':
      return at === 0 ? one(['all', 'any', 'only']) : list(['ALL', 'NONE', ...Object.keys(sctpChunkTypes)]);
    case 'dccp-types':
      return list(dccpTypes);
    case 'set':
      return at === 1 ? list(directions) : undefined;
    case 'mh-type':
      return one(mhTypeNames);
    case 'ipv6-headers':
      return list(ipv6HeaderNames);
    case 'log-level':
      return one(logLevels);
    case 'tos':
      return one(Object.keys(tosNames));
    case 'account':
      return one(accountNames(kind.of));
    case 'weekdays':
      return list(weekdays);
    case 'hash-mode':
      return list(hashModes);
    case 'zone':
      return one(['mark']);
    case 'led-delay':
      return one(['inf']);
    default:
      return undefined;
  }
}
