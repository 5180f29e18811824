import type { Steps } from '../../base/steps.ts';
import { builtinChains } from '../../catalog/tables.ts';
import { marksOf, newChainMark } from '../../ruleset/chain-marks.ts';
import { formOf, isRuleShownWhole, mayMixTables } from '../../ruleset/completeness.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Chain, Ruleset } from '../../ruleset/ruleset.ts';
import { type Line, wholeText } from '../../syntax/line.ts';
import type { Lines } from '../../syntax/lines.ts';
import { removedLines } from '../mending/change.ts';
import type { Fix } from '../mending/fix.ts';
import { isMendable } from '../mending/mendable.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';
import { linePlace } from '../support/line-place.ts';
import { isOneRun } from '../support/one-run.ts';
import { tableFacts } from '../support/table-facts.ts';

/** A rule that stands in a chain again (kubernetes/kubernetes#82361: by the ten thousand). */
export const repeatedRule: LintRule = {
  codes: { 'repeated-rule': 'The same rule stands in a chain more than once.' },
  check,
};

/** Matches that may say something else of the same packet the second time. */
const changing = new Set([
  'statistic',
  'limit',
  'hashlimit',
  'recent',
  'quota',
  'connlimit',
  'nfacct',
  'time',
  'rateest',
  'bpf',
  'string',
]);

/** Of chains in which no text of a rule stands twice. */
const isDistinct = newChainMark();

/** Few of which have more than one rule. */
const chainsBetweenPauses = 1_024;

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  for (const table of ruleset.tables) {
    yield;
    const marks = marksOf(ruleset, table);
    for (const [at, chain] of tableFacts(ruleset, table).plain.entries()) {
      if (at % chainsBetweenPauses === chainsBetweenPauses - 1) yield;
      if (((marks[chain.index] as number) & isDistinct) > 0 || table.lists.rules.lengthOf(chain.index) < 2) continue;
      if (yield* mayRepeat(ruleset.lines, chain.rules)) yield* reportRepeated(input, chain, report);
      else (marks[chain.index] as number) |= isDistinct;
      yield;
    }
  }
}

/** A rule as its text without counters; undefined for a line of another kind. */
function bareText(line: Line | undefined): string | undefined {
  if (line?.kind !== 'rule' || line.listing || line.command !== 'append') return undefined;
  const whole = wholeText(line);
  const text = line.prefix === 0 ? whole : whole.slice(line.prefix);
  return text.startsWith('[') ? text.slice(text.indexOf(']') + 1).trimStart() : text;
}

/** Rules looked at between two pauses; a hostile file has all of them in one chain. */
const rulesBetweenPauses = 64;
const columnsBetweenPauses = 512;

/**
 * Whether two rules of a chain may have the same text, told by the parts of it in which rules of one chain differ: no text is made of thousands of lines of
 * which each leads elsewhere.
 */
function* mayRepeat(lines: Lines, rules: readonly number[]): Steps<boolean> {
  const { source } = lines.text;
  const seen = new Set<number>();
  let hashed = 0;
  for (let place = 0; place < rules.length; place += 1) {
    if (place % columnsBetweenPauses === columnsBetweenPauses - 1) yield;
    const number = rules[place] as number;
    const start = lines.startAt(number);
    // Counters stand in front.
    const isBare = start >= 0 && source.startsWith('-', start);
    const text = isBare ? source : bareText(lines.at(number));
    if (text === undefined) continue;
    seen.add(isBare ? hashOf(text, start, lines.lengthAt(number)) : hashOf(text, 0, text.length));
    hashed += 1;
    if (seen.size < hashed) return true;
  }
  return false;
}

/** Where a rule says its first condition, and how many characters of that and of its end are looked at. */
const behindChain = 17;
const looked = 16;

function hashOf(text: string, start: number, length: number): number {
  const end = start + length;
  let hash = length;
  for (let at = start + behindChain; at < Math.min(start + behindChain + looked, end); at += 1)
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x9e3779b1);
  for (let at = Math.max(end - looked, start); at < end; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x9e3779b1);
  return hash;
}

function* reportRepeated(input: LintInput, chain: Chain, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  const first = new Map<string, number>();
  const again = new Map<string, number[]>();
  for (const [place, number] of chain.rules.entries()) {
    if (place % rulesBetweenPauses === rulesBetweenPauses - 1) yield;
    const text = bareText(ruleset.lines.at(number));
    if (text === undefined) continue;
    if (!first.has(text)) {
      first.set(text, number);
      continue;
    }
    const numbers = again.get(text);
    if (numbers === undefined) again.set(text, [number]);
    else numbers.push(number);
  }
  let looked = 0;
  for (const [text, numbers] of again) {
    looked += 1;
    if (looked % rulesBetweenPauses === 0) yield;
    const original = first.get(text) ?? 0;
    const [second] = numbers;
    if (second === undefined || mayChange(ruleset, second) || isMeant(ruleset, chain, original, numbers)) continue;
    const message = `The same rule stands in ${chain.name} ${numbers.length === 1 ? 'twice' : `${numbers.length + 1} times`}, first in line ${original + 1}`;
    report(
      finding(linePlace(ruleset, second), 'repeated-rule', 'warning', message, {
        table: chain.table,
        chain,
        related: [{ ...linePlace(ruleset, original), message: 'the first one' }],
        unnecessary: true,
        fixes: () => removal(input, chain, original, numbers),
      }),
    );
  }
}

/** Targets with which a packet is done, or leaves the chain: what is asked of the next packet is what it would be without them. */
const endings = new Set(['ACCEPT', 'DROP', 'REJECT', 'RETURN', 'DNAT', 'SNAT', 'MASQUERADE', 'REDIRECT']);

/** Without effect for certain is a rule that ends a packet's way, where all between it and the first of its kind do so, too. */
function removal(input: LintInput, chain: Chain, original: number, again: readonly number[]): readonly Fix[] {
  const { document, ruleset } = input;
  if (!isMendable(input, chain.table)) return [];
  const last = again.at(-1) ?? original;
  const isEnding = (line: number): boolean => endings.has(ruleset.lines.targetAt(line));
  const isSafe = chain.rules.every((line) => line < original || line > last || isEnding(line));
  const title = again.length === 1 ? 'Remove this rule' : `Remove this rule and ${again.length - 1} more like it`;
  return [{ title, safety: isSafe ? 'safe' : 'unsafe', changes: () => removedLines(document, again) }];
}

function mayChange(ruleset: Ruleset, number: number): boolean {
  const rule = ruleAt(ruleset, number);
  return rule === undefined || rule.options.some(({ name, values }) => name === '--match' && changing.has(values[0]?.text ?? ''));
}

const tableCount = Object.keys(builtinChains).length;

/** Whether a rule is there again for a reason, or only in the text. */
function isMeant(ruleset: Ruleset, chain: Chain, original: number, again: readonly number[]): boolean {
  // kube-proxy up to 1.23 writes the rules of KUBE-FW- once for each ingress address (syncProxyRules), and jumps there for each.
  if (chain.name.startsWith('KUBE-FW-') && again.length < Math.max(chain.references.length, 2)) return true;
  const last = again.at(-1) ?? original;
  if (!isRuleShownWhole(ruleset, last)) return true;
  // What grep found in several tables may stand once in each; what was pasted twice with words between is one rule.
  if (mayMixTables(ruleset, chain.table)) return again.length < tableCount || !isOneRun(ruleset, original, last);
  return formOf(ruleset, chain.table) === 'rules' && !isOneRun(ruleset, original, last);
}
