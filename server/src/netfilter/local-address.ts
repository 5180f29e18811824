import { type Doubt, doubt, type Knowledge } from './answer.ts';
import { type IPAddress, isLoopback } from './packet.ts';

/** The doubt whether an address is one of the node's own: rules and routing ask it with one voice. */
export function localDoubt(address: string): Doubt {
  return doubt({
    about: 'local',
    key: `local ${address}`,
    yes: `${address} is an address of this node.`,
    no: `${address} is no address of this node.`,
    likely: false,
  });
}

/** Whether an address is the node's own; undefined where nobody knows. Loopback addresses and those that stand for one always are. */
export function isOwnAddress(address: IPAddress, knows: Knowledge): boolean | undefined {
  return isLoopback(address) || address.standsIn === true ? true : knows.isLocal(address.text);
}
