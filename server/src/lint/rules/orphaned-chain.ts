import type { Steps } from '../../base/steps.ts';
import { isNeverJumpedTo } from '../../kube/identity/roles.ts';
import { isLargeClusterMode } from '../../kube/proxy/large-cluster.ts';
import { formOf, hasEveryChain, isNamedInUnreadLine, mayBeReached } from '../../ruleset/completeness.ts';
import { declarationOf } from '../../ruleset/places.ts';
import type { Chain, Table } from '../../ruleset/ruleset.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';
import { tableFacts } from '../support/table-facts.ts';

/**
 * A chain that is declared, but no way from a built-in chain leads to it, so that no packet ever enters it. kube-proxy's canaries and
 * hint chains exist to be watched and are none; endpoint chains that large-cluster mode has not cleaned yet are information.
 */
export const orphanedChain: LintRule = {
  codes: {
    'orphaned-chain': 'A chain is declared, but no way from a built-in chain leads to it.',
    'stale-endpoint-chain': 'A KUBE-SEP- chain that large-cluster mode has not cleaned up yet.',
  },
  check,
};

function* check({ ruleset }: LintInput, report: (finding: Finding) => void): Steps<void> {
  for (const table of ruleset.tables) {
    yield;
    const orphans = tableFacts(ruleset, table).unreached.filter(({ name }) => !isNeverJumpedTo(name));
    if (orphans.length === 0) continue;
    const largeCluster = isLargeClusterMode(ruleset, table);
    for (const chain of orphans) {
      if (isNamedInUnreadLine(ruleset, chain)) continue;
      yield;
      const place = declarationOf(ruleset, chain);
      if (place === undefined) continue;
      if (mayBeReached(ruleset, chain)) {
        // `iptables -S` names every chain first: nothing shows whether its last rules were cut off.
        if (formOf(ruleset, table) !== 'commands' || !hasEveryChain(ruleset, table)) continue;
        const message = `No rule of this text leads to ${chain.name}, and nothing shows whether the text goes on`;
        report(finding(place, 'orphaned-chain', 'info', message, { table, chain }));
        continue;
      }
      report(finding(place, ...wording(chain, table, largeCluster), { table, chain, unnecessary: true }));
    }
  }
}

function wording(
  chain: Chain,
  table: Table,
  largeCluster: boolean,
): [code: string, severity: 'info' | 'warning', message: string] {
  if (largeCluster && /^KUBE-(?:SEP|SVC|SVL)-/.test(chain.name)) {
    return [
      'stale-endpoint-chain',
      'info',
      `${chain.name} is no longer used: with more than 1,000 endpoints kube-proxy removes such chains only about once a sync period`,
    ];
  }
  if (chain.name === 'KUBE-MARK-MASQ' || chain.name === 'KUBE-MARK-DROP') {
    // kubelet up to 1.27, syncIPTablesRulesDeprecated.
    return [
      'orphaned-chain',
      'info',
      `No packet enters ${chain.name} now: kubelet and kube-proxy keep it for rules to jump to, and there is no such rule`,
    ];
  }
  const why =
    chain.references.length === 0
      ? 'no rule jumps to it'
      : `only chains that are orphaned themselves jump to it (${chain.references.length === 1 ? '1 rule' : `${chain.references.length} rules`})`;
  return [
    'orphaned-chain',
    'warning',
    `No packet ever enters ${chain.name}: no way from a built-in chain of ${table.name} leads to it; ${why}`,
  ];
}
