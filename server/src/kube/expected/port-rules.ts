/** The rules of one Service port, as kube-proxy writes them (pkg/proxy/iptables/proxier.go, syncProxyRules). */
import { inCIDR, isIPv6 } from '../../base/ip.ts';
import type { Steps } from '../../base/steps.ts';
import type { PodTraffic, ProxyOptions } from '../proxy/options.ts';
import { type VersionTraits, versionTraits } from '../proxy/version.ts';
import type { EndpointChoice, ProxyEndpoint } from './endpoints.ts';
import type { ExpectedRule, RulePurpose } from './rule.ts';
import type { ProxiedPort } from './service-ports.ts';

/** What holds for all ports of a node. */
export interface NodeFacts {
  readonly options: ProxyOptions;
  /** The node's own address of this family, which source ranges may let in. */
  readonly nodeIP: string;
  /** More than 1,000 endpoints: no comments on rules to and of endpoints. */
  readonly largeCluster: boolean;
}

/** An address as `-s` and `-d` print it: "10.0.0.1/32". */
export function hostNetwork(ip: string): string {
  return `${ip}/${isIPv6(ip) ? 128 : 32}`;
}

/** "-s 10.244.0.0/16" and the like, a space before it; empty for an interface that is not shown. */
export function podSource(traffic: PodTraffic, negated: boolean): string {
  if (traffic.by === 'unshown') return '';
  const not = negated ? ' !' : '';
  return traffic.by === 'source' ? `${not} -s ${traffic.cidr}` : `${not} -i ${traffic.name}`;
}

/** A source as iptables-save prints it, which leaves "any" out. */
function fromNetwork(cidr: string): string {
  return cidr.endsWith('/0') ? '' : ` -s ${cidr}`;
}

/**
 * What iptables-save prints for one of n: kube-proxy gives ten digits (computeProbability), the kernel keeps 31 bits, and
 * eleven digits are printed of them (libxt_statistic).
 */
export function savedShare(n: number): string {
  const given = Number((1 / n).toFixed(10));
  return (Math.round(given * 0x80000000) / 0x80000000).toFixed(11);
}

