/** What chains of nft's that are not iptables' own do to a packet, as far as their rules are understood. */
import { inCIDR, isIPv6 } from '../../base/ip.ts';
import { type Fields, fieldsAt, isFields, listAt, numberAt, textAt, valueAt } from '../../cluster/fields.ts';
import type { NodeFacts } from '../facts.ts';
import type { NftChain, NftRule, NftTables } from '../readers/nft.ts';
import { isOwn } from './own-address.ts';

/** A packet at one hook. */
export interface NftPacket {
  readonly hook: string;
  /** Whose chains it meets: those of the network layer, of a bridge, or of the device that it comes in by. */
  readonly layer: 'network' | 'bridge' | 'device';
  readonly source: string;
  readonly destination: string;
  readonly protocol: string;
  readonly sport: number | null;
  readonly dport: number | null;
  /** null where it is not known. */
  readonly in: string | null;
  readonly out: string | null;
  readonly state: 'new' | 'established';
  readonly isTranslated: boolean;
  readonly mark: number;
}

export interface NftEnd {
  readonly verdict: 'drop' | 'reject';
  /** Whether it is sure; false where a rule on the way was not understood, or asks what is not known. */
  readonly isSure: boolean;
  readonly chain: NftChain;
  /** null for the policy. */
  readonly rule: NftRule | null;
}

/** A rule with the chain that it stands in. */
export interface NftPlace {
  readonly chain: NftChain;
  readonly rule: NftRule;
}

/** undefined where it is not known. */
type Told = boolean | undefined;

interface Asked {
  readonly tables: NftTables;
  readonly packet: NftPacket;
  readonly facts: NodeFacts;
  /** The chain whose rules are looked at: sets are of its table. */
  readonly chain: NftChain;
  readonly left: { steps: number };
}

function invert(told: Told): Told {
  return told === undefined ? undefined : !told;
}

/** Whether any of several is so; unknown where none is and one may be. */
function some(all: readonly Told[]): Told {
  if (all.includes(true)) return true;
  return all.includes(undefined) ? undefined : false;
}

function isInRange(value: unknown, actual: number): Told {
  const [low, high] = isFields(value) ? listAt(value, 'range') : [];
  return typeof low === 'number' && typeof high === 'number' ? actual >= low && actual <= high : undefined;
}

function isAddress(value: unknown, actual: string): Told {
  if (typeof value === 'string') return value.includes('/') ? inCIDR(actual, value) : value === actual;
  if (!isFields(value)) return undefined;
  const prefix = fieldsAt(value, 'prefix');
  const network = textAt(prefix, 'addr');
  if (network !== '') return isIPv6(network) === isIPv6(actual) && inCIDR(actual, `${network}/${numberAt(prefix, 'len', 128)}`);
  return undefined;
}

function isName(value: unknown, actual: string): Told {
  if (typeof value !== 'string') return undefined;
  return value.endsWith('*') ? actual.startsWith(value.slice(0, -1)) : value === actual;
}

/** Whether a value is one that a rule wants: a value, a range, a prefix, a set in place, or one by name. */
function isWanted(asked: Asked, right: unknown, one: (value: unknown) => Told): Told {
  if (typeof right === 'string' && right.startsWith('@')) {
    const { family, table } = asked.chain;
    const elements = asked.tables.sets.get(`${family} ${table} ${right.slice(1)}`);
    return elements === undefined ? undefined : some(elements.map((each) => one(elementOf(each))));
  }
  const set = isFields(right) ? valueAt(right, 'set') : right;
  return Array.isArray(set) ? some(set.map((each) => one(elementOf(each)))) : one(right);
}

/** An element of a set, which may have a timeout or a comment around it. */
function elementOf(element: unknown): unknown {
  return isFields(element) && isFields(valueAt(element, 'elem')) ? valueAt(fieldsAt(element, 'elem'), 'val') : element;
}

const ports: ReadonlySet<string> = new Set(['tcp', 'udp', 'sctp', 'dccp', 'th']);

