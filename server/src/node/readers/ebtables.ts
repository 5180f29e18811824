/**
 * What `ebtables-save` prints, as chains of nft's family bridge: the hooks are the same, and so is what a rule may ask. (ebtables-nft(8); the
 * priorities of linux/netfilter_bridge.h)
 */
import { type Fields, fieldsAt } from '../../cluster/fields.ts';
import { numberedLines } from './lines.ts';
import type { NftChain, NftRule } from './nft.ts';

type Chain = { -readonly [Key in keyof NftChain]: NftChain[Key] } & { rules: NftRule[] };

/** Where the built-in chains of a table stand: table broute decides what is routed, and drops nothing. */
const hooks: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  filter: { INPUT: -200, FORWARD: -200, OUTPUT: -200 },
  nat: { PREROUTING: -300, OUTPUT: 100, POSTROUTING: 300 },
};

type Read = (value: string) => readonly Fields[];

function match(left: Fields, right: unknown): readonly Fields[] {
  return [{ match: { op: '==', left, right } }];
}

const payload =
  (protocol: string, field: string, read: (value: string) => unknown): Read =>
  (value) =>
    match({ payload: { protocol, field } }, read(value));

/** "10.0.0.0/8", "10.0.0.0/255.0.0.0", "10.0.0.1" */
function network(value: string): unknown {
  const [addr = '', bits] = value.split('/');
  if (bits === undefined) return addr;
  const len = bits.includes('.')
    ? bits.split('.').reduce((sum, part) => sum + (Number(part).toString(2).match(/1/g)?.length ?? 0), 0)
    : Number(bits);
  return { prefix: { addr, len } };
}

function port(value: string): unknown {
  const [first = '', last] = value.split(':');
  // A name stays one, of which nobody says what it matches.
  if (!/^\d*(?::\d*)?$/.test(value)) return value;
  return last === undefined ? Number(first) : { range: [Number(first), Number(last || 65_535)] };
}

function name(value: string): string {
  return value.endsWith('+') ? `${value.slice(0, -1)}*` : value;
}

const names: Readonly<Record<string, string>> = {
  IPV4: 'ip',
  IPV6: 'ip6',
  ARP: 'arp',
  '0X800': 'ip',
  '0X86DD': 'ip6',
  '0X806': 'arp',
};

const interfaceMatch =
  (key: string): Read =>
  (value) =>
    match({ meta: { key } }, name(value));

/** A link address, without a mask. */
const link =
  (field: string): Read =>
  (value) =>
    /^[0-9a-f]{1,2}(?::[0-9a-f]{1,2}){5}$/i.test(value)
      ? match(
          { payload: { protocol: 'ether', field } },
          value
            .split(':')
            .map((part) => part.padStart(2, '0'))
            .join(':')
            .toLowerCase(),
        )
      : [notFollowed(value)];

function mark(value: string): readonly Fields[] {
  const [wanted = '', mask = '0xffffffff'] = value.split('/');
  if (Number.isNaN(Number(wanted)) || Number.isNaN(Number(mask))) return [notFollowed(value)];
  const key = { meta: { key: 'mark' } };
  return match({ '&': [key, Number(mask)] }, Number(wanted));
}

/** What nobody follows: nft's JSON says as much of what its extensions of iptables ask. */
function notFollowed(text: string): Fields {
  return { xt: text };
}

const ofProtocol = (value: string): readonly Fields[] => match({ meta: { key: 'l4proto' } }, protocolNames[value] ?? value);
const protocolNames: Readonly<Record<string, string>> = { '6': 'tcp', '17': 'udp', '1': 'icmp', '132': 'sctp', '58': 'icmpv6' };

