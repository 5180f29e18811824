import type { Steps } from '../../base/steps.ts';
import { formOf, isRuleShownWhole, isTableWhole, unshownChains } from '../../ruleset/completeness.ts';
import { mentionsOf } from '../../ruleset/places.ts';
import type { Chain, Table } from '../../ruleset/ruleset.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';
import { someOf } from '../support/some-of.ts';

/**
 * Chains that the output of `iptables -L` or `-S` jumps to and does not show. The kernel holds no jump to a chain that is not there, so they were
 * cut from the paste: nobody's mistake, and what they do is not known.
 */
export const chainsNotShown: LintRule = {
  codes: {
    'chains-not-shown': 'Rules of a listing jump to chains that the text does not show: what happens there is not known.',
  },
  check,
};

function* check({ ruleset }: LintInput, report: (finding: Finding) => void): Steps<void> {
  const chains: Chain[] = [];
  for (const table of ruleset.tables) {
    yield;
    const form = formOf(ruleset, table);
    if ((form !== 'listing' && form !== 'commands') || isTableWhole(ruleset, table) || showsOneChain(table)) continue;
    for (const chain of unshownChains(ruleset, table)) {
      // In a line that was cut, a name may be the beginning of another.
      if (chain.references.some((line) => isRuleShownWhole(ruleset, line))) chains.push(chain);
    }
  }
  const [first] = chains;
  if (first === undefined) return;
  for (const place of mentionsOf(ruleset, first)) {
    const message = `The text does not show ${chains.length === 1 ? 'chain' : 'the chains'} ${someOf(chains.map(({ name }) => name))}: what happens to packets there is not known`;
    report(finding(place, 'chains-not-shown', 'info', message, { table: first.table, chain: first }));
    return;
  }
}

/** `iptables -L CHAIN` was asked for that chain alone. */
function showsOneChain({ chains }: Table): boolean {
  let shown = 0;
  for (const { declarations, mentions } of chains.values()) if (declarations.length > 0 || mentions.length > 0) shown += 1;
  return shown < 2;
}
