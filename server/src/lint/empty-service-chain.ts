import { completenessOf } from '../ruleset/completeness.ts';
import { declarationOf } from '../ruleset/places.ts';
import type { Chain, Ruleset } from '../ruleset/ruleset.ts';
import type { Steps } from '../syntax/steps.ts';
import { type Finding, finding, type LintInput, type LintRule } from './finding.ts';

/** A KUBE-SVC- or KUBE-SVL- chain without a jump to an endpoint. kube-proxy writes none: it rejects in the filter table instead. */
export const emptyServiceChain: LintRule = {
  codes: {
    'empty-service-chain': 'A Service chain that is jumped to has no endpoint: its traffic keeps the clusterIP as destination.',
  },
  check,
};

function jumpsToEndpoint(ruleset: Ruleset, chain: Chain): boolean {
  return chain.rules.some((line) => ruleset.lines[line]?.target.startsWith('KUBE-SEP-') === true);
}

function* check({ ruleset }: LintInput, report: (finding: Finding) => void): Steps<void> {
  for (const table of ruleset.tables) {
    let whole: boolean | undefined;
    for (const chain of table.chains.values()) {
      if (
        !(chain.name.startsWith('KUBE-SVC-') || chain.name.startsWith('KUBE-SVL-')) ||
        chain.references.length === 0 ||
        chain.declarations.length === 0
      )
        continue;
      if (jumpsToEndpoint(ruleset, chain)) continue;
      whole ??= completenessOf(ruleset, table).whole;
      if (!whole) break;
      yield;
      const place = declarationOf(ruleset, chain);
      if (place === undefined) continue;
      const message = `${chain.name} has no endpoint: traffic that reaches it keeps its destination, and nothing answers there`;
      report(finding(place, 'empty-service-chain', 'warning', message, { table, chain }));
    }
  }
}
