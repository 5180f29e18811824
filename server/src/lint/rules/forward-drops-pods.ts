import type { Steps } from '../../base/steps.ts';
import { isShownFrom } from '../../ruleset/completeness.ts';
import { reachOf } from '../../ruleset/reachable.ts';
import { optionOf, ruleAt } from '../../ruleset/rules.ts';
import type { Chain, Ruleset, Table } from '../../ruleset/ruleset.ts';
import type { RuleStatement } from '../../syntax/statement.ts';
import { replaced } from '../mending/change.ts';
import type { Fix, NodeCommand } from '../mending/fix.ts';
import { isMendable } from '../mending/mendable.ts';
import { iptablesCommand } from '../mending/node-commands.ts';
import { droppingEndOf } from '../support/dropping-end.ts';
import { type Finding, finding, type LintInput, type LintRule, type Place } from '../support/finding.ts';

/**
 * On a node with kube-proxy FORWARD drops what no rule accepts, and no rule accepts new connections of Pods: Docker sets the policy, firewalls of
 * CentOS and of cloud images end with a rule that rejects, and who brings the Pods' network must accept their traffic
 * (kubernetes/kubernetes#39823).
 */
export const forwardDropsPods: LintRule = {
  codes: { 'forward-drops-pods': 'FORWARD drops or rejects what no rule accepts, and no rule accepts new connections of Pods.' },
  check,
};

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  for (const table of ruleset.tables) {
    yield;
    const forward = table.name === 'filter' ? table.chains.get('FORWARD') : undefined;
    // Without kube-proxy's chain the node may have no Pods, or another proxy.
    if (forward === undefined || !table.chains.has('KUBE-FORWARD') || !isShownFrom(ruleset, forward, isOfProxy)) continue;
    const place = yield* droppingEndOf(ruleset, forward);
    if (place === undefined || acceptsPods(ruleset, table)) continue;
    const isPolicy = ruleset.lines.at(place.line)?.kind !== 'rule';
    const remedy = isPolicy
      ? 'the network plugin adds such rules, or "iptables -P FORWARD ACCEPT" does'
      : 'the network plugin’s rules must stand above this one';
    const message = `FORWARD ${isPolicy ? 'drops' : 'refuses'} what no rule accepts, and none accepts new connections of Pods: Pods on other nodes cannot be reached (${remedy})`;
    const more = isPolicy ? { fixes: () => accepting(input, table, place), onNode: policyCommand(table) } : {};
    report(finding(place, 'forward-drops-pods', 'warning', message, { table, chain: forward, ...more }));
  }
}

function accepting(input: LintInput, table: Table, policy: Place): readonly Fix[] {
  if (!isMendable(input, table)) return [];
  return [{ title: 'Make ACCEPT the policy of FORWARD', safety: 'unsafe', changes: () => [replaced(policy, 'ACCEPT')] }];
}

function policyCommand({ name, dump }: Table): readonly NodeCommand[] {
  return iptablesCommand(
    dump.family,
    name,
    '-P FORWARD ACCEPT',
    'lets the node forward what no rule refuses, of Pods and of everybody else',
  );
}

/** kube-proxy's and kubelet's chains, which let through only what was let through before or was marked. */
const kubeChains = new Set([
  'KUBE-FORWARD',
  'KUBE-SERVICES',
  'KUBE-EXTERNAL-SERVICES',
  'KUBE-NODEPORTS',
  'KUBE-PROXY-FIREWALL',
  'KUBE-FIREWALL',
]);

/** Whether a chain that the text begins is kube-proxy's: where a listing ends with it, its last rules would not accept Pods either. */
function isOfProxy({ name, declarations }: Chain): boolean {
  return kubeChains.has(name) && declarations.length > 0;
}

/** Whether a chain lets no new connections of Pods through: kube-proxy's own, and those for Docker's containers. */
function isNotForPods({ name }: Chain): boolean {
  return kubeChains.has(name) || name.startsWith('DOCKER');
}

const icmp = new Set(['icmp', '1', 'ipv6-icmp', 'icmpv6', '58']);

/** Whether a rule is for Docker's containers, for the loopback interface or for ICMP alone, as firewalld accepts them. */
function isForOthers(rule: RuleStatement): boolean {
  return rule.options.some(({ name, values, negation }) => {
    const value = values[0]?.text ?? '';
    if (negation !== undefined) return false;
    return name.endsWith('-interface') ? value === 'docker0' || value === 'lo' : name === '--protocol' && icmp.has(value);
  });
}

function acceptsPods(ruleset: Ruleset, table: Table): boolean {
  const reach = reachOf(table);
  for (const number of table.targets.get('ACCEPT') ?? []) {
    const line = ruleset.lines.at(number);
    const chain = table.chains.get(line?.name ?? '');
    if (chain === undefined || isNotForPods(chain) || !reach.hooksOf(chain).includes('FORWARD')) continue;
    const rule = ruleAt(ruleset, number);
    if (rule === undefined) continue;
    const states = optionOf(rule, '--ctstate') ?? optionOf(rule, '--state');
    const isForOldOnly =
      states !== undefined && states.negation === undefined && states.values[0]?.text.split(',').includes('NEW') === false;
    if (!isForOldOnly && !isForOthers(rule)) return true;
  }
  return false;
}