function payload(asked: Asked, protocol: string, field: string, right: unknown): Told {
  const { packet } = asked;
  if (protocol === 'ip' || protocol === 'ip6') {
    const isSame = isIPv6(packet.destination) === (protocol === 'ip6');
    if (!isSame) return false;
    if (field === 'saddr') return isWanted(asked, right, (value) => isAddress(value, packet.source));
    if (field === 'daddr') return isWanted(asked, right, (value) => isAddress(value, packet.destination));
    if (field === 'protocol' || field === 'nexthdr') return isWanted(asked, right, (value) => isName(value, packet.protocol));
    return undefined;
  }
  if (!ports.has(protocol))
    return ['icmp', 'icmpv6', 'ether', 'arp', 'vlan'].includes(protocol) && field !== 'saddr'
      ? protocolIs(protocol, packet)
      : undefined;
  if (protocol !== 'th' && protocol !== packet.protocol) return false;
  const port = field === 'dport' ? packet.dport : field === 'sport' ? packet.sport : null;
  if (port === null) return undefined;
  return isWanted(asked, right, (value) => (typeof value === 'number' ? value === port : isInRange(value, port)));
}

/** A match of a field that only packets of another protocol have. */
function protocolIs(protocol: string, packet: NftPacket): Told {
  return protocol === 'icmp' || protocol === 'icmpv6' ? (packet.protocol === protocol ? undefined : false) : undefined;
}

function meta(asked: Asked, key: string, right: unknown): Told {
  const { packet } = asked;
  const isV6 = isIPv6(packet.destination);
  if (key === 'iifname' || key === 'iif') {
    if (packet.in === null) return undefined;
    const { in: name } = packet;
    return isWanted(asked, right, (value) => isName(value, name));
  }
  if (key === 'oifname' || key === 'oif') {
    if (packet.out === null) return undefined;
    const { out: name } = packet;
    return isWanted(asked, right, (value) => isName(value, name));
  }
  if (key === 'l4proto') return isWanted(asked, right, (value) => isName(value, packet.protocol));
  if (key === 'nfproto') return isWanted(asked, right, (value) => isName(value, isV6 ? 'ipv6' : 'ipv4'));
  if (key === 'protocol') return isWanted(asked, right, (value) => isName(value, isV6 ? 'ip6' : 'ip'));
  if (key === 'mark') return isWanted(asked, right, (value) => (typeof value === 'number' ? value === packet.mark : undefined));
  return undefined;
}

function ct(asked: Asked, key: string, right: unknown): Told {
  const { packet } = asked;
  if (key === 'state') return isWanted(asked, right, (value) => isName(value, packet.state));
  if (key === 'direction') return isName(right, packet.state === 'new' ? 'original' : 'reply');
  if (key === 'status') return right === 'dnat' ? packet.isTranslated : undefined;
  return undefined;
}

function matches(asked: Asked, match: Fields): Told {
  const op = textAt(match, 'op');
  const left = fieldsAt(match, 'left');
  const right = valueAt(match, 'right');
  const fib = fieldsAt(left, 'fib');
  const field = fieldsAt(left, 'payload');
  let told: Told;
  if (textAt(field, 'field') !== '') told = payload(asked, textAt(field, 'protocol'), textAt(field, 'field'), right);
  else if (textAt(fieldsAt(left, 'meta'), 'key') !== '') told = meta(asked, textAt(fieldsAt(left, 'meta'), 'key'), right);
  else if (textAt(fieldsAt(left, 'ct'), 'key') !== '') told = ct(asked, textAt(fieldsAt(left, 'ct'), 'key'), right);
  else if (textAt(fib, 'result') === 'type' && right === 'local' && listAt(fib, 'flags').join() === 'daddr')
    told = isOwn(asked.facts, asked.packet.destination);
  else told = masked(asked, left, right);
  return op === '!=' ? invert(told) : op === '==' || op === 'in' ? told : undefined;
}

