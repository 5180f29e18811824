/** Policy routing: `ip -j rule`, or `ip rule`. */
import { canonicalCIDR } from '../../base/ip.ts';
import { type Fields, numberAt, textAt, valueAt } from '../../cluster/fields.ts';
import { fitsShape } from '../../cluster/shape.ts';
import type { Part, PolicyRuleRecord, PortRange } from '../records.ts';
import type { JsonRecords } from './json-records.ts';
import { policyRuleShape } from './json-shapes.ts';
import { numberedLines } from './lines.ts';

const mostPriority = 0xffff_ffff;
const refusals: ReadonlySet<string> = new Set(['blackhole', 'unreachable', 'prohibit']);
/** What `ip rule` says of a rule that is understood, or that changes nothing about which packets it is for. */
const understood: ReadonlySet<string> = new Set([
  'priority',
  'not',
  'src',
  'srclen',
  'dst',
  'dstlen',
  'fwmark',
  'fwmask',
  'iif',
  'iif_detached',
  'oif',
  'oif_detached',
  'table',
  'action',
  'goto',
  'nop',
  'l3mdev',
  'suppress_prefixlen',
  'protocol',
  'proto',
  'ipproto',
  'sport',
  'sport_start',
  'sport_end',
  'dport',
  'dport_start',
  'dport_end',
  'uid_start',
  'uid_end',
]);

/** "all" or nothing is any; undefined where it is no network. */
function networkOf(address: string, length: unknown): string | undefined {
  if (address === '' || address === 'all') return '';
  return canonicalCIDR(typeof length === 'number' && !address.includes('/') ? `${address}/${length}` : address);
}

/** "0x1/0xff" or two fields. */
function markOf(value: string, mask: string): PolicyRuleRecord['mark'] {
  const [first = '', second = mask] = value.split('/');
  const wanted = Number(first);
  const bits = second === '' ? 0xffff_ffff : Number(second);
  return first === '' || Number.isNaN(wanted) || Number.isNaN(bits) ? null : { value: wanted >>> 0, mask: bits >>> 0 };
}

/** "80", or "80-90"; undefined where it is neither. Users have larger numbers than ports. */
function portsOf(text: string): PortRange | undefined {
  const [, from, to = from] = /^(\d{1,10})(?:-(\d{1,10}))?$/.exec(text) ?? [];
  return from === undefined ? undefined : { from: Number(from), to: Number(to) };
}

/** Ports of a rule in JSON: `"dport":80`, or `"dport_start":80,"dport_end":90`; null without any, undefined where they cannot be read. */
function portsAt(fields: Fields, name: string): PortRange | null | undefined {
  const [only, from, to] = [name, `${name}_start`, `${name}_end`].map((key) => valueAt(fields, key));
  if (only === undefined && from === undefined && to === undefined) return null;
  return portsOf(only === undefined ? `${String(from)}-${String(to)}` : String(only));
}

/** A priority, which may be written as text; null for none. */
function gotoOf(value: unknown): number | null {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) ? number : null;
}

/** What stands for the table of a rule that goes by a packet's VRF. */
const tableOfVRF = '[l3mdev-table]';

function suppressed(fields: Fields): number | null {
  const value = valueAt(fields, 'suppress_prefixlen');
  return typeof value === 'number' ? value : null;
}

