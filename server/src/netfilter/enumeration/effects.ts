/** What a target does to a packet, and what becomes of the packet then. */
import type { Action, NatRange, Zones } from '../actions.ts';
import type { Stage } from '../hooks.ts';
import {
  hasAddresses,
  loopbackOf,
  netmapped,
  ownAddressOf,
  pickedPort,
  picksOf,
  place,
  withDestination,
  withSource,
} from '../nat.ts';
import { hasConnection, type Packet } from '../packet.ts';
import { entryKey } from '../set-entry.ts';
import type { EnumerateOptions } from './options.ts';

/** 'next-table' is what ACCEPT and the targets of NAT do: the table is done with. */
export type Then = 'continue' | 'next-table' | 'return' | 'drop' | 'reject';

export interface Effect {
  /** "dnat to 10.0.0.1:80". */
  readonly words: string;
  readonly packet: Packet;
  readonly then: Then;
  /** What is taken to be so, in a sentence; empty for nothing. */
  readonly assumption: string;
}

export interface Place {
  readonly stage: Stage | undefined;
  /** 0-based. */
  readonly line: number;
  readonly options: EnumerateOptions;
}

function effect(words: string, packet: Packet, then: Then, assumption = ''): Effect {
  return { words, packet, then, assumption };
}

/** What is said of the ports that DNAT, SNAT or REDIRECT picks: of many that are open, the range. */
function portsText({ firstPort, lastPort }: NatRange, picked: number | null): string {
  if (firstPort === null) return '';
  return picked === null && firstPort !== lastPort ? `:${firstPort}-${lastPort}` : `:${picked ?? firstPort}`;
}

function nat(action: Extract<Action, { readonly kind: 'dnat' | 'snat' }>, packet: Packet, { line }: Place): Effect {
  const { kind, range, isRandom } = action;
  if (range === null) {
    const unknown = `Line ${line + 1} does not say where ${kind.toUpperCase()} sends packets: the address stays as it was.`;
    return effect(kind, { ...packet, [kind]: true }, 'next-table', unknown);
  }
  const { first, firstPort } = range;
  const address = place(first, null);
  const choice = hasAddresses(range) ? `NAT to a range (${address} and following) is shown with its first address.` : '';
  const picked = pickedPort(range, kind === 'dnat' ? packet.dport : packet.sport, kind, isRandom);
  const isBracketed = first?.family === 'ipv6' && firstPort !== null;
  const words = `${kind} to ${isBracketed ? `[${address}]` : address}${portsText(range, picked)}`;
  const translated =
    kind === 'dnat'
      ? withDestination(packet, first ?? packet.destination, picked)
      : withSource(packet, first ?? packet.source, picked);
  return effect(words, translated, 'next-table', choice);
}

/** REDIRECT gives what this node sends a loopback address, and what comes in one of its interface (nf_nat_redirect.c). */
function redirect(action: Extract<Action, { readonly kind: 'redirect' }>, packet: Packet, { options }: Place): Effect {
  const { range, isRandom } = action;
  const dport = range === null ? packet.dport : pickedPort(range, packet.dport, 'dnat', isRandom);
  const words = `redirect${range === null ? '' : ` to ${portsText(range, dport)}`}`;
  if (packet.isFromHere) return effect(words, withDestination(packet, loopbackOf(packet.family), dport), 'next-table');
  const address = options.redirectAddress?.(packet) ?? ownAddressOf(packet.family);
  return effect(words, { ...withDestination(packet, address, dport), isCaught: true }, 'next-table');
}

/**
 * MASQUERADE takes an address of the interface that a packet leaves by, and leaves the port where it may. Where that is what the packet has already it
 * is no NAT (nf_nat_core.c, get_unique_tuple); where the address is not known, that is left open.
 */
function masqueraded(packet: Packet, keepsPort: boolean, options: EnumerateOptions): Packet {
  const known = packet.out === null ? undefined : options.masqueradeAddress?.(packet);
  if (known === undefined) return { ...packet, source: null, sport: null, snat: true };
  return keepsPort ? withSource(packet, known, packet.sport) : { ...packet, source: known, sport: null, snat: true };
}

function setChange(action: Extract<Action, { readonly kind: 'set-change' }>, packet: Packet): Effect {
  const key = entryKey(packet, action.set, action.directions.split(','));
  const words = `${action.isAdded ? 'add to' : 'take from'} set ${action.set}`;
  return effect(words, { ...packet, sets: new Map([...packet.sets, [key, action.isAdded]]) }, 'continue');
}

