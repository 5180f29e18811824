import type { Steps } from '../../base/steps.ts';
import { mayMixTables } from '../../ruleset/completeness.ts';
import type { Chain, Ruleset, Table } from '../../ruleset/ruleset.ts';
import { takesAll } from '../support/dropping-end.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';
import { linePlace } from '../support/line-place.ts';

/** Rules that no packet reaches, as one above them takes every packet. */
export const unreachableRule: LintRule = {
  codes: { 'unreachable-rule': 'A rule above takes every packet, so that no packet reaches the rules behind it.' },
  check,
};

/** Targets behind which a chain is not gone on with. */
const ending = ['ACCEPT', 'DROP', 'REJECT', 'RETURN', 'QUEUE'];

function* check({ ruleset }: LintInput, report: (finding: Finding) => void): Steps<void> {
  for (const table of ruleset.tables) {
    yield;
    if (mayMixTables(ruleset, table)) continue;
    yield* reportUnreachable(ruleset, table, report);
  }
}

/** Rules looked at between two pauses; a hostile file has all of them in one chain. */
const rulesBetweenPauses = 500;

function* reportUnreachable(ruleset: Ruleset, table: Table, report: (finding: Finding) => void): Steps<void> {
  const done = new Set<Chain>();
  for (const target of ending) {
    for (const [place, number] of (table.targets.get(target) ?? []).entries()) {
      if (place % rulesBetweenPauses === rulesBetweenPauses - 1) yield;
      const chain = table.chains.get(ruleset.lines[number]?.name ?? '');
      if (chain === undefined || done.has(chain) || chain.rules.at(-1) === number || !takesAll(ruleset, number)) continue;
      done.add(chain);
      // With rules put in front or taken away the order is another one than in the text.
      if (!chain.rules.every((line) => ruleset.lines[line]?.command === 'append')) continue;
      const behind = chain.rules.filter((line) => line > number);
      const [first] = behind;
      if (first === undefined) continue;
      const many = behind.length === 1 ? 'this rule' : `this rule and ${behind.length - 1} more`;
      const message = `No packet reaches ${many}: the rule in line ${number + 1} is for every packet, and ends with ${target}`;
      report(
        finding(linePlace(ruleset, first), 'unreachable-rule', 'warning', message, {
          table,
          chain,
          related: [{ ...linePlace(ruleset, number), message: 'takes every packet' }],
          unnecessary: true,
        }),
      );
    }
  }
}
