/** Where the kernel would send a packet: its policy rules and routes asked as fib_lookup does. */
import { inCIDR, isIPv6, isLoopbackIP } from '../../base/ip.ts';
import type { NodeFacts } from '../facts.ts';
import { unclearRoutes } from '../readers/routes.ts';
import type { LinkRecord, PolicyRuleRecord, PortRange, RouteRecord } from '../records.ts';
import { firstClientPort } from './client-port.ts';
import { linkNamed } from './links.ts';
import { ownAddress } from './own-address.ts';

/** What routing looks at in a packet. */
export interface Routed {
  readonly destination: string;
  /** Empty where none is chosen yet. */
  readonly source: string;
  readonly mark: number;
  /** The interface that it came in by: empty for none, null where it is not known. */
  readonly in: string | null;
  /** Absent where it is not known, or where any packet is meant. */
  readonly protocol?: string;
  /** null or absent where they are not known. */
  readonly sport?: number | null;
  readonly dport?: number | null;
  /** Which of both a client chose; absent where that is not known. */
  readonly clientPort?: 'source' | 'destination';
  /** The user whose program sends it; absent where that is not known. What comes in is no user's. */
  readonly uid?: number | null;
}

export type RouteAnswer =
  /** A route was found; `rule` is the policy rule that led to it, null where rules are not known and the usual ones are taken. */
  | { readonly kind: 'route'; readonly route: RouteRecord; readonly rule: PolicyRuleRecord | null }
  /** There is none, or a rule or a route (blackhole, unreachable, prohibit) refuses it. */
  | { readonly kind: 'none'; readonly rule: PolicyRuleRecord | null; readonly route: RouteRecord | null }
  /** Routes are not known (null), or those of the packet's family are not, or a policy rule that leads elsewhere asks for something that is not known. */
  | { readonly kind: 'unknown'; readonly rule: PolicyRuleRecord | null };

const usualTables: readonly string[] = ['local', 'main', 'default'];

interface Prepared {
  /** Whether some of what was not understood may be a route to anywhere. */
  readonly hasUnplaced: boolean;
  readonly byTable: ReadonlyMap<string, readonly RouteRecord[]>;
}

const prepared = new WeakMap<NodeFacts, Prepared>();

function prefixOf({ network }: RouteRecord): number {
  return Number(network.slice(network.indexOf('/') + 1));
}

/** Routes by table, the longest prefix first, then the smallest metric: the first that fits counts. */
function prepare(facts: NodeFacts): Prepared {
  const known = prepared.get(facts);
  if (known !== undefined) return known;
  const byTable = new Map<string, RouteRecord[]>();
  for (const route of facts.routes?.records ?? []) {
    const routes = byTable.get(route.table);
    if (routes === undefined) byTable.set(route.table, [route]);
    else routes.push(route);
  }
  const isClear = ({ type }: RouteRecord): number => Number(type !== 'unclear');
  for (const routes of byTable.values())
    routes.sort((a, b) => prefixOf(b) - prefixOf(a) || isClear(a) - isClear(b) || a.metric - b.metric);
  const { records = [], skipped = 0 } = facts.routes ?? {};
  const fresh = { hasUnplaced: skipped > unclearRoutes(records).length, byTable };
  prepared.set(facts, fresh);
  return fresh;
}

/** Whether a port is within a range; one that is not known and a client's is none of the low ones. */
function isAmong(port: number | null | undefined, { from, to }: PortRange, isClients: boolean): boolean | undefined {
  if (port === null || port === undefined) return isClients && to < firstClientPort ? false : undefined;
  return port >= from && port <= to;
}

/** Whether a packet is of the protocol and the ports that a rule asks for. (fib4_rule_match) */
function hasPorts(rule: PolicyRuleRecord, packet: Routed): boolean | undefined {
  const told = [
    rule.protocol === '' ? true : packet.protocol === undefined ? undefined : packet.protocol === rule.protocol,
    rule.sport === null ? true : isAmong(packet.sport, rule.sport, packet.clientPort === 'source'),
    rule.dport === null ? true : isAmong(packet.dport, rule.dport, packet.clientPort === 'destination'),
  ];
  return told.includes(false) ? false : told.includes(undefined) ? undefined : true;
}

/** Whether a packet is sent by one of a rule's users. What comes in has the highest number there is. (ip_route_input_slow, INVALID_UID) */
function isOfUsers({ uids }: PolicyRuleRecord, packet: Routed): boolean | undefined {
  if (uids === null) return true;
  const uid = packet.in === '' ? packet.uid : packet.in === null ? undefined : 0xffff_ffff;
  return uid === undefined || uid === null ? undefined : uid >= uids.from && uid <= uids.to;
}

/** The VRF that an interface is, or is a part of; undefined for none. */
function vrfOf(facts: NodeFacts, name: string): LinkRecord | undefined {
  const link = linkNamed(facts, name);
  const vrf = link === undefined || link.kind === 'vrf' ? link : linkNamed(facts, link.master);
  return vrf?.kind === 'vrf' ? vrf : undefined;
}

