import type { Steps } from '../../base/steps.ts';
import { isRuleShownWhole } from '../../ruleset/completeness.ts';
import { optionOf } from '../../ruleset/rules.ts';
import type { Table } from '../../ruleset/ruleset.ts';
import { replaced } from '../mending/change.ts';
import type { Fix } from '../mending/fix.ts';
import { isMendable } from '../mending/mendable.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';
import { targetPlace } from '../support/line-place.ts';
import { masqueradeRules } from '../support/masquerade-rule.ts';

/** kubeflow/pipelines PR 13737: without --random-fully connections made at once may get one port. */
export const masqueradeNotRandom: LintRule = {
  codes: { 'masquerade-not-random': 'Masqueraded connections may get the same port at once.' },
  check,
};

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  for (const { table, chain, number, rule } of yield* masqueradeRules(ruleset)) {
    if (!isRuleShownWhole(ruleset, number) || optionOf(rule, '--random-fully') !== undefined) continue;
    const message =
      'MASQUERADE without --random-fully: many connections at once may get the same port, and some are lost. An iptables older than 1.6.2 or kernel does not know it';
    report(
      finding(targetPlace(number, rule), 'masquerade-not-random', 'info', message, {
        table,
        chain,
        fixes: () => randomly(input, table, number),
      }),
    );
  }
}

/** An old iptables refuses it, and with it the file. */
function randomly(input: LintInput, table: Table, number: number): readonly Fix[] {
  const end = input.ruleset.lines.at(number)?.text.trimEnd().length;
  if (end === undefined || !isMendable(input, table)) return [];
  const place = { line: number, start: end, end };
  return [{ title: 'Add --random-fully', safety: 'unsafe', changes: () => [replaced(place, ' --random-fully')] }];
}