/** Rules of JSON. Never throws. */
export function readPolicyRulesJson(file: string, { records, skipped }: JsonRecords): Part<PolicyRuleRecord> {
  const rules: PolicyRuleRecord[] = [];
  let wrong = skipped;
  for (const { fields, line } of records) {
    const from = networkOf(textAt(fields, 'src'), valueAt(fields, 'srclen'));
    const to = networkOf(textAt(fields, 'dst'), valueAt(fields, 'dstlen'));
    if (from === undefined || to === undefined || !fitsShape(policyRuleShape, fields)) {
      wrong += 1;
      continue;
    }
    const action = textAt(fields, 'action');
    const [sport, dport] = [portsAt(fields, 'sport'), portsAt(fields, 'dport')];
    const table = textAt(fields, 'table') || String(valueAt(fields, 'table') ?? '');
    rules.push({
      line,
      priority: numberAt(fields, 'priority', mostPriority),
      from,
      to,
      mark: markOf(String(valueAt(fields, 'fwmark') ?? ''), String(valueAt(fields, 'fwmask') ?? '')),
      in: textAt(fields, 'iif'),
      out: textAt(fields, 'oif'),
      protocol: String(valueAt(fields, 'ipproto') ?? ''),
      sport: sport ?? null,
      dport: dport ?? null,
      table,
      goesTo: gotoOf(valueAt(fields, 'goto')),
      isOfVRF: Object.hasOwn(fields, 'l3mdev'),
      refuses: refusals.has(action) ? action : '',
      isNegated: Object.hasOwn(fields, 'not'),
      suppressedPrefix: suppressed(fields),
      uids: portsAt(fields, 'uid') ?? null,
      hasMore: sport === undefined || dport === undefined || Object.keys(fields).some((key) => !understood.has(key)),
    });
  }
  return { file, records: rules, skipped: wrong };
}

/** Words with a value that `ip rule` prints, and that are followed or say nothing of packets. */
const followedWords: ReadonlySet<string> = new Set([
  'from',
  'to',
  'fwmark',
  'iif',
  'oif',
  'ipproto',
  'sport',
  'dport',
  'uidrange',
  'lookup',
  'table',
  'suppress_prefixlength',
  'proto',
  'goto',
]);

const start = /^(\d+):\s(.*)$/;

/** Rules of what `ip rule` printed: "32766: from all lookup main". Never throws. */
export function readPolicyRulesText(file: string, text: string): Part<PolicyRuleRecord> {
  const rules: PolicyRuleRecord[] = [];
  let skipped = 0;
  for (const { line, text: source } of numberedLines(text)) {
    const found = start.exec(source);
    if (found === null) {
      if (source.trim() !== '') skipped += 1;
      continue;
    }
    const words = (found[2] ?? '').split(/\s+/).filter((word) => word !== '');
    const rule = ruleOfWords(line, Number(found[1]), words);
    if (rule === undefined) skipped += 1;
    else rules.push(rule);
  }
  return { file, records: rules, skipped };
}

function ruleOfWords(line: number, priority: number, words: readonly string[]): PolicyRuleRecord | undefined {
  const said = new Map<string, string>();
  let isNegated = false;
  let refuses = '';
  let hasMore = false;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === 'not') isNegated = true;
    else if (word === 'nop' || word === '[unresolved]' || word === '[detached]') continue;
    else if (refusals.has(word)) refuses = word;
    else {
      at += 1;
      said.set(word, words[at] ?? '');
      hasMore ||= !followedWords.has(word) || (/^(?:[sd]port|uidrange)$/.test(word) && portsOf(words[at] ?? '') === undefined);
    }
  }
  const from = networkOf(said.get('from') ?? '', undefined);
  const to = networkOf(said.get('to') ?? '', undefined);
  if (from === undefined || to === undefined) return undefined;
  const table = said.get('lookup') ?? said.get('table') ?? '';
  return {
    line,
    priority,
    from,
    to,
    mark: markOf(said.get('fwmark') ?? '', ''),
    in: said.get('iif') ?? '',
    out: said.get('oif') ?? '',
    protocol: said.get('ipproto') ?? '',
    sport: portsOf(said.get('sport') ?? '') ?? null,
    dport: portsOf(said.get('dport') ?? '') ?? null,
    table: table === tableOfVRF ? '' : table,
    goesTo: gotoOf(said.get('goto')),
    isOfVRF: table === tableOfVRF,
    refuses,
    isNegated,
    uids: portsOf(said.get('uidrange') ?? '') ?? null,
    suppressedPrefix: said.has('suppress_prefixlength') ? Number(said.get('suppress_prefixlength')) : null,
    hasMore,
  };
}
