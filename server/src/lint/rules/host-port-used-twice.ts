import { type Steps, statementsBetweenPauses } from '../../base/steps.ts';
import { destinationPort, destinationPorts, protocolOf } from '../../kube/proxy/rule-values.ts';
import { optionOf, ruleAt } from '../../ruleset/rules.ts';
import type { Chain } from '../../ruleset/ruleset.ts';
import type { RuleStatement } from '../../syntax/statement.ts';
import { removedLines } from '../mending/change.ts';
import type { Fix } from '../mending/fix.ts';
import { isMendable } from '../mending/mendable.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';
import { linePlace } from '../support/line-place.ts';

/** Two Pods with one host port: the rule of the first takes all of it, and that Pod may be gone (containernetworking/plugins#683). */
export const hostPortUsedTwice: LintRule = {
  codes: { 'host-port-used-twice': 'Two Pods have a rule for one host port: the first wins.' },
  check,
};

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  for (const table of ruleset.tables) {
    yield;
    const hostPorts = table.name === 'nat' ? table.chains.get('CNI-HOSTPORT-DNAT') : undefined;
    if (hostPorts !== undefined) yield* checkHostPorts(input, hostPorts, report);
  }
}

function portsOf(rule: RuleStatement): readonly number[] {
  const single = destinationPort(rule);
  return single === undefined ? destinationPorts(rule) : [single];
}

function* checkHostPorts(input: LintInput, chain: Chain, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  const first = new Map<string, number>();
  for (const [index, number] of chain.rules.entries()) {
    if (index % statementsBetweenPauses === statementsBetweenPauses - 1) yield;
    const line = ruleset.lines.at(number);
    const rule = line?.target.startsWith('CNI-DN-') === true && !line.isUnsure ? ruleAt(ruleset, number) : undefined;
    if (line === undefined || rule === undefined) continue;
    const protocol = protocolOf(rule);
    const address = optionOf(rule, '--destination')?.values[0]?.text ?? 'any address';
    for (const port of portsOf(rule)) {
      const key = `${protocol} ${port} ${address}`;
      const before = first.get(key);
      if (before === undefined) {
        first.set(key, number);
        continue;
      }
      if (ruleset.lines.at(before)?.target === line.target) continue;
      const message = `Host port ${port}/${protocol} is taken by line ${before + 1} already: this Pod gets none of its traffic. The other Pod may be gone, and its rules left behind`;
      report(
        finding(linePlace(ruleset, number), 'host-port-used-twice', 'warning', message, {
          table: chain.table,
          chain,
          related: [{ ...linePlace(ruleset, before), message: 'takes the traffic' }],
          fixes: () => removals(input, chain, before, number),
        }),
      );
    }
  }
}

/** The text does not show which of the two Pods is gone. */
function removals(input: LintInput, { table }: Chain, before: number, number: number): readonly Fix[] {
  if (!isMendable(input, table)) return [];
  const removal = (line: number, which: string): Fix => ({
    title: `Remove ${which}`,
    safety: 'unsafe',
    changes: () => removedLines(input.document, [line]),
  });
  return [removal(before, `the rule that takes the traffic (line ${before + 1})`), removal(number, 'this rule')];
}
