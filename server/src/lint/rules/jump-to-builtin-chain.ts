import type { Steps } from '../../base/steps.ts';
import { mayMixTables } from '../../ruleset/completeness.ts';
import { mentionsOn } from '../../ruleset/places.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';
import { tableFacts } from '../support/table-facts.ts';

/** A built-in chain as a target: the kernel knows no such jump. */
export const jumpToBuiltinChain: LintRule = {
  codes: { 'jump-to-builtin-chain': 'No rule can jump to a built-in chain.' },
  check,
};

function* check({ ruleset }: LintInput, report: (finding: Finding) => void): Steps<void> {
  for (const table of ruleset.tables) {
    yield;
    // PREROUTING is no built-in chain of every table.
    if (mayMixTables(ruleset, table)) continue;
    for (const chain of tableFacts(ruleset, table).builtinJumpedTo) {
      yield;
      for (const line of chain.references) {
        const place = mentionsOn(ruleset, line).find(({ kind }) => kind === 'jump' || kind === 'goto');
        if (place === undefined) continue;
        const message = `${chain.name} is a built-in chain of ${table.name}: no rule can jump to it`;
        report(finding(place, 'jump-to-builtin-chain', 'error', message, { table, chain }));
      }
    }
  }
}
