/**
 * Where packets of new connections end, for many of them: what the rules do behind the routing decision is asked once for all packets that no rule
 * there tells apart, whichever Service they are for. The endings are those that following each packet from its start to its end would give.
 */
import type { Steps } from '../../base/steps.ts';
import { enumerateSteps } from '../../netfilter/enumerate.ts';
import type { EnumerateOptions } from '../../netfilter/enumeration/options.ts';
import type { Assumption, Enumeration, Outcome, Unshown } from '../../netfilter/outcome.ts';
import type { Packet } from '../../netfilter/packet.ts';
import type { Chain, Dump, Ruleset } from '../../ruleset/ruleset.ts';
import { type TargetClasses, targetClasses } from '../flow/endpoint-classes.ts';
import { type Ending, endingOf } from './fates.ts';

/** What of the rules on a packet's way is not shown, and what holds for all its endings. */
export interface Remarks {
  readonly assumptions: Set<string>;
  readonly missing: Set<Chain>;
  readonly unshown: Map<string, Unshown>;
  isComplete: boolean;
}

export interface Delivered extends Remarks {
  readonly endings: readonly Ending[];
}

interface AfterRouting extends Remarks {
  readonly endings: readonly Ending[];
}

/** Packets through the rules of one dump. */
export interface Delivery {
  readonly ruleset: Ruleset;
  readonly dump: Dump;
  readonly options: EnumerateOptions;
  readonly classes: TargetClasses;
  readonly known: Map<string, AfterRouting>;
}

/** What packets through a dump are delivered with. Pauses as `targetClasses` does. */
export function* newDelivery(ruleset: Ruleset, dump: Dump, options: EnumerateOptions): Steps<Delivery> {
  return { ruleset, dump, options: { ...options, dump }, classes: yield* targetClasses(ruleset, dump), known: new Map() };
}

function newRemarks(): Remarks {
  return { assumptions: new Set(), missing: new Set(), unshown: new Map(), isComplete: true };
}

function note(remarks: Remarks, { assumptions, missing, unshown, complete }: Omit<Enumeration, 'outcomes'>): void {
  for (const text of assumptions) remarks.assumptions.add(text);
  for (const chain of missing) remarks.missing.add(chain);
  for (const each of unshown) remarks.unshown.set(`${each.what} ${each.table} ${each.chain}`, each);
  remarks.isComplete &&= complete;
}

function addAll(remarks: Remarks, more: Remarks): void {
  for (const text of more.assumptions) remarks.assumptions.add(text);
  for (const chain of more.missing) remarks.missing.add(chain);
  for (const [key, each] of more.unshown) remarks.unshown.set(key, each);
  remarks.isComplete &&= more.isComplete;
}

/** An ending of a first part with how it goes on. */
function joined(before: Ending, after: Ending): Ending {
  return {
    probability: before.probability * after.probability,
    oddity: before.oddity + after.oddity,
    verdict: after.verdict,
    packet: before.packet,
    isRewritten: before.isRewritten || after.isRewritten,
    lasts: [...before.lasts, ...after.lasts],
    assumed: [...before.assumed, ...after.assumed],
  };
}

/** What this node sends to itself comes back in by lo and meets INPUT. */
function* overLoopback({ ruleset, options }: Delivery, outcome: Outcome, remarks: Remarks): Steps<readonly Ending[]> {
  const ending = endingOf(outcome);
  const { packet, verdict } = outcome;
  if (!packet.isFromHere || verdict !== 'accept' || options.isLocal?.(packet.destination.text) !== true) return [ending];
  const back = yield* enumerateSteps(ruleset, { ...packet, in: 'lo', out: '' }, options);
  note(remarks, back);
  return back.outcomes.map((again) => joined(ending, endingOf(again)));
}

function* enumerated(delivery: Delivery, packet: Packet, options: EnumerateOptions): Steps<AfterRouting> {
  const found = yield* enumerateSteps(delivery.ruleset, packet, options);
  const remarks = newRemarks();
  note(remarks, found);
  const endings: Ending[] = [];
  for (const outcome of found.outcomes) endings.push(...(yield* overLoopback(delivery, outcome, remarks)));
  return { ...remarks, endings };
}

function* behindRouting(delivery: Delivery, packet: Packet): Steps<AfterRouting> {
  const { classes, options, known } = delivery;
  const { destination } = packet;
  // Where routes are known, each destination may have a way out and a source address of its own.
  const isRouted = options.wayOut !== undefined || options.masqueradeAddress !== undefined;
  const key = `${classes.keyOf(packet, options.isLocal?.(destination.text))}${isRouted ? ` ${destination.text}` : ''}`;
  let after = known.get(key);
  if (after === undefined) {
    after = yield* enumerated(delivery, packet, { ...options, part: 'after-routing' });
    known.set(key, after);
  }
  return after;
}

/** Whether a way takes anything to be so that rules further on may ask for again: most often that is all but whether the client was seen before. */
function restsOnMore(outcomes: readonly Outcome[], { asksLists }: TargetClasses): boolean {
  const seen = new Set<Assumption>();
  for (const { assumed } of outcomes) {
    for (let at = assumed; at !== null && !seen.has(at); at = at.previous) {
      if (asksLists || at.fact.about !== 'recent') return true;
      seen.add(at);
    }
  }
  return false;
}

/** All endings of the first packet of a connection. Pauses every few thousand rules; never throws. */
export function* deliverSteps(delivery: Delivery, packet: Packet): Steps<Delivered> {
  const { ruleset, options } = delivery;
  const before = yield* enumerateSteps(ruleset, packet, { ...options, part: 'before-routing' });
  if (!before.complete || restsOnMore(before.outcomes, delivery.classes)) return yield* enumerated(delivery, packet, options);
  const remarks = newRemarks();
  note(remarks, before);
  const endings: Ending[] = [];
  for (const outcome of before.outcomes) {
    const ending = endingOf(outcome);
    if (outcome.verdict !== 'accept') {
      endings.push(ending);
      continue;
    }
    const after = yield* behindRouting(delivery, outcome.packet);
    addAll(remarks, after);
    for (const each of after.endings) endings.push(joined(ending, each));
  }
  return { ...remarks, endings };
}
