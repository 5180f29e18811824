/** What the words that iptables has a list of mean, in one line each. Source: iptables-extensions(8), and the kernel's code of each extension. */
import type { OptionSpec } from '../types.ts';
import { protocolNumber } from './protocols.ts';
import { icmpTypes, icmpv6Types } from './read-icmp.ts';
import { tosNames } from './read-names.ts';
import { dscpClasses } from './value-kinds.ts';
import { sctpChunkTypes } from './words.ts';

type Meanings = Readonly<Record<string, string>>;

const states: Meanings = {
  INVALID: 'Connection tracking can make nothing of the packet.',
  NEW: 'The packet begins a connection, or belongs to one that has seen packets in one direction only.',
  RELATED: 'The packet begins a connection that another one expects, or is an ICMP error about one.',
  ESTABLISHED: 'The packet belongs to a connection that has seen packets in both directions.',
  UNTRACKED: 'The raw table has left the packet out of connection tracking.',
  SNAT: 'The connection’s source was translated: the replies’ destination is not its source.',
  DNAT: 'The connection’s destination was translated: the replies’ source is not its destination.',
};

const addressTypes: Meanings = {
  UNSPEC: 'No address is set: 0.0.0.0.',
  UNICAST: 'The routing table leads to one machine there.',
  LOCAL: 'An address of this node.',
  BROADCAST: 'A broadcast address.',
  ANYCAST: 'An anycast address.',
  MULTICAST: 'A multicast address.',
  BLACKHOLE: 'A route drops packets to it in silence.',
  UNREACHABLE: 'A route says that it cannot be reached.',
  PROHIBIT: 'A route forbids packets to it.',
  THROW: 'A route ends the look-up in its table.',
  NAT: 'A route of the address translation that the kernel no longer has.',
  XRESOLVE: 'A route that a program resolves; no kernel makes one.',
};

const tcpFlags: Meanings = {
  FIN: 'The sender has no more to send.',
  SYN: 'Opens the connection.',
  RST: 'Resets the connection.',
  PSH: 'To be handed on at once.',
  ACK: 'Says what has arrived.',
  URG: 'Holds urgent data.',
  ALL: 'All six flags.',
  NONE: 'No flag.',
};

const directions: Meanings = {
  ORIGINAL: 'The direction of the connection’s first packet.',
  REPLY: 'The direction of the replies.',
};

const rejections: Meanings = {
  'icmp-net-unreachable': 'ICMP: the network cannot be reached.',
  'icmp-host-unreachable': 'ICMP: the host cannot be reached.',
  'icmp-proto-unreachable': 'ICMP: nobody speaks the protocol.',
  'icmp-port-unreachable': 'ICMP: nobody listens on the port. The default in IPv4.',
  'icmp-net-prohibited': 'ICMP: the network may not be spoken to.',
  'icmp-host-prohibited': 'ICMP: the host may not be spoken to.',
  'icmp-admin-prohibited': 'ICMP: a firewall forbids it.',
  'tcp-reset': 'A TCP reset, as if nobody listened. Needs -p tcp.',
  'icmp6-no-route': 'ICMPv6: there is no route.',
  'icmp6-adm-prohibited': 'ICMPv6: a firewall forbids it.',
  'icmp6-addr-unreachable': 'ICMPv6: the address cannot be reached.',
  'icmp6-port-unreachable': 'ICMPv6: nobody listens on the port. The default in IPv6.',
  'icmp6-policy-fail': 'ICMPv6: the source address fails a policy.',
  'icmp6-reject-route': 'ICMPv6: the route rejects it.',
};

const levels: Meanings = {
  emerg: 'The system cannot be used.',
  alert: 'Somebody has to act at once.',
  crit: 'Critical.',
  err: 'An error.',
  warning: 'A warning, the default.',
  notice: 'Normal, but worth a look.',
  info: 'Information.',
  debug: 'For debugging.',
};

const hashKeys: Meanings = {
  srcip: 'Each source address counts for itself.',
  srcport: 'Each source port counts for itself.',
  dstip: 'Each destination address counts for itself.',
  dstport: 'Each destination port counts for itself.',
};

const events: Meanings = {
  new: 'A new connection.',
  related: 'A connection that another one expected.',
  destroy: 'A connection that is gone.',
  reply: 'The first reply.',
  assured: 'A connection that is not dropped early.',
  protoinfo: 'Another state of the protocol.',
  helper: 'A helper was attached.',
  mark: 'Another mark.',
  natseqinfo: 'Sequence numbers were changed.',
  secmark: 'Another security mark.',
};

const chunkWords: Meanings = {
  all: 'All of these chunks are in the packet.',
  any: 'One of these chunks is in the packet.',
  only: 'No other chunks are in the packet.',
  ALL: 'Every chunk type.',
  NONE: 'No chunk type.',
};

