/**
 * What may be so at one place in a chain, for a packet that has come there by many paths: each world is a set of answers to open questions, with
 * the likeliest way in. Worlds that differ in one answer alone become one that leaves it open, so that diamonds of jumps do not multiply.
 */
import type { Fact } from '../answer.ts';
import type { TraceStep } from '../outcome.ts';
import type { Packet } from '../packet.ts';
import { both, complement, either, everything, isWithin, type Ranges } from '../ranges.ts';

/** Steps on the way in, the latest first; `within` are those of a chain that was jumped to, gone through as one. */
export interface Trail {
  readonly previous: Trail | null;
  readonly step: Omit<TraceStep, 'previous'> | null;
  readonly within: Trail | null;
}

/** What is known of one value, and the question that told most of it. */
export interface Answered {
  readonly fact: Fact;
  readonly holds: boolean;
  readonly left: Ranges;
  readonly among: Ranges;
}

export interface World {
  /** By what the questions are about. */
  readonly answers: ReadonlyMap<string, Answered>;
  readonly probability: number;
  readonly oddity: number;
  readonly trail: Trail | null;
}

export const newWorld: World = { answers: new Map(), probability: 1, oddity: 0, trail: null };

const yes: Ranges = [[1, 2]];
const yesOrNo: Ranges = [[0, 2]];

function subjectOf({ key, value }: Fact): string {
  return value === undefined ? `fact ${key}` : `value ${value.of}`;
}

function withinOf({ value }: Fact): Ranges {
  return value?.within ?? yes;
}

function amongOf({ value }: Fact): Ranges {
  return value === undefined ? yesOrNo : (value.among ?? everything);
}

/** What a world says of a fact; undefined where it leaves it open. */
export function answerIn(world: World, fact: Fact): boolean | undefined {
  const left = world.answers.get(subjectOf(fact))?.left ?? amongOf(fact);
  if (both(left, withinOf(fact)).length === 0) return false;
  return isWithin(left, withinOf(fact)) ? true : undefined;
}

/** The world in which a fact that was open holds, or does not. */
export function supposing(world: World, fact: Fact, holds: boolean): World {
  const subject = subjectOf(fact);
  const before = world.answers.get(subject)?.left ?? amongOf(fact);
  const left = both(before, holds ? withinOf(fact) : complement(withinOf(fact)));
  const answers = new Map(world.answers).set(subject, { fact, holds, left, among: amongOf(fact) });
  return { ...world, answers, oddity: world.oddity + (holds === fact.likely ? 0 : 1) };
}

/** A world with a step more on its way in. */
export function stepping(world: World, step: Omit<TraceStep, 'previous'>): World {
  return { ...world, trail: { previous: world.trail, step, within: null } };
}

/** A world after a chain was gone through in one of the ways in which that may be; undefined where the two contradict each other. */
export function passing(world: World, inner: World): World | undefined {
  const answers = new Map(world.answers);
  for (const [subject, answer] of inner.answers) {
    const known = answers.get(subject);
    const left = known === undefined ? answer.left : both(known.left, answer.left);
    if (left.length === 0) return undefined;
    answers.set(subject, { ...answer, left });
  }
  const trail = inner.trail === null ? world.trail : { previous: world.trail, step: null, within: inner.trail };
  return { answers, trail, probability: world.probability * inner.probability, oddity: world.oddity + inner.oddity };
}

function keyOf({ answers }: World): string {
  const parts: string[] = [];
  for (const [subject, { left }] of answers) parts.push(`${subject}=${left.map((span) => span.join('..')).join(' ')}`);
  return parts.sort().join('\n');
}

function isSameRanges(one: Ranges, other: Ranges): boolean {
  return one.length === other.length && one.every((span, at) => span[0] === other[at]?.[0] && span[1] === other[at]?.[1]);
}

/** The one subject in which two worlds differ; undefined where it is none or more. */
function onlyDifference(one: World, other: World): string | undefined {
  if (one.answers.size !== other.answers.size) return undefined;
  let difference: string | undefined;
  for (const [subject, { left }] of one.answers) {
    const theirs = other.answers.get(subject);
    if (theirs === undefined) return undefined;
    if (isSameRanges(left, theirs.left)) continue;
    if (difference !== undefined) return undefined;
    difference = subject;
  }
  return difference;
}

function likelier(one: World, other: World): World {
  return other.oddity < one.oddity ? other : one;
}

/** Two worlds that differ in one answer, as one: the answer is either. */
function joined(one: World, other: World, subject: string): World {
  const best = likelier(one, other);
  const answers = new Map(best.answers);
  const answer = answers.get(subject);
  const [left, theirs] = [one.answers.get(subject)?.left, other.answers.get(subject)?.left];
  if (answer !== undefined && left !== undefined && theirs !== undefined) {
    const union = either(left, theirs);
    if (isWithin(answer.among, union)) answers.delete(subject);
    else answers.set(subject, { ...answer, left: both(union, answer.among) });
  }
  return { ...best, answers };
}

const mostWorlds = 64;
const mostAnswers = 256;
const sameProbability = 1e-9;

/** The worlds of one packet at one place. */
export interface Worlds {
  readonly packet: Packet;
  readonly byKey: Map<string, World>;
}

/** Adds a world. Equal ones add up, and those that differ in one answer become one. False where there are too many, and it is left out. */
export function addWorld({ byKey }: Worlds, added: World): boolean {
  if (added.answers.size > mostAnswers) return false;
  let world = added;
  for (;;) {
    const key = keyOf(world);
    const equal = byKey.get(key);
    if (equal !== undefined) {
      byKey.set(key, { ...likelier(equal, world), probability: equal.probability + world.probability });
      return true;
    }
    const partner = partnerOf(byKey, world);
    if (partner === undefined) {
      if (byKey.size >= mostWorlds) return false;
      byKey.set(key, world);
      return true;
    }
    byKey.delete(partner.key);
    world = joined(world, partner.world, partner.subject);
  }
}

function partnerOf(byKey: ReadonlyMap<string, World>, world: World) {
  for (const [key, other] of byKey) {
    if (Math.abs(other.probability - world.probability) > sameProbability) continue;
    const subject = onlyDifference(world, other);
    if (subject !== undefined) return { key, world: other, subject };
  }
  return undefined;
}