/** `meta mark & 0x4000 == 0x4000`. */
function masked(asked: Asked, left: Fields, right: unknown): Told {
  const [what, mask] = listAt(left, '&');
  if (!isFields(what) || textAt(fieldsAt(what, 'meta'), 'key') !== 'mark') return undefined;
  return typeof mask === 'number' && typeof right === 'number' ? (asked.packet.mark & mask) >>> 0 === right : undefined;
}

/** What may become of a packet in a chain; null for one that goes on behind it. */
type Possible = readonly (End | null)[];

interface End {
  readonly verdict: 'accept' | 'drop' | 'reject';
  readonly chain: NftChain;
  readonly rule: NftRule | null;
}

/** What becomes of a packet in rules that are not shown, or are too many to be followed. */
function notFollowed(chain: NftChain): Possible {
  return [null, { verdict: 'accept', chain, rule: null }, { verdict: 'drop', chain, rule: null }];
}

const passedOver: ReadonlySet<string> = new Set(['counter', 'log', 'mangle', 'notrack', 'set', 'meta', 'comment', 'flow']);
const deepest = 12;
const translations: readonly string[] = ['dnat', 'redirect', 'snat', 'masquerade'];
const ends: readonly string[] = ['accept', 'drop', 'reject', 'return', 'jump', 'goto', ...translations];

/** What a rule's statements do: whether it is for the packet, and the verdict at their end. */
function ruleOf(asked: Asked, { statements }: NftRule): { readonly told: Told; readonly last: Fields | undefined } {
  let told: Told = true;
  for (const statement of statements) {
    // Translations end a chain as accept does.
    if (Object.hasOwn(statement, 'match')) {
      const own = matches(asked, fieldsAt(statement, 'match'));
      if (own === false) return { told: false, last: undefined };
      if (own === undefined) told = undefined;
    } else if (ends.some((name) => Object.hasOwn(statement, name))) return { told, last: statement };
    else if (Object.hasOwn(statement, 'vmap')) return { told: undefined, last: statement };
    else if (!Object.keys(statement).every((name) => passedOver.has(name))) told = undefined;
  }
  return { told, last: undefined };
}

function verdictMap(asked: Asked, statement: Fields): { readonly told: Told; readonly last: Fields } | undefined {
  const vmap = fieldsAt(statement, 'vmap');
  const data = fieldsAt(vmap, 'data');
  let unknown: Fields | undefined;
  for (const pair of listAt(data, 'set')) {
    const [value, verdict] = Array.isArray(pair) ? (pair as readonly unknown[]) : [];
    if (!isFields(verdict)) continue;
    const told = matches(asked, { op: '==', left: valueAt(vmap, 'key'), right: value });
    if (told === true) return { told, last: verdict };
    if (told === undefined) unknown = verdict;
  }
  if (listAt(data, 'set').length === 0) return { told: undefined, last: { drop: null } };
  return unknown === undefined ? undefined : { told: undefined, last: unknown };
}

function walk(asked: Asked, depth: number): Possible {
  const { chain, tables, left } = asked;
  const possible: (End | null)[] = [];
  for (const rule of chain.rules) {
    left.steps -= 1;
    if (left.steps < 0) return [...possible, ...notFollowed(chain)];
    let { told, last } = ruleOf(asked, rule);
    if (last !== undefined && Object.hasOwn(last, 'vmap')) {
      const chosen = verdictMap(asked, last);
      if (chosen === undefined) continue;
      ({ told, last } = chosen);
    }
    if (told === false || last === undefined) continue;
    const target = textAt(fieldsAt(last, 'jump'), 'target') || textAt(fieldsAt(last, 'goto'), 'target');
    if (target !== '') {
      const next = tables.chains.find(
        (each) => each.name === target && each.table === chain.table && each.family === chain.family,
      );
      const inner = next === undefined || depth >= deepest ? notFollowed(chain) : walk({ ...asked, chain: next }, depth + 1);
      possible.push(...inner.filter((end) => end !== null));
      const goesOn = inner.includes(null);
      if (told === true && (!goesOn || Object.hasOwn(last, 'goto'))) return goesOn ? [...possible, null] : possible;
      continue;
    }
    if (Object.hasOwn(last, 'return')) {
      possible.push(null);
      if (told === true) return possible;
      continue;
    }
    const isLetPass = Object.hasOwn(last, 'accept') || translations.some((name) => Object.hasOwn(last, name));
    const verdict = isLetPass ? 'accept' : Object.hasOwn(last, 'drop') ? 'drop' : 'reject';
    if (Object.hasOwn(last, 'continue')) continue;
    possible.push({ verdict, chain, rule });
    if (told === true) return possible;
  }
  return [...possible, null];
}

