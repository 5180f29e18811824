import type { Steps } from '../../base/steps.ts';
import { isRuleShownWhole } from '../../ruleset/completeness.ts';
import { optionOf, ruleAt } from '../../ruleset/rules.ts';
import type { Chain } from '../../ruleset/ruleset.ts';
import type { Fix } from '../mending/fix.ts';
import { isMendable, movedLine } from '../mending/mendable.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';
import { targetPlace } from '../support/line-place.ts';

/** flannel-io/flannel#797: RETURN for traffic within the cluster stands behind the MASQUERADE that takes it. */
export const returnAfterMasquerade: LintRule = {
  codes: { 'return-after-masquerade': 'What is to keep its source address is masqueraded by a rule above.' },
  check,
};

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  for (const table of ruleset.tables) {
    yield;
    if (table.name !== 'nat') continue;
    for (const name of ['POSTROUTING', 'FLANNEL-POSTRTG']) {
      const chain = table.chains.get(name);
      if (chain !== undefined) checkChain(input, chain, report);
    }
  }
}

function checkChain(input: LintInput, chain: Chain, report: (finding: Finding) => void): void {
  const { ruleset } = input;
  const isMovable = isMendable(input, chain.table);
  const masqueraded = new Map<string, number>();
  for (const number of chain.rules) {
    const line = ruleset.lines.at(number);
    if (line?.target !== 'MASQUERADE' && line?.target !== 'RETURN') continue;
    const rule = ruleAt(ruleset, number);
    const source = rule === undefined ? undefined : optionOf(rule, '--source');
    if (rule === undefined || source === undefined || source.negation !== undefined) continue;
    const from = source.values[0]?.text ?? '';
    const to = optionOf(rule, '--destination');
    if (line.target === 'MASQUERADE') {
      const takesCluster = to === undefined || (to.negation !== undefined && to.values[0]?.text !== from);
      const isPlain = !rule.options.some(({ name }) => name === '--out-interface' || name === '--mark' || name === '--protocol');
      if (takesCluster && isPlain && isRuleShownWhole(ruleset, number)) masqueraded.set(from, number);
      continue;
    }
    const before = masqueraded.get(from);
    if (before === undefined || to === undefined || to.negation !== undefined) continue;
    const message = `What this rule is to leave alone is masqueraded by line ${before + 1}, so that it comes with this node's address`;
    const title = `Put this rule above line ${before + 1}`;
    const fixes: readonly Fix[] = isMovable
      ? [{ title, safety: 'unsafe', changes: () => movedLine(input, number, before - 1) }]
      : [];
    report(
      finding(targetPlace(number, rule), 'return-after-masquerade', 'warning', message, { table: chain.table, chain, fixes }),
    );
  }
}
