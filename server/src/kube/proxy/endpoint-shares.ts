/** How a Service chain spreads new connections over the chains that it jumps to. */
import { isChainShownWhole, isTableWhole } from '../../ruleset/completeness.ts';
import { optionOf, rulesOf } from '../../ruleset/rules.ts';
import type { Chain, Ruleset } from '../../ruleset/ruleset.ts';
import { notUnderstood, type RuleStatement } from '../../syntax/statement.ts';
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

/** `-m statistic --mode nth --every N`: in the long run one of N; undefined where the rule has none. */
function everyNth(rule: RuleStatement): number | undefined {
  const every = Number(optionOf(rule, '--every')?.values[0]?.text);
  return Number.isInteger(every) && every > 0 ? 1 / every : undefined;
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
    const probability = probabilityOf(rule) ?? everyNth(rule) ?? 1;
    const share = left * probability;
    left -= share;
    shares.push({ target, line, probability, share });
  }
  return shares;
}

/** Whether nothing of a chain is missing from what a text shows of it. */
export function isAllShown(ruleset: Ruleset, chain: Chain): boolean {
  return isTableWhole(ruleset, chain.table) || isChainShownWhole(ruleset, chain);
}

/** Whether the shares of a chain's endpoints can be told: it is shown whole, and every word of the rules that pick was understood. */
export function areSharesKnown(ruleset: Ruleset, chain: Chain): boolean {
  if (!isAllShown(ruleset, chain)) return false;
  for (const { rule } of rulesOf(ruleset, chain))
    if (rule.options.some(({ instance }) => instance === notUnderstood)) return false;
  return true;
}
