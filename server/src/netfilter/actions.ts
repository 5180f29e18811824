/** What the target of a rule does to a packet that matches. */

import type { Family } from '../catalog/types.ts';
import { type Network, readNetwork } from '../catalog/values/addresses.ts';
import { readNumber } from '../catalog/values/numbers.ts';
import { optionOf } from '../ruleset/rules.ts';
import type { RuleOption, RuleStatement } from '../syntax/statement.ts';
import { markValue } from './option-view.ts';
import { type IPAddress, ipAddress } from './packet.ts';

/** Where DNAT, SNAT and their kin send a packet. What is null stays as it is, or is the kernel's choice. */
export interface NatRange {
  readonly first: IPAddress | null;
  readonly last: IPAddress | null;
  readonly firstPort: number | null;
  readonly lastPort: number | null;
}

/** A change of the 32 bits of a mark. */
export type MarkChange = (mark: number) => number;

export type Action =
  | { readonly kind: 'continue' | 'accept' | 'drop' | 'return' | 'masquerade' | 'notrack' | 'tproxy' | 'queue' }
  | { readonly kind: 'reject'; readonly answer: string }
  /** Where no chain has that name, the target is unknown here. */
  | { readonly kind: 'jump'; readonly chain: string }
  /** A range that is null could not be read. */
  | { readonly kind: 'dnat' | 'snat'; readonly range: NatRange | null }
  | { readonly kind: 'redirect'; readonly port: number | null }
  | { readonly kind: 'netmap'; readonly network: Network }
  | { readonly kind: 'mark' | 'connection-mark'; readonly change: MarkChange; readonly words: string }
  | { readonly kind: 'save-mark' | 'restore-mark' };

const ports = String.raw`(?::(\d{1,5})(?:-(\d{1,5}))?(?:/\d{1,5})?)?`;
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
    const [, firstText = '', lastText, firstPortText, lastPortText] = match;
    const first = firstText === '' ? null : ipAddress(firstText);
    const last = lastText === undefined ? first : ipAddress(lastText);
    const firstPort = firstPortText === undefined ? null : readNumber(firstPortText, 0, 65535);
    const lastPort = lastPortText === undefined ? firstPort : readNumber(lastPortText, 0, 65535);
    if (first === undefined || last === undefined || firstPort === undefined || lastPort === undefined) continue;
    if (first !== null || firstPort !== null) return { first, last, firstPort, lastPort };
  }
  return null;
}

function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`;
}

/** Flips and sets of MARK and CONNMARK; xor within the bits that the mask keeps (xt_mark.c, mark_tg). */
function markChange(rule: RuleStatement): { readonly change: MarkChange; readonly words: string } | undefined {
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
        const bits = readNumber(text, 0, 0xffff_ffff);
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

/** Targets that only note, count or change what no rule looks at. */
const passing: ReadonlySet<string> = new Set([
  'AUDIT',
  'CHECKSUM',
  'CLASSIFY',
  'CONNSECMARK',
  'DSCP',
  'ECN',
  'HL',
  'HMARK',
  'IDLETIMER',
  'LED',
  'LOG',
  'NFLOG',
  'RATEEST',
  'SECMARK',
  'SET',
  'TCPMSS',
  'TCPOPTSTRIP',
  'TEE',
  'TOS',
  'TRACE',
  'TTL',
  'ULOG',
]);

function targetOption(rule: RuleStatement, name: string): RuleOption | undefined {
  const option = optionOf(rule, name);
  return option?.instance === -1 ? option : undefined;
}

/** What a rule does to a packet that it matches. A rule without a target only counts. */
export function actionOf(rule: RuleStatement, family: Family): Action {
  const name = rule.target?.text ?? '';
  if (rule.isGoto) return { kind: 'jump', chain: name };
  switch (name) {
    case '':
      return { kind: 'continue' };
    case 'ACCEPT':
      return { kind: 'accept' };
    case 'DROP':
      return { kind: 'drop' };
    case 'RETURN':
      return { kind: 'return' };
    case 'QUEUE':
    case 'NFQUEUE':
      return { kind: 'queue' };
    case 'REJECT':
      return {
        kind: 'reject',
        answer:
          optionOf(rule, '--reject-with')?.values[0]?.text ??
          (family === 'ipv4' ? 'icmp-port-unreachable' : 'icmp6-port-unreachable'),
      };
    case 'DNAT':
      return { kind: 'dnat', range: natRange(targetOption(rule, '--to-destination')?.values[0]?.text ?? '') };
    case 'SNAT':
      return { kind: 'snat', range: natRange(targetOption(rule, '--to-source')?.values[0]?.text ?? '') };
    case 'MASQUERADE':
      return { kind: 'masquerade' };
    case 'REDIRECT':
      return {
        kind: 'redirect',
        port: natRange(`:${targetOption(rule, '--to-ports')?.values[0]?.text ?? ''}`)?.firstPort ?? null,
      };
    case 'NETMAP': {
      const network = readNetwork(targetOption(rule, '--to')?.values[0]?.text ?? '', family);
      return 'wrong' in network ? { kind: 'jump', chain: name } : { kind: 'netmap', network };
    }
    case 'TPROXY':
      return { kind: 'tproxy' };
    case 'NOTRACK':
      return { kind: 'notrack' };
    case 'CT':
      return targetOption(rule, '--notrack') === undefined ? { kind: 'continue' } : { kind: 'notrack' };
    case 'MARK': {
      const change = markChange(rule);
      return change === undefined ? { kind: 'continue' } : { kind: 'mark', ...change };
    }
    case 'CONNMARK': {
      if (targetOption(rule, '--save-mark') !== undefined) return { kind: 'save-mark' };
      if (targetOption(rule, '--restore-mark') !== undefined) return { kind: 'restore-mark' };
      const change = markChange(rule);
      return change === undefined ? { kind: 'continue' } : { kind: 'connection-mark', ...change };
    }
    default:
      return passing.has(name) ? { kind: 'continue' } : { kind: 'jump', chain: name };
  }
}
