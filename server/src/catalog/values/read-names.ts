/** Values that are names out of a fixed list, and the lists. The extensions differ in how much of a name they want. */

import type { Family } from '../types.ts';
import { readNumber, scanNumber } from './numbers.ts';
import { fault, type Value, type ValueFault } from './values.ts';

/** Levels of the kernel's log, from 0 on. */
export const logLevels = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const;
const logSynonyms: Readonly<Record<string, number>> = { panic: 0, error: 3 };

/** A level of the kernel's log by name or number, 0 to 7. */
export function readLogLevel(text: string): Value | ValueFault {
  const named = (logLevels as readonly string[]).indexOf(text);
  const level = named >= 0 ? named : Object.hasOwn(logSynonyms, text) ? logSynonyms[text] : readNumber(text, 0, 7);
  return level === undefined
    ? fault('bad-name', `log level "${text}" unknown`)
    : { type: 'number', value: level, text: `${level}` };
}

const rejectTypes: Readonly<Record<Family, readonly (readonly [name: string, alias: string])[]>> = {
  ipv4: [
    ['icmp-net-unreachable', 'net-unreach'],
    ['icmp-host-unreachable', 'host-unreach'],
    ['icmp-proto-unreachable', 'proto-unreach'],
    ['icmp-port-unreachable', 'port-unreach'],
    ['icmp-net-prohibited', 'net-prohib'],
    ['icmp-host-prohibited', 'host-prohib'],
    ['tcp-reset', 'tcp-rst'],
    ['icmp-admin-prohibited', 'admin-prohib'],
  ],
  ipv6: [
    ['icmp6-no-route', 'no-route'],
    ['icmp6-adm-prohibited', 'adm-prohibited'],
    ['icmp6-addr-unreachable', 'addr-unreach'],
    ['icmp6-port-unreachable', 'port-unreach'],
    ['tcp-reset', 'tcp-reset'],
    ['icmp6-policy-fail', 'policy-fail'],
    ['icmp6-reject-route', 'reject-route'],
  ],
};

/** The answers that REJECT can give, as iptables-save prints them. */
export function rejectTypeNames(family: Family): readonly string[] {
  return rejectTypes[family].map(([name]) => name);
}

/** REJECT's answer: the beginning of a name or of its short form, in any case; the first that fits counts. */
export function readRejectType(text: string, family: Family): Value | ValueFault {
  const lower = text.toLowerCase();
  const found = rejectTypes[family].find(([name, alias]) => name.startsWith(lower) || alias.startsWith(lower));
  return found === undefined
    ? fault('bad-name', `unknown reject type "${text}"`)
    : { type: 'words', words: [found[0]], text: found[0] };
}

/** Symbolic names of the type of service, with the mask that goes with them. */
export const tosNames: Readonly<Record<string, number>> = {
  'Minimize-Delay': 0x10,
  'Maximize-Throughput': 0x08,
  'Maximize-Reliability': 0x04,
  'Minimize-Cost': 0x02,
  'Normal-Service': 0x00,
};

/** How the tos match and the TOS target print a value and its mask. */
export function printTos(value: number, mask: number): string {
  const hex = (number: number): string => `0x${number.toString(16).padStart(2, '0')}`;
  return `${hex(value)}/${hex(mask)}`;
}

/** `value[/mask]`, or a symbolic name in any case. */
export function readTos(text: string, option: string): Value | ValueFault {
  const scanned = scanNumber(text);
  if (scanned?.value === undefined || scanned.value > 255n) {
    const name = Object.keys(tosNames).find((known) => known.toLowerCase() === text.toLowerCase());
    if (name === undefined) return fault('bad-name', `Symbolic name "${text}" is unknown`);
    const value = tosNames[name] ?? 0;
    return { type: 'mark', value, mask: 0x3f, text: printTos(value, 0x3f) };
  }
  const rest = text.slice(scanned.end);
  const mask = rest.startsWith('/') ? readNumber(rest.slice(1), 0, 255) : rest === '' ? 0xff : undefined;
  if (mask === undefined) return fault('bad-number', `Illegal value for "${option}": "${text}"`);
  const value = Number(scanned.value);
  return { type: 'mark', value, mask, text: printTos(value, mask) };
}

