/** Which addresses are the node's own. */
import { inCIDR, isIPv6 } from '../../base/ip.ts';
import { addressOf, ipAddress } from '../../netfilter/packet.ts';
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

/** The tables that every packet asks; what is local by another (`ip route add local default dev lo table 100`) is so for those that a rule sends there. */
const askedByAll: ReadonlySet<string> = new Set(['local', 'main', 'default']);

/**
 * Whether an address is the node's own; undefined where its addresses are not known. What table local of the routes has is own as well, as
 * where a whole network is (`ip route add local`).
 */
export function isOwn(facts: NodeFacts, ip: string): boolean | undefined {
  if (facts.addresses === null && facts.routes === null) return undefined;
  if (ownAddresses(facts).has(ip)) return true;
  const local = facts.routes?.records.filter(({ type, table }) => type === 'local' && askedByAll.has(table)) ?? [];
  if (local.some(({ network }) => inCIDR(ip, network))) return true;
  // Where table local is whole, it has what is not there, or was not understood, of the addresses of its family.
  const isListed = facts.routes?.skipped === 0 && local.some(({ network }) => isIPv6(network) === isIPv6(ip));
  if (facts.addresses === null) return isListed ? false : undefined;
  return facts.addresses.skipped > 0 && !isListed ? undefined : false;
}

/** The last address of an own network: the kernel delivers what is sent there (fib_add_ifaddr); '' for one without it. */
function broadcastOf({ ip, prefix }: AddressRecord): string {
  const own = ipAddress(ip);
  if (own === undefined || own.family !== 'ipv4' || prefix >= 31) return '';
  return addressOf('ipv4', own.bits | ((1n << BigInt(32 - prefix)) - 1n)).text;
}

/** Whether an address is that of everybody in a network of the node's; undefined where its addresses are not known. */
export function isBroadcast(facts: NodeFacts, ip: string): boolean | undefined {
  if (isIPv6(ip)) return false;
  const routes = facts.routes?.records ?? [];
  if (routes.some(({ type, table, network }) => type === 'broadcast' && askedByAll.has(table) && inCIDR(ip, network)))
    return true;
  if (facts.addresses?.records.some((record) => broadcastOf(record) === ip)) return true;
  const isKnown = facts.addresses !== null && facts.addresses.skipped === 0;
  const isListed = facts.routes?.skipped === 0 && routes.some(({ table }) => table === 'local');
  return isKnown || isListed ? false : undefined;
}

/** Networks whose addresses go with their like (net/ipv6/addrlabel.c). */
const labels = ['::1/128', '2002::/16', 'fc00::/7', '2001::/32', '2001:10::/28'] as const;

function labelOf(ip: string): string {
  return labels.find((network) => inCIDR(ip, network)) ?? '';
}

/** How many leading bits of an address are those of a destination, of its network at the most. */
function sharedBits({ ip, prefix }: AddressRecord, destination: string): number {
  const [own, other] = [ipAddress(ip), ipAddress(destination)];
  if (own === undefined || other === undefined) return 0;
  const differing = own.bits ^ other.bits;
  return Math.min(prefix, differing === 0n ? 128 : 128 - differing.toString(2).length);
}

/** The first of the addresses that are better than all others: of the interface, of the destination's kind, near to it (ipv6_dev_get_saddr). */
function nearest(candidates: readonly AddressRecord[], name: string, destination: string): AddressRecord | undefined {
  const label = labelOf(destination);
  const score = (record: AddressRecord): number =>
    (record.interface === name ? 512 : 0) + (labelOf(record.ip) === label ? 256 : 0) + sharedBits(record, destination);
  let best: AddressRecord | undefined;
  for (const candidate of candidates) if (best === undefined || score(candidate) > score(best)) best = candidate;
  return best;
}

/**
 * The address that the kernel picks for what leaves by an interface: the one in whose network the next hop is, else its first that reaches
 * everywhere, else the first of another interface (inet_select_addr). IPv6 prefers the destination itself, where that is the node's own, then what
 * is near to it.
 */
export function addressOfInterface(
  facts: NodeFacts,
  name: string,
  { destination, nextHop }: { readonly destination: string; readonly nextHop: string },
): string | undefined {
  const isV6 = isIPv6(destination);
  const all = (facts.addresses?.records ?? []).filter(
    ({ ip, scope, isSecondary }) => isIPv6(ip) === isV6 && (scope === 'global' || scope === '') && !isSecondary,
  );
  if (isV6) return ownAddresses(facts).has(destination) ? destination : nearest(all, name, destination)?.ip;
  const own = all.filter((record) => record.interface === name);
  return (own.find(({ ip, prefix }) => inCIDR(nextHop, `${ip}/${prefix}`)) ?? own[0] ?? all[0])?.ip;
}

/**
 * The address that REDIRECT gives a packet that came in by an interface: its first, for a destination of the link the first of those
 * (nf_nat_redirect.c). null where it has none, undefined where that is not known.
 */
export function redirectAddressOf(facts: NodeFacts, name: string, destination: string): string | null | undefined {
  if (facts.addresses === null || facts.addresses.skipped > 0) return undefined;
  const isV6 = isIPv6(destination);
  const ofInterface = facts.addresses.records.filter((record) => record.interface === name);
  // Of an interface that nothing tells of, nothing is told.
  if (ofInterface.length === 0 && facts.links?.records.some((link) => link.name === name) !== true) return undefined;
  const own = ofInterface.filter(({ ip }) => isIPv6(ip) === isV6);
  const isLink = (text: string): boolean => isV6 && inCIDR(text, 'fe80::/10');
  const usable = isLink(destination) ? own.filter(({ ip }) => isLink(ip)) : own;
  return usable[0]?.ip ?? null;
}
