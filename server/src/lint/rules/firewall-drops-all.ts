import type { Steps } from '../../base/steps.ts';
import { commentOf } from '../../kube/proxy/rule-values.ts';
import { isRuleShownWhole } from '../../ruleset/completeness.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Ruleset } from '../../ruleset/ruleset.ts';
import { notUnderstood, type RuleStatement } from '../../syntax/statement.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';

/** kubernetes/kubernetes#112477: an iptables that did not know the mark's form wrote the rule back without it. */
export const firewallDropsAll: LintRule = {
  codes: { 'firewall-drops-all': 'KUBE-FIREWALL drops every packet: the mark is missing from its rule.' },
  check,
};

function* check({ ruleset }: LintInput, report: (finding: Finding) => void): Steps<void> {
  for (const table of ruleset.tables) {
    yield;
    const chain = table.name === 'filter' ? table.chains.get('KUBE-FIREWALL') : undefined;
    for (const number of chain?.rules ?? []) {
      if (ruleset.lines[number]?.target !== 'DROP') continue;
      const rule = ruleAt(ruleset, number);
      const target = rule?.target;
      if (rule === undefined || target === undefined || !isBare(ruleset, number, rule)) continue;
      const message =
        'KUBE-FIREWALL drops every packet: this rule has lost its "-m mark", as an older iptables writes back what it does not know';
      const place = { line: number, start: target.start, end: target.end };
      report(finding(place, 'firewall-drops-all', 'warning', message, { table, chain }));
    }
  }
}

/** Whether a rule drops every packet. kubelet's own rule never asks for an interface, which a listing may not show. */
function isBare(ruleset: Ruleset, number: number, rule: RuleStatement): boolean {
  const isPlain = rule.options.every(
    ({ name, values, instance }) =>
      instance !== notUnderstood &&
      (name === '--jump' || name === '--comment' || (name === '--match' && values[0]?.text === 'comment')),
  );
  return (
    isPlain &&
    (isRuleShownWhole(ruleset, number) ||
      (rule.hidden.length > 0 && commentOf(rule) === 'kubernetes firewall for dropping marked packets'))
  );
}
