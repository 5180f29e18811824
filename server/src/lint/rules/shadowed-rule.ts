import { createMemory } from '../../base/memory.ts';
import { type Steps, statementsBetweenPauses } from '../../base/steps.ts';
import { marksOf, newChainMark } from '../../ruleset/chain-marks.ts';
import { formOf, isRuleShownWhole, mayMixChains, mayMixTables } from '../../ruleset/completeness.ts';
import type { NormalizedExtension, NormalizedRule } from '../../ruleset/normalize-rule.ts';
import { comparableRule, coversRule, mayCover } from '../../ruleset/rule-covers.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Chain, Ruleset } from '../../ruleset/ruleset.ts';
import type { Line } from '../../syntax/line.ts';
import type { ScannedText } from '../../syntax/lines.ts';
import { removedLines } from '../mending/change.ts';
import type { Fix } from '../mending/fix.ts';
import { isMendable, movedLine } from '../mending/mendable.ts';
import { takesAll } from '../support/dropping-end.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';
import { linePlace } from '../support/line-place.ts';
import { isOneRun } from '../support/one-run.ts';
import { tableFacts } from '../support/table-facts.ts';
import { addTaker, firstTaker, type Taker, type Takers } from '../support/takers.ts';

/** A rule that stands too low: one above it takes all of its packets, and does something else with them. */
export const shadowedRule: LintRule = {
  codes: { 'shadowed-rule': 'A rule above takes every packet that the rule is for, and does something else with it.' },
  check,
};

/** Targets behind which a packet is through with a chain, and which say all of what becomes of it. */
const plainEndings = new Set(['ACCEPT', 'DROP', 'REJECT', 'RETURN']);

/** Likewise, where it counts what is behind `--to-destination`. */
const translations = new Set(['DNAT', 'SNAT', 'REDIRECT', 'MASQUERADE', 'NETMAP']);

/** Of chains in which no rule that ends packets' way stands above one with another target. */
const hasNoTaker = newChainMark();

/** Few of which have more than one rule. */
const chainsBetweenPauses = 1_024;

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  for (const table of input.ruleset.tables) {
    yield;
    if (mayMixChains(input.ruleset, table)) continue;
    const marks = marksOf(input.ruleset, table);
    for (const [at, chain] of tableFacts(input.ruleset, table).plain.entries()) {
      if (at % chainsBetweenPauses === chainsBetweenPauses - 1) yield;
      if (((marks[chain.index] as number) & hasNoTaker) > 0 || table.lists.rules.lengthOf(chain.index) < 2) continue;
      // No rule is read before: most chains have no two such rules.
      if (yield* mayShadow(input.ruleset, chain)) yield* reportShadowed(input, chain, report);
      else (marks[chain.index] as number) |= hasNoTaker;
    }
  }
}

/** None of which is read. */
const looksBetweenPauses = 4_096;

function* reportShadowed(input: LintInput, chain: Chain, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  const isLoose = formOf(ruleset, chain.table) === 'rules';
  const isMixed = mayMixTables(ruleset, chain.table);
  const takers: Takers = new Map();
  for (const [place, line] of chain.rules.entries()) {
    if (place % statementsBetweenPauses === statementsBetweenPauses - 1) yield;
    const isTaker = isEnding(ruleset, chain, line) && isRuleShownWhole(ruleset, line);
    if (isTaker && takesAll(ruleset, line)) return;
    // Of what takes nothing, and has none above it that does, there is nothing to say.
    if (!isTaker && takers.size === 0) continue;
    const rule = readRule(ruleset, line);
    if (rule === undefined) continue;
    // What was pasted twice, with words between, may be of two nodes.
    const taker = firstTaker(
      takers,
      rule,
      (above) => (!isLoose || isOneRun(ruleset, above.line, line)) && coversRule(above.rule, rule),
    );
    if (taker === undefined) {
      if (isTaker && mayCover(rule, chain.table.name)) addTaker(takers, { line, rule });
    } else if (!doesTheSame(taker.rule, rule) && (!isMixed || isContrary(taker.rule, rule)))
      report(shadowedBy(input, chain, line, taker, isMixed));
  }
}

