/** What `nft list ruleset` prints for people, read as its JSON is: what is not understood of a rule is a statement that nobody follows. (nft(8)) */
import { canonicalIP } from '../../base/ip.ts';
import type { Fields } from '../../cluster/fields.ts';
import { isCutLine, numberedLines } from './lines.ts';
import { isOfIptables, type NftChain, type NftRule, type NftTables } from './nft.ts';
import { isFlags } from './tcp-flags.ts';

type Chain = { -readonly [Key in keyof NftChain]: NftChain[Key] } & { rules: NftRule[] };

/** Names of priorities, of the families of the network layer and of bridges. */
const priorities: Readonly<Record<string, number>> = {
  raw: -300,
  mangle: -150,
  dstnat: -100,
  filter: 0,
  security: 50,
  srcnat: 100,
};
const bridgePriorities: Readonly<Record<string, number>> = { dstnat: -300, filter: -200, out: 100, srcnat: 300 };

/** "filter + 10", "-5", "dstnat" */
function priorityOf(family: string, words: string): number {
  const [, name = '', sign = '', number = '0'] = /^([a-z]*) ?([+-]?) ?(\d*)/.exec(words.trim()) ?? [];
  const base = (family === 'bridge' ? bridgePriorities : priorities)[name] ?? 0;
  return base + (sign === '-' ? -1 : 1) * (Number(number) || 0);
}

/** Words of a line: what stands in quotes or braces is one. */
function wordsOf(text: string): readonly string[] {
  const words: string[] = [];
  for (let at = 0; at < text.length; ) {
    const first = text[at] ?? '';
    if (first === ' ' || first === '\t') {
      at += 1;
      continue;
    }
    let end = at + 1;
    if (first === '"') {
      const close = text.indexOf('"', end);
      end = close < 0 ? text.length : close + 1;
    } else if (first === '{') {
      let depth = 1;
      for (; end < text.length && depth > 0; end += 1) depth += text[end] === '{' ? 1 : text[end] === '}' ? -1 : 0;
    } else {
      while (end < text.length && !' \t"{'.includes(text[end] ?? '')) end += 1;
      // "established, related" is printed with a space behind the comma.
      while (text[end - 1] === ',' && text[end] === ' ') {
        end += 1;
        while (end < text.length && !' \t"{'.includes(text[end] ?? '')) end += 1;
      }
    }
    words.push(text.slice(at, end));
    at = end;
  }
  return words;
}

/** A value as the JSON has it: a number, a name, a prefix, a range. */
function single(text: string): unknown {
  if (text.includes(' . ')) return { concat: text.split(' . ').map(single) };
  const plain = text.startsWith('"') ? text.slice(1, -1) : text;
  if (text.startsWith('"') || plain.startsWith('@')) return plain;
  if (/^(?:0x[0-9a-f]+|\d+)$/i.test(plain)) return Number(plain);
  const [low = '', high] = plain.split('-');
  if (high !== undefined && /^\d+$/.test(low) && /^\d+$/.test(high)) return { range: [Number(low), Number(high)] };
  if (high !== undefined && canonicalIP(low) !== undefined && canonicalIP(high) !== undefined) return { range: [low, high] };
  const [addr = '', len] = plain.split('/');
  if (len !== undefined && /^\d+$/.test(len)) return { prefix: { addr, len: Number(len) } };
  return plain;
}

