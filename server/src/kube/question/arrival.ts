/** How a question's packet comes to the node, where a bundle's addresses and routes tell. */
import { parseHostPort } from '../../base/ip.ts';
import { ipAddress, isLoopback } from '../../netfilter/packet.ts';
import type { NodeFacts } from '../../node/facts.ts';
import { arrivalInterface } from '../../node/look-ups/arrival.ts';
import { isOwn } from '../../node/look-ups/own-address.ts';

/** The ends of a question, as `questionEnds` makes them of names. */
export interface ArrivingEnds {
  /** IP[:PORT] */
  readonly from: string;
  readonly to: string;
  readonly hook?: string | undefined;
  readonly in?: string | undefined;
}

/** Empty where nothing tells. */
export interface Arrival {
  readonly hook?: string;
  readonly in?: string;
}

/** The hook where the packet is first met and the interface that it comes in by, as far as they are told and not said already. */
export function arrival(facts: NodeFacts | undefined, { from, to, hook, in: given }: ArrivingEnds): Arrival {
  const source = parseHostPort(from)?.ip;
  const destination = parseHostPort(to)?.ip;
  if (facts === undefined || source === undefined || destination === undefined || given !== undefined || hook === 'output')
    return {};
  const address = ipAddress(source);
  if (address !== undefined && isLoopback(address)) return {};
  if (isOwn(facts, source) === true) return hook === undefined ? { hook: 'output' } : {};
  const name = arrivalInterface(facts, source, destination);
  return name === null ? {} : { in: name };
}
