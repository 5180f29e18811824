import type { Steps } from '../../base/steps.ts';
import { optionOf, ruleAt } from '../../ruleset/rules.ts';
import type { Chain, Ruleset, Table } from '../../ruleset/ruleset.ts';
import type { RuleStatement } from '../../syntax/statement.ts';
import { type Finding, finding, type LintInput, type LintRule, type Place } from '../support/finding.ts';

/** What goes wrong with source addresses: rules of POSTROUTING in the wrong order, and marks that kube-proxy goes by. */
export const masquerading: LintRule = {
  codes: {
    'accepted-before-masquerading': 'POSTROUTING lets packets go before KUBE-POSTROUTING can masquerade them.',
    'return-after-masquerade': 'What is to keep its source address is masqueraded by a rule above.',
    'mark-not-cleared': 'KUBE-POSTROUTING leaves the mark on: over a tunnel a packet is masqueraded twice.',
    'masquerade-not-random': 'Masqueraded connections may get the same port at once.',
    'foreign-mark': 'A rule changes bits of the mark that kube-proxy goes by.',
  },
  check,
};

function* check({ ruleset }: LintInput, report: (finding: Finding) => void): Steps<void> {
  for (const dump of ruleset.dumps) {
    yield;
    const nat = dump.tables.find(({ name }) => name === 'nat');
    if (nat === undefined) continue;
    for (const name of ['POSTROUTING', 'FLANNEL-POSTRTG']) checkReturns(ruleset, nat.chains.get(name), report);
    const kube = nat.chains.get('KUBE-POSTROUTING');
    if (kube === undefined) continue;
    checkAccepted(ruleset, nat, report);
    checkKubePostrouting(ruleset, kube, report);
    if (nat.chains.has('KUBE-MARK-MASQ')) for (const table of dump.tables) checkMarks(ruleset, table, report);
  }
}

function targetPlace(number: number, rule: RuleStatement): Place {
  const { target } = rule;
  return { line: number, start: target?.start ?? 0, end: target?.end ?? 0 };
}

/** kubernetes/kubernetes#20391: a Pod cannot reach itself through its Service, as hairpin traffic is not masqueraded. */
function checkAccepted(ruleset: Ruleset, nat: Table, report: (finding: Finding) => void): void {
  const chain = nat.chains.get('POSTROUTING');
  if (chain === undefined) return;
  const hook = chain.rules.find((line) => ruleset.lines[line]?.target === 'KUBE-POSTROUTING');
  for (const number of chain.rules) {
    if (hook === undefined || number >= hook) break;
    const target = ruleset.lines[number]?.target;
    if (target !== 'ACCEPT' && target !== 'RETURN') continue;
    const rule = ruleAt(ruleset, number);
    // A rule for one interface or protocol lets other traffic than that of Pods go.
    if (rule === undefined || rule.options.some(({ name }) => name === '--protocol' || name === '--mark')) continue;
    const message = `What this rule takes never comes to KUBE-POSTROUTING in line ${hook + 1}: its connections to Services are not masqueraded, so that a Pod cannot reach itself`;
    report(finding(targetPlace(number, rule), 'accepted-before-masquerading', 'warning', message, { table: nat, chain }));
  }
}

/** flannel-io/flannel#797: RETURN for traffic within the cluster stands behind the MASQUERADE that takes it. */
function checkReturns(ruleset: Ruleset, chain: Chain | undefined, report: (finding: Finding) => void): void {
  const masqueraded = new Map<string, number>();
  for (const number of chain?.rules ?? []) {
    const line = ruleset.lines[number];
    if (chain === undefined || (line?.target !== 'MASQUERADE' && line?.target !== 'RETURN')) continue;
    const rule = ruleAt(ruleset, number);
    const source = rule === undefined ? undefined : optionOf(rule, '--source');
    if (rule === undefined || source === undefined || source.negation !== undefined) continue;
    const from = source.values[0]?.text ?? '';
    const to = optionOf(rule, '--destination');
    if (line.target === 'MASQUERADE') {
      const takesCluster = to === undefined || (to.negation !== undefined && to.values[0]?.text !== from);
      const isPlain = !rule.options.some(({ name }) => name === '--out-interface' || name === '--mark' || name === '--protocol');
      if (takesCluster && isPlain) masqueraded.set(from, number);
      continue;
    }
    const before = masqueraded.get(from);
    if (before === undefined || to === undefined || to.negation !== undefined) continue;
    const message = `What this rule is to leave alone is masqueraded by line ${before + 1}, so that it comes with this node's address`;
    report(finding(targetPlace(number, rule), 'return-after-masquerade', 'warning', message, { table: chain.table, chain }));
  }
}

function checkKubePostrouting(ruleset: Ruleset, chain: Chain, report: (finding: Finding) => void): void {
  const masquerade = chain.rules.find((line) => ruleset.lines[line]?.target === 'MASQUERADE');
  const line = masquerade === undefined ? undefined : ruleset.lines[masquerade];
  const rule = masquerade === undefined ? undefined : ruleAt(ruleset, masquerade);
  if (masquerade === undefined || line === undefined || rule === undefined) return;
  const { table } = chain;
  const clears = chain.rules.some((number) => number < masquerade && ruleset.lines[number]?.target === 'MARK');
  // In an excerpt the rule may be among what is left out.
  if (!clears && chain.declarations.length > 0) {
    const message =
      'KUBE-POSTROUTING does not clear the mark before it masquerades: over VXLAN a packet is masqueraded twice (kube-proxy does so since 1.19)';
    report(finding(targetPlace(masquerade, rule), 'mark-not-cleared', 'info', message, { table, chain }));
  }
  if (optionOf(rule, '--random-fully') === undefined) {
    const message =
      'MASQUERADE without --random-fully: many connections at once may get the same port, and some are lost. An iptables older than 1.6.2 or kernel does not know it';
    report(finding(targetPlace(masquerade, rule), 'masquerade-not-random', 'info', message, { table, chain }));
  }
}

/** kube-proxy's mark for masquerading, and the one that kubelet dropped by. */
const kubeMarks = 0x4000 | 0x8000;
const known = /^(?:KUBE-|CNI-|cali-|CILIUM_)/;

function checkMarks(ruleset: Ruleset, table: Table, report: (finding: Finding) => void): void {
  for (const number of table.targets.get('MARK') ?? []) {
    const line = ruleset.lines[number];
    if (line === undefined || known.test(line.name)) continue;
    const rule = ruleAt(ruleset, number);
    const option = rule?.options.find(({ name }) => name === '--set-xmark' || name === '--set-mark' || name === '--or-mark');
    const value = option?.values[0];
    if (option === undefined || value === undefined) continue;
    const [bits = '', mask] = value.text.split('/');
    const touched = option.name === '--or-mark' ? Number(bits) : mask === undefined ? 0xffffffff : Number(mask) | Number(bits);
    if (!Number.isFinite(touched) || (touched & kubeMarks) === 0) continue;
    const message = `This changes bits 0x${((touched & kubeMarks) >>> 0).toString(16)} of the mark, by which kube-proxy masquerades (0x4000) and drops (0x8000): give a mask that leaves them alone`;
    const place = { line: number, start: value.start, end: value.end };
    report(finding(place, 'foreign-mark', 'warning', message, { table, chain: table.chains.get(line.name) }));
  }
}
