/** Policy routing: `ip -j rule`, or `ip rule`. */
import { canonicalCIDR } from '../../base/ip.ts';
import { type Fields, numberAt, textAt, valueAt } from '../../cluster/fields.ts';
import type { Part, PolicyRuleRecord } from '../records.ts';
import { jsonRecords } from './json-records.ts';
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
  'suppress_prefixlen',
  'protocol',
  'proto',
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

function suppressed(fields: Fields): number | null {
  const value = valueAt(fields, 'suppress_prefixlen');
  return typeof value === 'number' ? value : null;
}

/** Rules of JSON text. Never throws. */
export function readPolicyRulesJson(file: string, text: string): Part<PolicyRuleRecord> {
  const { records, skipped } = jsonRecords(text);
  const rules: PolicyRuleRecord[] = [];
  let wrong = skipped;
  for (const { fields, line } of records) {
    const from = networkOf(textAt(fields, 'src'), valueAt(fields, 'srclen'));
    const to = networkOf(textAt(fields, 'dst'), valueAt(fields, 'dstlen'));
    if (from === undefined || to === undefined) {
      wrong += 1;
      continue;
    }
    const action = textAt(fields, 'action');
    const table = textAt(fields, 'table') || String(valueAt(fields, 'table') ?? '');
    rules.push({
      line,
      priority: numberAt(fields, 'priority', mostPriority),
      from,
      to,
      mark: markOf(String(valueAt(fields, 'fwmark') ?? ''), String(valueAt(fields, 'fwmask') ?? '')),
      in: textAt(fields, 'iif'),
      out: textAt(fields, 'oif'),
      table,
      refuses: refusals.has(action) ? action : '',
      isNegated: Object.hasOwn(fields, 'not'),
      suppressedPrefix: suppressed(fields),
      hasMore: Object.keys(fields).some((key) => !understood.has(key)),
    });
  }
  return { file, records: rules, skipped: wrong };
}

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
    else if (refusals.has(word)) refuses = word;
    else {
      at += 1;
      said.set(word, words[at] ?? '');
      hasMore ||= !['from', 'to', 'fwmark', 'iif', 'oif', 'lookup', 'table', 'suppress_prefixlength', 'proto'].includes(word);
    }
  }
  const from = networkOf(said.get('from') ?? '', undefined);
  const to = networkOf(said.get('to') ?? '', undefined);
  if (from === undefined || to === undefined) return undefined;
  return {
    line,
    priority,
    from,
    to,
    mark: markOf(said.get('fwmark') ?? '', ''),
    in: said.get('iif') ?? '',
    out: said.get('oif') ?? '',
    table: said.get('lookup') ?? said.get('table') ?? '',
    refuses,
    isNegated,
    suppressedPrefix: said.has('suppress_prefixlength') ? Number(said.get('suppress_prefixlength')) : null,
    hasMore,
  };
}