/** The parts between commas, outside of inner braces. */
function elements(text: string): readonly string[] {
  const inner = text.startsWith('{') ? text.slice(1, text.endsWith('}') ? -1 : undefined) : text;
  return inner
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** An element without what stands behind it: how long it stays, counters, a comment. */
function bareElement(text: string): string {
  return text.slice(0, /\s(?:timeout|expires|counter|comment)\s/.exec(text)?.index);
}

function wantedOf(text: string): unknown {
  if (text.startsWith('{')) return { set: elements(text).map((each) => single(bareElement(each))) };
  return text.includes(',') ? elements(text).map(single) : single(text);
}

const verdictWords: ReadonlySet<string> = new Set(['accept', 'drop', 'return', 'continue']);

/** "jump chain", "accept" */
function verdictOf(text: string): Fields | undefined {
  const [word = '', target = ''] = text.trim().split(/\s+/);
  if (verdictWords.has(word)) return { [word]: null };
  return word === 'jump' || word === 'goto' ? { [word]: { target } } : undefined;
}

/** Pairs of a verdict map: "10.0.0.1 : accept". */
function pairsOf(text: string): readonly unknown[] {
  return elements(text).map((each) => {
    const at = each.lastIndexOf(' : ');
    return [single(bareElement(each.slice(0, at).trim())), verdictOf(each.slice(at + 3)) ?? { drop: null }];
  });
}

const protocols: ReadonlySet<string> = new Set([
  'ip',
  'ip6',
  'tcp',
  'udp',
  'sctp',
  'dccp',
  'th',
  'ether',
  'arp',
  'icmp',
  'icmpv6',
  'vlan',
]);
const metaAlone: ReadonlySet<string> = new Set(['iifname', 'oifname', 'iif', 'oif', 'mark']);
/** Statements that go on to the next one, with the words that belong to them. */
const passing: Readonly<Record<string, RegExp>> = {
  counter: /^(?:packets|bytes|\d+|name|".*")$/,
  log: /^(?:prefix|level|group|flags|snaplen|queue-threshold|all|info|warn|debug|notice|err|\d+|".*")$/,
  comment: /^".*"$/,
};
const toTheEnd: ReadonlySet<string> = new Set(['dnat', 'snat', 'masquerade', 'redirect', 'queue', 'tproxy']);

/** "fib saddr . daddr . mark . iif . oif oif" */
const longestFib = 12;

interface Key {
  readonly left: Fields;
  readonly length: number;
}

/** What a condition begins with, and how many words it is. */
function keyAt(words: readonly string[], at: number): Key | undefined {
  const [first = '', second = ''] = [words[at] ?? '', words[at + 1] ?? ''];
  if (protocols.has(first)) return { left: { payload: { protocol: first, field: second } }, length: 2 };
  if (first === 'meta') return { left: { meta: { key: second } }, length: 2 };
  if (metaAlone.has(first)) return { left: { meta: { key: first } }, length: 1 };
  if (first === 'ct') return { left: { ct: { key: second } }, length: 2 };
  if (first !== 'fib') return undefined;
  // "fib saddr . iif oif", "fib daddr type"
  const length = words.slice(at, at + longestFib).findIndex((word) => word === 'oif' || word === 'oifname' || word === 'type');
  if (length < 0) return undefined;
  const flags = words.slice(at + 1, at + length).filter((word) => word !== '.');
  return { left: { fib: { result: words[at + length], flags } }, length: length + 1 };
}

/** A condition, or a change of what it names; the place behind it. */
function conditionAt(
  words: readonly string[],
  start: number,
  { left, length }: Key,
): { readonly statement: Fields; readonly next: number } {
  let at = start + length;
  let key = left;
  const parts: Fields[] = [left];
  // "ip daddr . tcp dport"
  for (let next = words[at] === '.' ? keyAt(words, at + 1) : undefined; next !== undefined; ) {
    parts.push(next.left);
    at += 1 + next.length;
    next = words[at] === '.' ? keyAt(words, at + 1) : undefined;
  }
  if (parts.length > 1) key = { concat: parts };
  if (words[at] === '&' || words[at] === 'and') {
    const opened = at + 1;
    at += 2;
    // "tcp flags & (fin | syn) == syn"
    if (words[opened]?.startsWith('(')) while (at < words.length && !(words[at - 1] ?? '').endsWith(')')) at += 1;
    const bits = words
      .slice(opened, at)
      .join(' ')
      .replace(/^\((.*)\)$/, '$1');
    key = { '&': [left, bits.includes(' | ') ? bits.split(' | ').map(single) : single(bits)] };
  }
  if (words[at] === 'set') return { statement: { mangle: { key: left, value: single(words[at + 1] ?? '') } }, next: at + 2 };
  if (words[at] === 'vmap') {
    const data = words[at + 1] ?? '';
    return { statement: { vmap: { key, data: data.startsWith('{') ? { set: pairsOf(data) } : data } }, next: at + 2 };
  }
  const sign = words[at] ?? '';
  const ofFlags = isFlags(left) && !Object.hasOwn(key, 'concat') && !Object.hasOwn(key, '&');
  // Flags without a sign ask for one of them, as the JSON says.
  const op =
    sign === '!=' ? '!=' : ofFlags && sign === '!' ? '!' : ofFlags && sign !== '==' && !sign.startsWith('{') ? 'in' : '==';
  if (sign === '!=' || sign === '==' || op === '!') at += 1;
  let value = words[at] ?? '';
  while (words[at + 1] === '.') {
    value += ` . ${words[at + 2] ?? ''}`;
    at += 2;
  }
  // "tcp flags syn / fin,syn,rst,ack"
  if (ofFlags && words[at + 1] === '/') {
    const masked = { '&': [left, wantedOf(words[at + 2] ?? '')] };
    return { statement: { match: { op: op === 'in' ? '==' : op, left: masked, right: wantedOf(value) } }, next: at + 3 };
  }
  const isMissing = Object.hasOwn(left, 'fib') && (value === 'missing' || value === 'exists');
  const right = isMissing ? value === 'exists' : wantedOf(value);
  return { statement: { match: { op, left: key, right } }, next: at + 1 };
}

/** What a rule of which only the beginning is read may do. */
const cutRule: readonly Fields[] = [{ xt: 'cut' }, { drop: null }];

/** "with tcp reset", "with icmpx admin-prohibited", "with icmp type port-unreachable"; as JSON says it. */
function rejectOf([by, type = '', ...rest]: readonly string[]): Fields | null {
  if (by !== 'with') return null;
  if (type === 'tcp') return { type: 'tcp reset' };
  return { type, expr: (rest[0] === 'type' ? rest[1] : rest[0]) ?? '' };
}

function statementsOf(text: string): readonly Fields[] {
  const words = wordsOf(text);
  const statements: Fields[] = [];
  for (let at = 0; at < words.length; ) {
    const word = words[at] ?? '';
    const own = Object.hasOwn(passing, word) ? passing[word] : undefined;
    const key = own === undefined ? keyAt(words, at) : undefined;
    const verdict = verdictOf(`${word} ${words[at + 1] ?? ''}`);
    if (own !== undefined) {
      statements.push({ [word]: null });
      at += 1;
      while (at < words.length && own.test(words[at] ?? '')) at += 1;
    } else if (key !== undefined) {
      const { statement, next } = conditionAt(words, at, key);
      statements.push(statement);
      at = next;
    } else if (verdict !== undefined) return [...statements, verdict];
    else if (word === 'reject') return [...statements, { reject: rejectOf(words.slice(at + 1)) }];
    else if (toTheEnd.has(word)) return [...statements, { [word]: null }];
    else if (word === 'notrack') {
      statements.push({ notrack: null });
      at += 1;
    } else {
      statements.push({ xt: word });
      at += 1;
    }
  }
  return statements;
}

interface Reading {
  family: string;
  table: string;
  chain: Chain | undefined;
  /** The key of the set or map whose lines follow. */
  set: string;
  isMap: boolean;
  elements: string;
}

const head = /^type (\S+) hook (\S+)(?: devices? = ?(\{[^}]*\}|\S+)| device (\S+))? priority ([^;]*);(?: policy (\w+);)?/;

