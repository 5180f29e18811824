/** A packet as rules see it. Immutable; NAT and marks make a new one. */

import { isLoopbackIP } from '../base/ip.ts';
import type { Family, Hook } from '../catalog/types.ts';
import { printAddress, readNumericAddress } from '../catalog/values/addresses.ts';

export interface IPAddress {
  readonly family: Family;
  /** As iptables prints it. */
  readonly text: string;
  readonly bits: bigint;
  /** The low 32 bits: all of an IPv4 address, as a number. */
  readonly low: number;
  /** Whether it stands for one of the node's own addresses that is not known: REDIRECT takes one of the interface. */
  readonly standsIn?: true;
}

/** What conntrack says of the packet's connection before NAT adds to it. */
export type ConnectionState = 'NEW' | 'ESTABLISHED' | 'RELATED' | 'INVALID' | 'UNTRACKED';

export const connectionStates: readonly ConnectionState[] = ['NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'UNTRACKED'];

/** One end of what is said on the wire. */
export interface End {
  readonly address: IPAddress | null;
  readonly port: number | null;
}

/** Who sends to whom; for a connection as its first packet said it, or as answers to it do. */
export interface Ends {
  readonly source: End;
  readonly destination: End;
}

/** What conntrack changes in a packet of a connection that it has translated before; null for what stays. */
export interface Translation {
  /** At the hooks where destinations change: PREROUTING and OUTPUT. */
  readonly destination: End | null;
  /** At the hooks where sources change: POSTROUTING and INPUT. */
  readonly source: End | null;
}

export interface Packet {
  readonly family: Family;
  /** "tcp", "udp", ...: the name that iptables-save prints, or a number without one. */
  readonly protocol: string;
  /** null once MASQUERADE gave it the address of an interface that is not known. */
  readonly source: IPAddress | null;
  /** null where the protocol has none, or NAT picks one. */
  readonly sport: number | null;
  readonly destination: IPAddress;
  readonly dport: number | null;
  /** TCP flags as bits, FIN 1 to URG 32; null where they are not known or it is no TCP. */
  readonly flags: number | null;
  /** null for other protocols, or where it is not known. */
  readonly icmp: { readonly type: number; readonly code: number } | null;
  /** TTL or hop limit; null where it is not known. Routers take one off between PREROUTING and FORWARD. */
  readonly ttl: number | null;
  /** What was added to a TTL that is not known: -1 for a packet that was forwarded. */
  readonly ttlChange: number;
  /** The whole IP packet in bytes; null where it is not known. */
  readonly length: number | null;
  /** The byte that holds DSCP and ECN; null where it is not known. */
  readonly tos: number | null;
  /** Of the socket that sent it, for packets of this node; null where they are not known. */
  readonly uid: number | null;
  readonly gid: number | null;
  readonly mark: number;
  readonly connectionMark: number;
  readonly state: ConnectionState;
  /** Whether it goes the way of the connection's first packet or is an answer; null where that is not known. */
  readonly direction: 'original' | 'reply' | null;
  /** How many packets of its connection passed before, in both directions; null where that is not known. */
  readonly before: number | null;
  /** Whether conntrack has seen it, which comes behind table raw. */
  readonly isTracked: boolean;
  /** Whether a rule with CT has given it a template, which rules in table raw see as a new connection without addresses. */
  readonly hasTemplate: boolean;
  /** The zones of conntrack where its connection is looked for and kept: as for a first packet, and as for answers. */
  readonly zones: { readonly original: number; readonly reply: number };
  /** Of an answer, the zone in which conntrack has its connection; null where that is the packet's own. */
  readonly knownIn: number | null;
  /** The mark that it had when it was routed last; null before that. */
  readonly routedMark: number | null;
  /** Whether a process of this node sent it. */
  readonly isFromHere: boolean;
  /** The interface that it came in by: empty for none, null where it is not known. */
  readonly in: string | null;
  /** The interface that it leaves by, likewise. */
  readonly out: string | null;
  /** Whether it was routed once more, as its destination changed in OUTPUT: it may leave by another interface than those rules saw. */
  readonly isRerouted: boolean;
  /** Where it is; null before the first hook. */
  readonly hook: Hook | null;
  /** As the connection was asked for, before any NAT, whichever way this packet goes. */
  readonly asked: Ends;
  /** How answers to the connection are addressed; null where that is what this packet's own ends say. */
  readonly answered: Ends | null;
  /** null for the first packet of a connection: then the rules of table nat say it. */
  readonly translation: Translation | null;
  /** Whether conntrack changed the destination of its connection, or the source. */
  readonly dnat: boolean;
  readonly snat: boolean;
  /** Whether a rule sent it to this node, whatever its address: TPROXY, or REDIRECT. */
  readonly isCaught: boolean;
  /** What rules on its way wrote: how often it was put on lists of `-m recent`, null where it was there before, and 0 where it was taken from them. */
  readonly lists: ReadonlyMap<string, number | null>;
  /** Sets of ipset's that rules on its way added it to (true) or took it from (false), as "name directions". */
  readonly sets: ReadonlyMap<string, boolean>;
}

const dotted = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/;

/** An address from text that iptables takes (no name, no mask); undefined for all else. */
export function ipAddress(text: string): IPAddress | undefined {
  const plain = dotted.exec(text);
  if (plain !== null) {
    const [a, b, c, d] = [Number(plain[1]), Number(plain[2]), Number(plain[3]), Number(plain[4])];
    if (a > 255 || b > 255 || c > 255 || d > 255) return undefined;
    const low = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
    return { family: 'ipv4', text, bits: BigInt(low), low };
  }
  const family: Family = text.includes(':') ? 'ipv6' : 'ipv4';
  const bits = readNumericAddress(text, family);
  return bits === undefined ? undefined : addressOf(family, bits);
}

/** An address of its bits. */
export function addressOf(family: Family, bits: bigint): IPAddress {
  return { family, text: printAddress(family, bits), bits, low: Number(bits & 0xffff_ffffn) };
}

/** Whether an address is one that every node has for itself: 127.0.0.0/8, ::1. */
export function isLoopback(address: IPAddress): boolean {
  return isLoopbackIP(address.text);
}

/** Whether rules that ask for the connection find one: not in table raw, and not for packets that are untracked or invalid. */
export function hasConnection(packet: Packet): boolean {
  return packet.isTracked && packet.state !== 'UNTRACKED' && packet.state !== 'INVALID';
}

/** What a packet is made of; everything else has a plain value that fits a new connection. */
export interface PacketSpec {
  readonly source: IPAddress;
  readonly destination: IPAddress;
  readonly protocol: string;
  readonly sport?: number | null;
  readonly dport?: number | null;
  readonly flags?: number | null;
  readonly icmp?: { readonly type: number; readonly code: number } | null;
  readonly ttl?: number | null;
  readonly length?: number | null;
  readonly tos?: number | null;
  readonly uid?: number | null;
  readonly gid?: number | null;
  readonly mark?: number;
  readonly connectionMark?: number;
  readonly state?: ConnectionState;
  readonly direction?: 'original' | 'reply' | null;
  readonly before?: number | null;
  readonly isFromHere: boolean;
  readonly in?: string | null;
  readonly out?: string | null;
  /** Of a connection that exists: as it was asked for and as it is answered. */
  readonly asked?: Ends;
  readonly answered?: Ends;
  readonly translation?: Translation | null;
  readonly knownIn?: number | null;
}

const noZones = { original: 0, reply: 0 } as const;

export const tcpFlags = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16, URG: 32 } as const;

