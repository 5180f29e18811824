import type { Steps } from '../../base/steps.ts';
import { commentOf } from '../../kube/proxy/rule-values.ts';
import { isRuleShownWhole } from '../../ruleset/completeness.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Ruleset, Table } from '../../ruleset/ruleset.ts';
import { notUnderstood, type RuleStatement } from '../../syntax/statement.ts';

import { replaced } from '../mending/change.ts';
import type { Fix, NodeCommand } from '../mending/fix.ts';
import { isMendable } from '../mending/mendable.ts';
import { iptablesCommand } from '../mending/node-commands.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';

/** kubernetes/kubernetes#112477: an iptables that did not know the mark's form wrote the rule back without it. */
export const firewallDropsAll: LintRule = {
  codes: { 'firewall-drops-all': 'KUBE-FIREWALL drops every packet: the mark is missing from its rule.' },
  check,
};

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  for (const table of ruleset.tables) {
    yield;
    const chain = table.name === 'filter' ? table.chains.get('KUBE-FIREWALL') : undefined;
    for (const number of chain?.rules ?? []) {
      if (ruleset.lines.at(number)?.target !== 'DROP') continue;
      const rule = ruleAt(ruleset, number);
      const target = rule?.target;
      if (rule === undefined || target === undefined || !isBare(ruleset, number, rule)) continue;
      const message =
        'KUBE-FIREWALL drops every packet: this rule has lost its "-m mark", as an older iptables writes back what it does not know';
      const place = { line: number, start: target.start, end: target.end };
      const more = { table, chain, fixes: () => markedOnly(input, table, number), onNode: flush(table) };
      report(finding(place, 'firewall-drops-all', 'warning', message, more));
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

/** The condition that the rule has lost: kubelet's mark for dropping. */
function markedOnly(input: LintInput, table: Table, number: number): readonly Fix[] {
  const jump = ruleAt(input.ruleset, number)?.options.find(({ name }) => name === '--jump');
  if (jump === undefined || !isMendable(input, table)) return [];
  const place = { line: number, start: jump.word.start, end: jump.word.start };
  const title = 'Drop packets with the mark 0x8000 only';
  return [{ title, safety: 'unsafe', changes: () => [replaced(place, '-m mark --mark 0x8000/0x8000 ')] }];
}

function flush({ name, dump }: Table): readonly NodeCommand[] {
  return iptablesCommand(
    dump.family,
    name,
    '-F KUBE-FIREWALL',
    'takes the rule away, so that the node answers again; kubelet writes its rules anew',
  );
}
