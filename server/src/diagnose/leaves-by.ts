/** Where a packet leaves the node. */
import type { Packet } from '../netfilter/packet.ts';
import { interfacesOf, type RouteAnswer } from '../node/look-ups/route.ts';

/** The interface that a packet leaves by; null where it is not known. */
export function leavesBy({ end, route }: { readonly end: Packet; readonly route: RouteAnswer }): string | null {
  if (end.out !== null && end.out !== '') return end.out;
  if (route.kind !== 'route') return null;
  const [only, ...others] = interfacesOf(route.route);
  return only !== undefined && others.length === 0 ? only : null;
}
