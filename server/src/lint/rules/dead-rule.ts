import type { Steps } from '../../base/steps.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Chain, Ruleset, Table } from '../../ruleset/ruleset.ts';
import type { Line } from '../../syntax/line.ts';
import { type Finding, finding, type LintInput, type LintRule, type Place } from '../support/finding.ts';
import { tableFacts } from '../support/table-facts.ts';

/** Rules that no packet reaches, and rules that stand in a chain more than once. */
export const deadRule: LintRule = {
  codes: {
    'unreachable-rule': 'A rule above takes every packet, so that no packet reaches the rules behind it.',
    'repeated-rule': 'The same rule stands in a chain more than once.',
  },
  check,
};

/** Targets behind which a chain is not gone on with. */
const ending = ['ACCEPT', 'DROP', 'REJECT', 'RETURN', 'QUEUE'];
/** Matches that may say something else of the same packet the second time. */
const changing = /-m (?:statistic|limit|hashlimit|recent|quota|connlimit|nfacct|time|rateest|bpf) /;

function* check({ ruleset }: LintInput, report: (finding: Finding) => void): Steps<void> {
  for (const table of ruleset.tables) {
    yield;
    reportUnreachable(ruleset, table, report);
    for (const chain of tableFacts(ruleset, table).plain) {
      if (chain.rules.length < 2) continue;
      reportRepeated(ruleset, chain, report);
      yield;
    }
  }
}

/** A rule as its text without counters; undefined for a line of another kind. */
function bareText(line: Line | undefined): string | undefined {
  if (line?.kind !== 'rule' || line.listing || line.command !== 'append') return undefined;
  const text = line.prefix === 0 ? line.text : line.text.slice(line.prefix);
  return text.startsWith('[') ? text.slice(text.indexOf(']') + 1).trimStart() : text;
}

/** Whether a rule is for every packet: it has a target, and but for a comment nothing else. */
function takesAll(ruleset: Ruleset, number: number): boolean {
  const line = ruleset.lines[number];
  if (line?.command !== 'append') return false;
  const rule = ruleAt(ruleset, number);
  if (rule === undefined || rule.isGoto) return false;
  return rule.options.every(
    ({ name, values, instance }) =>
      instance === -1 ||
      name === '--jump' ||
      name === '--comment' ||
      (name === '--match' && values[0]?.text === 'comment') ||
      name === '--set-counters',
  );
}

function placeOf(ruleset: Ruleset, number: number): Place {
  const line = ruleset.lines[number];
  return { line: number, start: line?.prefix ?? 0, end: line?.text.length ?? 0 };
}

function reportUnreachable(ruleset: Ruleset, table: Table, report: (finding: Finding) => void): void {
  const done = new Set<Chain>();
  for (const target of ending) {
    for (const number of table.targets.get(target) ?? []) {
      const chain = table.chains.get(ruleset.lines[number]?.name ?? '');
      if (chain === undefined || done.has(chain) || chain.rules.at(-1) === number || !takesAll(ruleset, number)) continue;
      // With rules put in front or taken away the order is another one than in the text.
      if (!chain.rules.every((line) => ruleset.lines[line]?.command === 'append')) continue;
      done.add(chain);
      const behind = chain.rules.filter((line) => line > number);
      const [first] = behind;
      if (first === undefined) continue;
      const many = behind.length === 1 ? 'this rule' : `this rule and ${behind.length - 1} more`;
      const message = `No packet reaches ${many}: the rule in line ${number + 1} is for every packet, and ends with ${target}`;
      report(
        finding(placeOf(ruleset, first), 'unreachable-rule', 'warning', message, {
          table,
          chain,
          related: [{ ...placeOf(ruleset, number), message: 'takes every packet' }],
          unnecessary: true,
        }),
      );
    }
  }
}

function reportRepeated(ruleset: Ruleset, chain: Chain, report: (finding: Finding) => void): void {
  const first = new Map<string, number>();
  const again = new Map<string, number[]>();
  for (const number of chain.rules) {
    const text = bareText(ruleset.lines[number]);
    if (text === undefined) continue;
    if (!first.has(text)) {
      first.set(text, number);
      continue;
    }
    const numbers = again.get(text);
    if (numbers === undefined) again.set(text, [number]);
    else numbers.push(number);
  }
  for (const [text, numbers] of again) {
    const original = first.get(text) ?? 0;
    const [second] = numbers;
    if (second === undefined || changing.test(text)) continue;
    const message = `The same rule stands in ${chain.name} ${numbers.length === 1 ? 'twice' : `${numbers.length + 1} times`}, first in line ${original + 1}`;
    report(
      finding(placeOf(ruleset, second), 'repeated-rule', 'warning', message, {
        table: chain.table,
        chain,
        related: [{ ...placeOf(ruleset, original), message: 'the first one' }],
        unnecessary: true,
      }),
    );
  }
}
