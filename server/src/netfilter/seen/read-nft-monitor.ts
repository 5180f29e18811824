/** What `nft monitor trace` prints of rules that iptables-nft wrote. Source: nftables, src/netlink.c, trace_print_*. */
import { readNumber } from '../../catalog/values/numbers.ts';
import { canonicalProtocol } from '../core-match-predicates.ts';
import { ipAddress, tcpFlags } from '../packet.ts';
import type { ShownPackets } from './read-xtables-monitor.ts';
import { noFields, type SeenEvent, type SeenFields } from './seen-packet.ts';

const form = /^trace id ([0-9a-f]+) (ip|ip6) (\S+) (\S+) (packet:|rule|verdict|policy) ?(.*)$/;
const verdictForm = /^(.*?) ?(?:# handle \d+ )?\(verdict ([a-z]+(?: \S+)?)\)$/;

type Writable = { -readonly [Key in keyof SeenFields]: SeenFields[Key] };

function flagsIn(text: string): number {
  let flags = 0;
  for (const word of text.split(',')) {
    const name = word.trim().toUpperCase();
    if (Object.hasOwn(tcpFlags, name)) flags |= tcpFlags[name as keyof typeof tcpFlags];
  }
  return flags;
}

/** "echo-request", "8". */
function icmpType(text: string): number | undefined {
  const names: Readonly<Record<string, number>> = {
    'echo-reply': 0,
    'destination-unreachable': 3,
    'echo-request': 8,
    'time-exceeded': 11,
  };
  return Object.hasOwn(names, text) ? names[text] : readNumber(text, 0, 255);
}

function icmpv6Type(text: string): number | undefined {
  const names: Readonly<Record<string, number>> = {
    'destination-unreachable': 1,
    'packet-too-big': 2,
    'time-exceeded': 3,
    'echo-request': 128,
    'echo-reply': 129,
  };
  return Object.hasOwn(names, text) ? names[text] : readNumber(text, 0, 255);
}

const number = (value: string): number | null => readNumber(value, 0, 0xffff_ffff) ?? null;

/** What a pair or triple of words tells: "ip saddr 10.0.0.1", "tcp dport 80". */
const told: Readonly<Record<string, (fields: Writable, value: string) => void>> = {
  iif: (fields, value) => {
    fields.in = value.replaceAll('"', '');
  },
  oif: (fields, value) => {
    fields.out = value.replaceAll('"', '');
  },
  saddr: (fields, value) => {
    fields.src = ipAddress(value)?.text ?? fields.src;
  },
  daddr: (fields, value) => {
    fields.dst = ipAddress(value)?.text ?? fields.dst;
  },
  ttl: (fields, value) => {
    fields.ttl = number(value);
  },
  hoplimit: (fields, value) => {
    fields.ttl = number(value);
  },
  sport: (fields, value) => {
    fields.sport = number(value);
  },
  dport: (fields, value) => {
    fields.dport = number(value);
  },
};

const transports: ReadonlySet<string> = new Set(['tcp', 'udp', 'sctp', 'dccp', 'udplite', 'icmp', 'icmpv6']);

function packetFields(text: string, mark: number): SeenFields {
  const fields: Writable = { ...noFields, mark };
  const words = text.split(' ').filter((word) => word !== '');
  for (let at = 0; at < words.length; at += 1) {
    const [word = '', next = '', value = ''] = [words[at], words[at + 1], words[at + 2]];
    if (word === 'iif' || word === 'oif') told[word]?.(fields, next);
    else if (word === 'ip' || word === 'ip6') {
      if (next === 'length') fields.length = number(value);
      else if (next === 'id') fields.ident = number(value);
      else if (next === 'protocol' || next === 'nexthdr') fields.protocol ??= canonicalProtocol(value) || null;
      else if (Object.hasOwn(told, next)) told[next]?.(fields, value);
    } else if (transports.has(word)) {
      fields.protocol = word === 'icmpv6' ? 'ipv6-icmp' : word;
      if (next === 'flags') fields.flags = flagsIn(words[at + 3] ?? '');
      else if (next === 'type') {
        const type = word === 'icmp' ? icmpType(value) : icmpv6Type(value);
        if (type !== undefined) fields.icmp = { type, code: 0 };
      } else if (Object.hasOwn(told, next)) told[next]?.(fields, value);
    } else if (word === 'meta' && next === 'mark') fields.mark = readNumber(value, 0, 0xffff_ffff) ?? 0;
  }
  return fields;
}

/** The event that a line is; undefined where it is none. @param line its number, 1-based */
export function nftMonitorEvent(text: string, line: number, shown: ShownPackets): SeenEvent | undefined {
  const match = form.exec(text.trimEnd());
  if (match === null) return undefined;
  const [, id = '', family, table = '', chain = '', what, words = ''] = match;
  const before = shown.get(id);
  if (what === 'packet:') {
    shown.set(id, packetFields(words, before?.mark ?? 0));
    return undefined;
  }
  const fields = before ?? noFields;
  const marked = / ?meta mark (0x[0-9a-f]{1,8})$/.exec(words);
  if (marked?.[1] !== undefined) shown.set(id, { ...fields, mark: Number(marked[1]) });
  const base = {
    format: 'nft-monitor',
    family: family === 'ip6' ? 'ipv6' : 'ipv4',
    id,
    key: id,
    table,
    chain,
    fields,
    line,
  } as const;
  if (what === 'policy') return { ...base, kind: 'policy', rule: null, verdict: (words.split(' ')[0] ?? '').toUpperCase() };
  // "verdict continue" stands where a chain ends.
  if (what === 'verdict') return { ...base, kind: 'return', rule: null, verdict: '' };
  const rule = verdictForm.exec(words);
  if (rule === null) return undefined;
  const verdict = rule[2] ?? '';
  return {
    ...base,
    kind: 'rule',
    rule: { by: 'nft', text: rule[1] ?? '', verdict },
    verdict: (verdict.split(' ')[0] ?? '').toUpperCase(),
  };
}
