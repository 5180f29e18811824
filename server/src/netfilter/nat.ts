/** What NAT makes of a packet. */

import type { Family } from '../catalog/types.ts';
import type { Network } from '../catalog/values/addresses.ts';
import type { NatRange } from './actions.ts';
import { addressOf, type IPAddress, type Packet } from './packet.ts';

/** Whether there is a choice of addresses or ports. */
export function isRange(range: NatRange): boolean {
  return range.first?.text !== range.last?.text || range.firstPort !== range.lastPort;
}

/** "10.0.0.1:80", "[fd00::1]:80", ":80"; what is null is left out. */
export function place(address: IPAddress | null, port: number | null): string {
  if (address === null) return port === null ? '' : `:${port}`;
  if (port === null) return address.text;
  return address.family === 'ipv6' ? `[${address.text}]:${port}` : `${address.text}:${port}`;
}

/** 127.0.0.1 or ::1. */
export function loopbackOf(family: Family): IPAddress {
  return addressOf(family, family === 'ipv4' ? 0x7f00_0001n : 1n);
}

/** An address of the node that is not known. */
export function ownAddressOf(family: Family): IPAddress {
  return { ...loopbackOf(family), standsIn: true };
}

/** A packet whose destination changed; NAT that changes nothing is none (nf_nat_setup_info). */
export function withDestination(packet: Packet, destination: IPAddress, dport: number | null): Packet {
  const isChanged = destination.text !== packet.destination.text || destination.standsIn === true || dport !== packet.dport;
  return isChanged ? { ...packet, destination, dport, dnat: true } : packet;
}

/** The same for the source. */
export function withSource(packet: Packet, source: IPAddress | null, sport: number | null): Packet {
  const isChanged = source === null || source.text !== packet.source?.text || sport !== packet.sport;
  return isChanged ? { ...packet, source, sport, snat: true } : packet;
}

/** A packet after DNAT or SNAT to the first address and port of a range; what the range does not say stays. */
export function translated(packet: Packet, kind: 'dnat' | 'snat', { first, firstPort }: NatRange): Packet {
  return kind === 'dnat'
    ? withDestination(packet, first ?? packet.destination, firstPort ?? packet.dport)
    : withSource(packet, first ?? packet.source, firstPort ?? packet.sport);
}

/** A packet one of whose addresses NETMAP moved to another network, host bits kept. */
export function netmapped(packet: Packet, end: 'source' | 'destination', { family, address, mask }: Network): Packet {
  const old = packet[end];
  if (old === null || old.standsIn === true) return packet;
  const mapped = addressOf(family, address | (old.bits & ~mask));
  return end === 'source' ? withSource(packet, mapped, packet.sport) : withDestination(packet, mapped, packet.dport);
}

/** A packet of a known connection, at the hooks where destinations change. */
export function translatedAtDestination(packet: Packet): Packet {
  const end = packet.translation?.destination ?? null;
  if (end === null) return packet;
  return { ...packet, destination: end.address ?? ownAddressOf(packet.family), dport: end.port };
}

/** The same at the hooks where sources change. */
export function translatedAtSource(packet: Packet): Packet {
  const end = packet.translation?.source ?? null;
  return end === null ? packet : { ...packet, source: end.address, sport: end.port };
}
