/** Packets that leave as they came. */
import { bridgeNamed } from './bridges.ts';
import type { Journey } from './journey.ts';
import { leavesBy } from './leaves-by.ts';
import type { Subject } from './subject.ts';

/**
 * Whether a packet would leave by the interface that it came in by, as it came: both ends are on the other side of it, so that neither it nor its
 * answers need come by this node. False where it would go back to who sent it.
 */
export function turnsRound(subject: Subject, journey: Journey): boolean {
  const { start, end, route, isDelivered, isBridged } = journey;
  if (start.isFromHere || isDelivered || isBridged || end.dnat || end.snat) return false;
  if (start.in === null || start.in === '' || bridgeNamed(subject, start.in) !== undefined) return false;
  if (route.kind === 'route' && route.route.hops.some(({ gateway }) => gateway !== '' && gateway === start.source?.text))
    return false;
  return start.in === leavesBy(journey);
}
