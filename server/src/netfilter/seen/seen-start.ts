/** A seen packet as the engine starts with it: what the trace tells, and what it leaves open in each way that it may be. */

import { stateAlone } from '../connection.ts';
import type { EnumerateOptions } from '../enumeration/options.ts';
import { type ConnectionState, type End, type IPAddress, ipAddress, isLoopback, type Packet, packetOf } from '../packet.ts';
import type { MatchedStep } from './match-rules.ts';
import { protocolIn } from './nft-facts.ts';
import type { SeenFields, SeenPacket, SeenStep } from './seen-packet.ts';

/** A packet to compare with, and what was taken to be so for it, in a sentence; empty where the trace says all. */
export interface SeenStart {
  readonly packet: Packet;
  readonly note: string;
}

function protocolOf({ family, steps }: SeenPacket, fields: SeenFields): string {
  if (fields.protocol !== null) return fields.protocol;
  for (const { rule } of steps) {
    const told = rule?.by === 'text' ? protocolIn(rule.text) : undefined;
    if (told !== undefined) return told;
  }
  // xtables-monitor names no protocol: flags are TCP's, and of others only those with ports have ports.
  if (fields.sport !== null || fields.dport !== null) return 'udp';
  return family === 'ipv6' ? 'ipv6-icmp' : 'icmp';
}

/** The first line that shows the packet behind the routing decision. */
function routed(steps: readonly SeenStep[]): SeenStep | undefined {
  return steps.find(({ chain }) => chain === 'INPUT' || chain === 'FORWARD' || chain === 'POSTROUTING');
}

/** Where conntrack sent it, other than it came; null where it stayed. */
function turnedTo(first: SeenFields, { steps }: SeenPacket): End | null {
  const later = routed(steps)?.fields;
  const address = later?.dst === undefined || later.dst === null ? undefined : ipAddress(later.dst);
  if (later === undefined || address === undefined) return null;
  return later.dst === first.dst && later.dport === first.dport ? null : { address, port: later.dport };
}

function interfaceOut({ steps }: SeenPacket): string | null {
  const out = steps.findLast(({ fields }) => fields.out !== '')?.fields.out;
  return out ?? null;
}

interface Known {
  readonly seen: SeenPacket;
  readonly fields: SeenFields;
  readonly source: IPAddress;
  readonly destination: IPAddress;
  readonly protocol: string;
  readonly isFromHere: boolean;
}

function startWith(known: Known, state: ConnectionState, direction: 'original' | 'reply' | null): Packet {
  const { seen, fields, source, destination, protocol, isFromHere } = known;
  const isKnown = state === 'ESTABLISHED' || state === 'RELATED';
  const turned = isKnown ? turnedTo(fields, seen) : null;
  return packetOf({
    source,
    destination,
    protocol,
    sport: fields.sport,
    dport: fields.dport,
    flags: fields.flags,
    icmp: fields.icmp,
    ttl: fields.ttl,
    length: fields.length,
    tos: fields.tos,
    uid: fields.uid,
    gid: fields.gid,
    mark: fields.mark,
    state,
    direction,
    isFromHere,
    in: isFromHere ? '' : fields.in,
    out: isFromHere && fields.out !== '' ? fields.out : interfaceOut(seen),
    ...(isKnown ? { translation: { destination: turned, source: null } } : {}),
  });
}

/** Whether the rules of nat were asked, which they are for the first packet of a connection alone. */
function wasAskedForNat({ steps }: SeenPacket): boolean {
  return steps.some(({ table }) => table === 'nat');
}

/**
 * What a seen packet may have been, likeliest first; none where the trace does not show its ends. What conntrack said of it no trace tells: a packet
 * that nat was asked about opened its connection, others belonged to one.
 * @param hasNat whether the dump has rules of nat on its way
 */
export function seenStarts(seen: SeenPacket, hasNat: boolean): readonly SeenStart[] {
  const [first] = seen.steps;
  const fields = first?.fields;
  const source = fields?.src === undefined || fields.src === null ? undefined : ipAddress(fields.src);
  const destination = fields?.dst === undefined || fields.dst === null ? undefined : ipAddress(fields.dst);
  if (first === undefined || fields === undefined || source === undefined || destination === undefined) return [];
  const isFromHere = first.chain === 'OUTPUT' || (fields.in === '' && fields.out !== '');
  const protocol = protocolOf(seen, fields);
  const known: Known = { seen, fields, source, destination, protocol, isFromHere };
  const alone = stateAlone(protocol, fields.flags, fields.icmp);
  const asNew: SeenStart = { packet: startWith(known, 'NEW', 'original'), note: '' };
  const part = (direction: 'original' | 'reply'): SeenStart => ({
    packet: startWith(known, 'ESTABLISHED', direction),
    note: hasNat ? 'Table nat was not asked: the packet is taken to belong to a connection that was there.' : '',
  });
  const others: readonly SeenStart[] = [
    part('reply'),
    part('original'),
    { packet: startWith(known, 'RELATED', 'original'), note: 'The packet is taken to be related to a connection.' },
    { packet: startWith(known, 'INVALID', null), note: 'The packet is taken to belong to no connection (INVALID).' },
    { packet: startWith(known, 'UNTRACKED', null), note: 'The packet is taken to be left alone by conntrack (UNTRACKED).' },
  ];
  if (wasAskedForNat(seen)) return [asNew];
  // What came in by lo has its NAT behind it.
  if (fields.in === 'lo') return [{ packet: asNew.packet, note: '' }, ...others];
  return hasNat || alone !== 'NEW' ? others : [asNew, ...others];
}

/** Whether an address is the node's, as far as the trace shows where its packet went. */
export function seenLocal(seen: SeenPacket, isLocal: EnumerateOptions['isLocal']): NonNullable<EnumerateOptions['isLocal']> {
  const step = routed(seen.steps);
  const isInput = step?.chain === 'INPUT';
  const target = step?.chain === 'POSTROUTING' ? null : (step?.fields.dst ?? null);
  return (address) => {
    const ip = ipAddress(address);
    if (ip !== undefined && isLoopback(ip)) return true;
    return isLocal?.(address) ?? (address === target ? isInput : undefined);
  };
}

/** Whether a rule of nat would have been asked at a hook that the packet passed. */
export function asksNat(steps: readonly MatchedStep[], hasBase: (hook: string) => boolean): boolean {
  return steps.some(({ step }) => (step.chain === 'PREROUTING' || step.chain === 'OUTPUT') && hasBase(step.chain));
}