/** Accounts of Debian's base system; other names would have to be asked for. */
const accounts: Readonly<Record<string, { readonly user?: number; readonly group?: number }>> = {
  root: { user: 0, group: 0 },
  daemon: { user: 1, group: 1 },
  bin: { user: 2, group: 2 },
  sys: { user: 3, group: 3 },
  sync: { user: 4 },
  adm: { group: 4 },
  games: { user: 5, group: 60 },
  tty: { group: 5 },
  man: { user: 6, group: 12 },
  disk: { group: 6 },
  lp: { user: 7, group: 7 },
  mail: { user: 8, group: 8 },
  news: { user: 9, group: 9 },
  uucp: { user: 10, group: 10 },
  proxy: { user: 13, group: 13 },
  'www-data': { user: 33, group: 33 },
  backup: { user: 34, group: 34 },
  list: { user: 38, group: 38 },
  irc: { user: 39, group: 39 },
  shadow: { group: 42 },
  utmp: { group: 43 },
  staff: { group: 50 },
  users: { group: 100 },
  nobody: { user: 65534 },
  nogroup: { group: 65534 },
};

/** The accounts or groups of Debian's base system. */
export function accountNames(of: 'user' | 'group'): readonly string[] {
  return Object.keys(accounts).filter((name) => accounts[name]?.[of] !== undefined);
}

/** Whether a name may be an account's of some machine (useradd(8)), and no range of two that are known. */
function mayBeAccount(text: string): boolean {
  return /^[a-z_][a-z0-9_-]{0,31}$/.test(text) && !text.split('-').every((part) => Object.hasOwn(accounts, part));
}

/** owner: a name, a number, or `from-to`. */
export function readAccount(text: string, of: 'user' | 'group', option: string): Value | ValueFault {
  const known = Object.hasOwn(accounts, text) ? accounts[text]?.[of] : undefined;
  if (known !== undefined) return { type: 'range', range: { from: known, to: known }, text: `${known}` };
  const largest = 0xffff_fffe;
  const bad = (): ValueFault => ({
    ...fault('bad-account', `owner: Bad value for "${option}" option: "${text}"`),
    ...(mayBeAccount(text) ? { isLookedUp: true } : {}),
  });
  const first = scanNumber(text);
  if (first?.value === undefined || first.value > BigInt(largest)) return bad();
  const from = Number(first.value);
  const rest = text.slice(first.end);
  const to = rest === '' ? from : /^[-:]/.test(rest) ? readNumber(rest.slice(1), 0, largest) : undefined;
  if (to === undefined) return bad();
  return { type: 'range', range: { from, to }, text: from === to ? `${from}` : `${from}-${to}` };
}

const mhNames: readonly (readonly [name: string, type: number])[] = [
  ['binding-refresh-request', 0],
  ['brr', 0],
  ['home-test-init', 1],
  ['hoti', 1],
  ['careof-test-init', 2],
  ['coti', 2],
  ['home-test', 3],
  ['hot', 3],
  ['careof-test', 4],
  ['cot', 4],
  ['binding-update', 5],
  ['bu', 5],
  ['binding-acknowledgement', 6],
  ['ba', 6],
  ['binding-error', 7],
  ['be', 7],
];

/** The names of mobility header types, each in its long form. */
export const mhTypeNames: readonly string[] = mhNames.filter((_, index) => index % 2 === 0).map(([name]) => name);

/** mh: `type[:type]`; a name may be cut short, the first that fits counts. Source: libip6t_mh.c. */
export function readMhType(text: string): Value | ValueFault {
  const one = (word: string): number | ValueFault => {
    const lower = word.toLowerCase();
    const exact = mhNames.find(([name]) => name === lower);
    if (exact !== undefined) return exact[1];
    const first = mhNames.find(([name]) => name.startsWith(lower));
    return first?.[1] ?? readNumber(word, 0, 255) ?? fault('bad-name', `Invalid MH type \`${word}'`);
  };
  const colon = text.indexOf(':');
  const from = colon === 0 ? 0 : one(colon < 0 ? text : text.slice(0, colon));
  if (typeof from !== 'number') return from;
  const last = colon < 0 ? '' : text.slice(colon + 1);
  const to = colon < 0 ? from : last === '' ? 255 : one(last);
  if (typeof to !== 'number') return to;
  if (from > to) return fault('reversed-range', 'Invalid MH type range (min > max)');
  return { type: 'range', range: { from, to }, text: from === to ? `${from}` : `${from}:${to}` };
}

