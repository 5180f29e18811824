import type { Packet } from './packet.ts';

/** What of a packet is looked for in a set, in words: "10.0.0.1", "10.0.0.1, 10.0.0.2". */
export function soughtIn(packet: Packet, directions: readonly string[]): string {
  const texts = directions.map((direction) => (direction === 'src' ? packet.source?.text : packet.destination.text) ?? '?');
  // A second direction is a port or an interface in most kinds of sets.
  return texts.filter((text, at) => at === 0 || text !== texts[at - 1]).join(', ');
}

/** The same as a key, with all that a set may hold of the packet. */
export function entryKey(packet: Packet, set: string, directions: readonly string[]): string {
  const { protocol, sport, dport } = packet;
  return [set, directions.join(','), soughtIn(packet, directions), protocol, sport, dport].join(' ');
}
