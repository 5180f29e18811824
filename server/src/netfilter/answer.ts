/** What a match says of a packet: yes, no, or something that the rules alone do not decide. */
import type { Packet } from './packet.ts';
import type { Ranges } from './ranges.ts';

/** Something outside the ruleset that a rule asks for: whether an address is this node's, whether a set has it. */
export interface Fact {
  /** What it is about: an address of the node, an interface, a list of `-m recent`, a set, the frame that it comes in by (link address, bridge port), or something else. */
  readonly about: 'local' | 'interface' | 'recent' | 'set' | 'frame' | 'other';
  /** The same question has the same key, so that one path through the rules answers it once; a question and its negation are one. */
  readonly key: string;
  /** What is taken to be so on a path that goes on with yes, or with no, in a sentence; empty where it goes without saying. */
  readonly yes: string;
  readonly no: string;
  /** The answer where only one is to be followed. */
  readonly likely: boolean;
  /**
   * Where it asks for one value out of many (an interface's name, a TTL): of what, and the values for which it holds. No path gives two
   * answers about one value that contradict each other.
   */
  readonly value?: {
    readonly of: string;
    readonly within: Ranges /** All values that there are; any where absent. */;
    readonly among?: Ranges;
  };
  /** What a yes says of the packet besides. */
  readonly learn?: (packet: Packet) => Packet;
}

export interface Doubt {
  readonly kind: 'doubt';
  readonly fact: Fact;
  readonly negated: boolean;
}

/** A rule that matches some packets by chance or by count: `-m statistic`. */
export interface Chance {
  readonly kind: 'chance';
  /** 0 to 1. */
  readonly probability: number;
}

/** An answer that depends on an assumption, which is the same for every packet. */
export interface Assumed {
  readonly kind: 'assumed';
  readonly holds: boolean;
  readonly assumption: string;
}

/** A match that does something besides: `-m recent --set` puts an address on a list. It is done where all matches before it hold. */
export interface Effect {
  readonly kind: 'effect';
  readonly holds: boolean;
  readonly change: (packet: Packet) => Packet;
}

export type Answer = boolean | Doubt | Chance | Assumed | Effect;

/** The ports of a bridge that a packet crosses. */
export interface BridgePorts {
  /** null where it is not known which one. */
  readonly in: string | null;
  /** Likewise; empty for a packet that leaves by none. */
  readonly out: string | null;
  /** Those that the bridge has; empty where they are not known. */
  readonly all: readonly string[];
  /** Whether it goes from port to port, and is not routed. */
  readonly isBridged: boolean;
}

/** What whoever asks knows of the node besides its rules. */
export interface Knowledge {
  /** Whether an address is one of the node's own; undefined where that is not known. */
  readonly isLocal: (address: string) => boolean | undefined;
  /** Whether a packet is likely to be for the node, of which that is not known. */
  readonly seemsLocal?: ((packet: Packet) => boolean) | undefined;
  /** Whether an address is that of everybody in a network of the node's; undefined where that is not known. */
  readonly isBroadcast?: ((address: string) => boolean | undefined) | undefined;
  /** Whether a packet is in a set, by "src" or "dst" for each of the set's dimensions; undefined where its members are not known. */
  readonly isInSet?: (name: string, directions: readonly string[], packet: Packet) => boolean | undefined;
  /** Whether an address is on a list of `-m recent`; undefined where that is not known. Its age is not known in either case. */
  readonly isListed?: (list: string, address: string) => boolean | undefined;
  /** How often an address was put on a list of `-m recent` within so many seconds, as far as the list says; undefined where that is not known. */
  readonly listedTimes?: (list: string, address: string, seconds: number | null) => number | undefined;
  /** When the node was looked at, in milliseconds since 1970; absent where nobody knows. */
  readonly time?: number;
  /** The ports of a bridge that a packet crosses; undefined where it crosses none, or nothing is known of bridges. */
  readonly bridgePorts?: (packet: Packet) => BridgePorts | undefined;
  /** Whether the node's routes lead back to a packet's source, by the interface that it came in by; undefined where that is not known. */
  readonly hasWayBack?: (packet: Packet, isAnyInterface: boolean, isMarkKept: boolean) => boolean | undefined;
  /** The link address that a packet's frame came from, in lower case; undefined where that is not known. */
  readonly frameSource?: (packet: Packet) => string | undefined;
  /** Whether rules add to a set or take from it, so that its members may be others by now. */
  readonly isSetChanged?: (name: string) => boolean;
}

/** A question about a packet that must be answered with yes for a rule to match. */
export type Predicate = (packet: Packet, knows: Knowledge) => Answer;

/** The answer of a match with `!` before it. */
export function negate(answer: Answer): Answer {
  if (typeof answer === 'boolean') return !answer;
  switch (answer.kind) {
    case 'doubt':
      return { ...answer, negated: !answer.negated };
    case 'chance':
      return { kind: 'chance', probability: 1 - answer.probability };
    case 'assumed':
    case 'effect':
      return { ...answer, holds: !answer.holds };
  }
}

/** The predicate with `!` before it, where there is one. */
export function perhapsNegated(predicate: Predicate, negated: boolean): Predicate {
  return negated ? (packet, knows) => negate(predicate(packet, knows)) : predicate;
}

/** The answer that a fact holds, where nothing tells whether it does. */
export function doubt(fact: Fact): Doubt {
  return { kind: 'doubt', fact, negated: false };
}
