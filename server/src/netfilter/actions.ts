/** What the target of a rule does to a packet that matches. */

import { findTarget } from '../catalog/lookup.ts';
import type { Family } from '../catalog/types.ts';
import { type Network, readNetwork } from '../catalog/values/addresses.ts';
import { readNumber } from '../catalog/values/numbers.ts';
import { readTos } from '../catalog/values/read-names.ts';
import { optionOf } from '../ruleset/rules.ts';
import type { RuleOption, RuleStatement } from '../syntax/statement.ts';
import { dscpNumber } from './dscp-class.ts';
import { markValue } from './option-view.ts';
import { type IPAddress, ipAddress } from './packet.ts';

/** Where DNAT, SNAT and their kin send a packet. What is null stays as it is, or is the kernel's choice. */
export interface NatRange {
  readonly first: IPAddress | null;
  readonly last: IPAddress | null;
  readonly firstPort: number | null;
  readonly lastPort: number | null;
  /** The port that becomes the first of the range, the next one the second, and so on; null where ports do not move like that. */
  readonly basePort: number | null;
}

/** The zones of conntrack that a template has, for a connection's first direction and for its answers: 'mark' is the packet's mark. */
export interface Zones {
  readonly original: number | 'mark';
  readonly reply: number | 'mark';
}

/** A change of a mark of 32 bits, or of a byte of the header. */
export type NumberChange = (old: number) => number;

export type Action =
  | { readonly kind: 'continue' | 'accept' | 'drop' | 'return' | 'notrack' }
  /** Whether packets pass where no program takes them from the queue. */
  | { readonly kind: 'queue'; readonly isBypassed: boolean }
  /** A target that is known, and whose work no rule and no address shows: it is taken to let the packet pass. */
  | { readonly kind: 'unfollowed'; readonly name: string }
  | { readonly kind: 'reject'; readonly answer: string }
  /** Where no chain has that name, the target is unknown here. */
  | { readonly kind: 'jump'; readonly chain: string }
  /** A range that is null could not be read; with `isRandom` a port is picked by chance where there is a choice. */
  | { readonly kind: 'dnat' | 'snat'; readonly range: NatRange | null; readonly isRandom: boolean }
  /** Whether the source port stays where no other connection has it. */
  | { readonly kind: 'masquerade'; readonly keepsPort: boolean }
  /** Of ports alone; null for the port that the packet has. */
  | { readonly kind: 'redirect'; readonly range: NatRange | null; readonly isRandom: boolean }
  | { readonly kind: 'netmap'; readonly network: Network }
  | { readonly kind: 'tproxy'; readonly change: NumberChange }
  | { readonly kind: 'mark' | 'connection-mark' | 'ttl' | 'tos'; readonly change: NumberChange; readonly words: string }
  /** A TTL that is the same for all packets from here on. */
  | { readonly kind: 'ttl-set'; readonly value: number }
  /** Which bits of the one mark go over which bits of the other. */
  | { readonly kind: 'save-mark' | 'restore-mark'; readonly packetMask: number; readonly connectionMask: number }
  /** CT without --notrack: the connection gets a template, which rules in table raw see. */
  | { readonly kind: 'template'; readonly zones: Zones }
  | { readonly kind: 'set-change'; readonly isAdded: boolean; readonly set: string; readonly directions: string };

const ports = String.raw`(?::(\d{1,5})(?:-(\d{1,5}))?(?:/(\d{1,5}))?)?`;
const natForms: readonly RegExp[] = [
  new RegExp(String.raw`^([\d.]*)(?:-([\d.]+))?${ports}$`),
  // ip6tables prints "[first-last]:port" (libip6t_DNAT.c, print_range) and takes brackets around each as well.
  new RegExp(String.raw`^\[([\da-fA-F:.]+)\]?(?:-\[?([\da-fA-F:.]+))?\]${ports}$`),
  /^([\da-fA-F:.]+)(?:-([\da-fA-F:.]+))?$/,
];

/** "10.0.0.1", "10.0.0.1-10.0.0.9:80-90", "[fd00::1]:80", ":80"; null where it is none of these. */
export function natRange(text: string): NatRange | null {
  for (const form of natForms) {
    const match = form.exec(text);
    if (match === null) continue;
    const [, firstText = '', lastText, firstPortText, lastPortText, basePortText] = match;
    const first = firstText === '' ? null : ipAddress(firstText);
    const last = lastText === undefined ? first : ipAddress(lastText);
    const firstPort = firstPortText === undefined ? null : readNumber(firstPortText, 0, 65535);
    const lastPort = lastPortText === undefined ? firstPort : readNumber(lastPortText, 0, 65535);
    const basePort = basePortText === undefined ? null : readNumber(basePortText, 0, 65535);
    if (first === undefined || last === undefined || firstPort === undefined || lastPort === undefined) continue;
    if (basePort !== undefined && (first !== null || firstPort !== null)) return { first, last, firstPort, lastPort, basePort };
  }
  return null;
}

