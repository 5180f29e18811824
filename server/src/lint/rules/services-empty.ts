import type { Steps } from '../../base/steps.ts';
import { isChainShownWhole } from '../../ruleset/completeness.ts';
import { declarationOf } from '../../ruleset/places.ts';
import { reachOf } from '../../ruleset/reachable.ts';
import { restartKubeProxy } from '../mending/node-commands.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';
import { isFlushed } from '../support/flushed-nat.ts';

/** KUBE-SERVICES of nat holds nothing (kubernetes/kubeadm#784). */
export const servicesEmpty: LintRule = {
  codes: { 'services-empty': 'KUBE-SERVICES of the nat table has no rule: no Service works.' },
  check,
};

function* check({ ruleset }: LintInput, report: (finding: Finding) => void): Steps<void> {
  for (const table of ruleset.tables) {
    yield;
    const chain = table.name === 'nat' ? table.chains.get('KUBE-SERVICES') : undefined;
    if (chain === undefined || chain.rules.length > 0 || !reachOf(table).isReached(chain)) continue;
    const place = isChainShownWhole(ruleset, chain) && !isFlushed(ruleset, table) ? declarationOf(ruleset, chain) : undefined;
    if (place === undefined) continue;
    const message = 'KUBE-SERVICES has no rule, so that no Service works: kube-proxy has not synced, or its restore failed';
    report(finding(place, 'services-empty', 'warning', message, { table, chain, onNode: restartKubeProxy() }));
  }
}
