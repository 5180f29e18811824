/** What a target does to a packet, and what becomes of the packet then. */
import type { Action, Zones } from '../actions.ts';
import type { Stage } from '../hooks.ts';
import { isRange, loopbackOf, netmapped, ownAddressOf, place, translated, withDestination, withSource } from '../nat.ts';
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

function nat(action: Extract<Action, { readonly kind: 'dnat' | 'snat' }>, packet: Packet, { line }: Place): Effect {
  const { kind, range } = action;
  if (range === null) {
    const unknown = `Line ${line + 1} does not say where ${kind.toUpperCase()} sends packets: the address stays as it was.`;
    return effect(kind, { ...packet, [kind]: true }, 'next-table', unknown);
  }
  const first = place(range.first, range.firstPort);
  const choice = isRange(range) ? `NAT to a range (${first} and following) is shown with its first address and port.` : '';
  return effect(`${kind} to ${first}`, translated(packet, kind, range), 'next-table', choice);
}

/** REDIRECT gives what this node sends a loopback address, and what comes in one of its interface (nf_nat_redirect.c). */
function redirect(port: number | null, packet: Packet, { options }: Place): Effect {
  const words = `redirect${port === null ? '' : ` to :${port}`}`;
  const dport = port ?? packet.dport;
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

/** What an action that is no jump does. */
export function effectOf(action: Exclude<Action, { readonly kind: 'jump' }>, packet: Packet, at: Place): Effect {
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
      return effect('queue', packet, 'next-table', 'A program takes packets from the queue and lets them pass.');
    case 'tproxy': {
      const caught = { ...packet, mark: action.change(packet.mark), isCaught: true };
      return effect(
        'tproxy',
        caught,
        'next-table',
        'A program listens for what TPROXY catches, and a route leads it to this node.',
      );
    }
    case 'dnat':
    case 'snat':
      return nat(action, packet, at);
    case 'redirect':
      return redirect(action.port, packet, at);
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
