import { type Steps, statementsBetweenPauses } from '../../base/steps.ts';
import { mayMixChains, mayMixTables } from '../../ruleset/completeness.ts';
import type { Chain, Ruleset, Table } from '../../ruleset/ruleset.ts';
import { removedLines } from '../mending/change.ts';
import type { Fix } from '../mending/fix.ts';
import { isMendable, movedLine } from '../mending/mendable.ts';
import { takesAll } from '../support/dropping-end.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';
import { linePlace } from '../support/line-place.ts';
import { isOneRun } from '../support/one-run.ts';

/** Rules that no packet reaches, as one above them takes every packet. */
export const unreachableRule: LintRule = {
  codes: { 'unreachable-rule': 'A rule above takes every packet, so that no packet reaches the rules behind it.' },
  check,
};

/** Targets behind which a chain is not gone on with. */
const ending = ['ACCEPT', 'DROP', 'REJECT', 'RETURN', 'QUEUE'];

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  for (const table of ruleset.tables) {
    yield;
    if (mayMixChains(ruleset, table)) continue;
    yield* reportUnreachable(input, table, report);
  }
}

/** Those of them that no other table has. */
const endingInFilter = ['REJECT'];

/**
 * Whether a rule of an excerpt that does not say its tables stands right below one of table filter and does what rules do there. Of two tables
 * grep would leave such rules only where the other one filters, too, which its finding says.
 */
function isLikewiseOfFilter(ruleset: Ruleset, above: number, line: number): boolean {
  return filtering.has(ruleset.lines.at(line)?.target ?? '') && isOneRun(ruleset, above, line);
}

const filtering = new Set(['ACCEPT', 'DROP', 'REJECT']);

function* reportUnreachable(input: LintInput, table: Table, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  const isMixed = mayMixTables(ruleset, table);
  const done = new Set<Chain>();
  for (const target of isMixed ? endingInFilter : ending) {
    for (const [place, number] of (table.targets.get(target) ?? []).entries()) {
      if (place % statementsBetweenPauses === statementsBetweenPauses - 1) yield;
      const chain = table.chains.get(ruleset.lines.at(number)?.name ?? '');
      if (chain === undefined || done.has(chain) || chain.rules.at(-1) === number || !takesAll(ruleset, number)) continue;
      done.add(chain);
      // With rules put in front or taken away the order is another one than in the text.
      if (!chain.rules.every((line) => ruleset.lines.at(line)?.command === 'append')) continue;
      const all = chain.rules.filter((line) => line > number);
      const behind = isMixed ? all.filter((line) => isLikewiseOfFilter(ruleset, number, line)) : all;
      const [first] = behind;
      if (first === undefined) continue;
      const many = behind.length === 1 ? 'this rule' : `this rule and ${behind.length - 1} more`;
      const condition = isMixed ? ', if of table filter as well' : '';
      const message = `No packet reaches ${many}${condition}: the rule in line ${number + 1} is for every packet, and ends with ${target}`;
      report(
        finding(linePlace(ruleset, first), 'unreachable-rule', isMixed ? 'info' : 'warning', message, {
          table,
          chain,
          related: [{ ...linePlace(ruleset, number), message: 'takes every packet' }],
          unnecessary: true,
          fixes: () => waysOut(input, table, number, behind),
        }),
      );
    }
  }
}

/** Either the rules are of no use, or the one for every packet stands too high. */
function waysOut(input: LintInput, table: Table, taker: number, behind: readonly number[]): readonly Fix[] {
  const last = behind.at(-1);
  if (!isMendable(input, table) || last === undefined) return [];
  const many = behind.length === 1 ? 'the rule' : `the ${behind.length} rules`;
  const removal: Fix = {
    title: `Remove ${many} that no packet reaches`,
    safety: 'unsafe',
    changes: () => removedLines(input.document, behind),
  };
  // Behind another one for every packet it would be no better off.
  if (behind.slice(0, mostLookedAt).some((line) => takesAll(input.ruleset, line)) || behind.length > mostLookedAt)
    return [removal];
  const title = `Move the rule for every packet behind ${behind.length === 1 ? 'it' : 'them'}`;
  return [removal, { title, safety: 'unsafe', changes: () => movedLine(input, taker, last) }];
}

const mostLookedAt = 1000;
