/** The answer to a packet, and the packets after it: what conntrack makes of them. */
import { ownAddressOf } from './nat.ts';
import type { Outcome } from './outcome.ts';
import { type ConnectionState, type Ends, type Packet, packetOf, tcpFlags } from './packet.ts';

/** ICMP and ICMPv6 requests with what answers them (nf_conntrack_proto_icmp.c, nf_conntrack_proto_icmpv6.c). */
const icmpAnswers: Readonly<Record<string, Readonly<Record<number, number>>>> = {
  icmp: { 8: 0, 13: 14, 15: 16, 17: 18 },
  'ipv6-icmp': { 128: 129, 139: 140 },
};

/** ICMPv6 messages of neighbour discovery and multicast groups, which conntrack leaves alone (icmpv6_error). */
const untrackedIcmpv6: ReadonlySet<number> = new Set([130, 131, 132, 133, 134, 135, 136, 137, 143]);

/** Errors about other packets: destination unreachable, time exceeded and their kin. */
function isIcmpError(protocol: string, type: number): boolean {
  return protocol === 'icmp' ? [3, 4, 5, 11, 12].includes(type) : type < 128;
}

/** What answers an ICMP message of this type; undefined where nothing does. */
export function icmpAnswer(protocol: string, type: number): number | undefined {
  return icmpAnswers[protocol]?.[type];
}

/** What conntrack says of a packet of which it has seen no connection before. */
export function stateAlone(protocol: string, flags: number | null, icmp: { readonly type: number } | null): ConnectionState {
  if (icmp !== null && (protocol === 'icmp' || protocol === 'ipv6-icmp')) {
    if (protocol === 'ipv6-icmp' && untrackedIcmpv6.has(icmp.type)) return 'UNTRACKED';
    if (icmpAnswer(protocol, icmp.type) !== undefined) return 'NEW';
    return isIcmpError(protocol, icmp.type) ? 'RELATED' : 'INVALID';
  }
  if (protocol !== 'tcp' || flags === null) return 'NEW';
  // SYN opens a connection, and ACK alone one that was there before conntrack was (tcp_valid_flags, tcp_new, nf_conntrack_tcp_loose).
  const kind = flags & ~(tcpFlags.PSH | tcpFlags.URG);
  return kind === tcpFlags.SYN || kind === tcpFlags.ACK ? 'NEW' : 'INVALID';
}

/** Where a packet enters and leaves the node. */
export interface Route {
  readonly isFromHere: boolean;
  readonly in: string | null;
  readonly out: string | null;
}

/** How answers to a packet come, told by where it went. */
export function routeBack(first: Packet, last: Packet): Route {
  if (last.hook === 'INPUT') return { isFromHere: true, in: '', out: first.in };
  return { isFromHere: false, in: last.out, out: first.isFromHere ? null : first.in };
}

/** A connection that a first packet opened: how it was asked for, and how answers to it are addressed. */
export interface Connection {
  readonly first: Packet;
  readonly asked: Ends;
  readonly answered: Ends;
  readonly mark: number;
  /** Whether conntrack was told to leave its packets alone. */
  readonly isUntracked: boolean;
  /** The zone of conntrack in which answers find it. */
  readonly answerZone: number;
  /** Whether conntrack has seen an answer; false where rules tell it to leave that alone. */
  readonly isAnswered: boolean;
}

/** The connection that a packet opened by the path that an outcome is. */
export function connectionOf(first: Packet, { packet: last }: Pick<Outcome, 'packet'>): Connection {
  return {
    first,
    asked: first.asked,
    answered: {
      source: { address: last.destination, port: last.dport },
      destination: { address: last.source, port: last.sport },
    },
    mark: last.connectionMark,
    isUntracked: last.state === 'UNTRACKED' || last.state === 'INVALID',
    answerZone: last.zones.reply,
    isAnswered: true,
  };
}

