/**
 * Which kube-proxy wrote a dump, told by the layout of its rules: mode, range of versions, and how it was started. Looks at kube-proxy's
 * own chains and at the first few dozen of the Services', so that a dump of any size is told at once.
 */
import { canonicalCIDR } from '../../base/ip.ts';
import { optionOf, ruleAt } from '../../ruleset/rules.ts';
import type { Chain, Dump, Ruleset, Table } from '../../ruleset/ruleset.ts';
import type { RuleStatement } from '../../syntax/statement.ts';
import { isLargeClusterMode } from './large-cluster.ts';
import type { PodTraffic } from './options.ts';
import { commentOf, hasOption, probabilityOf, singleAddress } from './rule-values.ts';
import { type ProxyVersion, proxyVersionText } from './version.ts';

export type ProxyMode = 'iptables' | 'ipvs' | 'userspace';

/** What was concluded, and from what. */
export interface LayoutReason {
  readonly about:
    | 'mode'
    | 'version'
    | 'large-cluster'
    | 'masquerade-all'
    | 'pod-traffic'
    | 'localhost-node-ports'
    | 'node-port-addresses';
  /** One sentence. */
  readonly text: string;
  /** The line that shows it, 0-based; null where it shows by what is not there. */
  readonly line: number | null;
}

export interface ProxyLayout {
  /** null where nothing in the dump is kube-proxy's. */
  readonly mode: ProxyMode | null;
  /** The range of minor versions, ends included; null where the layout sets no limit. */
  readonly oldest: ProxyVersion | null;
  readonly newest: ProxyVersion | null;
  readonly largeCluster: boolean;
  /** `--masquerade-all` */
  readonly masqueradeAll: boolean;
  /** What tells a Pod's traffic; null where nothing does, or no rule shows it. */
  readonly podTraffic: PodTraffic | null;
  /** NodePorts on 127.0.0.1; null where the dump does not say: IPv6, or no rule leads to NodePorts. */
  readonly localhostNodePorts: boolean | null;
  /** The addresses that NodePorts are limited to; null for any of the node's. */
  readonly nodePortAddresses: readonly string[] | null;
  /** Whether packets are counted with nfacct. */
  readonly nfacct: boolean;
  /** Whether packets of no known connection are dropped. */
  readonly dropsInvalid: boolean;
  readonly masqueradeMark: number;
  readonly randomFully: boolean;
  readonly reasons: readonly LayoutReason[];
}

const mostChainsLookedAt = 60;
const mostRulesLookedAt = 40;

interface LineRule {
  readonly line: number;
  readonly rule: RuleStatement;
}

function* firstRules(ruleset: Ruleset, chain: Chain | undefined): Generator<LineRule> {
  for (const line of chain?.rules.slice(0, mostRulesLookedAt) ?? []) {
    const rule = ruleAt(ruleset, line);
    if (rule !== undefined) yield { line, rule };
  }
}

/** The rules of a chain that jump to one target; cheap in a chain of any length. */
function* rulesTo(ruleset: Ruleset, chain: Chain | undefined, target: string): Generator<LineRule> {
  for (const line of chain?.rules ?? []) {
    if (ruleset.lines[line]?.target !== target) continue;
    const rule = ruleAt(ruleset, line);
    if (rule !== undefined) yield { line, rule };
  }
}

/** A table's chains by the beginning of their names, "KUBE-SVC-", a few dozen of each. */
function chainsByPrefix(table: Table | undefined): ReadonlyMap<string, readonly Chain[]> {
  const found = new Map<string, Chain[]>();
  for (const chain of table?.chains.values() ?? []) {
    const { name } = chain;
    if (!name.startsWith('KUBE-')) continue;
    const prefix = name.slice(0, name.indexOf('-', 5) + 1);
    const chains = found.get(prefix);
    if (chains === undefined) found.set(prefix, [chain]);
    else if (chains.length < mostChainsLookedAt) chains.push(chain);
  }
  return found;
}

