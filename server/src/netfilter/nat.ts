/** What NAT makes of a packet. */
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

/** A packet after DNAT or SNAT to the first address and port of a range; what the range does not say stays. */
export function translated(packet: Packet, kind: 'dnat' | 'snat', { first, firstPort }: NatRange): Packet {
  return kind === 'dnat'
    ? { ...packet, destination: first ?? packet.destination, dport: firstPort ?? packet.dport, dnat: true }
    : { ...packet, source: first ?? packet.source, sport: firstPort ?? packet.sport, snat: true };
}

/** A packet one of whose addresses NETMAP moved to another network, host bits kept. */
export function netmapped(packet: Packet, end: 'source' | 'destination', { family, address, mask }: Network): Packet {
  const old = packet[end];
  if (old === null) return packet;
  const mapped = addressOf(family, address | (old.bits & ~mask));
  return end === 'source' ? { ...packet, source: mapped, snat: true } : { ...packet, destination: mapped, dnat: true };
}