const ipv6Headers: readonly (readonly [bit: number, short: string, ...names: readonly string[]])[] = [
  [0x80, 'hop', 'hop-by-hop'],
  [0x40, 'dst', 'ipv6-opts'],
  [0x20, 'route', 'ipv6-route'],
  [0x10, 'frag', 'ipv6-frag'],
  [0x08, 'auth', 'ah'],
  [0x04, 'esp'],
  [0x02, 'none', 'ipv6-nonxt'],
  [0x01, 'prot', 'protocol'],
];

/** The names of IPv6 extension headers as iptables-save prints them, and `esp`. */
export const ipv6HeaderNames: readonly string[] = ipv6Headers.map(([, ...names]) => names.at(-1) ?? '');

const ipv6HeaderNumbers: Readonly<Record<number, number>> = {
  0: 0x80,
  60: 0x40,
  43: 0x20,
  44: 0x10,
  51: 0x08,
  50: 0x04,
  59: 0x02,
  255: 0x01,
};

/** ipv6header: extension headers by name or protocol number. */
export function readIpv6Headers(text: string): Value | ValueFault {
  let bits = 0;
  for (const word of text.split(',').filter((part) => part !== '')) {
    const named = ipv6Headers.find(([, ...names]) => names.includes(word))?.[0];
    const number = readNumber(word, 0, 255);
    const bit = named ?? (number === undefined ? undefined : ipv6HeaderNumbers[number]);
    if (bit === undefined) return fault('bad-name', `unknown header \`${word}' specified`);
    bits |= bit;
  }
  if (bits === 0) return fault('bad-name', 'ip6t_ipv6header: cannot parse header names');
  const printed: readonly (readonly [number, string])[] = [
    [0x80, 'hop-by-hop'],
    [0x40, 'ipv6-opts'],
    [0x20, 'ipv6-route'],
    [0x10, 'ipv6-frag'],
    [0x08, 'ah'],
    [0x04, 'esp'],
    [0x02, 'ipv6-nonxt'],
    [0x01, 'protocol'],
  ];
  const words = printed.filter(([bit]) => (bits & bit) !== 0).map(([, name]) => name);
  return { type: 'words', words, text: words.join(',') };
}

const realms: Readonly<Record<string, number>> = { cosmos: 0 };
const deviceGroups: Readonly<Record<string, number>> = { default: 0 };

/** A routing realm or an interface group: `value[/mask]`, or a name from rt_realms or group of iproute2. */
export function readNamedMark(
  text: string,
  names: 'realm' | 'device-group',
  extension: string,
  option: string,
): Value | ValueFault {
  const known = names === 'realm' ? realms : deviceGroups;
  const scanned = scanNumber(text);
  if (scanned === undefined) {
    const value = Object.hasOwn(known, text) ? known[text] : undefined;
    if (value === undefined) return fault('bad-name', `${extension}: Bad value for "${option}" option: "${text}"`);
    return { type: 'mark', value, mask: 0xffff_ffff, text: text };
  }
  const rest = text.slice(scanned.end);
  const mask = rest === '' ? 0xffff_ffff : rest.startsWith('/') ? readNumber(rest.slice(1), 0, 0xffff_ffff) : undefined;
  if (scanned.value === undefined || scanned.value > 0xffff_ffffn || mask === undefined)
    return fault('bad-number', `${extension}: Bad value for "${option}" option: "${text}"`);
  const value = Number(scanned.value);
  const name = mask === 0xffff_ffff ? Object.keys(known).find((candidate) => known[candidate] === value) : undefined;
  if (name !== undefined) return { type: 'mark', value, mask, text: name };
  const maskText = mask === 0xffff_ffff ? '' : `/0x${mask.toString(16)}`;
  return { type: 'mark', value, mask, text: `0x${value.toString(16)}${maskText}` };
}