/** The first line at which a chain shows. */
function lineOf(chain: Chain | undefined): number | null {
  return chain?.declarations[0] ?? chain?.rules[0] ?? chain?.references[0] ?? null;
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

function trafficKey(traffic: PodTraffic): string {
  return traffic.by === 'source' ? traffic.cidr : traffic.name;
}

/** What kube-proxy's rules in one dump of one family say about it. */
export function proxyLayout(ruleset: Ruleset, dump: Dump): ProxyLayout {
  const reasons: LayoutReason[] = [];
  const nat = dump.tables.find(({ name }) => name === 'nat');
  const filter = dump.tables.find(({ name }) => name === 'filter');
  let oldest: ProxyVersion | null = null;
  let newest: ProxyVersion | null = null;
  // Of all that limits the versions the narrowest counts.
  let lowerLimit: LayoutReason | undefined;
  let upperLimit: LayoutReason | undefined;

  const since = (version: ProxyVersion, what: string, line: number | null): void => {
    if (oldest !== null && oldest >= version) return;
    oldest = version;
    lowerLimit = { about: 'version', text: `Since ${proxyVersionText(version)}: ${what}.`, line };
  };
  const until = (version: ProxyVersion, what: string, line: number | null): void => {
    if (newest !== null && newest <= version) return;
    newest = version;
    upperLimit = { about: 'version', text: `Until ${proxyVersionText(version)}: ${what}.`, line };
  };

  const prefixed = chainsByPrefix(nat);
  const chainsLike = (prefix: string): readonly Chain[] => prefixed.get(prefix) ?? [];
  const services = nat?.chains.get('KUBE-SERVICES');
  const serviceChains = chainsLike('KUBE-SVC-');
  const mode = modeOf();

  function modeOf(): ProxyMode | null {
    for (const { line, rule } of firstRules(ruleset, services)) {
      if (!hasOption(rule, '--match-set')) continue;
      const left = serviceChains.length > 0 ? ' KUBE-SVC- chains beside it were left by iptables mode.' : '';
      reasons.push({ about: 'mode', text: `ipvs mode: KUBE-SERVICES looks addresses up in an ipset.${left}`, line });
      return 'ipvs';
    }
    const ipvs = ['KUBE-LOAD-BALANCER', 'KUBE-NODE-PORT']
      .map((name) => nat?.chains.get(name))
      .find((chain) => chain !== undefined);
    if (ipvs !== undefined && serviceChains.length === 0) {
      reasons.push({ about: 'mode', text: `ipvs mode: ${ipvs.name} is one of its chains.`, line: lineOf(ipvs) });
      return 'ipvs';
    }
    const first = serviceChains[0] ?? chainsLike('KUBE-SEP-')[0] ?? services;
    if (first !== undefined) {
      reasons.push({ about: 'mode', text: 'iptables mode: Services have chains of their own.', line: lineOf(first) });
      return 'iptables';
    }
    const portals = chainsLike('KUBE-PORTALS-')[0];
    if (portals !== undefined) {
      reasons.push({
        about: 'mode',
        text: 'userspace mode, removed in 1.26: Services lead to ports of kube-proxy.',
        line: lineOf(portals),
      });
      return 'userspace';
    }
    const own = ['KUBE-FORWARD', 'KUBE-EXTERNAL-SERVICES']
      .map((name) => filter?.chains.get(name))
      .find((chain) => chain !== undefined);
    if (own === undefined) return null;
    reasons.push({ about: 'mode', text: `iptables or ipvs mode: ${own.name} is kube-proxy's.`, line: lineOf(own) });
    return 'iptables';
  }

  function readServiceChains(): { readonly masqueradeAll: boolean; readonly podTraffic: PodTraffic | null } {
    const votes = new Map<string, { readonly traffic: PodTraffic; readonly line: number; count: number }>();
    const vote = (traffic: PodTraffic, line: number): void => {
      const known = votes.get(trafficKey(traffic));
      if (known === undefined) votes.set(trafficKey(traffic), { traffic, line, count: 1 });
      else known.count += 1;
    };
    let all: number | undefined;
    let some = false;
    for (const chain of [...serviceChains, ...chainsLike('KUBE-SVL-')]) {
      for (const { line, rule } of firstRules(ruleset, chain)) {
        const target = rule.target?.text ?? '';
        if (target === 'KUBE-MARK-MASQ' && singleAddress(rule, '--destination') !== undefined) {
          since(21, "what comes from outside the Pod network is masqueraded in the Service's chain, not in KUBE-SERVICES", line);
          const traffic = podTrafficOf(rule, true);
          if (traffic !== undefined) vote(traffic, line);
          if (traffic !== undefined || hasOption(rule, '--source')) some = true;
          else all ??= line;
        } else if (target.startsWith('KUBE-SEP-')) {
          readBalancing(line, rule);
        }
      }
    }
    // With policy Local, Pods' traffic goes to all endpoints.
    for (const chain of chainsLike('KUBE-EXT-')) {
      for (const { line, rule } of firstRules(ruleset, chain)) {
        const traffic = rule.target?.text.startsWith('KUBE-SVC-') === true ? podTrafficOf(rule, false) : undefined;
        if (traffic !== undefined) vote(traffic, line);
      }
    }
    const won = [...votes.values()].sort((a, b) => b.count - a.count)[0];
    if (won !== undefined) {
      const by = won.traffic.by === 'source' ? `comes from ${won.traffic.cidr}` : `comes in by ${won.traffic.name}`;
      reasons.push({ about: 'pod-traffic', text: `Traffic is taken to be a Pod's where it ${by}.`, line: won.line });
    }
    const masqueradeAll = all !== undefined && !some;
    if (masqueradeAll)
      reasons.push({
        about: 'masquerade-all',
        text: '--masquerade-all: all traffic to a clusterIP is masqueraded.',
        line: all ?? null,
      });
    return { masqueradeAll, podTraffic: won?.traffic ?? null };
  }

  function readBalancing(line: number, rule: RuleStatement): void {
    const comment = commentOf(rule);
    if (comment.includes(' -> ')) since(24, 'comments name the endpoint behind an arrow', line);
    else if (comment !== '') until(23, "comments on rules to endpoints name the Service's port alone", line);
    if (/^[^\s/]+\/[^\s/:]+:$/.test(comment)) until(19, 'the name of an unnamed port ends in a colon', line);
    const probability = probabilityOf(rule);
    if (probability === undefined) return;
    const one = Math.round(1 / probability);
    const isShort = Math.abs(probability - Number((1 / one).toFixed(5))) < 1e-9 && Math.abs(probability - 1 / one) > 1e-7;
    if (isShort) until(16, 'probabilities are written with five digits', line);
  }

  function readVersions(): void {
    for (const chain of chainsLike('KUBE-XLB-').slice(0, 1))
      until(23, 'KUBE-XLB- chains stand for externalTrafficPolicy Local', lineOf(chain));
    for (const prefix of ['KUBE-EXT-', 'KUBE-SVL-']) {
      for (const chain of chainsLike(prefix).slice(0, 1)) since(24, `${prefix} chains`, lineOf(chain));
    }
    for (const { line } of rulesTo(ruleset, services, 'KUBE-MARK-MASQ')) {
      until(20, 'what comes from outside the Pod network is masqueraded in KUBE-SERVICES', line);
      break;
    }
    for (const chain of chainsLike('KUBE-SVL-')) {
      for (const { line } of rulesTo(ruleset, chain, 'KUBE-MARK-DROP'))
        until(24, 'packets are marked in nat to be dropped', line);
    }
    for (const chain of chainsLike('KUBE-FW-')) readFirewallChain(chain);
    const dropped = filter?.chains.get('KUBE-PROXY-FIREWALL');
    if (dropped !== undefined) since(25, 'KUBE-PROXY-FIREWALL drops what source ranges refuse', lineOf(dropped));
    else if (filter?.commitLine !== undefined && mode === 'iptables' && filter.chains.has('KUBE-FORWARD'))
      until(24, 'there is no KUBE-PROXY-FIREWALL', null);
    for (const { line } of rulesTo(ruleset, filter?.chains.get('INPUT'), 'KUBE-SERVICES'))
      until(19, 'filter sends INPUT through KUBE-SERVICES', line);
    const counted = [
      ...firstRules(ruleset, nat?.chains.get('KUBE-NODEPORTS')),
      ...firstRules(ruleset, filter?.chains.get('KUBE-FORWARD')),
    ].find(({ rule }) => hasOption(rule, '--nfacct-name'));
    if (counted !== undefined) since(31, 'packets are counted with -m nfacct', counted.line);
  }

  function readFirewallChain(chain: Chain): void {
    const last = chain.rules.at(-1);
    const rule = last === undefined ? undefined : ruleAt(ruleset, last);
    if (last === undefined || rule === undefined) return;
    if (rule.target?.text === 'KUBE-MARK-DROP') until(24, 'packets are marked in nat to be dropped', last);
    else if (rule.target === undefined) since(27, 'a KUBE-FW- chain ends in a rule that only explains', last);
    else if (nat?.commitLine !== undefined) until(26, 'a KUBE-FW- chain ends without an explanation', last);
  }

  interface NodePortFacts {
    readonly localhostNodePorts: boolean | null;
    readonly nodePortAddresses: readonly string[] | null;
  }

  function readNodePorts(): NodePortFacts {
    const addresses: string[] = [];
    let localhostNodePorts: boolean | null = null;
    for (const { line, rule } of rulesTo(ruleset, services, 'KUBE-NODEPORTS')) {
      const only = singleAddress(rule, '--destination');
      if (only !== undefined) {
        if (addresses.length === 0)
          reasons.push({
            about: 'node-port-addresses',
            text: '--nodeport-addresses: NodePorts are open on some addresses only.',
            line,
          });
        addresses.push(only);
        continue;
      }
      const spared = optionOf(rule, '--destination')?.negation !== undefined;
      if (dump.family === 'ipv6') {
        if (spared) since(26, 'the rule that leads to NodePorts spares ::1', line);
        else until(25, 'the rule that leads to NodePorts does not spare ::1', line);
      } else {
        if (spared) since(26, 'the rule that leads to NodePorts spares 127.0.0.0/8', line);
        localhostNodePorts = !spared;
        const text = spared
          ? '--iptables-localhost-nodeports=false: NodePorts cannot be reached by 127.0.0.1.'
          : 'NodePorts can be reached by 127.0.0.1 too.';
        reasons.push({ about: 'localhost-node-ports', text, line });
      }
    }
    return { localhostNodePorts, nodePortAddresses: addresses.length === 0 ? null : addresses };
  }

  function masqueradeMark(): number {
    for (const { rule } of firstRules(ruleset, nat?.chains.get('KUBE-MARK-MASQ'))) {
      const text = optionOf(rule, '--set-xmark')?.values[0]?.text ?? optionOf(rule, '--or-mark')?.values[0]?.text ?? '';
      const value = Number(text.split('/')[0]);
      if (Number.isInteger(value) && value > 0) return value;
    }
    return 0x4000;
  }

  const { masqueradeAll, podTraffic } = readServiceChains();
  readVersions();
  const nodePorts = readNodePorts();
  const largeCluster = nat !== undefined && isLargeClusterMode(ruleset, nat);
  if (largeCluster)
    reasons.push({
      about: 'large-cluster',
      text: 'Large-cluster mode, with more than 1,000 endpoints: rules to endpoints have no comments.',
      line: null,
    });
  const forward = filter?.chains.get('KUBE-FORWARD');
  const snat = [...rulesTo(ruleset, nat?.chains.get('KUBE-POSTROUTING'), 'MASQUERADE')].at(-1)?.rule;
  const isCounted = ({ rule }: LineRule): boolean => hasOption(rule, '--nfacct-name');
  return {
    mode,
    oldest,
    newest,
    largeCluster,
    masqueradeAll,
    podTraffic,
    ...nodePorts,
    nfacct: [...firstRules(ruleset, nat?.chains.get('KUBE-NODEPORTS')), ...firstRules(ruleset, forward)].some(isCounted),
    dropsInvalid: forward === undefined || [...rulesTo(ruleset, forward, 'DROP')].length > 0,
    masqueradeMark: masqueradeMark(),
    randomFully: snat === undefined || hasOption(snat, '--random-fully'),
    reasons: [...reasons, ...(lowerLimit === undefined ? [] : [lowerLimit]), ...(upperLimit === undefined ? [] : [upperLimit])],
  };
}

function versionRange(oldest: ProxyVersion | null, newest: ProxyVersion | null): string {
  if (oldest === null) return newest === null ? '' : ` ${proxyVersionText(newest)} or earlier`;
  if (newest === null) return ` ${proxyVersionText(oldest)} or later`;
  if (oldest > newest) return ' of more than one version';
  return oldest === newest ? ` ${proxyVersionText(oldest)}` : ` ${proxyVersionText(oldest)} to ${proxyVersionText(newest)}`;
}

/** "kube-proxy 1.31 or later in iptables mode, large cluster"; empty where nothing is kube-proxy's. */
export function layoutText({ mode, oldest, newest, largeCluster, masqueradeAll, localhostNodePorts }: ProxyLayout): string {
  if (mode === null) return '';
  const version = versionRange(oldest, newest);
  const more = [
    ...(largeCluster ? ['large cluster'] : []),
    ...(masqueradeAll ? ['masquerading all'] : []),
    ...(localhostNodePorts === false ? ['no NodePorts on 127.0.0.1'] : []),
  ];
  return [`kube-proxy${version} in ${mode} mode`, ...more].join(', ');
}
