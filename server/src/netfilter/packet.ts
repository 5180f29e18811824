/** A packet as rules see it. Immutable; NAT and marks make a new one. */

import type { Family } from '../catalog/types.ts';
import { printAddress, readNumericAddress } from '../catalog/values/addresses.ts';

export interface IPAddress {
  readonly family: Family;
  /** As iptables prints it. */
  readonly text: string;
  readonly bits: bigint;
  /** The low 32 bits: all of an IPv4 address, as a number. */
  readonly low: number;
}

/** What conntrack says of the packet's connection before NAT adds to it. */
export type ConnectionState = 'NEW' | 'ESTABLISHED' | 'RELATED' | 'INVALID' | 'UNTRACKED';

export const connectionStates: readonly ConnectionState[] = ['NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'UNTRACKED'];

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
  readonly mark: number;
  readonly connectionMark: number;
  readonly state: ConnectionState;
  /** Whether conntrack has seen it, which comes behind table raw. */
  readonly isTracked: boolean;
  /** Whether a process of this node sent it. */
  readonly isFromHere: boolean;
  /** The interface that it came in by: empty for none, null where it is not known. */
  readonly in: string | null;
  /** The interface that it leaves by, likewise. */
  readonly out: string | null;
  /** As the connection was asked for, before any NAT. */
  readonly original: { readonly source: IPAddress | null; readonly destination: IPAddress; readonly dport: number | null };
  readonly dnat: boolean;
  readonly snat: boolean;
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
  readonly mark?: number;
  readonly state?: ConnectionState;
  readonly isFromHere: boolean;
  readonly in?: string | null;
  readonly out?: string | null;
}

/** A packet at the start of its way. */
export function packetOf(spec: PacketSpec): Packet {
  const { source, destination, isFromHere } = spec;
  const dport = spec.dport ?? null;
  return {
    family: destination.family,
    protocol: spec.protocol,
    source,
    sport: spec.sport ?? null,
    destination,
    dport,
    mark: spec.mark ?? 0,
    connectionMark: 0,
    state: spec.state ?? 'NEW',
    // What this node sent to itself kept its connection on the way over lo.
    isTracked: spec.in === 'lo',
    isFromHere,
    in: isFromHere ? '' : (spec.in ?? null),
    out: spec.out ?? null,
    original: { source, destination, dport },
    dnat: false,
    snat: false,
  };
}
