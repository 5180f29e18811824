/** The answer to a packet, or a later packet of its connection: the first one is followed before, as it decides on NAT. */
import type { Steps } from '../base/steps.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';
import type { Fact } from './answer.ts';
import { afterAnswer, answerIn, type Connection, connectionOf, laterIn, type Route, routeBack } from './connection.ts';
import { enumerateSteps } from './enumerate.ts';
import type { EnumerateOptions } from './enumeration/options.ts';
import type { Assumption, Enumeration, Outcome } from './outcome.ts';
import type { End, Packet } from './packet.ts';

/** An outcome of the packet that was asked for, and that packet as it started. */
export interface FollowedOutcome extends Outcome {
  readonly start: Packet;
}

export interface Followed extends Omit<Enumeration, 'outcomes'> {
  readonly outcomes: readonly FollowedOutcome[];
}

/** More connections than these one packet hardly opens; the likeliest are followed. */
const mostConnections = 256;

interface Opened {
  readonly connection: Connection;
  readonly outcome: Outcome;
  readonly route: Route;
  probability: number;
}

function endText({ address, port }: End): string {
  return `${address?.text} ${port}`;
}

function assumedTexts(outcome: Outcome): string {
  let texts = '';
  for (let at = outcome.assumed; at !== null; at = at.previous) texts += `${at.fact.key}=${at.holds};`;
  return texts;
}

/** The connections that a first packet opens, those that differ in nothing as one. */
function openedBy(first: Packet, outcomes: readonly Outcome[], kind: 'answer' | 'later'): readonly Opened[] {
  const opened = new Map<string, Opened>();
  for (const outcome of outcomes) {
    if (outcome.verdict !== 'accept') continue;
    const connection = connectionOf(first, outcome);
    const route = kind === 'answer' ? routeBack(first, outcome.packet) : first;
    const { answered, mark, isUntracked } = connection;
    const key = [
      endText(answered.source),
      endText(answered.destination),
      mark,
      isUntracked,
      route.isFromHere,
      assumedTexts(outcome),
    ];
    const known = opened.get(key.join(','));
    if (known !== undefined) known.probability += outcome.probability;
    else if (opened.size < mostConnections)
      opened.set(key.join(','), { connection, outcome, route, probability: outcome.probability });
  }
  return [...opened.values()];
}

/** What was taken to be so of the node, for the first packet and for what comes after it alike. */
function sharedFacts(assumed: Assumption | null): ReadonlyMap<string, boolean> {
  const shared = new Map<string, boolean>();
  for (let at = assumed; at !== null; at = at.previous) {
    if (at.fact.about === 'local' || at.fact.about === 'set') shared.set(at.fact.key, at.holds);
  }
  return shared;
}

/** Assumptions of the first packet, said to be about it, before those of the second. */
function joined(first: Assumption | null, second: Assumption | null): Assumption | null {
  const ahead: Assumption[] = [];
  for (let at = second; at !== null; at = at.previous) ahead.push(at);
  let all: Assumption | null = null;
  const earlier: Assumption[] = [];
  for (let at = first; at !== null; at = at.previous) earlier.push(at);
  for (const { fact, holds } of earlier.reverse()) all = { fact: aboutFirst(fact), holds, previous: all };
  for (const { fact, holds } of ahead.reverse()) all = { fact, holds, previous: all };
  return all;
}

const firstPrefix = 'first packet ';

/** Whether a fact is about the first packet of a connection alone, and not about the one that is followed. */
export function isAboutFirst(fact: Fact): boolean {
  return fact.key.startsWith(firstPrefix);
}

function aboutFirst(fact: Fact): Fact {
  if (fact.about === 'local' || fact.about === 'set') return fact;
  const say = (text: string): string => (text === '' ? '' : `First packet: ${text}`);
  return { ...fact, key: `${firstPrefix}${fact.key}`, yes: say(fact.yes), no: say(fact.no) };
}

const older = 'The rules let no first packet through: the connection is taken to be older than they are, and to have no NAT.';

/** The connection as it would be without NAT, where the rules let no first packet through. */
function untouched(first: Packet, outcome: Outcome, kind: 'answer' | 'later'): Opened {
  const connection = connectionOf(first, { packet: first });
  return { connection, outcome, route: kind === 'answer' ? routeBack(first, outcome.packet) : first, probability: 1 };
}

/** A connection after its likeliest answer. */
function* answeredSteps(ruleset: Ruleset, connection: Connection, route: Route, options: EnumerateOptions): Steps<Connection> {
  const { outcomes } = yield* enumerateSteps(ruleset, answerIn(connection, route), options);
  return outcomes[0] === undefined ? connection : afterAnswer(connection, outcomes[0]);
}

/** All outcomes of the answer to a first packet, or of a later packet that goes its way. `marks` are what is known of that packet. */
export function* followConnection(
  ruleset: Ruleset,
  first: Packet,
  kind: 'answer' | 'later',
  marks: Partial<Packet>,
  options: EnumerateOptions,
): Steps<Followed> {
  const opening = yield* enumerateSteps(ruleset, first, options);
  const opened = openedBy(first, opening.outcomes, kind);
  const best = opening.outcomes[0];
  const isOlder = opened.length === 0 && best !== undefined;
  const outcomes: FollowedOutcome[] = [];
  const assumptions = new Set(isOlder ? [older] : opening.assumptions);
  const unshown = new Map(opening.unshown.map((each) => [JSON.stringify(each), each]));
  const missing = new Set(opening.missing);
  let { complete } = opening;
  for (const { connection, outcome, route, probability } of isOlder ? [untouched(first, best, kind)] : opened) {
    const assumed = isOlder ? null : outcome.assumed;
    const shared = sharedFacts(assumed);
    const decide = (fact: Fact): boolean | undefined => shared.get(fact.key) ?? options.decide?.(fact);
    const start =
      kind === 'answer'
        ? answerIn(connection, route, marks)
        : laterIn(
            yield* answeredSteps(ruleset, connection, routeBack(first, outcome.packet), { ...options, decide }),
            route,
            marks,
          );
    const after = yield* enumerateSteps(ruleset, start, { ...options, decide });
    complete &&= after.complete;
    for (const text of after.assumptions) assumptions.add(text);
    for (const each of after.unshown) unshown.set(JSON.stringify(each), each);
    for (const chain of after.missing) missing.add(chain);
    for (const each of after.outcomes) {
      outcomes.push({
        ...each,
        start,
        probability: probability * each.probability,
        oddity: each.oddity + (isOlder ? 0 : outcome.oddity),
        assumed: joined(assumed, each.assumed),
      });
    }
  }
  const sorted = outcomes.toSorted((one, other) => one.oddity - other.oddity);
  return { outcomes: sorted, assumptions: [...assumptions], unshown: [...unshown.values()], missing: [...missing], complete };
}
