/** Which addresses are the node's own. */
import { inCIDR, isIPv6 } from '../../base/ip.ts';
import type { NodeFacts } from '../facts.ts';
import type { AddressRecord } from '../records.ts';

const known = new WeakMap<NodeFacts, ReadonlyMap<string, AddressRecord>>();

function ownAddresses(facts: NodeFacts): ReadonlyMap<string, AddressRecord> {
  let own = known.get(facts);
  if (own === undefined) {
    own = new Map((facts.addresses?.records ?? []).map((record) => [record.ip, record]));
    known.set(facts, own);
  }
  return own;
}

/** The record of an own address; undefined for another's. */
export function ownAddress(facts: NodeFacts, ip: string): AddressRecord | undefined {
  return ownAddresses(facts).get(ip);
}

/**
 * Whether an address is the node's own; undefined where its addresses are not known. What table local of the routes has is own as well, as
 * where a whole network is (`ip route add local`).
 */
export function isOwn(facts: NodeFacts, ip: string): boolean | undefined {
  if (facts.addresses === null && facts.routes === null) return undefined;
  if (ownAddresses(facts).has(ip)) return true;
  const local = facts.routes?.records.filter(({ type }) => type === 'local') ?? [];
  if (local.some(({ network }) => inCIDR(ip, network))) return true;
  return facts.addresses === null && local.length === 0 ? undefined : false;
}

/**
 * The address that the kernel picks for what leaves by an interface: the one in whose network the next hop is, else its first of a family that
 * reaches beyond the link.
 */
export function addressOfInterface(facts: NodeFacts, name: string, isV6: boolean, nextHop: string): string | undefined {
  const own = (facts.addresses?.records ?? []).filter(
    (record) => record.interface === name && isIPv6(record.ip) === isV6 && record.scope !== 'link' && !record.isSecondary,
  );
  return (own.find(({ ip, prefix }) => inCIDR(nextHop, `${ip}/${prefix}`)) ?? own[0])?.ip;
}