const familiesOf = { 4: ['ip', 'inet'], 6: ['ip6', 'inet'] } as const;

/** The chains that a packet meets at its hook, in their order. */
function chainsAt(tables: NftTables, packet: NftPacket): readonly NftChain[] {
  const families: readonly string[] =
    packet.layer === 'bridge'
      ? ['bridge']
      : packet.layer === 'device'
        ? ['netdev']
        : familiesOf[isIPv6(packet.destination) ? 6 : 4];
  return tables.chains
    .filter(({ hook, family, devices }) => {
      const isThere = hook === packet.hook && families.includes(family);
      return isThere && (packet.layer !== 'device' || devices.length === 0 || devices.includes(packet.in ?? ''));
    })
    .toSorted((a, b) => a.priority - b.priority);
}

/** What iptables' own chains have: their tables of nat, and conntrack, stand there (NF_IP_PRI_NAT_DST, NF_IP_PRI_CONNTRACK). */
const priorities = { nat: -100, conntrack: -200 } as const;

/** A rule that surely translates the destination of a new packet before iptables' table nat is asked; undefined where none does. */
export function nftTranslation(facts: NodeFacts, tables: NftTables, packet: NftPacket): NftPlace | undefined {
  const chains = chainsAt(tables, packet).filter(({ type, priority }) => type === 'nat' && priority < priorities.nat);
  for (const chain of chains) {
    const [only, ...others] = walk({ tables, packet, facts, chain, left: { steps: 10_000 } }, 0);
    if (only === undefined || only === null || others.length > 0 || only.rule === null) continue;
    if (only.rule.statements.some((each) => Object.hasOwn(each, 'dnat') || Object.hasOwn(each, 'redirect')))
      return { chain: only.chain, rule: only.rule };
  }
  return undefined;
}

/** A rule of a chain before conntrack that surely keeps a packet from it; undefined where none does. Chains behind a jump are not looked into. */
export function nftNotrack(facts: NodeFacts, tables: NftTables, packet: NftPacket): NftPlace | undefined {
  for (const chain of chainsAt(tables, packet).filter(({ priority }) => priority < priorities.conntrack)) {
    const asked = { tables, packet, facts, chain, left: { steps: 10_000 } };
    const rule = chain.rules.find(
      (each) => each.statements.some((statement) => Object.hasOwn(statement, 'notrack')) && ruleOf(asked, each).told === true,
    );
    if (rule !== undefined) return { chain, rule };
  }
  return undefined;
}

/** The first chain at the packet's hook that drops or refuses it, or may do so; undefined where every one lets it pass. */
export function nftVerdict(facts: NodeFacts, tables: NftTables, packet: NftPacket): NftEnd | undefined {
  const hooked = chainsAt(tables, packet).filter(({ type }) => type !== 'nat');
  const left = { steps: 100_000 };
  let unsure: NftEnd | undefined;
  for (const base of hooked) {
    const ends = walk({ tables, packet, facts, chain: base, left }, 0).map(
      (end): End => end ?? { verdict: base.policy, chain: base, rule: null },
    );
    // nft 1.0.6 leaves the device out of its JSON.
    const isMet = packet.layer !== 'device' || base.devices.length > 0;
    const against = ends.find(({ verdict }) => verdict !== 'accept');
    if (against === undefined || against.verdict === 'accept') continue;
    const end = { ...against, verdict: against.verdict, isSure: isMet && ends.every(({ verdict }) => verdict !== 'accept') };
    if (end.isSure) return end;
    unsure ??= end;
  }
  return unsure;
}
