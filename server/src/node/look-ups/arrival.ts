/** By which interface packets of a source come in, as far as routes tell. */
import { inCIDR } from '../../base/ip.ts';
import type { NodeFacts } from '../facts.ts';
import { ownAddress } from './own-address.ts';
import { wayOut } from './route.ts';

/**
 * The interface that a packet comes in by; null where nothing tells. What is sent to an own address comes in by the interface that has it, as
 * neighbours ask there; all else by the one that answers leave by. That is the usual, not a must.
 */
export function arrivalInterface(facts: NodeFacts, source: string, destination: string): string | null {
  const back = wayOut(facts, { destination: source, source: '', mark: 0, in: '' });
  const own = ownAddress(facts, destination);
  if (own === undefined || own.interface === 'lo' || back === own.interface) return back;
  // A source on a link of its own comes in there, whatever address it sends to.
  return isOnLink(facts, source) ? back : own.interface;
}

/** Whether a source is a direct neighbour: its route has no gateway. */
function isOnLink(facts: NodeFacts, source: string): boolean {
  const back = wayOut(facts, { destination: source, source: '', mark: 0, in: '' });
  const neighbour =
    facts.neighbours?.records.some(({ ip, interface: name, mac }) => ip === source && name === back && mac !== '') ?? false;
  if (neighbour) return true;
  return (facts.routes?.records ?? []).some(
    ({ network, hops, type }) =>
      type === 'unicast' &&
      hops.every(({ gateway }) => gateway === '') &&
      hops.some(({ interface: name }) => name === back) &&
      !network.endsWith('/0') &&
      inCIDR(source, network),
  );
}