const wholeMask = { ipv4: '255.255.255.255', ipv6: 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff' } as const;

/** One port, and what decides about its rules. */
interface PortPlan {
  readonly port: ProxiedPort;
  readonly choice: EndpointChoice;
  readonly facts: NodeFacts;
  readonly traits: VersionTraits;
  readonly serviceChain: string;
  readonly localChain: string;
  readonly externalChain: string;
  readonly firewallChain: string;
  /** The chain for traffic to the clusterIP, and that for traffic from outside. */
  readonly internalChain: string;
  readonly outsideChain: string;
  /** Whether there is such a chain. */
  readonly hasInternal: boolean;
  readonly hasOutside: boolean;
  /** Whether source ranges are asked for load-balancer addresses. */
  readonly usesFirewall: boolean;
}

function planOf(port: ProxiedPort, choice: EndpointChoice, facts: NodeFacts): PortPlan {
  const traits = versionTraits(facts.options.version);
  const { hash } = port;
  const serviceChain = `KUBE-SVC-${hash}`;
  const localChain = `KUBE-SVL-${hash}`;
  // Until 1.24 there was a chain for policy Local even without an endpoint, to drop what comes to it.
  const hasLocal = choice.local.length > 0 || traits.marksDrops;
  return {
    port,
    choice,
    facts,
    traits,
    serviceChain,
    localChain,
    externalChain: `KUBE-EXT-${hash}`,
    firewallChain: `KUBE-FW-${hash}`,
    internalChain: port.internalLocal ? localChain : serviceChain,
    outsideChain: port.externalLocal ? localChain : serviceChain,
    hasInternal: choice.any && (!port.internalLocal || hasLocal),
    hasOutside: choice.any && (!port.externalLocal || hasLocal),
    usesFirewall: choice.any && port.loadBalancerIPs.length > 0 && port.sourceRanges.length > 0,
  };
}

/** A rule of a port, as its parts: `source` and `tail` are what stands before and behind the comment. */
function ruleOf(
  { port }: PortPlan,
  table: ExpectedRule['table'],
  chain: string,
  purpose: RulePurpose,
  source: string,
  comment: string,
  tail: string,
): ExpectedRule {
  return { table, chain, head: `-A ${chain}${source}`, comment, tail, port, purpose };
}

/** " -d 10.0.0.1/32 -p tcp" */
function toAddress({ port }: PortPlan, ip: string): string {
  return ` -d ${hostNetwork(ip)} -p ${port.port.protocol}`;
}

/** " -m tcp --dport 80" */
function atPort({ port }: PortPlan, number = port.port.port): string {
  return ` -m ${port.port.protocol} --dport ${number}`;
}

/** What a rule that refuses says, and does. */
function refusal({ port, choice, facts }: PortPlan): { readonly comment: string; readonly target: string } {
  if (choice.any) return { comment: `${port.name} has no local endpoints`, target: ' -j DROP' };
  const icmp = facts.options.family === 'ipv6' ? 'icmp6' : 'icmp';
  return { comment: `${port.name} has no endpoints`, target: ` -j REJECT --reject-with ${icmp}-port-unreachable` };
}

/** From a port's addresses to its chains, or the refusal of their traffic. */
function* addressRules(plan: PortPlan): Generator<ExpectedRule> {
  const { port, choice } = plan;
  const { name } = port;
  const { comment, target } = refusal(plan);
  const refused = (table: string, ip: string): ExpectedRule =>
    ruleOf(plan, 'filter', table, 'refuse', toAddress(plan, ip), comment, atPort(plan) + target);
  const entry = (purpose: RulePurpose, ip: string, what: string, chain: string): ExpectedRule =>
    ruleOf(plan, 'nat', 'KUBE-SERVICES', purpose, toAddress(plan, ip), `${name} ${what}`, `${atPort(plan)} -j ${chain}`);

  if (plan.hasInternal) yield entry('cluster-ip', port.clusterIP, 'cluster IP', plan.internalChain);
  else yield refused('KUBE-SERVICES', port.clusterIP);
  for (const ip of port.externalIPs) {
    if (choice.any) yield entry('external-ip', ip, 'external IP', plan.externalChain);
    if (!plan.hasOutside) yield refused('KUBE-EXTERNAL-SERVICES', ip);
  }
  const balanced = plan.usesFirewall ? plan.firewallChain : plan.externalChain;
  for (const ip of port.loadBalancerIPs) {
    if (choice.any) yield entry('load-balancer-ip', ip, 'loadbalancer IP', balanced);
    if (plan.usesFirewall && !plan.traits.marksDrops) {
      const why = `${name} traffic not accepted by ${plan.firewallChain}`;
      yield ruleOf(plan, 'filter', 'KUBE-PROXY-FIREWALL', 'source-ranges', toAddress(plan, ip), why, `${atPort(plan)} -j DROP`);
    }
  }
  if (!plan.hasOutside) for (const ip of port.loadBalancerIPs) yield refused('KUBE-EXTERNAL-SERVICES', ip);
}

/** From a port's NodePorts to its chain, or the refusal of their traffic. */
function* nodePortRules(plan: PortPlan): Generator<ExpectedRule> {
  const { port, choice, facts } = plan;
  const { nodePort, protocol } = port.port;
  if (nodePort !== 0) {
    const at = atPort(plan, nodePort);
    const to = ` -p ${protocol}`;
    if (choice.any) {
      const { nfacct, localhostNodePorts, family } = facts.options;
      if (nfacct && localhostNodePorts && family === 'ipv4') {
        const counted = `${at} -m nfacct --nfacct-name  localhost_nps_accepted_pkts -j ${plan.externalChain}`;
        yield ruleOf(plan, 'nat', 'KUBE-NODEPORTS', 'node-port', ` -d 127.0.0.0/8${to}`, port.name, counted);
      }
      yield ruleOf(plan, 'nat', 'KUBE-NODEPORTS', 'node-port', to, port.name, `${at} -j ${plan.externalChain}`);
    }
    if (!plan.hasOutside) {
      const { comment, target } = refusal(plan);
      const tail = ` -m addrtype --dst-type LOCAL${at}${target}`;
      yield ruleOf(plan, 'filter', 'KUBE-EXTERNAL-SERVICES', 'refuse', to, comment, tail);
    }
  }
  if (port.healthCheckNodePort !== 0) {
    const tail = ` -m tcp --dport ${port.healthCheckNodePort} -j ACCEPT`;
    yield ruleOf(plan, 'filter', 'KUBE-NODEPORTS', 'health-check', ' -p tcp', `${port.name} health check node port`, tail);
  }
}

/** The chain of traffic from outside. */
function* externalRules(plan: PortPlan): Generator<ExpectedRule> {
  const { port, choice, facts, externalChain, serviceChain } = plan;
  if (!choice.any || !port.external) return;
  const write = (source: string, comment: string, tail: string): ExpectedRule =>
    ruleOf(plan, 'nat', externalChain, 'external-policy', source, comment, tail);
  if (port.externalLocal) {
    const { podTraffic } = facts.options;
    const destinations = `for ${port.name} external destinations`;
    const fromNode = ' -m addrtype --src-type LOCAL';
    if (podTraffic !== null) yield write(podSource(podTraffic, false), `pod traffic ${destinations}`, ` -j ${serviceChain}`);
    yield write('', `masquerade LOCAL traffic ${destinations}`, `${fromNode} -j KUBE-MARK-MASQ`);
    yield write('', `route LOCAL traffic ${destinations}`, `${fromNode} -j ${serviceChain}`);
  } else {
    yield write('', `masquerade traffic for ${port.name} external destinations`, ' -j KUBE-MARK-MASQ');
  }
  if (plan.hasOutside) yield write('', '', ` -j ${plan.outsideChain}`);
}

/** Whether an address is in one of many networks. Pauses every thousand, with undefined. */
function* isInSome(ip: string, networks: readonly string[]): Generator<undefined, boolean> {
  for (const [at, network] of networks.entries()) {
    if (at % rulesBetweenPauses === rulesBetweenPauses - 1) yield undefined;
    if (inCIDR(ip, network)) return true;
  }
  return false;
}

/** The chain that asks for source ranges; undefined where it pauses. */
function* firewallRules(plan: PortPlan): Generator<ExpectedRule | undefined> {
  const { port, facts, traits, firewallChain } = plan;
  if (!plan.usesFirewall) return;
  const comment = `${port.name} loadbalancer IP`;
  const write = (source: string, words: string, tail: string): ExpectedRule =>
    ruleOf(plan, 'nat', firewallChain, 'source-ranges', source, words, tail);
  const onward = ` -j ${plan.externalChain}`;
  for (const range of port.sourceRanges) yield write(fromNetwork(range), comment, onward);
  // A node that has the load balancer's address for its own asks from that address.
  if (yield* isInSome(facts.nodeIP, port.sourceRanges)) {
    for (const ip of port.loadBalancerIPs) yield write(` -s ${hostNetwork(ip)}`, comment, onward);
  }
  if (traits.marksDrops) yield write('', comment, ' -j KUBE-MARK-DROP');
  else if (traits.explainsFirewallEnd)
    yield write('', `other traffic to ${port.name} will be dropped by KUBE-PROXY-FIREWALL`, '');
}

/** What masquerades traffic to the clusterIP, at the head of its chain. */
function* masqueradeRules(plan: PortPlan): Generator<ExpectedRule> {
  const { port, facts } = plan;
  const { masqueradeAll, podTraffic } = facts.options;
  const traffic = masqueradeAll ? null : podTraffic;
  if (!plan.hasInternal || (!masqueradeAll && podTraffic === null)) return;
  const outside = traffic === null ? '' : podSource(traffic, true);
  // iptables prints sources before destinations, and interfaces behind both.
  const source =
    traffic?.by === 'interface'
      ? ` -d ${hostNetwork(port.clusterIP)}${outside} -p ${port.port.protocol}`
      : `${outside}${toAddress(plan, port.clusterIP)}`;
  yield ruleOf(
    plan,
    'nat',
    plan.internalChain,
    'masquerade',
    source,
    `${port.name} cluster IP`,
    `${atPort(plan)} -j KUBE-MARK-MASQ`,
  );
}

/** What spreads traffic over endpoints. */
function* balanceRules(plan: PortPlan, chain: string, endpoints: readonly ProxyEndpoint[]): Generator<ExpectedRule> {
  const { port, facts } = plan;
  const comment = ({ address }: ProxyEndpoint): string => (facts.largeCluster ? '' : `${port.name} -> ${address}`);
  if (port.affinitySeconds > 0) {
    for (const endpoint of endpoints) {
      const recent = ` -m recent --rcheck --seconds ${port.affinitySeconds} --reap --name ${endpoint.chain} --mask ${wholeMask[facts.options.family]} --rsource`;
      yield ruleOf(plan, 'nat', chain, 'affinity', '', comment(endpoint), `${recent} -j ${endpoint.chain}`);
    }
  }
  for (const [index, endpoint] of endpoints.entries()) {
    const left = endpoints.length - index;
    const share = left > 1 ? ` -m statistic --mode random --probability ${savedShare(left)}` : '';
    yield ruleOf(plan, 'nat', chain, 'balance', '', comment(endpoint), `${share} -j ${endpoint.chain}`);
  }
}

/** The chains for policy Cluster and Local. */
function* serviceRules(plan: PortPlan): Generator<ExpectedRule> {
  const { port, choice, traits, serviceChain, localChain } = plan;
  if (plan.internalChain === serviceChain) yield* masqueradeRules(plan);
  if (port.usesCluster) yield* balanceRules(plan, serviceChain, choice.cluster);
  if (plan.internalChain === localChain) yield* masqueradeRules(plan);
  if (!port.usesLocal) return;
  yield* balanceRules(plan, localChain, choice.local);
  if (traits.marksDrops && choice.any && choice.local.length === 0)
    yield ruleOf(plan, 'nat', localChain, 'refuse', '', `${port.name} has no local endpoints`, ' -j KUBE-MARK-DROP');
}

/** The chains of endpoints. */
function* endpointRules(plan: PortPlan): Generator<ExpectedRule> {
  const { port, choice, facts } = plan;
  const { protocol } = port.port;
  const comment = facts.largeCluster ? '' : port.name;
  for (const { chain, ref, destination } of choice.reachable) {
    yield ruleOf(plan, 'nat', chain, 'hairpin', ` -s ${hostNetwork(ref.ip)}`, comment, ' -j KUBE-MARK-MASQ');
    const remember =
      port.affinitySeconds > 0 ? ` -m recent --set --name ${chain} --mask ${wholeMask[facts.options.family]} --rsource` : '';
    const dnat = `${remember} -m ${protocol} -j DNAT --to-destination ${destination}`;
    yield ruleOf(plan, 'nat', chain, 'dnat', ` -p ${protocol}`, comment, dnat);
  }
}

const parts = [addressRules, nodePortRules, externalRules, firewallRules, serviceRules, endpointRules];
const rulesBetweenPauses = 1_024;

/** The first of them: what does with traffic to the clusterIP what is to be done. */
export function firstRule(port: ProxiedPort, choice: EndpointChoice, facts: NodeFacts): ExpectedRule | undefined {
  const { value } = addressRules(planOf(port, choice, facts)).next();
  return value ?? undefined;
}

/** kube-proxy's rules for a port, each chain's in order; the chains one after another. Pauses every thousand rules. */
export function* portRuleSteps(port: ProxiedPort, choice: EndpointChoice, facts: NodeFacts): Steps<readonly ExpectedRule[]> {
  const plan = planOf(port, choice, facts);
  const rules: ExpectedRule[] = [];
  for (const part of parts) {
    for (const rule of part(plan)) {
      if (rule !== undefined) rules.push(rule);
      if (rule === undefined || rules.length % rulesBetweenPauses === 0) yield;
    }
  }
  return rules;
}
