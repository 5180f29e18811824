/** The words by which kernel logs and xtables-monitor describe a packet: "IN=eth0 SRC=10.0.0.1 ... SYN". Source: nf_log_syslog.c, xtables-monitor.c. */
import { readNumber } from '../../catalog/values/numbers.ts';
import { canonicalProtocol } from '../core-match-predicates.ts';
import { ipAddress, tcpFlags } from '../packet.ts';
import { noFields, type SeenFields } from './seen-packet.ts';

function isFlag(word: string): word is keyof typeof tcpFlags {
  return Object.hasOwn(tcpFlags, word);
}

const numberKeys: Readonly<Record<string, 'sport' | 'dport' | 'ttl' | 'length' | 'tos' | 'ident' | 'uid' | 'gid'>> = {
  SPT: 'sport',
  SPORT: 'sport',
  DPT: 'dport',
  DPORT: 'dport',
  TTL: 'ttl',
  HOPLIMIT: 'ttl',
  LEN: 'length',
  TOS: 'tos',
  TC: 'tos',
  ID: 'ident',
  UID: 'uid',
  GID: 'gid',
};

export interface LoggedPacket {
  readonly fields: SeenFields;
  /** What stays the same on its way through the rules, NAT or not. */
  readonly key: string;
}

/** What the words after a log prefix tell of a packet; what stands in brackets is another one, of which an ICMP error tells. */
export function loggedPacket(text: string): LoggedPacket {
  const fields: { -readonly [Key in keyof SeenFields]: SeenFields[Key] } = { ...noFields };
  const kept: string[] = [];
  const seen = new Set<string>();
  let flags = 0;
  let hasFlags = false;
  let icmpType: number | undefined;
  let icmpCode = 0;
  const bracket = text.indexOf('[');
  for (const word of (bracket < 0 ? text : text.slice(0, bracket)).split(' ')) {
    if (isFlag(word)) {
      flags |= tcpFlags[word];
      hasFlags = true;
      continue;
    }
    const equals = word.indexOf('=');
    if (equals < 0) continue;
    const [key, value] = [word.slice(0, equals), word.slice(equals + 1)];
    if (key === 'MARK') fields.mark = readNumber(value, 0, 0xffff_ffff) ?? 0;
    // UDP says its own length, ICMP its own number behind those of IP.
    if (seen.has(key)) continue;
    seen.add(key);
    const name = Object.hasOwn(numberKeys, key) ? numberKeys[key] : undefined;
    if (name !== undefined) fields[name] = readNumber(value, 0, 0xffff_ffff) ?? null;
    else if (key === 'IN') fields.in = value;
    else if (key === 'OUT') fields.out = value;
    else if (key === 'SRC') fields.src = ipAddress(value)?.text ?? null;
    else if (key === 'DST') fields.dst = ipAddress(value)?.text ?? null;
    else if (key === 'PROTO') fields.protocol = canonicalProtocol(value.toLowerCase()) || null;
    else if (key === 'TYPE') icmpType = readNumber(value, 0, 255);
    else if (key === 'CODE') icmpCode = readNumber(value, 0, 255) ?? 0;
    if (key === 'ID' || key === 'LEN' || key === 'PROTO' || key === 'SEQ' || key === 'FLOWLBL') kept.push(word);
  }
  if (fields.protocol === 'icmpv6') fields.protocol = 'ipv6-icmp';
  if (hasFlags) fields.flags = flags;
  if (icmpType !== undefined) fields.icmp = { type: icmpType, code: icmpCode };
  if (fields.protocol === null && hasFlags) fields.protocol = 'tcp';
  return { fields, key: kept.join(' ') };
}
