import { type Steps, statementsBetweenPauses } from '../../base/steps.ts';
import { serviceProxyOf } from '../../kube/proxy/mode.ts';
import { isShownFrom } from '../../ruleset/completeness.ts';
import { reachOf } from '../../ruleset/reachable.ts';
import { optionOf, ruleAt } from '../../ruleset/rules.ts';
import type { Chain, Dump, Ruleset, Table } from '../../ruleset/ruleset.ts';
import type { RuleStatement } from '../../syntax/statement.ts';
import type { NodeCommand } from '../mending/fix.ts';
import { iptablesCommand } from '../mending/node-commands.ts';
import { droppingEndOf } from '../support/dropping-end.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';

/**
 * On a node with kube-proxy in ipvs mode INPUT refuses NodePorts: IPVS sends a packet on behind the filter table's INPUT (LOCAL_IN in
 * net/netfilter/ipvs/ip_vs_core.c), and kube-proxy accepts nothing there but ports of health checks (kubernetes/kubernetes#98465). In iptables mode
 * PREROUTING has changed the destination by then, INPUT never sees the packet, and such a firewall does no harm.
 */
export const inputRejectsNodeports: LintRule = {
  codes: { 'input-rejects-nodeports': 'kube-proxy runs in ipvs mode, and INPUT refuses NodePorts: no rule of it accepts them.' },
  check,
};

function* check({ ruleset }: LintInput, report: (finding: Finding) => void): Steps<void> {
  for (const dump of ruleset.dumps) {
    yield;
    const filter = dump.tables.find(({ name }) => name === 'filter');
    const input = filter?.chains.get('INPUT');
    if (filter === undefined || input === undefined || serviceProxyOf(ruleset, dump).kind !== 'ipvs') continue;
    if (!isShownFrom(ruleset, input) || !hasNodePorts(ruleset, dump)) continue;
    const place = yield* droppingEndOf(ruleset, input);
    if (place === undefined || (yield* mayAcceptNodePorts(ruleset, filter, input))) continue;
    const message =
      'INPUT refuses what no rule accepts, and none accepts NodePorts (30000 to 32767, unless the cluster has others): in ipvs mode their packets pass INPUT';
    report(finding(place, 'input-rejects-nodeports', 'info', message, { table: filter, chain: input, onNode: opening(filter) }));
  }
}

/** For those who want NodePorts open; a firewall that keeps rules of its own needs them there. */
function opening({ name, dump }: Table): readonly NodeCommand[] {
  return ['tcp', 'udp'].flatMap((protocol) =>
    iptablesCommand(
      dump.family,
      name,
      `-I INPUT 1 -p ${protocol} -m ${protocol} --dport 30000:32767 -j ACCEPT`,
      `lets everybody at all NodePorts by ${protocol.toUpperCase()}`,
    ),
  );
}

const setsOfNodePorts = 'KUBE-NODE-PORT-';

/** Whether nat looks packets up in a set of NodePorts: kube-proxy writes such rules only where the set is not empty. */
function hasNodePorts(ruleset: Ruleset, { tables }: Dump): boolean {
  const nat = tables.find(({ name }) => name === 'nat');
  for (const name of ['KUBE-NODE-PORT', 'KUBE-SERVICES']) {
    for (const number of nat?.chains.get(name)?.rules ?? []) {
      // KUBE-SERVICES may have thousands of rules that iptables mode has left.
      const rule = ruleset.lines.at(number)?.text.includes(setsOfNodePorts) === true ? ruleAt(ruleset, number) : undefined;
      if (rule !== undefined && setOf(rule)?.startsWith(setsOfNodePorts) === true) return true;
    }
  }
  return false;
}

/** The set that a rule's packets must be in; undefined without one. */
function setOf(rule: RuleStatement): string | undefined {
  const option = optionOf(rule, '--match-set');
  return option?.negation === undefined ? option?.values[0]?.text : undefined;
}

/** Targets with which a packet may leave INPUT other than accepted by a rule's word. */
const otherWaysOut = ['QUEUE', 'NFQUEUE', 'SYNPROXY'];

function* mayAcceptNodePorts(ruleset: Ruleset, table: Table, input: Chain): Steps<boolean> {
  const reach = reachOf(table);
  const isOfInput = (number: number): boolean => {
    const chain = table.chains.get(ruleset.lines.at(number)?.name ?? '');
    return chain === undefined || reach.hooksOf(chain).includes('INPUT');
  };
  if (otherWaysOut.some((target) => table.targets.get(target)?.some(isOfInput) === true)) return true;
  // What returns from INPUT, or goes on elsewhere for good, meets the policy and no rule below.
  for (const [index, number] of input.rules.entries()) {
    if (index % statementsBetweenPauses === statementsBetweenPauses - 1) yield;
    if (ruleset.lines.at(number)?.target === 'RETURN' || ruleAt(ruleset, number)?.isGoto !== false) return true;
  }
  for (const [index, number] of (table.targets.get('ACCEPT') ?? []).entries()) {
    if (index % statementsBetweenPauses === statementsBetweenPauses - 1) yield;
    if (!isOfInput(number)) continue;
    const rule = ruleAt(ruleset, number);
    if (rule === undefined || !isForOthers(rule)) return true;
  }
  return false;
}

/** Protocols that a NodePort may have, and the word for all, by name and by number. */
const ofNodePorts = new Set(['tcp', '6', 'udp', '17', 'sctp', '132', 'all', '0']);
const oldStates = new Set(['RELATED', 'ESTABLISHED', 'INVALID']);

/** Whether a rule is for no new connection from outside to a NodePort, as one of its conditions shows; false where that is not certain. */
function isForOthers(rule: RuleStatement): boolean {
  if (setOf(rule) === 'KUBE-HEALTH-CHECK-NODE-PORT') return true;
  return rule.options.some(({ name, negation, values }) => {
    const value = values[0]?.text ?? '';
    if (negation !== undefined) return false;
    switch (name) {
      case '--ctstate':
      case '--state':
        return value.split(',').every((state) => oldStates.has(state));
      case '--in-interface':
        return value === 'lo';
      case '--protocol':
        return !ofNodePorts.has(value.toLowerCase());
      case '--destination-port':
      case '--destination-ports':
        return value.split(',').every(isOtherPort);
      default:
        return false;
    }
  });
}

/** Whether "22" or "80:443" is outside the ports that the API server gives NodePorts where nobody has told it others. */
function isOtherPort(ports: string): boolean {
  const [first = '', last = first] = ports.split(':');
  if (!/^\d{1,5}$/.test(first) || !/^\d{1,5}$/.test(last)) return false;
  return Number(last) < 30_000 || Number(first) > 32_767;
}