/** Whether a packet belongs to a VRF, by the interface that it came in by; a program's may do so wherever there is one. (l3mdev_fib_rule_match) */
function isInVRF(facts: NodeFacts, packet: Routed): boolean | undefined {
  if (facts.links === null) return undefined;
  if (!facts.links.records.some(({ kind }) => kind === 'vrf')) return facts.links.skipped > 0 ? undefined : false;
  return packet.in === null || packet.in === '' ? undefined : vrfOf(facts, packet.in) !== undefined;
}

/** Whether a rule is for a packet; undefined where that is not known. */
function isFor(facts: NodeFacts, rule: PolicyRuleRecord, packet: Routed): boolean | undefined {
  const { destination, source, mark } = packet;
  let fits: boolean | undefined = true;
  if (rule.from !== '' && (source === '' || !inCIDR(source, rule.from))) fits = false;
  if (rule.to !== '' && !inCIDR(destination, rule.to)) fits = false;
  if (rule.mark !== null && (mark & rule.mark.mask) >>> 0 !== rule.mark.value) fits = false;
  if (rule.out !== '') fits = false;
  if (fits && rule.in !== '')
    fits = packet.in === null ? undefined : packet.in === rule.in || (rule.in === 'lo' && packet.in === '');
  const ports = hasPorts(rule, packet);
  if (fits !== false && ports !== true) fits = ports;
  const users = isOfUsers(rule, packet);
  if (fits !== false && users !== true) fits = users;
  if (fits === true && rule.hasMore) fits = undefined;
  if (fits !== false && rule.isOfVRF) fits = isInVRF(facts, packet);
  return fits === undefined ? undefined : fits !== rule.isNegated;
}

/** The route that the kernel makes for each own address: `ip route` alone prints no table local. */
function localRoute(facts: NodeFacts, destination: string): RouteRecord | undefined {
  const own = ownAddress(facts, destination);
  if (own === undefined && !isLoopbackIP(destination)) return undefined;
  const network = `${destination}/${isIPv6(destination) ? 128 : 32}`;
  const hops = [{ interface: 'lo', gateway: '' }];
  return { line: own?.line ?? 1, network, type: 'local', table: 'local', hops, source: '', metric: 0, isDown: false };
}

function lookIn(facts: NodeFacts, table: string, { destination }: Routed, suppressed: number | null): RouteRecord | undefined {
  if (table === 'local' && !prepare(facts).byTable.has('local')) return localRoute(facts, destination);
  const routes = prepare(facts).byTable.get(table) ?? [];
  const found = routes.find((route) => !route.isDown && inCIDR(destination, route.network));
  return found !== undefined && suppressed !== null && prefixOf(found) <= suppressed ? undefined : found;
}

/** Rules as they were printed: `ip rule` prints those of one family in their order, so that a lower priority begins those of another. */
function listsOf(records: readonly PolicyRuleRecord[]): readonly (readonly PolicyRuleRecord[])[] {
  const lists: PolicyRuleRecord[][] = [];
  let before = Number.POSITIVE_INFINITY;
  for (const rule of records) {
    if (rule.priority < before) lists.push([]);
    lists.at(-1)?.push(rule);
    before = rule.priority;
  }
  return lists;
}

/** The priority of the rule for table default, which IPv4 alone has (fib_default_rules_init). */
const priorityOfDefault = 32_767;

/** Whether rules are of IPv6, by the addresses in them and by what IPv4 alone has; undefined where nothing says it. */
function isOfIPv6(list: readonly PolicyRuleRecord[]): boolean | undefined {
  const told = list.map(({ from, to }) => from || to).find((network) => network !== '');
  if (told !== undefined) return isIPv6(told);
  return list.some(({ priority }) => priority === priorityOfDefault) ? false : undefined;
}

/** The rules of a family in their order; null where they are not known, or are the usual ones. */
function rulesFor(facts: NodeFacts, isV6: boolean): readonly PolicyRuleRecord[] | null {
  const lists = listsOf(facts.policyRules?.records ?? []).map((list) => ({ list, isOfV6: isOfIPv6(list) }));
  const has = (wanted: boolean): boolean => lists.some(({ isOfV6 }) => isOfV6 === wanted);
  // A list that says nothing of its family is of the other one where this one is there alone.
  const mayBeOwn = !has(isV6) || has(!isV6);
  const own = lists.filter(({ isOfV6 }) => isOfV6 === isV6 || (isOfV6 === undefined && mayBeOwn));
  const records = own.flatMap(({ list }) => list);
  return records.length === 0 ? null : records.toSorted((a, b) => a.priority - b.priority);
}

function answerOf(route: RouteRecord, rule: PolicyRuleRecord | null): RouteAnswer {
  const { type } = route;
  if (type === 'unclear') return { kind: 'unknown', rule: null };
  const isRefusal = type === 'blackhole' || type === 'unreachable' || type === 'prohibit';
  return isRefusal ? { kind: 'none', rule, route } : { kind: 'route', route, rule };
}

