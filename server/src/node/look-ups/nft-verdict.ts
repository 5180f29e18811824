/** What chains of nft's that are not iptables' own do to a packet, as far as their rules are understood. */
import { isIPv6 } from '../../base/ip.ts';
import { type Fields, fieldsAt, isFields, textAt, valueAt } from '../../cluster/fields.ts';
import type { NodeFacts } from '../facts.ts';
import type { NftChain, NftRule, NftTables } from '../readers/nft.ts';
import { type AskedRule, elementOf, elementsOf, matches, type NftPacket, type Told } from './nft-conditions.ts';

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
function ruleOf(asked: AskedRule, { statements }: NftRule): { readonly told: Told; readonly last: Fields | undefined } {
  let told: Told = true;
  for (const statement of statements) {
    // Translations end a chain as accept does.
    if (Object.hasOwn(statement, 'match')) {
      const own = matches(asked, fieldsAt(statement, 'match'));
      if (own === false) return { told: false, last: undefined };
      if (own === undefined) told = undefined;
    } else if (ends.some((name) => Object.hasOwn(statement, name))) return { told, last: statement };
    else if (Object.hasOwn(statement, 'vmap')) return { told, last: statement };
    else if (!Object.keys(statement).every((name) => passedOver.has(name))) told = undefined;
  }
  return { told, last: undefined };
}

function verdictMap(asked: AskedRule, statement: Fields): { readonly told: Told; readonly last: Fields } | undefined {
  const vmap = fieldsAt(statement, 'vmap');
  const pairs = elementsOf(asked, valueAt(vmap, 'data'));
  // A map that is not shown may do anything.
  if (pairs === undefined) return { told: undefined, last: { drop: null } };
  let unknown: Fields | undefined;
  for (const pair of pairs) {
    const [value, verdict] = Array.isArray(pair) ? (pair as readonly unknown[]) : [];
    if (!isFields(verdict)) continue;
    const told = matches(asked, { op: '==', left: valueAt(vmap, 'key'), right: elementOf(value) });
    if (told === true) return { told, last: verdict };
    if (told === undefined && !Object.hasOwn(unknown ?? {}, 'drop')) unknown = verdict;
  }
  return unknown === undefined ? undefined : { told: undefined, last: unknown };
}

const named = new WeakMap<NftTables, ReadonlyMap<string, NftChain>>();

/** Chains by "family table name". */
function chainsByName(tables: NftTables): ReadonlyMap<string, NftChain> {
  let chains = named.get(tables);
  if (chains === undefined) {
    chains = new Map(tables.chains.map((chain) => [`${chain.family} ${chain.table} ${chain.name}`, chain]));
    named.set(tables, chains);
  }
  return chains;
}

function walk(asked: AskedRule, depth: number): Possible {
  const { chain, tables, left } = asked;
  const possible: (End | null)[] = [];
  for (const rule of chain.rules) {
    left.steps -= 1;
    if (left.steps < 0) return [...possible, ...notFollowed(chain)];
    let { told, last } = ruleOf(asked, rule);
    if (last !== undefined && Object.hasOwn(last, 'vmap')) {
      const chosen = verdictMap(asked, last);
      if (chosen === undefined) continue;
      told = told === true ? chosen.told : told;
      ({ last } = chosen);
    }
    if (told === false || last === undefined) continue;
    const target = textAt(fieldsAt(last, 'jump'), 'target') || textAt(fieldsAt(last, 'goto'), 'target');
    if (target !== '') {
      const next = chainsByName(tables).get(`${chain.family} ${chain.table} ${target}`);
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
  const { above = Number.NEGATIVE_INFINITY, upTo = Number.POSITIVE_INFINITY } = packet;
  return tables.chains
    .filter(({ hook, family, devices, priority }) => {
      const isThere = hook === packet.hook && families.includes(family) && priority > above && priority <= upTo;
      return isThere && (packet.layer !== 'device' || devices.length === 0 || devices.includes(packet.in ?? ''));
    })
    .toSorted((a, b) => a.priority - b.priority);
}

/** What iptables' own chains have: their tables of nat, and conntrack, stand there (NF_IP_PRI_NAT_DST, NF_IP_PRI_CONNTRACK). */
const priorities = { nat: -100, conntrack: -200 } as const;

/** A rule that surely translates the destination of a new packet before iptables' table nat is asked; undefined where none does. */
export function nftTranslation(facts: NodeFacts, tables: NftTables, packet: NftPacket): NftPlace | undefined {
  const chains = chainsAt(tables, packet).filter(
    ({ type, priority, isLaterThanNat }) =>
      type === 'nat' && (priority < priorities.nat || (priority === priorities.nat && isLaterThanNat)),
  );
  for (const chain of chains) {
    const [only, ...others] = walk({ tables, packet, facts, chain, left: { steps: 10_000 } }, 0);
    if (only === undefined || only === null || others.length > 0 || only.rule === null) continue;
    if (only.rule.statements.some((each) => Object.hasOwn(each, 'dnat') || Object.hasOwn(each, 'redirect')))
      return { chain: only.chain, rule: only.rule };
  }
  return undefined;
}

/**
 * The first rule that is surely for a packet and has such a statement, of the chains that it meets; undefined where there is none. Chains behind a
 * jump are not looked into.
 */
export function nftStatement(
  facts: NodeFacts,
  tables: NftTables,
  packet: NftPacket,
  isSought: (statement: Fields) => boolean,
): NftPlace | undefined {
  for (const chain of chainsAt(tables, packet)) {
    const asked = { tables, packet, facts, chain, left: { steps: 10_000 } };
    const rule = chain.rules.find((each) => each.statements.some(isSought) && ruleOf(asked, each).told === true);
    if (rule !== undefined) return { chain, rule };
  }
  return undefined;
}

/** A rule of a chain before conntrack that surely keeps a packet from it; undefined where none does. */
export function nftNotrack(facts: NodeFacts, tables: NftTables, packet: NftPacket): NftPlace | undefined {
  const before = { ...packet, upTo: priorities.conntrack - 1 };
  return nftStatement(facts, tables, before, (statement) => Object.hasOwn(statement, 'notrack'));
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
