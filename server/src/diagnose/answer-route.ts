/** Where answers come in at the node, and how they are routed. */
import type { Outcome, Verdict } from '../netfilter/outcome.ts';
import { isLoopback, type Packet } from '../netfilter/packet.ts';
import { isOwn } from '../node/look-ups/own-address.ts';
import { type RouteAnswer, routeOf } from '../node/look-ups/route.ts';
import { leavesBy } from './leaves-by.ts';
import type { Subject } from './subject.ts';

/** How the answer to a packet that arrives is routed. */
export interface AnswerRoute {
  /** Whether a program of this node answers. */
  readonly isFromHere: boolean;
  /** The interface that it comes in by: empty where it is from here, null where that is not known. */
  readonly in: string | null;
  /** Where it goes: conntrack has put the asker's address back as its destination. */
  readonly destination: string;
  readonly route: RouteAnswer;
}

/** What of a journey tells where its answers go. */
interface Gone {
  readonly verdict: Verdict;
  readonly start: Packet;
  readonly end: Packet;
  readonly isDelivered: boolean;
  readonly isBridged: boolean;
  readonly route: RouteAnswer;
}

/** The mark that answers have when they are routed: 0 where rules give them several. */
function markOf(answers: readonly Outcome[]): number {
  const marks = new Set(answers.map(({ packet }) => packet.routedMark ?? 0));
  const [only, ...others] = marks;
  return only !== undefined && others.length === 0 ? only : 0;
}

/** The destination that answers are routed by. */
function asker({ source }: Packet): string | undefined {
  return source === null || source.standsIn === true || isLoopback(source) ? undefined : source.text;
}

/** How answers to what arrives by a journey are routed; null for what a bridge passes, what this node sends, and where it is not known. */
export function answerRoute(subject: Subject, journey: Gone, answers: readonly Outcome[]): AnswerRoute | null {
  const { start, end, verdict, isBridged, isDelivered } = journey;
  const destination = asker(start);
  if (verdict !== 'accept' || isBridged || start.isFromHere || destination === undefined || end.destination.standsIn === true)
    return null;
  if (isOwn(subject.facts, destination) === true) return null;
  const comesIn = isDelivered ? '' : leavesBy(journey);
  const route = routeOf(subject.facts, {
    destination,
    source: end.destination.text,
    mark: markOf(answers),
    in: comesIn,
    protocol: start.protocol,
    sport: end.dport,
    dport: start.sport,
    clientPort: 'destination',
  });
  return { isFromHere: isDelivered, in: comesIn, destination, route };
}
