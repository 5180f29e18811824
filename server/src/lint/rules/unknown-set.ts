import type { Steps } from '../../base/steps.ts';
import { tableAt } from '../../ruleset/ruleset.ts';
import { setsOf } from '../../ruleset/sets.ts';
import { fileShape } from '../support/file-shape.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';

/**
 * A rule that names a set which the sets beside the dump do not have. `ipset list NAME` prints one set, and nothing shows where the text of
 * ipset ends: it is information. Without any set in the text nothing is known of them.
 */
export const unknownSet: LintRule = {
  codes: { 'unknown-set': 'A rule names a set that the text of ipset beside the dump does not declare.' },
  check,
};

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  // Looking for sets in rules reads them, and most dumps have no set beside them.
  if (!fileShape(input).hasSets) return;
  yield;
  for (const { name, declarations, references } of setsOf(ruleset).values()) {
    if (declarations.length > 0) continue;
    for (const place of references) {
      const message = `Set ${name} is not among those that the text of ipset beside the dump shows: unless more were left out, iptables-restore refuses the rule`;
      report(finding(place, 'unknown-set', 'info', message, { table: tableAt(ruleset, place.line) }));
    }
  }
}
