import type { Steps } from '../../base/steps.ts';
import { isChainShownWhole } from '../../ruleset/completeness.ts';
import { declarationOf } from '../../ruleset/places.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';
import { isFlushed } from '../support/flushed-nat.ts';

/** flannel's chain holds nothing (k3s-io/k3s#7096). */
export const flannelEmpty: LintRule = {
  codes: { 'flannel-empty': 'FLANNEL-POSTRTG has no rule: Pods have no way out of the cluster.' },
  check,
};

function* check({ ruleset }: LintInput, report: (finding: Finding) => void): Steps<void> {
  for (const table of ruleset.tables) {
    yield;
    const chain = table.name === 'nat' ? table.chains.get('FLANNEL-POSTRTG') : undefined;
    if (chain === undefined || chain.rules.length > 0 || chain.references.length === 0) continue;
    const place = isChainShownWhole(ruleset, chain) && !isFlushed(ruleset, table) ? declarationOf(ruleset, chain) : undefined;
    if (place === undefined) continue;
    const message = 'FLANNEL-POSTRTG has no rule: Pods cannot reach anything outside of the cluster';
    report(finding(place, 'flannel-empty', 'warning', message, { table, chain }));
  }
}
