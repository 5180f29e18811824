/** A value of each kind that iptables takes: to try whether an option may stand at a place, and to show how its value is written. */
import type { Family, OptionSpec, ValueKind } from '../types.ts';
import { knownWords } from './known-words.ts';

/** Options whose kind alone does not say what iptables takes. */
const ofOption: Readonly<Record<string, readonly string[]>> = {
  'string --algo': ['bm'],
  'osf --genre': ['Linux'],
  'RATEEST --rateest-ewmalog': ['500ms'],
  'statistic --packet': ['0'],
};

const byFamily = (family: Family, ipv4: string, ipv6: string): readonly string[] => [family === 'ipv4' ? ipv4 : ipv6];

type Examples = {
  readonly [Type in ValueKind['type']]: (kind: Extract<ValueKind, { type: Type }>, family: Family) => readonly string[];
};

const known = (kind: ValueKind, family: Family): readonly string[] => [knownWords(kind, family, 0)?.words[0] ?? ''];

const examples: Examples = {
  networks: (_kind, family) => byFamily(family, '10.96.0.10/32', 'fd00:10:96::a/128'),
  network: (_kind, family) => byFamily(family, '10.96.0.10', 'fd00:10:96::a'),
  host: (_kind, family) => byFamily(family, '10.96.0.10', 'fd00:10:96::a'),
  'address-range': (_kind, family) => byFamily(family, '10.96.0.10-10.96.0.20', 'fd00:10:96::a-fd00:10:96::14'),
  'address-list': () => ['fd00:10:96::a'],
  'prefix-length': (_kind, family) => byFamily(family, '24', '64'),
  'prefix-mask': (_kind, family) => byFamily(family, '24', '64'),
  'nat-range': (_kind, family) => byFamily(family, '10.244.0.11', 'fd00:10:244::b'),
  'nat-ports': () => ['8080'],
  port: () => ['8080'],
  'port-range': () => ['8080'],
  'ordered-port-range': () => ['8080'],
  multiport: () => ['80,443'],
  protocol: () => ['tcp'],
  interface: () => ['eth0'],
  mac: () => ['02:42:ac:11:00:02'],
  mark: () => ['0x4000/0x4000'],
  tos: () => ['0x10'],
  uint: ({ min = 1, max = Number.POSITIVE_INFINITY }) => [`${Math.min(Math.max(1, min), max)}`],
  'segment-size': () => ['1360'],
  'uint-range': () => ['1:2'],
  probability: () => ['0.5'],
  text: () => ['text'],
  enum: known,
  rate: () => ['5/second'],
  'hash-rate': () => ['5/second'],
  'hash-burst': () => ['5'],
  'rate-interval': () => ['1'],
  duration: () => ['250ms'],
  'bit-rate': () => ['1mbit'],
  'led-delay': () => ['500'],
  date: () => ['2026-11-26'],
  'time-of-day': () => ['08:00'],
  weekdays: () => ['Mon,Tue'],
  monthdays: () => ['1,15'],
  'tcp-flags': () => ['SYN,ACK', 'SYN'],
  'tcp-option': () => ['8'],
  'tcp-option-list': () => ['mss'],
  'sctp-chunks': () => ['any', 'DATA'],
  'dccp-types': () => ['REQUEST'],
  set: () => ['NAME', 'src'],
  'icmp-type': () => ['echo-request'],
  'icmpv6-type': () => ['echo-request'],
  'reject-type': known,
  'mh-type': known,
  'header-options': () => ['5:4'],
  'ipv6-headers': known,
  'log-level': () => ['warning'],
  account: known,
  class: () => ['1:10'],
  realm: () => ['0x10'],
  'device-group': () => ['0x1'],
  zone: () => ['1'],
  label: () => ['1'],
  pattern: () => ['text'],
  'hex-text': () => ['|0d0a|'],
  u32: () => ['0&0xFFFF=0x100:0xFFFF'],
  bytecode: () => ['"1,6 0 0 1"'],
  'hash-mode': () => ['srcip,dstport'],
  'match-name': () => ['comment'],
  target: () => ['ACCEPT'],
  chain: () => ['CHAIN'],
  'table-name': () => ['nat'],
  counters: () => ['1', '60'],
};

/** Words of a line that are a value of this option, in quotes where they need them, as many as it takes; none for a flag. */
export function exampleValue(option: OptionSpec, family: Family): readonly string[] {
  const { value: kind, extension, long } = option;
  if (kind === undefined) return [];
  const example = examples[kind.type] as (kind: ValueKind, family: Family) => readonly string[];
  if (extension?.name === 'recent' && long === '--mask') return byFamily(family, '255.255.255.0', 'ffff:ffff:ffff:ffff::');
  return ofOption[`${extension?.name} ${long}`] ?? example(kind, family);
}
