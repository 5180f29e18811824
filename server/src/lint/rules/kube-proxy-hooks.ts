import type { Steps } from '../../base/steps.ts';
import type { Hook } from '../../catalog/types.ts';
import { isChainShownWhole, isShownFrom } from '../../ruleset/completeness.ts';
import { declarationOf, mentionsOn } from '../../ruleset/places.ts';
import { reachOf } from '../../ruleset/reachable.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Chain, Ruleset, Table } from '../../ruleset/ruleset.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';

/**
 * kube-proxy's chains and those of flannel that are there, but are not led to as they must be, or hold nothing: no Service works, or what has no
 * endpoint times out where it should be refused.
 */
export const kubeProxyHooks: LintRule = {
  codes: {
    'services-not-hooked': 'KUBE-SERVICES is there, but a built-in chain that must lead to it does not.',
    'services-empty': 'KUBE-SERVICES of the nat table has no rule: no Service works.',
    'flannel-empty': 'FLANNEL-POSTRTG has no rule: Pods have no way out of the cluster.',
    'ipvs-leftovers': 'kube-proxy runs in ipvs mode, and chains of its iptables mode are left.',
    'firewall-drops-all': 'KUBE-FIREWALL drops every packet: the mark is missing from its rule.',
  },
  check,
};

function* check({ ruleset }: LintInput, report: (finding: Finding) => void): Steps<void> {
  for (const table of ruleset.tables) {
    yield;
    checkFirewall(ruleset, table, report);
    const services = table.chains.get('KUBE-SERVICES');
    if (table.name === 'nat' && services !== undefined) checkIpvs(ruleset, services, report);
    if (services !== undefined && services.declarations.length > 0) checkServices(ruleset, services, report);
    const flannel = table.name === 'nat' ? table.chains.get('FLANNEL-POSTRTG') : undefined;
    if (
      flannel !== undefined &&
      isChainShownWhole(ruleset, flannel) &&
      flannel.rules.length === 0 &&
      flannel.references.length > 0
    ) {
      reportChain(
        ruleset,
        flannel,
        'flannel-empty',
        'FLANNEL-POSTRTG has no rule: Pods cannot reach anything outside of the cluster',
        report,
      );
    }
  }
}

function reportChain(ruleset: Ruleset, chain: Chain, code: string, message: string, report: (finding: Finding) => void): void {
  const place = declarationOf(ruleset, chain);
  if (place !== undefined) report(finding(place, code, 'warning', message, { table: chain.table, chain }));
}

function checkServices(ruleset: Ruleset, chain: Chain, report: (finding: Finding) => void): void {
  const { table } = chain;
  const hooks = reachOf(table).hooksOf(chain);
  // Led to from nowhere it is orphaned.
  if (hooks.length === 0) return;
  if (table.name === 'nat') {
    if (chain.rules.length === 0 && isChainShownWhole(ruleset, chain)) {
      const message = 'KUBE-SERVICES has no rule, so that no Service works: kube-proxy has not synced, or its restore failed';
      reportChain(ruleset, chain, 'services-empty', message, report);
    }
    const missing = (['PREROUTING', 'OUTPUT'] as const).filter((hook) => lacksWay(ruleset, table, hook) && !hooks.includes(hook));
    if (missing.length > 0) {
      const who = missing[0] === 'PREROUTING' ? 'Pods and other hosts' : 'this node itself';
      const message = `No way leads from ${missing.join(' and ')} to KUBE-SERVICES: Services do not work for ${who}`;
      reportChain(ruleset, chain, 'services-not-hooked', message, report);
    }
  }
  if (table.name === 'filter' && !hooks.includes('FORWARD') && lacksWay(ruleset, table, 'FORWARD') && rejects(ruleset, chain)) {
    const message =
      'No way leads from FORWARD to KUBE-SERVICES: for Pods, connections to a Service without endpoints time out where they should be refused';
    reportChain(ruleset, chain, 'services-not-hooked', message, report);
  }
}

/** Whether a built-in chain is shown with all that it leads to, so that what it does not lead to is known. */
function lacksWay(ruleset: Ruleset, table: Table, hook: Hook): boolean {
  const chain = table.chains.get(hook);
  return chain !== undefined && isShownFrom(ruleset, chain);
}

function rejects(ruleset: Ruleset, chain: Chain): boolean {
  return chain.rules.some((line) => ruleset.lines[line]?.target === 'REJECT');
}

/** kubernetes/kubernetes#112477: an iptables that did not know the mark's form wrote the rule back without it. */
function checkFirewall(ruleset: Ruleset, table: Table, report: (finding: Finding) => void): void {
  const chain = table.name === 'filter' ? table.chains.get('KUBE-FIREWALL') : undefined;
  for (const number of chain?.rules ?? []) {
    if (ruleset.lines[number]?.target !== 'DROP') continue;
    const rule = ruleAt(ruleset, number);
    const isBare = rule?.options.every(
      ({ name, values }) => name === '--jump' || name === '--comment' || (name === '--match' && values[0]?.text === 'comment'),
    );
    const target = rule?.target;
    if (isBare !== true || target === undefined) continue;
    const message =
      'KUBE-FIREWALL drops every packet: this rule has lost its "-m mark", as an older iptables writes back what it does not know';
    report(
      finding({ line: number, start: target.start, end: target.end }, 'firewall-drops-all', 'warning', message, {
        table,
        chain,
      }),
    );
  }
}

const mostRulesLookedAt = 200;

function checkIpvs(ruleset: Ruleset, services: Chain, report: (finding: Finding) => void): void {
  const { table } = services;
  const line = services.rules
    .slice(0, mostRulesLookedAt)
    .find((number) => ruleset.lines[number]?.text.includes('-set KUBE-CLUSTER-IP') === true);
  if (line === undefined) return;
  let left = 0;
  for (const chain of table.chains.values()) if (chain.name.startsWith('KUBE-SVC-') && chain.rules.length > 0) left += 1;
  if (left === 0) return;
  const place = mentionsOn(ruleset, line).at(-1);
  if (place === undefined) return;
  const message = `kube-proxy runs in ipvs mode here, but ${left === 1 ? '1 Service chain' : `${left} Service chains`} of its iptables mode are left: kube-proxy --cleanup removes them`;
  report(finding(place, 'ipvs-leftovers', 'warning', message, { table, chain: services }));
}
