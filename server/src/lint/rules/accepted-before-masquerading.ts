import type { Steps } from '../../base/steps.ts';
import { isRuleShownWhole, mayMixTables } from '../../ruleset/completeness.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Ruleset, Table } from '../../ruleset/ruleset.ts';
import type { Fix, NodeCommand } from '../mending/fix.ts';
import { isMendable, movedLine } from '../mending/mendable.ts';
import { iptablesCommand } from '../mending/node-commands.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';
import { targetPlace } from '../support/line-place.ts';

/** kubernetes/kubernetes#20391: a Pod cannot reach itself through its Service, as hairpin traffic is not masqueraded. */
export const acceptedBeforeMasquerading: LintRule = {
  codes: { 'accepted-before-masquerading': 'POSTROUTING lets packets go before KUBE-POSTROUTING can masquerade them.' },
  check,
};

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  for (const table of ruleset.tables) {
    yield;
    const chain = table.name === 'nat' ? table.chains.get('POSTROUTING') : undefined;
    const hook = chain?.rules.find((line) => ruleset.lines.at(line)?.target === 'KUBE-POSTROUTING');
    if (chain === undefined || hook === undefined || mayMixTables(ruleset, table)) continue;
    for (const number of chain.rules) {
      if (number >= hook) break;
      const target = ruleset.lines.at(number)?.target;
      if (target !== 'ACCEPT' && target !== 'RETURN') continue;
      const rule = ruleAt(ruleset, number);
      // A rule for one interface or protocol lets other traffic than that of Pods go; one that hides what it is for may do so, too.
      if (rule === undefined || !isRuleShownWhole(ruleset, number)) continue;
      if (rule.options.some(({ name }) => name === '--protocol' || name === '--mark')) continue;
      const message = `What this rule takes never comes to KUBE-POSTROUTING in line ${hook + 1}: its connections to Services are not masqueraded, so that a Pod cannot reach itself`;
      const more = { table, chain, fixes: hookFirst(input, table, hook, number), onNode: hookAgain(ruleset, table, hook) };
      report(finding(targetPlace(number, rule), 'accepted-before-masquerading', 'warning', message, more));
    }
  }
}

function hookFirst(input: LintInput, table: Table, hook: number, taker: number): readonly Fix[] {
  if (!isMendable(input, table)) return [];
  const title = 'Put the jump to KUBE-POSTROUTING above this rule';
  return [{ title, safety: 'unsafe', changes: () => movedLine(input, hook, taker - 1) }];
}

function hookAgain({ lines }: Ruleset, table: Table, hook: number): readonly NodeCommand[] {
  const line = lines.at(hook);
  const text = line?.text.slice(line.prefix) ?? '';
  const rule = '-A POSTROUTING ';
  if (!text.startsWith(rule)) return [];
  const family = table.dump.family;
  const words = text.slice(rule.length);
  return [
    ...iptablesCommand(family, table.name, `-D POSTROUTING ${words}`, 'takes the jump to KUBE-POSTROUTING from where it is'),
    ...iptablesCommand(family, table.name, `-I POSTROUTING 1 ${words}`, 'puts it in front of all else'),
  ];
}
