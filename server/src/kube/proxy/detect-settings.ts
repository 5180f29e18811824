/** How kube-proxy was started, told by the rules that it wrote: the flags that `ProxyOptions` has. */
import { canonicalCIDR } from '../../base/ip.ts';
import type { Steps } from '../../base/steps.ts';
import { showsInterfaces } from '../../ruleset/completeness.ts';
import { optionOf } from '../../ruleset/rules.ts';
import type { RuleStatement } from '../../syntax/statement.ts';
import { chainsLike, firstRules, type LayoutReason, type LayoutSource, type LineRule, rulesTo } from './layout-source.ts';
import { defaultMasqueradeMark, type PodTraffic, type ProxyOptions } from './options.ts';
import { hasOption, singleAddress } from './rule-values.ts';

/** The options of kube-proxy that a dump's rules show. */
export interface ShownSettings extends Omit<ProxyOptions, 'node' | 'family' | 'version' | 'localhostNodePorts'> {
  /** null where the dump does not say: IPv6, or no rule leads to NodePorts. */
  readonly localhostNodePorts: boolean | null;
}

interface Detected<T> {
  readonly value: T;
  readonly reasons: readonly LayoutReason[];
}

/** The source by which a rule tells Pods: "-s 10.244.0.0/16", "! -i cni0". `negated` is whether the rule is for all but them. */
function podTrafficOf(rule: RuleStatement, negated: boolean): PodTraffic | undefined {
  const saidOf = (name: string): string | undefined => {
    const option = optionOf(rule, name);
    return (option?.negation !== undefined) === negated ? option?.values[0]?.text : undefined;
  };
  const cidr = canonicalCIDR(saidOf('--source') ?? '');
  if (cidr !== undefined) return { by: 'source', cidr };
  const name = saidOf('--in-interface');
  return name === undefined ? undefined : { by: 'interface', name };
}

/** A rule that masquerades what comes to a clusterIP; those of one port may say for whom, or for all. */
function* masqueradingRules(source: LayoutSource): Generator<LineRule> {
  for (const chain of [...chainsLike(source, 'KUBE-SVC-'), ...chainsLike(source, 'KUBE-SVL-')]) {
    for (const entry of firstRules(source.ruleset, chain)) {
      if (entry.rule.target?.text !== 'KUBE-MARK-MASQ') continue;
      if (singleAddress(entry.rule, '--destination') !== undefined) yield entry;
    }
  }
}

/** What decides whose traffic to a clusterIP is masqueraded. */
interface MasqueradeSettings {
  readonly masqueradeAll: boolean;
  readonly podTraffic: PodTraffic | null;
}

/** Rules that tell a Pod's traffic in one way. */
interface Vote {
  readonly traffic: PodTraffic;
  /** Of the first such rule, 0-based. */
  readonly line: number;
  count: number;
}

function voteKey(traffic: PodTraffic): string {
  return traffic.by === 'source' ? traffic.cidr : traffic.by === 'interface' ? traffic.name : '';
}

/** What most of some rules take for a Pod's traffic. */
function mostVoted(rules: Iterable<readonly [traffic: PodTraffic | undefined, line: number]>): Vote | undefined {
  const votes = new Map<string, Vote>();
  for (const [traffic, line] of rules) {
    if (traffic === undefined) continue;
    const known = votes.get(voteKey(traffic));
    if (known === undefined) votes.set(voteKey(traffic), { traffic, line, count: 1 });
    else known.count += 1;
  }
  return [...votes.values()].sort((a, b) => b.count - a.count)[0];
}

/** Whether a rule may be for one interface only, though its line says none: `iptables -L` without -v does not show them. */
function mayHideInterface({ ruleset }: LayoutSource, line: number): boolean {
  const source = ruleset.lines.at(line);
  return source !== undefined && !showsInterfaces(source);
}

/** How the short cuts of policy Local tell Pods' traffic, which they send to all endpoints. */
function* shortCuts(source: LayoutSource): Generator<readonly [PodTraffic | undefined, number]> {
  for (const chain of chainsLike(source, 'KUBE-EXT-')) {
    const rules = [...firstRules(source.ruleset, chain)];
    const isLocal = rules.some(({ rule }) => hasOption(rule, '--src-type'));
    for (const { line, rule } of rules) {
      if (rule.target?.text.startsWith('KUBE-SVC-') !== true || hasOption(rule, '--src-type')) continue;
      const hidden = isLocal && mayHideInterface(source, line) ? ({ by: 'unshown' } as const) : undefined;
      yield [podTrafficOf(rule, false) ?? hidden, line];
    }
  }
}

function podTrafficReason({ traffic, line }: Vote): LayoutReason {
  const by =
    traffic.by === 'source'
      ? `comes from ${traffic.cidr}`
      : traffic.by === 'interface'
        ? `comes in by ${traffic.name}`
        : 'comes in by an interface that is not shown';
  return { about: 'pod-traffic', text: `Traffic is taken to be a Pod's where it ${by}.`, line };
}