function takeHead(reading: Reading, text: string): boolean {
  const found = head.exec(text);
  const { chain } = reading;
  if (found === null || chain === undefined) return false;
  chain.type = found[1] ?? '';
  chain.hook = found[2] ?? '';
  chain.devices = elements(found[3] ?? found[4] ?? '').map((name) => name.replaceAll('"', ''));
  chain.priority = priorityOf(chain.family, found[5] ?? '');
  chain.policy = found[6] === 'drop' ? 'drop' : 'accept';
  return true;
}

/** Takes a line of a set's elements; whether they end there. */
function takeElements(reading: Reading, text: string): boolean {
  reading.elements += ` ${text}`;
  return text.endsWith('}') || text.includes('} ');
}

/** Tables of text that are not iptables' own. Never throws. */
export function readNftText(file: string, text: string): NftTables {
  const chains: Chain[] = [];
  const sets = new Map<string, readonly unknown[]>();
  const reading: Reading = { family: '', table: '', chain: undefined, set: '', isMap: false, elements: '' };
  for (const { line, text: source } of numberedLines(text)) {
    const words = source.trim();
    // Of a set that is not all there nobody says what is not in it.
    if (isCutLine(source)) reading.set = '';
    const block = /^(table|chain|set|map|flowtable|meter) (?:(ip6?|inet|bridge|arp|netdev) )?(\S+) \{/.exec(words);
    if (reading.elements !== '' || words.startsWith('elements = {')) {
      if (!takeElements(reading, words.replace('elements = ', ''))) continue;
      const read = reading.elements.trim();
      if (reading.set !== '')
        sets.set(reading.set, reading.isMap ? pairsOf(read) : elements(read).map((each) => single(bareElement(each))));
      reading.elements = '';
    } else if (block?.[1] === 'table') {
      reading.family = block[2] ?? 'ip';
      reading.table = block[3] ?? '';
    } else if (block?.[1] === 'chain') {
      const { family, table } = reading;
      const name = block[3] ?? '';
      reading.chain = {
        file,
        line,
        family,
        table,
        name,
        type: '',
        hook: '',
        devices: [],
        priority: 0,
        policy: 'accept',
        // As text people take it table by table, in any order.
        isLaterThanNat: false,
        rules: [],
      };
      chains.push(reading.chain);
    } else if (block !== null) {
      reading.set = `${reading.family} ${reading.table} ${block[3] ?? ''}`;
      reading.isMap = block[1] === 'map';
      reading.chain = undefined;
    } else if (words === '}') {
      reading.chain = undefined;
      reading.set = '';
    } else if (reading.chain !== undefined && words !== '' && !words.startsWith('#') && !takeHead(reading, words))
      reading.chain.rules.push({ line, statements: isCutLine(source) ? cutRule : statementsOf(words) });
  }
  return { chains: chains.filter((chain) => !isOfIptables(chain) && !isInside(chain)), sets };
}

/** Whether a chain is one of iptables' that no hook leads to: most of a node's. */
function isInside({ family, table, name, hook }: NftChain): boolean {
  return (
    hook === '' &&
    (family === 'ip' || family === 'ip6') &&
    /^(?:filter|nat|mangle|raw|security)$/.test(table) &&
    /^[A-Z]/.test(name)
  );
}
