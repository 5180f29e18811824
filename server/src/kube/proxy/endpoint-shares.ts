/** How a Service chain spreads new connections over the chains that it jumps to. */
import { rulesOf } from '../../ruleset/rules.ts';
import type { Chain, Ruleset } from '../../ruleset/ruleset.ts';
import { hasOption, probabilityOf } from './rule-values.ts';

export interface EndpointShare {
  /** The KUBE-SEP- chain that the rule jumps to. */
  readonly target: string;
  /** The rule, 0-based. */
  readonly line: number;
  /** What the rule's own probability is: 1/(n-i) of the cascade; 1 where it has none. */
  readonly probability: number;
  /** That a new connection which enters the chain is sent there, all earlier rules considered. */
  readonly share: number;
}

/**
 * The endpoints of a KUBE-SVC- or KUBE-SVL- chain with their real shares: what is left over by the rules above times the rule's own
 * probability. Rules of session affinity (`-m recent --rcheck`) only bring a known client back and take no share.
 */
export function endpointShares(ruleset: Ruleset, chain: Chain): readonly EndpointShare[] {
  const shares: EndpointShare[] = [];
  let left = 1;
  for (const { line, rule } of rulesOf(ruleset, chain)) {
    const target = rule.target?.text ?? '';
    if (!target.startsWith('KUBE-SEP-') || hasOption(rule, '--rcheck') || hasOption(rule, '--update')) continue;
    const probability = probabilityOf(rule) ?? 1;
    const share = left * probability;
    left -= share;
    shares.push({ target, line, probability, share });
  }
  return shares;
}
