import type { Steps } from '../../base/steps.ts';
import { isChainShownWhole } from '../../ruleset/completeness.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';
import { targetPlace } from '../support/line-place.ts';

/** kubernetes/kubernetes PR 92035: KUBE-POSTROUTING clears the mark before it masquerades, since kube-proxy 1.19. */
export const markNotCleared: LintRule = {
  codes: { 'mark-not-cleared': 'KUBE-POSTROUTING leaves the mark on: over a tunnel a packet is masqueraded twice.' },
  check,
};

function* check({ ruleset }: LintInput, report: (finding: Finding) => void): Steps<void> {
  for (const table of ruleset.tables) {
    yield;
    const chain = table.name === 'nat' ? table.chains.get('KUBE-POSTROUTING') : undefined;
    const number = chain?.rules.find((line) => ruleset.lines[line]?.target === 'MASQUERADE');
    if (chain === undefined || number === undefined) continue;
    const rule = ruleAt(ruleset, number);
    const clears = chain.rules.some((other) => other < number && ruleset.lines[other]?.target === 'MARK');
    // In an excerpt the rule may be among what is left out.
    if (rule === undefined || clears || !isChainShownWhole(ruleset, chain)) continue;
    const message =
      'KUBE-POSTROUTING does not clear the mark before it masquerades: over VXLAN a packet is masqueraded twice (kube-proxy does so since 1.19)';
    report(finding(targetPlace(number, rule), 'mark-not-cleared', 'info', message, { table, chain }));
  }
}
