/**
 * A rule of kube-proxy's that it always writes with a condition, and that is shown without: an iptables that is older than the one that loaded the rule
 * prints what it knows of it (Azure/AKS, 1.8.4 of what 1.8.7 loaded), and the kernel asks for the mark all the same.
 */
import type { RuleStatement } from '../syntax/statement.ts';
import { optionOf } from './rules.ts';

/** Whether the condition of a rule is lost: of the one in KUBE-FORWARD that lets marked packets through. */
export function hasLostMark(rule: RuleStatement): boolean {
  if (rule.chain.text !== 'KUBE-FORWARD' || rule.target?.text !== 'ACCEPT') return false;
  if (optionOf(rule, '--comment')?.values[0]?.text !== 'kubernetes forwarding rules') return false;
  return optionOf(rule, '--mark') === undefined;
}
