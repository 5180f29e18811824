/** How kube-proxy was started, told by the rules that it wrote: the flags that `ProxyOptions` has. */
import { canonicalCIDR } from '../../base/ip.ts';
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

function detectMasqueradeAll(source: LayoutSource): Detected<boolean> {
  let all: number | undefined;
  for (const { line, rule } of masqueradingRules(source)) {
    if (podTrafficOf(rule, true) !== undefined || hasOption(rule, '--source')) return { value: false, reasons: [] };
    all ??= line;
  }
  if (all === undefined) return { value: false, reasons: [] };
  const text = '--masquerade-all: all traffic to a clusterIP is masqueraded.';
  return { value: true, reasons: [{ about: 'masquerade-all', text, line: all }] };
}

interface Vote {
  readonly traffic: PodTraffic;
  readonly line: number;
  count: number;
}

/** What most rules take for a Pod's traffic. */
function detectPodTraffic(source: LayoutSource): Detected<PodTraffic | null> {
  const votes = new Map<string, Vote>();
  const vote = (traffic: PodTraffic | undefined, line: number): void => {
    if (traffic === undefined) return;
    const key = traffic.by === 'source' ? traffic.cidr : traffic.name;
    const known = votes.get(key);
    if (known === undefined) votes.set(key, { traffic, line, count: 1 });
    else known.count += 1;
  };
  for (const { line, rule } of masqueradingRules(source)) vote(podTrafficOf(rule, true), line);
  // With policy Local, Pods' traffic goes to all endpoints.
  for (const chain of chainsLike(source, 'KUBE-EXT-')) {
    for (const { line, rule } of firstRules(source.ruleset, chain)) {
      if (rule.target?.text.startsWith('KUBE-SVC-') === true) vote(podTrafficOf(rule, false), line);
    }
  }
  const won = [...votes.values()].sort((a, b) => b.count - a.count)[0];
  if (won === undefined) return { value: null, reasons: [] };
  const by = won.traffic.by === 'source' ? `comes from ${won.traffic.cidr}` : `comes in by ${won.traffic.name}`;
  const text = `Traffic is taken to be a Pod's where it ${by}.`;
  return { value: won.traffic, reasons: [{ about: 'pod-traffic', text, line: won.line }] };
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

/** What a dump's rules show of how kube-proxy was started; kube-proxy's defaults where they show nothing. */
export function shownSettings(source: LayoutSource): Detected<ShownSettings> {
  const { ruleset, nat, filter } = source;
  const masqueradeAll = detectMasqueradeAll(source);
  const podTraffic = detectPodTraffic(source);
  const nodePorts = detectNodePorts(source);
  const forward = filter?.chains.get('KUBE-FORWARD');
  const snat = [...rulesTo(ruleset, nat?.chains.get('KUBE-POSTROUTING'), 'MASQUERADE')].at(-1)?.rule;
  const isCounted = ({ rule }: LineRule): boolean => hasOption(rule, '--nfacct-name');
  const value: ShownSettings = {
    masqueradeAll: masqueradeAll.value,
    podTraffic: podTraffic.value,
    ...nodePorts.value,
    nfacct: [...firstRules(ruleset, nat?.chains.get('KUBE-NODEPORTS')), ...firstRules(ruleset, forward)].some(isCounted),
    dropsInvalid: forward === undefined || [...rulesTo(ruleset, forward, 'DROP')].length > 0,
    masqueradeMark: masqueradeMark(source),
    randomFully: snat === undefined || hasOption(snat, '--random-fully'),
  };
  return { value, reasons: [...podTraffic.reasons, ...masqueradeAll.reasons, ...nodePorts.reasons] };
}
