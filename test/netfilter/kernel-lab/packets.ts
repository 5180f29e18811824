/** IP packets as bytes: those that are sent into the namespaces, and what the kernel shows of them. */
import { ipAddress } from '../../../server/src/netfilter/packet.ts';

/** Which packet of its connection: the one that opens it, the answer, the one after that. */
export type Step = 'first' | 'reply' | 'third';

export interface WirePacket {
  /** Tells exchanges apart, 1 to 2^20: in TCP's sequence numbers, else in the payload, which NAT leaves alone. */
  readonly id: number;
  readonly step: Step;
  readonly protocol: 'tcp' | 'udp' | 'icmp';
  readonly from: string;
  readonly to: string;
  /** Of ICMP the identifier, which NAT may change like a port. */
  readonly sport: number;
  readonly dport: number;
  /** TCP flags as bits, FIN 1 to URG 32. */
  readonly flags: number;
  readonly icmpType: number;
  readonly ttl: number;
  readonly tos: number;
  /** Bytes behind the header that the packet needs. */
  readonly padding: number;
}

/** What a header says: of ICMP the identifier as both ports. */
export interface SeenPacket {
  readonly id: number;
  readonly step: Step;
  readonly from: string;
  readonly to: string;
  readonly sport: number;
  readonly dport: number;
}

const steps: readonly Step[] = ['first', 'reply', 'third'];
const protocols = { tcp: 6, udp: 17, icmp: 1 } as const;
const icmpv6 = 58;
const payloadMark = 0x706b;

function addressBytes(text: string): Buffer {
  const address = ipAddress(text);
  if (address === undefined) throw new Error(`no address: ${text}`);
  return Buffer.from(address.bits.toString(16).padStart(address.family === 'ipv4' ? 8 : 32, '0'), 'hex');
}

function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16));
  return ipAddress(groups.join(':'))?.text ?? '';
}

function sumOf(...parts: readonly Buffer[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; at += 2) sum += (part[at] ?? 0) * 256 + (part[at + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/** Sequence numbers as conntrack expects them; the last byte tells the steps apart. */
function tcpNumbers(id: number, step: Step): readonly [sequence: number, acknowledged: number] {
  const asked = id * 256;
  const answered = asked + 16;
  return step === 'first' ? [asked, 0] : step === 'reply' ? [answered, asked + 1] : [asked + 1, answered + 1];
}

/** Protocol and payload, with an empty checksum; where that is. */
function body({ id, step, protocol, sport, dport, flags, icmpType, padding }: WirePacket): readonly [Buffer, number] {
  if (protocol === 'tcp') {
    const tcp = Buffer.alloc(20 + padding);
    const [sequence, acknowledged] = tcpNumbers(id, step);
    tcp.writeUInt16BE(sport, 0);
    tcp.writeUInt16BE(dport, 2);
    tcp.writeUInt32BE(sequence, 4);
    tcp.writeUInt32BE((flags & 16) === 0 ? 0 : acknowledged, 8);
    tcp.writeUInt8(0x50, 12);
    tcp.writeUInt8(flags, 13);
    tcp.writeUInt16BE(0xffff, 14);
    return [tcp, 16];
  }
  const bytes = Buffer.alloc(16 + padding);
  if (protocol === 'udp') {
    bytes.writeUInt16BE(sport, 0);
    bytes.writeUInt16BE(dport, 2);
    bytes.writeUInt16BE(bytes.length, 4);
  } else {
    bytes.writeUInt8(icmpType, 0);
    bytes.writeUInt16BE(sport, 4);
    bytes.writeUInt16BE(steps.indexOf(step), 6);
  }
  bytes.writeUInt16BE(payloadMark, 8);
  bytes.writeUInt16BE(steps.indexOf(step), 10);
  bytes.writeUInt32BE(id, 12);
  return [bytes, protocol === 'udp' ? 6 : 2];
}

/** How long the whole IP packet is, in bytes. */
export function lengthOf(packet: WirePacket): number {
  return (packet.from.includes(':') ? 40 : 20) + body(packet)[0].length;
}

/** The whole IP packet. */
export function bytesOf(packet: WirePacket): Buffer {
  const { from, to, protocol, ttl, tos } = packet;
  const [bytes, checksumAt] = body(packet);
  const ends = Buffer.concat([addressBytes(from), addressBytes(to)]);
  if (from.includes(':')) {
    const next = protocol === 'icmp' ? icmpv6 : protocols[protocol];
    const pseudo = Buffer.from([0, 0, bytes.length >> 8, bytes.length & 255, 0, 0, 0, next]);
    bytes.writeUInt16BE(sumOf(ends, pseudo, bytes), checksumAt);
    const fixed = Buffer.from([0x60 | (tos >> 4), (tos & 15) << 4, 0, 0, bytes.length >> 8, bytes.length & 255, next, ttl]);
    return Buffer.concat([fixed, ends, bytes]);
  }
  const pseudo = protocol === 'icmp' ? [] : [ends, Buffer.from([0, protocols[protocol], bytes.length >> 8, bytes.length & 255])];
  bytes.writeUInt16BE(sumOf(...pseudo, bytes), checksumAt);
  const header = Buffer.alloc(12);
  header.writeUInt8(0x45, 0);
  header.writeUInt8(tos, 1);
  header.writeUInt16BE(20 + bytes.length, 2);
  // Not to be cut into fragments.
  header.writeUInt16BE(0x4000, 6);
  header.writeUInt8(ttl, 8);
  header.writeUInt8(protocols[protocol], 9);
  header.writeUInt16BE(sumOf(header, ends), 10);
  return Buffer.concat([header, ends, bytes]);
}

/** What is told by the first 40 bytes of a network header and the first 20 behind it; undefined for a packet that is not one of ours. */
export function seenPacket(network: Buffer, transport: Buffer): SeenPacket | undefined {
  const isV6 = (network[0] ?? 0) >> 4 === 6;
  if (network.length < (isV6 ? 40 : 20) || transport.length < 16) return undefined;
  const protocol = network[isV6 ? 6 : 9];
  const ends = isV6
    ? { from: addressText(network.subarray(8, 24)), to: addressText(network.subarray(24, 40)) }
    : { from: addressText(network.subarray(12, 16)), to: addressText(network.subarray(16, 20)) };
  if (protocol === protocols.tcp) {
    const sequence = transport.readUInt32BE(4);
    const step = ({ 0: 'first', 16: 'reply', 1: 'third' } as const)[sequence & 255];
    if (step === undefined || transport.length < 20) return undefined;
    return { id: sequence >>> 8, step, ...ends, sport: transport.readUInt16BE(0), dport: transport.readUInt16BE(2) };
  }
  const step = steps[transport.readUInt16BE(10)];
  if (transport.readUInt16BE(8) !== payloadMark || step === undefined) return undefined;
  const isUdp = protocol === protocols.udp;
  const sport = transport.readUInt16BE(isUdp ? 0 : 4);
  return { id: transport.readUInt32BE(12), step, ...ends, sport, dport: isUdp ? transport.readUInt16BE(2) : sport };
}
