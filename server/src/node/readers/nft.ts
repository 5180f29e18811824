/**
 * What `nft -j list ruleset` prints of tables that are not iptables' own: chains at the hooks of the network stack, which packets meet beside
 * iptables' rules. (libnftables-json(5))
 */
import { canonicalIP } from '../../base/ip.ts';
import { runToEnd, type Steps } from '../../base/steps.ts';
import type { Family } from '../../catalog/types.ts';
import {
  type Fields,
  fieldsAt,
  fieldsOfJson,
  isFields,
  listAt,
  numberAt,
  textAt,
  textsAt,
  valueAt,
} from '../../cluster/fields.ts';
import { jsonPiecesSteps } from '../../cluster/json-values.ts';

export interface NftRule {
  /** 1-based; nft prints all on one line unless somebody put breaks in. */
  readonly line: number;
  /** The statements of a rule, in their order. */
  readonly statements: readonly Fields[];
}

export interface NftChain {
  /** The file of a bundle that it stands in. */
  readonly file: string;
  readonly line: number;
  /** "ip", "ip6", "inet", ... */
  readonly family: string;
  readonly table: string;
  readonly name: string;
  /** "filter", "nat", "route"; empty for a chain that no hook leads to. */
  readonly type: string;
  /** "forward", ...; empty for a chain that others jump to. */
  readonly hook: string;
  /** The devices that a chain of family netdev is for; empty for others. */
  readonly devices: readonly string[];
  readonly priority: number;
  readonly policy: 'accept' | 'drop';
  /** Whether its table is listed behind iptables' own table nat, and so was made later: of one priority the later chain is asked first. */
  readonly isLaterThanNat: boolean;
  readonly rules: readonly NftRule[];
}

export interface NftTables {
  readonly chains: readonly NftChain[];
  /** Elements of sets, and pairs of maps, by "family table name". */
  readonly sets: ReadonlyMap<string, readonly unknown[]>;
  /** Whether the text ends in the middle, so that there may be more. */
  readonly isCut?: boolean;
}

/** The tables that iptables-nft keeps, and the chains that it hooks in there. */
const ofIptables: ReadonlySet<string> = new Set(['filter', 'nat', 'mangle', 'raw', 'security']);
const builtin: ReadonlySet<string> = new Set(['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING']);
/** An object of iptables' own tables, by what nft prints first: most of a node's, and not parsed. */
const own =
  /^\{\s*"(?:rule|table|set)":\s*\{\s*"family":\s*"ip6?",\s*"table":\s*"(?:filter|nat|mangle|raw|security)",\s*"chain":\s*"[A-Z][^"]*"/;

const natTable = /^\{\s*"table":\s*\{\s*"family":\s*"(ip6?)",\s*"name":\s*"nat"/;

type Chain = { -readonly [Key in keyof NftChain]: NftChain[Key] } & { rules: NftRule[] };

const mostObjects = 2_000_000;

function keyOf(family: string, table: string, name: string): string {
  return `${family} ${table} ${name}`;
}

function chainOf(file: string, fields: Fields, line: number, isLaterThanNat: boolean): Chain {
  return {
    file,
    line,
    family: textAt(fields, 'family'),
    table: textAt(fields, 'table'),
    name: textAt(fields, 'name'),
    type: textAt(fields, 'type'),
    hook: textAt(fields, 'hook'),
    devices: [textAt(fields, 'dev'), ...textsAt(fields, 'dev')].filter((name) => name !== ''),
    priority: Number(valueAt(fields, 'prio') ?? 0) || 0,
    policy: textAt(fields, 'policy') === 'drop' ? 'drop' : 'accept',
    isLaterThanNat,
    rules: [],
  };
}

/** Whether a chain is one that iptables keeps and hooks in. */
export function isOfIptables({ family, table, name, hook }: NftChain): boolean {
  return (family === 'ip' || family === 'ip6') && ofIptables.has(table) && hook !== '' && builtin.has(name);
}

/** The chains that are not iptables' own. Never throws; a text that is cut off says what it has. */
export function readNft(file: string, text: string): NftTables {
  return runToEnd(readNftSteps(file, text));
}

const objectsBetweenPauses = 2000;

/** The same; pauses now and then. */
export function* readNftSteps(file: string, text: string): Steps<NftTables> {
  const chains = new Map<string, Chain>();
  const sets = new Map<string, readonly unknown[]>();
  const start = text.indexOf('[');
  const isOneLine = text.indexOf('\n') < 0 || text.indexOf('\n') > text.length - 3;
  let line = 1;
  let counted = 0;
  let objects = 0;
  let isCut = start >= 0 && !/[\]}]\s*$/.test(text.slice(-200));
  const natOf = new Set<string>();
  for (const piece of start < 0 ? [] : yield* jsonPiecesSteps(text.slice(start + 1))) {
    objects += 1;
    if (piece.kind === 'open') isCut = true;
    if (objects % objectsBetweenPauses === 0) yield;
    if (piece.kind !== 'value' || objects > mostObjects) continue;
    const from = start + 1 + piece.start;
    const source = text.slice(from, start + 1 + piece.end);
    const nat = natTable.exec(source.slice(0, 200))?.[1];
    if (nat !== undefined) natOf.add(nat);
    if (own.test(source.slice(0, 200))) continue;
    const object = fieldsOfJson(source);
    if (object === undefined) continue;
    if (!isOneLine) {
      for (let at = text.indexOf('\n', counted); at >= 0 && at < from; at = text.indexOf('\n', at + 1)) {
        line += 1;
        counted = at + 1;
      }
    }
    const chain = fieldsAt(object, 'chain');
    const rule = fieldsAt(object, 'rule');
    const set = fieldsAt(object, Object.hasOwn(object, 'map') ? 'map' : 'set');
    if (textAt(chain, 'name') !== '') {
      const read = chainOf(file, chain, line, natOf.has(textAt(chain, 'family')));
      chains.set(keyOf(read.family, read.table, read.name), read);
    } else if (textAt(rule, 'chain') !== '') {
      const holder = chains.get(keyOf(textAt(rule, 'family'), textAt(rule, 'table'), textAt(rule, 'chain')));
      holder?.rules.push({ line, statements: listAt(rule, 'expr').filter(isFields) });
    } else if (textAt(set, 'name') !== '')
      sets.set(keyOf(textAt(set, 'family'), textAt(set, 'table'), textAt(set, 'name')), listAt(set, 'elem'));
  }
  return { chains: [...chains.values()].filter((chain) => !isOfIptables(chain)), sets, isCut };
}

const verdicts = ['accept', 'drop', 'reject', 'return', 'continue', 'queue', 'redirect', 'dnat', 'notrack'] as const;

function valueText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return value.map(valueText).join(', ');
  if (!isFields(value)) return '';
  const prefix = fieldsAt(value, 'prefix');
  if (textAt(prefix, 'addr') !== '') return `${textAt(prefix, 'addr')}/${numberAt(prefix, 'len', 128)}`;
  const range = listAt(value, 'range');
  if (range.length === 2) return range.map(valueText).join('-');
  const set = listAt(value, 'set');
  if (set.length > 0) return `{ ${set.slice(0, 20).map(valueText).join(', ')} }`;
  return JSON.stringify(value);
}