/** The flags that a TCP packet has where nobody says it: SYN opens, SYN and ACK answer, ACK goes on. */
function usualFlags({ protocol, state = 'NEW', direction, before }: PacketSpec): number | null {
  if (protocol !== 'tcp') return null;
  if (state === 'ESTABLISHED' || state === 'RELATED') {
    return direction === 'reply' && before === 1 ? tcpFlags.SYN | tcpFlags.ACK : tcpFlags.ACK;
  }
  return tcpFlags.SYN;
}

/** What ICMP asks, or answers, where nobody says it: echo. */
function usualIcmp({ protocol, direction }: PacketSpec): { readonly type: number; readonly code: number } | null {
  if (protocol === 'icmp') return { type: direction === 'reply' ? 0 : 8, code: 0 };
  if (protocol === 'ipv6-icmp') return { type: direction === 'reply' ? 129 : 128, code: 0 };
  return null;
}

function sameEnd(one: End, other: End): boolean {
  return one.address?.text === other.address?.text && one.port === other.port;
}

const noList: ReadonlyMap<string, never> = new Map<string, never>();

/** A packet at the start of its way. */
export function packetOf(spec: PacketSpec): Packet {
  const { source, destination, isFromHere, state = 'NEW' } = spec;
  const sport = spec.sport ?? null;
  const dport = spec.dport ?? null;
  const direction = spec.direction ?? (state === 'NEW' || state === 'RELATED' ? 'original' : null);
  const ends: Ends = { source: { address: source, port: sport }, destination: { address: destination, port: dport } };
  const asked = spec.asked ?? (direction === 'reply' ? { source: ends.destination, destination: ends.source } : ends);
  const answered = spec.answered ?? null;
  return {
    family: destination.family,
    protocol: spec.protocol,
    source,
    sport,
    destination,
    dport,
    flags: spec.flags ?? usualFlags(spec),
    icmp: spec.icmp ?? usualIcmp(spec),
    ttl: spec.ttl ?? null,
    ttlChange: 0,
    length: spec.length ?? null,
    tos: spec.tos ?? null,
    uid: spec.uid ?? null,
    gid: spec.gid ?? null,
    mark: spec.mark ?? 0,
    connectionMark: spec.connectionMark ?? 0,
    state,
    direction,
    before: spec.before ?? (state === 'NEW' ? 0 : null),
    // What this node sent to itself kept its connection on the way over lo.
    isTracked: spec.in === 'lo',
    hasTemplate: false,
    zones: noZones,
    knownIn: spec.knownIn ?? null,
    routedMark: null,
    isFromHere,
    in: isFromHere ? '' : (spec.in ?? null),
    out: spec.out ?? null,
    isRerouted: false,
    hook: null,
    asked,
    answered,
    translation: spec.translation ?? null,
    dnat: answered !== null && !sameEnd(asked.destination, answered.source),
    snat: answered !== null && !sameEnd(asked.source, answered.destination),
    isCaught: false,
    lists: noList,
    sets: noList,
  };
}