/** Whether a rule that ends packets' way stands in a chain above one with another target, all in the order of the text. */
function* mayShadow(ruleset: Ruleset, chain: Chain): Steps<boolean> {
  let ending: string | undefined;
  let may = false;
  for (const [place, number] of chain.rules.entries()) {
    if (place % looksBetweenPauses === looksBetweenPauses - 1) yield;
    // With rules put in front or taken away the order is another one than in the text.
    if (ruleset.lines.formAt(number)?.command !== 'append') return false;
    if (ending === undefined) ending = isEnding(ruleset, chain, number) ? ruleset.lines.targetAt(number) : undefined;
    else may ||= ruleset.lines.targetAt(number) !== ending || !plainEndings.has(ending);
  }
  return may;
}

/** Whether packets that meet the rule on a line are through with its chain. */
function isEnding({ lines }: Ruleset, { table }: Chain, number: number): boolean {
  const target = lines.targetAt(number);
  return (
    lines.formAt(number)?.isGoto === true || ((plainEndings.has(target) || translations.has(target)) && !table.chains.has(target))
  );
}

/** A rule to compare stays with its line for the next edit: in a chain of thousands, below one that ends, each would be read again. */
const compared = createMemory<Line, { readonly rule: NormalizedRule | undefined }>();

/** How many more may stay of a text. Each takes about as much as a few lines of it. */
const leftToKeep = createMemory<ScannedText, number>();
const mostKept = 8_192;

function readRule(ruleset: Ruleset, number: number): NormalizedRule | undefined {
  const { lines } = ruleset;
  const line = lines.at(number);
  if (line === undefined) return undefined;
  const known = compared.get(line);
  if (known !== undefined) return known.rule;
  const statement = ruleAt(ruleset, number);
  const rule = statement === undefined ? undefined : comparableRule(statement, line.context);
  const left = leftToKeep.get(lines.text) ?? mostKept;
  const kept = left > 0 ? lines.kept(number) : undefined;
  if (kept === undefined) return rule;
  leftToKeep.set(lines.text, left - 1);
  compared.set(kept, { rule });
  return rule;
}

function doesTheSame(one: NormalizedRule, other: NormalizedRule): boolean {
  const { target } = one;
  if (target === undefined || target.name !== other.target?.name || one.isGoto !== other.isGoto) return false;
  if (one.isGoto || plainEndings.has(target.name)) return true;
  const said = ({ options }: NormalizedExtension): string =>
    options.map(({ name, value }) => `${name} ${value?.text ?? ''}`).join(' ');
  return said(target) === said(other.target);
}

/** Whether what one rule drops another would accept: those of several tables, as grep leaves them, hardly stand so. */
function isContrary(taker: NormalizedRule, { target }: NormalizedRule): boolean {
  return target?.name === 'ACCEPT' && (taker.target?.name === 'DROP' || taker.target?.name === 'REJECT');
}

function shadowedBy(input: LintInput, chain: Chain, line: number, taker: Taker, isMixed: boolean): Finding {
  const { ruleset } = input;
  const { table } = chain;
  const { target = '', isGoto = false } = ruleset.lines.at(taker.line) ?? {};
  const end = isGoto ? `goes on in ${target}` : `ends with ${target}`;
  const condition = isMixed ? ', if both are of one table' : '';
  const message = `No packet reaches this rule${condition}: the rule in line ${taker.line + 1} takes all that it is for, and ${end}`;
  return finding(linePlace(ruleset, line), 'shadowed-rule', isMixed ? 'info' : 'warning', message, {
    table,
    chain,
    related: [{ ...linePlace(ruleset, taker.line), message: 'takes its packets' }],
    unnecessary: true,
    fixes: () => waysOut(input, chain, line, taker.line),
  });
}

/** Either it was meant as an exception, and stands too low, or it is of no use. */
function waysOut(input: LintInput, { table }: Chain, line: number, above: number): readonly Fix[] {
  if (!isMendable(input, table)) return [];
  const remove: Fix = {
    title: 'Remove the rule that no packet reaches',
    safety: 'unsafe',
    changes: () => removedLines(input.document, [line]),
  };
  // Above the line that declares its chain iptables-restore would refuse it.
  const [declared = 0] = table.chains.get(input.ruleset.lines.at(line)?.target ?? '')?.declarations ?? [];
  if (declared > above) return [remove];
  const move: Fix = {
    title: `Move this rule above the one in line ${above + 1}`,
    safety: 'unsafe',
    changes: () => movedLine(input, line, above - 1),
  };
  return [move, remove];
}