/** A number of 32 bits; undefined where the text is none, or is absent. */
function number(text: string | undefined): number | undefined {
  return text === undefined ? undefined : readNumber(text, 0, 0xffff_ffff);
}

function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`;
}

/** Flips and sets of MARK and CONNMARK; xor within the bits that the mask keeps (xt_mark.c, mark_tg). */
function markChange(rule: RuleStatement): { readonly change: NumberChange; readonly words: string } | undefined {
  for (const option of rule.options) {
    const text = option.values[0]?.text ?? '';
    switch (option.name) {
      case '--set-xmark':
      case '--set-mark': {
        const mark = markValue(text);
        if (mark === undefined || option.instance !== -1) continue;
        const cleared = option.name === '--set-mark' ? mark.mask | mark.value : mark.mask;
        return {
          change: (old) => ((old & ~cleared) ^ mark.value) >>> 0,
          words: `mark ${hex(mark.value)}/${hex(mark.mask)}`,
        };
      }
      case '--and-mark':
      case '--or-mark':
      case '--xor-mark': {
        const bits = number(text);
        if (bits === undefined) continue;
        const operation = option.name.slice(2, -5);
        return {
          change: (old) => (operation === 'and' ? old & bits : operation === 'or' ? old | bits : old ^ bits) >>> 0,
          words: `mark ${operation} ${hex(bits)}`,
        };
      }
      default:
    }
  }
  return undefined;
}

function targetOption(rule: RuleStatement, name: string): RuleOption | undefined {
  const option = optionOf(rule, name);
  return option?.instance === -1 ? option : undefined;
}

function targetValue(rule: RuleStatement, name: string): string | undefined {
  return targetOption(rule, name)?.values[0]?.text;
}

/** CONNMARK and its masks: 32 bits where it does not say (xt_connmark.c, connmark_tg). */
function connectionMark(rule: RuleStatement): Action {
  const isSave = targetOption(rule, '--save-mark') !== undefined;
  if (isSave || targetOption(rule, '--restore-mark') !== undefined) {
    const mask = (name: string): number => number(targetValue(rule, name) ?? targetValue(rule, '--mask')) ?? 0xffff_ffff;
    return { kind: isSave ? 'save-mark' : 'restore-mark', packetMask: mask('--nfmask'), connectionMask: mask('--ctmask') };
  }
  const change = markChange(rule);
  return change === undefined ? { kind: 'continue' } : { kind: 'connection-mark', ...change };
}

/** TTL and HL (ipt_TTL.c, ip6t_HL.c). */
function ttlChange(rule: RuleStatement, prefix: 'ttl' | 'hl'): Action {
  const value = (name: string): number | undefined => number(targetValue(rule, `--${prefix}-${name}`));
  const words = prefix === 'ttl' ? 'TTL' : 'hop limit';
  const change =
    (by: number): NumberChange =>
    (old) =>
      Math.min(255, Math.max(0, old + by));
  const [set, more, less] = [value('set'), value('inc'), value('dec')];
  if (set !== undefined) return { kind: 'ttl-set', value: set };
  if (more !== undefined) return { kind: 'ttl', change: change(more), words: `${words} + ${more}` };
  return less === undefined ? { kind: 'continue' } : { kind: 'ttl', change: change(-less), words: `${words} - ${less}` };
}

/** TOS, DSCP and ECN: what they make of the byte that holds them (xt_DSCP.c). */
function tosChange(rule: RuleStatement): Action {
  const change = (words: string, apply: NumberChange): Action => ({ kind: 'tos', change: (old) => apply(old) & 0xff, words });
  for (const name of ['--set-tos', '--and-tos', '--or-tos', '--xor-tos'] as const) {
    const text = targetValue(rule, name);
    const value = text === undefined ? undefined : readTos(text, name);
    if (value?.type !== 'mark') continue;
    const { value: bits, mask } = value;
    if (name === '--and-tos') return change(`tos and ${hex(bits)}`, (old) => old & bits);
    if (name === '--or-tos') return change(`tos or ${hex(bits)}`, (old) => old | bits);
    if (name === '--xor-tos') return change(`tos xor ${hex(bits)}`, (old) => old ^ bits);
    return change(`tos ${value.text}`, (old) => (old & ~mask) ^ bits);
  }
  const classText = targetValue(rule, '--set-dscp-class');
  const dscp = number(targetValue(rule, '--set-dscp')) ?? (classText === undefined ? undefined : dscpNumber(classText));
  if (dscp !== undefined) return change(`dscp ${hex(dscp)}`, (old) => (old & 3) | (dscp << 2));
  const ect = number(targetValue(rule, '--ecn-ip-ect'));
  return ect === undefined ? { kind: 'continue' } : change(`ecn ${ect}`, (old) => (old & ~3) | ect);
}

/** SET: the entry that a packet is, by the directions that are given. */
function setChange(rule: RuleStatement): Action {
  for (const name of ['--add-set', '--del-set']) {
    const [set, directions] = targetOption(rule, name)?.values ?? [];
    if (set === undefined || directions === undefined) continue;
    return { kind: 'set-change', isAdded: name === '--add-set', set: set.text, directions: directions.text };
  }
  return { kind: 'continue' };
}

function tproxy(rule: RuleStatement): Action {
  const text = targetValue(rule, '--tproxy-mark');
  const mark = text === undefined ? undefined : markValue(text);
  return { kind: 'tproxy', change: (old) => (mark === undefined ? old : ((old & ~mark.mask) ^ mark.value) >>> 0) };
}

function netmap(rule: RuleStatement, family: Family): Action {
  const text = targetValue(rule, '--to');
  const network = text === undefined ? undefined : readNetwork(text, family);
  return network === undefined || 'wrong' in network ? { kind: 'unfollowed', name: 'NETMAP' } : { kind: 'netmap', network };
}

function rangeOf(rule: RuleStatement, name: string, before = ''): NatRange | null {
  const text = targetValue(rule, name);
  return text === undefined ? null : natRange(`${before}${text}`);
}

type ActionReader = (rule: RuleStatement, family: Family) => Action;

function isRandom(rule: RuleStatement): boolean {
  return ['--random', '--random-fully'].some((name) => targetOption(rule, name) !== undefined);
}

/** There is one number for a rule, in one direction or both; the other has zone 0 (xt_CT.c). */
function zonesOf(rule: RuleStatement): Zones {
  const both = targetValue(rule, '--zone');
  const read = (value: string | undefined): number | 'mark' =>
    value === undefined ? 0 : value === 'mark' ? 'mark' : Number(value) & 0xffff;
  return { original: read(both ?? targetValue(rule, '--zone-orig')), reply: read(both ?? targetValue(rule, '--zone-reply')) };
}

const passes: ActionReader = () => ({ kind: 'continue' });

/** What each target does. Those that only note, count or change what no rule looks at let the packet pass. */
const readers: Readonly<Record<string, ActionReader>> = {
  '': passes,
  ACCEPT: () => ({ kind: 'accept' }),
  AUDIT: passes,
  CHECKSUM: passes,
  CLASSIFY: passes,
  CONNMARK: connectionMark,
  CONNSECMARK: passes,
  CT: (rule) =>
    targetOption(rule, '--notrack') === undefined ? { kind: 'template', zones: zonesOf(rule) } : { kind: 'notrack' },
  DNAT: (rule) => ({
    kind: 'dnat',
    range: rangeOf(rule, '--to-destination'),
    isRandom: isRandom(rule),
  }),
  DROP: () => ({ kind: 'drop' }),
  DSCP: tosChange,
  ECN: tosChange,
  HL: (rule) => ttlChange(rule, 'hl'),
  IDLETIMER: passes,
  LED: passes,
  LOG: passes,
  MARK: (rule) => {
    const change = markChange(rule);
    return change === undefined ? { kind: 'continue' } : { kind: 'mark', ...change };
  },
  MASQUERADE: (rule) => ({
    kind: 'masquerade',
    keepsPort: !isRandom(rule) && targetOption(rule, '--to-ports') === undefined,
  }),
  NETMAP: netmap,
  NFLOG: passes,
  NFQUEUE: (rule) => ({ kind: 'queue', isBypassed: targetOption(rule, '--queue-bypass') !== undefined }),
  NOTRACK: () => ({ kind: 'notrack' }),
  QUEUE: () => ({ kind: 'queue', isBypassed: false }),
  RATEEST: passes,
  REDIRECT: (rule) => ({
    kind: 'redirect',
    range: rangeOf(rule, '--to-ports', ':'),
    isRandom: isRandom(rule),
  }),
  REJECT: (rule, family) => ({
    kind: 'reject',
    answer: targetValue(rule, '--reject-with') ?? (family === 'ipv4' ? 'icmp-port-unreachable' : 'icmp6-port-unreachable'),
  }),
  RETURN: () => ({ kind: 'return' }),
  SECMARK: passes,
  SET: setChange,
  SNAT: (rule) => ({ kind: 'snat', range: rangeOf(rule, '--to-source'), isRandom: isRandom(rule) }),
  TCPMSS: passes,
  TCPOPTSTRIP: passes,
  TEE: passes,
  TOS: tosChange,
  TPROXY: tproxy,
  TRACE: passes,
  TTL: (rule) => ttlChange(rule, 'ttl'),
  ULOG: passes,
};

/** What a rule does to a packet that it matches. A rule without a target only counts. */
export function actionOf(rule: RuleStatement, family: Family): Action {
  const name = rule.target?.text ?? '';
  if (rule.isGoto) return { kind: 'jump', chain: name };
  const reader = Object.hasOwn(readers, name) ? readers[name] : undefined;
  if (reader !== undefined) return reader(rule, family);
  return findTarget(name) === undefined ? { kind: 'jump', chain: name } : { kind: 'unfollowed', name };
}