const options: Readonly<Record<string, Read>> = {
  '-p': (value) => match({ payload: { protocol: 'ether', field: 'type' } }, names[value.toUpperCase()] ?? value),
  '-s': link('saddr'),
  '-d': link('daddr'),
  '-i': interfaceMatch('iifname'),
  '-o': interfaceMatch('oifname'),
  '--ip-src': payload('ip', 'saddr', network),
  '--ip-dst': payload('ip', 'daddr', network),
  '--ip6-src': payload('ip6', 'saddr', network),
  '--ip6-dst': payload('ip6', 'daddr', network),
  '--ip-proto': ofProtocol,
  '--ip6-proto': ofProtocol,
  '--ip-sport': payload('th', 'sport', port),
  '--ip-dport': payload('th', 'dport', port),
  '--ip6-sport': payload('th', 'sport', port),
  '--ip6-dport': payload('th', 'dport', port),
  '--mark': mark,
};

/** Targets by what nft says of them; others only change something, or are chains. */
const verdicts: Readonly<Record<string, readonly Fields[]>> = {
  ACCEPT: [{ accept: null }],
  DROP: [{ drop: null }],
  RETURN: [{ return: null }],
  CONTINUE: [],
};
/** Targets whose own verdict, which an option may say, is not followed. */
const changing: ReadonlySet<string> = new Set(['mark', 'snat', 'dnat', 'redirect', 'arpreply', 'log', 'nflog']);

function targetOf(target: string): readonly Fields[] {
  if (Object.hasOwn(verdicts, target)) return verdicts[target] ?? [];
  return changing.has(target) ? [notFollowed(target)] : [{ jump: { target } }];
}

/** A rule without its chain: what it asks, in order, and its target. */
function statementsOf(words: readonly string[]): readonly Fields[] {
  const statements: Fields[] = [];
  let target: readonly Fields[] = [];
  for (let at = 0; at < words.length; at += 1) {
    // "! -s MAC" and "-s ! MAC" both stand for all but that.
    const isBefore = words[at] === '!';
    if (isBefore) at += 1;
    const option = words[at] ?? '';
    const isNegated = isBefore || words[at + 1] === '!';
    if (words[at + 1] === '!') at += 1;
    const value = words[at + 1] ?? '';
    if (option === '-j') target = targetOf(value);
    else if (option === '-c' || option === '--logical-in' || option === '--logical-out') {
      if (option !== '-c') statements.push(notFollowed(`${option} ${value}`));
    } else if (Object.hasOwn(options, option)) {
      const read = options[option]?.(value) ?? [];
      statements.push(...(isNegated ? read.map(negated) : read));
    } else if (option.startsWith('-')) statements.push(notFollowed(option));
    else continue;
    if (!(words[at + 1] ?? '-').startsWith('-')) at += 1;
  }
  return [...statements, ...target];
}

function negated(statement: Fields): Fields {
  return Object.hasOwn(statement, 'match') ? { match: { ...fieldsAt(statement, 'match'), op: '!=' } } : statement;
}

/** The chains of text; empty where it has no table. Never throws. */
export function readEbtables(file: string, text: string): readonly NftChain[] {
  const chains: Chain[] = [];
  const byName = new Map<string, Chain>();
  const ends = new Map<Chain, string>();
  let table = '';
  for (const { line, text: source } of numberedLines(text)) {
    if (source.startsWith('*')) table = source.slice(1).trim();
    const declared = /^:(\S+) (\S+)/.exec(source);
    if (declared !== null) {
      const [, own = '', policy] = declared;
      const priority = hooks[table]?.[own];
      const read: Chain = {
        file,
        line,
        family: 'bridge',
        table,
        name: own,
        type: priority === undefined ? '' : 'filter',
        hook: priority === undefined ? '' : own.toLowerCase(),
        devices: [],
        priority: priority ?? 0,
        policy: policy === 'DROP' ? 'drop' : 'accept',
        isLaterThanNat: false,
        rules: [],
      };
      chains.push(read);
      byName.set(`${table} ${own}`, read);
      if (priority === undefined) ends.set(read, policy ?? '');
    }
    const [first, chain, ...words] = source.trim().split(/\s+/);
    if (first === '-A') byName.get(`${table} ${chain}`)?.rules.push({ line, statements: statementsOf(words) });
  }
  // A chain of the user's own has a policy as well, ACCEPT where nobody says another.
  for (const [chain, policy] of ends) chain.rules.push({ line: chain.line, statements: targetOf(policy) });
  return chains;
}