/** Moves bits between the marks of a packet and of its connection. */
function moveMark(action: Extract<Action, { readonly kind: 'save-mark' | 'restore-mark' }>, packet: Packet): Effect {
  const { kind, packetMask, connectionMask } = action;
  const words = kind === 'save-mark' ? 'save mark' : 'restore mark';
  if (!hasConnection(packet)) return effect(words, packet, 'continue');
  const { mark, connectionMark } = packet;
  const changed =
    kind === 'save-mark'
      ? { ...packet, connectionMark: ((connectionMark & ~connectionMask) ^ (mark & packetMask)) >>> 0 }
      : { ...packet, mark: ((mark & ~packetMask) ^ (connectionMark & connectionMask)) >>> 0 };
  return effect(words, changed, 'continue');
}

/** A packet that has a connection or a template already keeps it (xt_CT.c). */
function track(zones: Zones | null, packet: Packet): Effect {
  const words = zones === null ? 'notrack' : 'continue';
  if (packet.isTracked || packet.hasTemplate || packet.state === 'UNTRACKED') return effect(words, packet, 'continue');
  if (zones === null) return effect(words, { ...packet, state: 'UNTRACKED' }, 'continue');
  const numberOf = (zone: number | 'mark'): number => (zone === 'mark' ? packet.mark & 0xffff : zone);
  const own = { original: numberOf(zones.original), reply: numberOf(zones.reply) };
  return effect(words, { ...packet, hasTemplate: true, zones: own }, 'continue');
}

/** An action that is no jump. */
type Deed = Exclude<Action, { readonly kind: 'jump' }>;

/** What a target may do by chance, each as likely as the others: DNAT and REDIRECT to a range. */
export function chancesOf(action: Deed, packet: Packet): readonly Deed[] {
  if ((action.kind !== 'dnat' && action.kind !== 'redirect') || action.range === null) return [action];
  return picksOf(action.range, packet, action.isRandom).map((range) => ({ ...action, range }));
}

/** What an action that is no jump does. */
export function effectOf(action: Deed, packet: Packet, at: Place): Effect {
  switch (action.kind) {
    case 'continue':
      return effect('continue', packet, 'continue');
    case 'unfollowed':
      return effect('continue', packet, 'continue', `What ${action.name} does is not followed: it is taken to let packets pass.`);
    case 'accept':
      return effect('accept', packet, 'next-table');
    case 'drop':
      return effect('drop', packet, 'drop');
    case 'reject':
      return effect(`reject with ${action.answer}`, packet, 'reject');
    case 'return':
      return effect('return', packet, 'return');
    case 'queue':
      return effect(
        'queue',
        packet,
        'next-table',
        action.isBypassed
          ? 'A program that takes packets from the queue lets them pass, as they do where there is none.'
          : 'A program takes packets from the queue and lets them pass; where there is none they are dropped.',
      );
    case 'tproxy': {
      const caught = { ...packet, mark: action.change(packet.mark), isCaught: true };
      return effect(
        'tproxy',
        caught,
        'next-table',
        'A program listens for what TPROXY catches, and a route leads it to this node; where none listens it is dropped.',
      );
    }
    case 'dnat':
    case 'snat':
      return nat(action, packet, at);
    case 'redirect':
      return redirect(action, packet, at);
    case 'netmap': {
      const end = at.stage?.hook === 'POSTROUTING' || at.stage?.hook === 'INPUT' ? 'source' : 'destination';
      const moved = netmapped(packet, end, action.network);
      return effect(`netmap to ${moved[end]?.text ?? ''}`, moved, 'next-table');
    }
    case 'masquerade':
      return effect('masquerade', masqueraded(packet, action.keepsPort, at.options), 'next-table');
    case 'mark':
      return effect(action.words, { ...packet, mark: action.change(packet.mark) }, 'continue');
    case 'connection-mark': {
      const connectionMark = hasConnection(packet) ? action.change(packet.connectionMark) : packet.connectionMark;
      return effect(`connection ${action.words}`, { ...packet, connectionMark }, 'continue');
    }
    case 'save-mark':
    case 'restore-mark':
      return moveMark(action, packet);
    case 'ttl-set':
      return effect(`ttl ${action.value}`, { ...packet, ttl: action.value }, 'continue');
    case 'ttl': {
      // One that is not known keeps how much it changed; at its ends that is not exact.
      const change = action.change(64) - 64;
      const ttl = packet.ttl === null ? { ttlChange: packet.ttlChange + change } : { ttl: action.change(packet.ttl) };
      return effect(action.words, { ...packet, ...ttl }, 'continue');
    }
    case 'tos':
      return effect(action.words, { ...packet, tos: packet.tos === null ? null : action.change(packet.tos) }, 'continue');
    case 'template':
      return track(action.zones, packet);
    case 'notrack':
      return track(null, packet);
    case 'set-change':
      return setChange(action, packet);
  }
}
