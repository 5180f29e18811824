import type { Steps } from '../../base/steps.ts';
import { isChainShownWhole } from '../../ruleset/completeness.ts';
import { declarationOf } from '../../ruleset/places.ts';
import type { Line } from '../../syntax/line.ts';
import { restartKubeProxy } from '../mending/node-commands.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';
import { isFlushed } from '../support/flushed-nat.ts';
import { tableFacts } from '../support/table-facts.ts';

/** A KUBE-SVC- or KUBE-SVL- chain without a jump to an endpoint. kube-proxy writes none: it rejects in the filter table instead. */
export const emptyServiceChain: LintRule = {
  codes: {
    'empty-service-chain': 'A Service chain that is jumped to has no endpoint: its traffic keeps the clusterIP as destination.',
  },
  check,
};

function* check({ ruleset }: LintInput, report: (finding: Finding) => void): Steps<void> {
  for (const table of ruleset.tables) {
    yield;
    const { emptyServices } = tableFacts(ruleset, table);
    for (const chain of emptyServices) {
      yield;
      if (!isChainShownWhole(ruleset, chain) || isFlushed(ruleset, table)) continue;
      // A rule that cannot be read may be the one that leads to an endpoint.
      if (chain.rules.some((number) => isTargetUnknown(ruleset.lines.at(number)))) continue;
      // A rule that was not understood may be the jump.
      if (chain.rules.some((number) => ruleset.lines.at(number)?.isUnsure === true)) continue;
      const place = declarationOf(ruleset, chain);
      if (place === undefined) continue;
      const message = `${chain.name} has no endpoint: traffic that reaches it keeps its destination, and nothing answers there`;
      report(finding(place, 'empty-service-chain', 'warning', message, { table, chain, onNode: restartKubeProxy() }));
    }
  }
}

/** Whether it could not be read where a rule leads to. */
function isTargetUnknown(line: Line | undefined): boolean {
  if (line === undefined || line.faults.some(({ severity }) => severity === 'error')) return true;
  return line.isUnsure && line.target === '';
}
