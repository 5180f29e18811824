/** What NAT makes of a packet. */

import type { Family } from '../catalog/types.ts';
import type { Network } from '../catalog/values/addresses.ts';
import type { NatRange } from './actions.ts';
import { addressOf, type IPAddress, type Packet } from './packet.ts';

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

/** An address of the node that is not known: it is told from 127.0.0.1 or ::1, which it stands as, by `standsIn`. */
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

/** Whether there is a choice of addresses. */
export function hasAddresses({ first, last }: NatRange): boolean {
  return first?.text !== last?.text;
}

/**
 * The port that a range makes of another; null where the kernel picks one by chance (nf_nat_core.c, nf_nat_l4proto_unique_tuple). One that is in the
 * range stays, as long as no other connection has it; without a range only a source port may change.
 */
export function pickedPort(
  { firstPort, lastPort, basePort }: NatRange,
  port: number | null,
  kind: 'dnat' | 'snat',
  isRandom: boolean,
): number | null {
  if (firstPort === null || lastPort === null) return isRandom && kind === 'snat' ? null : port;
  if (firstPort === lastPort) return firstPort;
  if (port === null) return null;
  if (basePort !== null) return firstPort + (((port - basePort) & 0xffff) % (lastPort - firstPort + 1));
  return !isRandom && port >= firstPort && port <= lastPort ? port : null;
}

/** More ways than these are not followed one by one. */
const mostPicks = 32;

/** What a range may make of a packet's destination, each by the same chance, as ranges of one; the range itself where there is no choice, or too much of it. */
export function picksOf(range: NatRange, { dport }: Packet, isRandom: boolean): readonly NatRange[] {
  const { first, last, firstPort, lastPort } = range;
  const addresses = first === null || last === null ? 1 : Number(last.bits - first.bits) + 1;
  const isPortOpen = dport !== null && pickedPort(range, dport, 'dnat', isRandom) === null;
  const ports = isPortOpen && firstPort !== null && lastPort !== null ? lastPort - firstPort + 1 : 1;
  const isFew = ports >= 1 && addresses * ports <= mostPicks;
  if (addresses < 1 || addresses > mostPicks || addresses * (isFew ? ports : 1) === 1) return [range];
  const picks: NatRange[] = [];
  for (let at = 0; at < addresses; at += 1) {
    const address = first === null ? null : addressOf(first.family, first.bits + BigInt(at));
    for (let port = 0; port < (isFew ? ports : 1); port += 1) {
      const own = isFew && isPortOpen && firstPort !== null ? { firstPort: firstPort + port, lastPort: firstPort + port } : {};
      picks.push({ ...range, first: address, last: address, ...own });
    }
  }
  return picks;
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