/** A connection after its first answer took the path that an outcome is: what rules made of the connection's mark, and whether it was seen. */
export function afterAnswer(connection: Connection, { packet }: Pick<Outcome, 'packet'>): Connection {
  // Left alone, or looked for in a zone where it is not: the connection has no answer yet.
  return packet.state === 'ESTABLISHED' ? { ...connection, mark: packet.connectionMark } : { ...connection, isAnswered: false };
}

/** What a packet of the connection says of itself besides where it goes. */
type Marks = Pick<Packet, 'flags' | 'icmp' | 'ttl' | 'length' | 'tos' | 'uid' | 'gid' | 'mark'>;

const unmarked: Marks = { flags: null, icmp: null, ttl: null, length: null, tos: null, uid: null, gid: null, mark: 0 };

/** What conntrack says of a packet of a connection. Before it has seen an answer, TCP goes on with SYN alone. */
function stateIn({ first, isAnswered }: Connection, isReply: boolean): ConnectionState {
  if (isReply || isAnswered) return 'ESTABLISHED';
  return first.protocol === 'tcp' ? 'INVALID' : 'NEW';
}

/** Whether a packet is an error about its connection. Of one that conntrack does not know it says INVALID (nf_conntrack_inet_error). */
function isErrorIn({ first: { protocol } }: Connection, { icmp }: Marks): boolean {
  return icmp !== null && isIcmpError(protocol, icmp.type);
}

function packetOfConnection(
  connection: Connection,
  {
    isReply,
    before,
    route,
    marks,
  }: { readonly isReply: boolean; readonly before: number; readonly route: Route; readonly marks: Marks },
): Packet {
  const { first, asked, answered, mark, isUntracked, isAnswered } = connection;
  const own = ownAddressOf(first.family);
  const ends = isReply ? answered : asked;
  const base = {
    ...marks,
    source: ends.source.address ?? own,
    destination: ends.destination.address ?? own,
    protocol: first.protocol,
    sport: ends.source.port,
    dport: ends.destination.port,
    isFromHere: route.isFromHere,
    in: route.isFromHere ? '' : route.in,
    out: route.out,
  };
  const isError = isErrorIn(connection, marks);
  if (isUntracked) {
    const state = isError ? 'INVALID' : stateAlone(first.protocol, marks.flags, marks.icmp);
    return packetOf({ ...base, state, direction: 'original' });
  }
  return packetOf({
    ...base,
    state: isError ? 'RELATED' : stateIn(connection, isReply),
    direction: isReply ? 'reply' : 'original',
    before: isAnswered ? before : 1,
    connectionMark: mark,
    asked,
    answered,
    knownIn: isReply ? connection.answerZone : null,
    // NAT at the hooks for destinations and at those for sources: for answers the reverse of what the first packet got.
    translation: isReply
      ? { destination: asked.source, source: asked.destination }
      : { destination: answered.source, source: answered.destination },
  });
}

/** The first answer: SYN and ACK for TCP, the reply to an ICMP request. `marks` are what is known of it. */
export function answerIn(connection: Connection, route: Route, marks: Partial<Marks> = {}): Packet {
  const { first } = connection;
  const type = first.icmp === null ? undefined : icmpAnswer(first.protocol, first.icmp.type);
  const usual: Marks = {
    ...unmarked,
    flags: first.protocol === 'tcp' ? tcpFlags.SYN | tcpFlags.ACK : null,
    icmp: type === undefined ? null : { type, code: 0 },
  };
  return packetOfConnection(connection, { isReply: true, before: 1, route, marks: { ...usual, ...marks } });
}

/** A later packet that goes the way of the first: ACK for TCP. */
export function laterIn(connection: Connection, route: Route, marks: Partial<Marks> = {}): Packet {
  const { first } = connection;
  const usual: Marks = { ...unmarked, flags: first.protocol === 'tcp' ? tcpFlags.ACK : null, icmp: first.icmp };
  return packetOfConnection(connection, { isReply: false, before: 2, route, marks: { ...usual, ...marks } });
}