/** Whose traffic is masqueraded: what comes from outside the Pod network, told in one way or another, or all. */
function detectMasquerade(source: LayoutSource): Detected<MasqueradeSettings> {
  const rules = [...masqueradingRules(source)].map(({ line, rule }) => {
    const traffic = podTrafficOf(rule, true);
    return { line, traffic, isForAll: traffic === undefined && !hasOption(rule, '--source') };
  });
  const told = mostVoted([...rules.map(({ traffic, line }) => [traffic, line] as const), ...shortCuts(source)]);
  const reasons = told === undefined ? [] : [podTrafficReason(told)];
  const [first] = rules;
  if (first === undefined || rules.some(({ isForAll }) => !isForAll))
    return { value: { masqueradeAll: false, podTraffic: told?.traffic ?? null }, reasons };
  // A rule for all may be one for an interface that the listing does not show, unless Pods are told by their network.
  if (mayHideInterface(source, first.line) && told?.traffic.by !== 'source')
    return { value: { masqueradeAll: false, podTraffic: { by: 'unshown' } }, reasons };
  const text = '--masquerade-all: all traffic to a clusterIP is masqueraded.';
  return {
    value: { masqueradeAll: true, podTraffic: told?.traffic ?? null },
    reasons: [...reasons, { about: 'masquerade-all', text, line: first.line }],
  };
}

type NodePortSettings = Pick<ShownSettings, 'localhostNodePorts' | 'nodePortAddresses'>;

/** Whether NodePorts can be reached by 127.0.0.1, by the rule that leads to them from all of the node's addresses. */
function localhostByRule(source: LayoutSource, { line, rule }: LineRule): Detected<boolean | null> {
  if (source.dump.family === 'ipv6') return { value: null, reasons: [] };
  const isSpared = optionOf(rule, '--destination')?.negation !== undefined;
  const text = isSpared
    ? '--iptables-localhost-nodeports=false: NodePorts cannot be reached by 127.0.0.1.'
    : 'NodePorts can be reached by 127.0.0.1 too.';
  return { value: !isSpared, reasons: [{ about: 'localhost-node-ports', text, line }] };
}

/** The addresses that NodePorts are open on, by the last rules of KUBE-SERVICES; 127.0.0.1 counts where one of them is of 127.0.0.0/8. */
function detectNodePorts(source: LayoutSource): Detected<NodePortSettings> {
  const addresses: string[] = [];
  const reasons: LayoutReason[] = [];
  let localhostNodePorts: boolean | null = null;
  for (const entry of rulesTo(source.ruleset, source.services, 'KUBE-NODEPORTS')) {
    const only = singleAddress(entry.rule, '--destination');
    if (only === undefined) {
      const localhost = localhostByRule(source, entry);
      localhostNodePorts = localhost.value;
      reasons.push(...localhost.reasons);
      continue;
    }
    if (addresses.length === 0) {
      const text = '--nodeport-addresses: NodePorts are open on some addresses only.';
      reasons.push({ about: 'node-port-addresses', text, line: entry.line });
    }
    addresses.push(only);
  }
  if (addresses.length > 0 && source.dump.family === 'ipv4')
    localhostNodePorts = addresses.some((address) => address.startsWith('127.'));
  return { value: { localhostNodePorts, nodePortAddresses: addresses.length === 0 ? null : addresses }, reasons };
}

function masqueradeMark({ ruleset, nat }: LayoutSource): number {
  for (const { rule } of firstRules(ruleset, nat?.chains.get('KUBE-MARK-MASQ'))) {
    const text = optionOf(rule, '--set-xmark')?.values[0]?.text ?? optionOf(rule, '--or-mark')?.values[0]?.text ?? '';
    const value = Number(text.split('/')[0]);
    if (Number.isInteger(value) && value > 0) return value;
  }
  return defaultMasqueradeMark;
}

/** What a dump's rules show of how kube-proxy was started; kube-proxy's defaults where they show nothing. Pauses between its parts. */
export function* shownSettings(source: LayoutSource): Steps<Detected<ShownSettings>> {
  const { ruleset, nat, filter } = source;
  const masquerade = detectMasquerade(source);
  yield;
  const nodePorts = detectNodePorts(source);
  yield;
  const forward = filter?.chains.get('KUBE-FORWARD');
  const snat = [...rulesTo(ruleset, nat?.chains.get('KUBE-POSTROUTING'), 'MASQUERADE')].at(-1)?.rule;
  const isCounted = ({ rule }: LineRule): boolean => hasOption(rule, '--nfacct-name');
  const value: ShownSettings = {
    ...masquerade.value,
    ...nodePorts.value,
    nfacct: [...firstRules(ruleset, nat?.chains.get('KUBE-NODEPORTS')), ...firstRules(ruleset, forward)].some(isCounted),
    dropsInvalid: forward === undefined || [...rulesTo(ruleset, forward, 'DROP')].length > 0,
    masqueradeMark: masqueradeMark(source),
    randomFully: snat === undefined || hasOption(snat, '--random-fully'),
  };
  return { value, reasons: [...masquerade.reasons, ...nodePorts.reasons] };
}
