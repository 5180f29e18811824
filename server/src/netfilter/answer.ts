/** What a match says of a packet: yes, no, or something that the rules alone do not decide. */
import type { Packet } from './packet.ts';

/** Something outside the ruleset that a rule asks for: whether an address is this node's, whether a set has it. */
export interface Fact {
  /** What it is about: an address of the node, an interface, a list of `-m recent`, a set, or something else. */
  readonly about: 'local' | 'interface' | 'recent' | 'set' | 'other';
  /** The same question has the same key, so that one way through the rules answers it once. */
  readonly key: string;
  /** What is taken to be so on a way that goes on with yes, or with no, in a sentence; empty where it goes without saying. */
  readonly yes: string;
  readonly no: string;
  /** The answer where only one is to be followed. */
  readonly likely: boolean;
  /** What a yes says of the packet besides. */
  readonly learn?: Partial<Pick<Packet, 'in' | 'out'>>;
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

/** An answer that rests on an assumption, which is the same for every packet. */
export interface Assumed {
  readonly kind: 'assumed';
  readonly holds: boolean;
  readonly assumption: string;
}

export type Answer = boolean | Doubt | Chance | Assumed;

/** What whoever asks knows of the node besides its rules. */
export interface Knowledge {
  /** Whether an address is one of the node's own; undefined where that is not known. */
  readonly isLocal: (address: string) => boolean | undefined;
  /** Whether a packet is in a set, by "src" or "dst" for each of the set's dimensions; undefined where its members are not known. */
  readonly isInSet?: (name: string, directions: readonly string[], packet: Packet) => boolean | undefined;
}

export type Test = (packet: Packet, knows: Knowledge) => Answer;

/** The answer of a match with `!` before it. */
export function negate(answer: Answer): Answer {
  if (typeof answer === 'boolean') return !answer;
  switch (answer.kind) {
    case 'doubt':
      return { ...answer, negated: !answer.negated };
    case 'chance':
      return { kind: 'chance', probability: 1 - answer.probability };
    case 'assumed':
      return { ...answer, holds: !answer.holds };
  }
}

/** The test with `!` before it, where there is one. */
export function perhapsNegated(test: Test, negated: boolean): Test {
  return negated ? (packet, knows) => negate(test(packet, knows)) : test;
}

export function doubt(fact: Fact): Doubt {
  return { kind: 'doubt', fact, negated: false };
}
