/** Traces of real packets, from whichever program printed them, as packets. */
import type { Steps } from '../../base/steps.ts';
import { withoutMarks } from '../../syntax/pasted/plain-text.ts';
import { kernelLogEvent } from './read-kernel-log.ts';
import { nftMonitorEvent } from './read-nft-monitor.ts';
import { type ShownPackets, xtablesMonitorEvent } from './read-xtables-monitor.ts';
import type { SeenEvent, SeenPacket, SeenStep } from './seen-packet.ts';

export interface SeenTraces {
  /** In the order in which they were first seen. */
  readonly packets: readonly SeenPacket[];
  /** Packets that were left out, as there are too many. */
  readonly left: number;
}

const mostPackets = 20_000;
const linesBetweenPauses = 2000;
const tables = ['raw', 'mangle', 'nat', 'filter', 'security'];
const hooks: Readonly<Record<string, number>> = { PREROUTING: 0, OUTPUT: 0, INPUT: 1, FORWARD: 1, POSTROUTING: 2 };

interface Open {
  readonly packet: Omit<SeenPacket, 'steps'> & { readonly steps: SeenStep[] };
  /** What a copy of it has in common with it; undefined where that is not told. */
  readonly same: string | undefined;
  /** How far it has come: base chains are met in one order. */
  rank: number;
}

/** Where a base chain stands on a packet's way; undefined for other chains. nat holds source NAT at INPUT, behind filter. */
function rankOf({ table, chain }: SeenEvent): number | undefined {
  const hook = Object.hasOwn(hooks, chain) ? hooks[chain] : undefined;
  if (hook === undefined) return undefined;
  // OUTPUT has nat before filter, and INPUT behind it.
  const place = table === 'nat' && chain === 'INPUT' ? tables.length : tables.indexOf(table);
  return hook * 10 + place;
}

// A log, a time or a terminal may stand before what a program printed.
const nftLine = /(?:^|\s)trace id [0-9a-f]/;
const xtablesLine = /(?:^|\s)(?:PACKET: (?:2|10) [0-9a-f]| ?TRACE: (?:2|10) [0-9a-f])/;

function plainLine(text: string): string {
  const line = text.replace(/\r$/, '');
  return withoutMarks(line, true)?.text ?? line;
}

function eventOf(text: string, line: number, shown: ShownPackets): SeenEvent | undefined {
  const nft = nftLine.exec(text);
  if (nft !== null) return nftMonitorEvent(text.slice(nft.index).trimStart(), line, shown);
  const xtables = xtablesLine.exec(text);
  if (xtables !== null) return xtablesMonitorEvent(text.slice(xtables.index).trimStart(), line, shown);
  return text.includes('TRACE: ') ? kernelLogEvent(text, line) : undefined;
}

/** Behind PREROUTING's last table a packet is routed. */
const routedRank = 10;

/** What stays the same of a packet of which the kernel makes a copy that a trace gives another name to; undefined where that is not told. */
function sameness({ family, fields }: SeenEvent): string | undefined {
  const { in: from, src, sport, ident, length, protocol } = fields;
  return src === null || ident === null || from === ''
    ? undefined
    : `${family} ${from} ${src} ${sport} ${ident} ${length} ${protocol}`;
}

function isUnrouted(rank: number | undefined): boolean {
  return rank !== undefined && rank < routedRank;
}

/** Whether something of a rank may be what becomes of a packet that was last seen before it was routed. */
function isBehind(rank: number | undefined, before: Open): boolean {
  return !isUnrouted(rank) && isUnrouted(before.rank);
}

function startOf({ format, family, id }: SeenEvent, rank: number, same: string | undefined): Open {
  return { packet: { format, family, id, steps: [] }, same, rank };
}

/** The packets in a text; lines that tell of none are passed over. Pauses every few thousand lines; never throws. */
export function* readSeen(text: string): Steps<SeenTraces> {
  const shown: ShownPackets = new Map();
  const open = new Map<string, Open>();
  /** Packets by what a copy of them would have in common with them. */
  const unrouted = new Map<string, Open>();
  const packets: SeenPacket[] = [];
  let left = 0;
  let line = 0;
  for (let start = 0; start <= text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    line += 1;
    if (line % linesBetweenPauses === 0) yield;
    const event = eventOf(plainLine(text.slice(start, end)), line, shown);
    start = end + 1;
    if (event === undefined) continue;
    const rank = rankOf(event);
    let current = open.get(event.key);
    const same = rank === undefined ? undefined : sameness(event);
    const copied = same === undefined ? undefined : unrouted.get(same);
    // What this node sends to itself comes back in, and a name may be used again.
    const isNew = current === undefined || (rank !== undefined && rank < current.rank);
    if (copied !== undefined && (isNew || (isUnrouted(current?.rank) && current?.same !== same)) && isBehind(rank, copied)) {
      // What comes from a bridge is copied when it is routed.
      current = copied;
      open.set(event.key, copied);
    } else if (current === undefined || isNew) {
      current = startOf(event, rank ?? 0, same);
      open.set(event.key, current);
      if (same !== undefined && isUnrouted(rank)) unrouted.set(same, current);
      if (packets.length < mostPackets) packets.push(current.packet);
      else left += 1;
    }
    current.rank = rank ?? current.rank;
    const { format, family, key, id, ...step } = event;
    current.packet.steps.push(step);
  }
  return { packets, left };
}