/** By option, "conntrack --ctstate", or by the kind of value. */
const meanings: Readonly<Record<string, Meanings>> = {
  'addrtype --src-type': addressTypes,
  'addrtype --dst-type': addressTypes,
  'conntrack --ctstate': states,
  'state --state': states,
  'conntrack --ctdir': directions,
  'ipvs --vdir': directions,
  'conntrack --ctstatus': {
    NONE: 'None of the others.',
    EXPECTED: 'Another connection expected it.',
    SEEN_REPLY: 'A reply was seen.',
    ASSURED: 'It is not dropped early when the table is full.',
    CONFIRMED: 'Its first packet has left the node.',
  },
  'connbytes --connbytes-mode': {
    packets: 'How many packets.',
    bytes: 'How many bytes.',
    avgpkt: 'The bytes of a packet, on average.',
  },
  'connbytes --connbytes-dir': {
    original: 'Packets in the direction of the first one.',
    reply: 'Packets in the direction of the replies.',
    both: 'Packets in either direction.',
  },
  'ipvs --vmethod': {
    GATE: 'Direct routing: the packet keeps its address.',
    IPIP: 'In a tunnel.',
    MASQ: 'With its address translated.',
  },
  'pkttype --pkt-type': {
    unicast: 'To this node alone.',
    broadcast: 'To all on the link.',
    multicast: 'To a group on the link.',
    otherhost: 'To another machine’s link address.',
    bcast: 'The same as broadcast.',
    mcast: 'The same as multicast.',
    host: 'The same as unicast.',
  },
  'policy --dir': { in: 'The policy under which the packet was decrypted.', out: 'The policy under which it will be encrypted.' },
  'policy --pol': { none: 'No IPsec.', ipsec: 'IPsec.' },
  'policy --mode': { transport: 'Only what the packet carries is encrypted.', tunnel: 'The whole packet is, in another one.' },
  'statistic --mode': { random: 'By chance, with --probability.', nth: 'One of so many in turn, with --every and --packet.' },
  'AUDIT --type': {
    accept: 'The record says that the packet was accepted.',
    drop: 'The record says that it was dropped.',
    reject: 'The record says that it was rejected.',
  },
  'CLUSTERIP --hashmode': {
    sourceip: 'The source address chooses the node.',
    'sourceip-sourceport': 'Source address and port choose it.',
    'sourceip-sourceport-destport': 'Source address and both ports choose it.',
  },
  'CT --ctevents': events,
  'CT --expevents': { new: 'A new expectation.' },
  'HMARK --hmark-tuple': {
    src: 'The source address.',
    dst: 'The destination address.',
    sport: 'The source port.',
    dport: 'The destination port.',
    spi: 'The security parameter index of IPsec.',
    ct: 'All of them as the connection’s first packet had them.',
  },
  'tcp-flags': tcpFlags,
  'reject-type': rejections,
  'log-level': levels,
  'hash-mode': hashKeys,
  set: {
    src: 'The packet’s source: address, port or incoming interface, as the set’s type has it in this place.',
    dst: 'The packet’s destination: address, port or outgoing interface, as the set’s type has it in this place.',
  },
  zone: { mark: 'The packet’s mark is the zone.' },
  'led-delay': { inf: 'The light stays on.' },
};

/** What a word of an option's value means; undefined where its name says all of it, or it is none of iptables' words. */
export function wordMeaning({ extension, long, value }: OptionSpec, word: string): string | undefined {
  const kind = value?.type ?? '';
  const key = `${extension?.name} ${long}`;
  const words = Object.hasOwn(meanings, key) ? meanings[key] : Object.hasOwn(meanings, kind) ? meanings[kind] : undefined;
  if (words !== undefined) return Object.hasOwn(words, word) ? words[word] : undefined;
  switch (kind) {
    case 'protocol':
      return numbered(
        'Protocol',
        word === 'all' ? undefined : protocolNumber(word),
        word === 'all' ? 'Any protocol.' : undefined,
      );
    case 'icmp-type':
    case 'icmpv6-type':
      return icmpMeaning(kind, word);
    case 'tos':
      return Object.hasOwn(tosNames, word) ? numbered('The value', tosNames[word]) : undefined;
    case 'sctp-chunks':
      if (Object.hasOwn(chunkWords, word)) return chunkWords[word];
      return Object.hasOwn(sctpChunkTypes, word) ? numbered('Chunk type', sctpChunkTypes[word]) : undefined;
    case 'enum':
      return long.endsWith('dscp-class') && Object.hasOwn(dscpClasses, word)
        ? numbered('The value', dscpClasses[word])
        : undefined;
    default:
      return undefined;
  }
}

function numbered(what: string, number: number | undefined, instead?: string): string | undefined {
  return number === undefined ? instead : `${what} ${number}.`;
}

function icmpMeaning(kind: 'icmp-type' | 'icmpv6-type', word: string): string | undefined {
  const found = (kind === 'icmp-type' ? icmpTypes : icmpv6Types).find(({ name }) => name === word);
  if (found === undefined) return undefined;
  if (word === 'any') return 'Any type.';
  return found.code === undefined ? `Type ${found.type}, any code.` : `Type ${found.type}, code ${found.code}.`;
}