/** The route of a packet. Never throws. */
export function routeOf(facts: NodeFacts, packet: Routed): RouteAnswer {
  // A route or rule that was not understood, or cut off, may be the one that decides.
  const { routes, policyRules } = facts;
  if (routes === null || routes.records.length === 0 || prepare(facts).hasUnplaced) return { kind: 'unknown', rule: null };
  if (policyRules !== null && policyRules.skipped > 0) return { kind: 'unknown', rule: null };
  const isV6 = isIPv6(packet.destination);
  const rules = rulesFor(facts, isV6);
  if (rules === null) {
    for (const table of usualTables) {
      const route = lookIn(facts, table, packet, null);
      if (route !== undefined && route.type !== 'throw') return answerOf(route, null);
    }
    return hasRoutesOf(facts, isV6) ? { kind: 'none', rule: null, route: null } : { kind: 'unknown', rule: null };
  }
  const open: Led[] = [];
  const led = firstLed(facts, rules, packet, open);
  if (led.kind === 'unknown') return led;
  // A route of its family, none of which is there to be looked at, may come before a rule that refuses it.
  if (led.kind === 'none' && !hasRoutesOf(facts, isV6)) return { kind: 'unknown', rule: null };
  // A rule that may be for the packet counts only where it leads elsewhere.
  const other = open.find((each) => !isSame(each, led));
  return other === undefined ? led : { kind: 'unknown', rule: other.rule };
}

type Led = Exclude<RouteAnswer, { readonly kind: 'unknown' }>;

/** Where the first rule leads that is surely for the packet and has a route; `open` gets those of rules before it that may be for it. */
function firstLed(facts: NodeFacts, rules: readonly PolicyRuleRecord[], packet: Routed, open: Led[]): RouteAnswer {
  let from = Number.NEGATIVE_INFINITY;
  for (const rule of rules) {
    if (rule.priority < from) continue;
    const fits = isFor(facts, rule, packet);
    if (fits === false) continue;
    // Which rules come next, or in which table it looks, hangs on what is not known.
    const isOpen = fits === undefined && (rule.goesTo !== null || rule.isOfVRF);
    if (isOpen || (rule.isOfVRF && tableOf(facts, rule, packet) === '')) return { kind: 'unknown', rule };
    // One that leads to no rule is passed over. (fib_rules_lookup)
    if (rule.goesTo !== null && rules.some(({ priority }) => priority === rule.goesTo)) from = rule.goesTo;
    const led = ledBy(facts, rule, packet);
    if (led === undefined) continue;
    if (fits || led.kind === 'unknown') return led;
    open.push(led);
  }
  return { kind: 'none', rule: null, route: null };
}

/** The table that a rule looks in; empty for none, and for a VRF's that is not known. */
function tableOf(facts: NodeFacts, { table, isOfVRF }: PolicyRuleRecord, packet: Routed): string {
  return isOfVRF ? (vrfOf(facts, packet.in ?? '')?.table ?? '') : table;
}

/** Where a rule that is for a packet leads; undefined where the next one is asked. */
function ledBy(facts: NodeFacts, rule: PolicyRuleRecord, packet: Routed): RouteAnswer | undefined {
  if (rule.refuses !== '') return { kind: 'none', rule, route: null };
  const route = lookIn(facts, tableOf(facts, rule, packet), packet, rule.suppressedPrefix);
  if (route === undefined || route.type === 'throw') return undefined;
  return answerOf(route, rule);
}

function isSame(one: Led, other: Led): boolean {
  if (one.kind === 'none' || other.kind === 'none') return one.kind === other.kind;
  const hops = (route: RouteRecord): string => route.hops.map((hop) => `${hop.interface} ${hop.gateway}`).join();
  return one.route === other.route || (one.route.type === other.route.type && hops(one.route) === hops(other.route));
}

/** The interfaces that a route leaves by, each once. */
export function interfacesOf(route: RouteRecord): readonly string[] {
  return [...new Set(route.hops.map((hop) => hop.interface))].filter((name) => name !== '');
}

/** The only interface that a packet would leave by; null where there are several or it is not known. */
export function wayOut(facts: NodeFacts, packet: Routed): string | null {
  const answer = routeOf(facts, packet);
  if (answer.kind !== 'route') return null;
  const [only, ...others] = interfacesOf(answer.route);
  return only !== undefined && others.length === 0 ? only : null;
}

/** Whether a part of the routes is of that family: of one without any, nothing is said. */
function hasRoutesOf(facts: NodeFacts, isV6: boolean): boolean {
  const { routes } = facts;
  return routes !== null && !prepare(facts).hasUnplaced && routes.records.some(({ network }) => isIPv6(network) === isV6);
}

/** Where a packet that came in is led: to the node itself, on to others, nowhere; undefined where that is not known. */
export function leadOf(facts: NodeFacts, packet: Routed): 'here' | 'on' | 'nowhere' | undefined {
  const answer = routeOf(facts, packet);
  if (answer.kind === 'unknown') return undefined;
  if (answer.kind === 'none') return 'nowhere';
  const { type } = answer.route;
  if (type === 'local' || type === 'broadcast') return 'here';
  return type === 'unicast' ? 'on' : undefined;
}