function leftText(left: Fields): string {
  const payload = fieldsAt(left, 'payload');
  if (textAt(payload, 'field') !== '') return `${textAt(payload, 'protocol')} ${textAt(payload, 'field')}`;
  const meta = textAt(fieldsAt(left, 'meta'), 'key');
  if (meta !== '') return `meta ${meta}`;
  const ct = textAt(fieldsAt(left, 'ct'), 'key');
  return ct === '' ? JSON.stringify(left) : `ct ${ct}`;
}

/** A rule about as nft prints it to people. */
export function nftRuleText({ statements }: NftRule): string {
  const words = statements.map((statement) => {
    const match = fieldsAt(statement, 'match');
    if (textAt(match, 'op') !== '') {
      const sign = textAt(match, 'op') === '!=' ? ' !=' : '';
      return `${leftText(fieldsAt(match, 'left'))}${sign} ${valueText(valueAt(match, 'right'))}`;
    }
    const verdict = verdicts.find((name) => Object.hasOwn(statement, name));
    if (verdict !== undefined) return verdict;
    const jump = textAt(fieldsAt(statement, 'jump'), 'target');
    const goto = textAt(fieldsAt(statement, 'goto'), 'target');
    return jump !== '' ? `jump ${jump}` : goto !== '' ? `goto ${goto}` : (Object.keys(statement)[0] ?? '');
  });
  return words.join(' ');
}

/** The address that a rule translates destinations to; undefined where it does not, or has several. */
export function nftDestination({ statements }: NftRule): string | undefined {
  const statement = statements.find((each) => Object.hasOwn(each, 'dnat'));
  return statement === undefined ? undefined : canonicalIP(textAt(fieldsAt(statement, 'dnat'), 'addr'));
}

/** nft's names where they are not iptables' without "icmp-" or "icmp6-", by family. */
const namesOfNft: Readonly<Record<Family, Readonly<Record<string, string>>>> = {
  ipv4: { 'prot-unreachable': 'proto-unreachable', 'no-route': 'net-unreachable' },
  ipv6: { 'admin-prohibited': 'adm-prohibited', 'host-unreachable': 'addr-unreachable' },
};

/** The answer of a rule of nft that refuses, by iptables' name for it; that of a `reject` alone where the rule says none. */
export function nftAnswer({ statements }: NftRule, family: Family): string {
  const given = statements.find((statement) => Object.hasOwn(statement, 'reject')) ?? {};
  const reject = fieldsAt(given, 'reject');
  const expr = textAt(reject, 'expr') || 'port-unreachable';
  const names = namesOfNft[family];
  const name = Object.hasOwn(names, expr) ? names[expr] : expr;
  return textAt(reject, 'type') === 'tcp reset' ? 'tcp-reset' : `${family === 'ipv4' ? 'icmp' : 'icmp6'}-${name}`;
}
