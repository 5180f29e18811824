import { type Doubt, doubt, type Knowledge } from './answer.ts';
import { type IPAddress, isLoopback, type Packet } from './packet.ts';

/**
 * The doubt whether an address is one of the node's own: rules and routing ask it with one voice.
 * @param likely whether it is likely to be
 */
export function localDoubt(address: string, likely: boolean): Doubt {
  return doubt({
    about: 'local',
    key: `local ${address}`,
    yes: `${address} is an address of this node.`,
    no: `${address} is no address of this node.`,
    likely,
  });
}

/** Whether an address is the node's own; undefined where nobody knows. Loopback addresses always are, among them what stands for an own one. */
export function isOwnAddress(address: IPAddress, knows: Knowledge): boolean | undefined {
  return isLoopback(address) ? true : knows.isLocal(address.text);
}

/**
 * Whether a destination is a broadcast address, which the kernel delivers as it does an own one. Where nobody knows the node's networks, an address that
 * ends in 255 may be one, unless NAT gave it: an endpoint is none.
 */
export function broadcastAnswer({ destination, dnat }: Pick<Packet, 'destination' | 'dnat'>, knows: Knowledge): boolean | Doubt {
  const { family, low, text } = destination;
  if (family !== 'ipv4') return false;
  const known = knows.isBroadcast?.(text);
  if (known !== undefined) return known;
  if (dnat || (low & 0xff) !== 0xff || knows.isLocal(text) === true) return false;
  return doubt({
    about: 'local',
    key: `broadcast ${text}`,
    yes: `${text} is the broadcast address of a network of this node.`,
    no: `${text} is the broadcast address of no network of this node.`,
    likely: false,
  });
}
