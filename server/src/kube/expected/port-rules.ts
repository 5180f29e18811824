/** The rules of one Service port, as kube-proxy writes them (pkg/proxy/iptables/proxier.go, syncProxyRules). */
import { inCIDR, isIPv6 } from '../../base/ip.ts';
import type { PodTraffic, ProxyOptions } from '../proxy/options.ts';
import { versionTraits } from '../proxy/version.ts';
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

/** "-s 10.244.0.0/16" and the like, a space before it. */
export function podSource(traffic: PodTraffic, negated: boolean): string {
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

/** kube-proxy's rules for a port, each chain's in order; the chains one after another. */
export function portRules(port: ProxiedPort, choice: EndpointChoice, facts: NodeFacts): readonly ExpectedRule[] {
  const { options } = facts;
  const traits = versionTraits(options.version);
  const { name, hash } = port;
  const { protocol } = port.port;
  const match = ` -m ${protocol}`;
  const serviceChain = `KUBE-SVC-${hash}`;
  const localChain = `KUBE-SVL-${hash}`;
  const externalChain = `KUBE-EXT-${hash}`;
  const firewallChain = `KUBE-FW-${hash}`;
  const hasLocal = choice.local.length > 0;
  // Until 1.24 there was a chain for policy Local even without an endpoint, to drop what comes to it.
  const hasInternal = choice.any && (!port.internalLocal || hasLocal || traits.marksDrops);
  const hasExternal = choice.any && (!port.externalLocal || hasLocal || traits.marksDrops);
  const internalChain = port.internalLocal ? localChain : serviceChain;
  const usesFirewall = choice.any && port.loadBalancerIPs.length > 0 && port.sourceRanges.length > 0;
  const loadBalancerChain = usesFirewall ? firewallChain : externalChain;
  const rules: ExpectedRule[] = [];

  function write(
    table: ExpectedRule['table'],
    chain: string,
    purpose: RulePurpose,
    source: string,
    comment: string,
    tail: string,
  ): void {
    rules.push({ table, chain, head: `-A ${chain}${source}`, comment, tail, port, purpose });
  }

  const to = (ip: string): string => ` -d ${hostNetwork(ip)} -p ${protocol}`;
  const atPort = `${match} --dport ${port.port.port}`;
  const reject = ` -j REJECT --reject-with ${options.family === 'ipv6' ? 'icmp6' : 'icmp'}-port-unreachable`;
  const refusal = choice.any ? ' -j DROP' : reject;
  const refusalComment = choice.any ? `${name} has no local endpoints` : `${name} has no endpoints`;

  if (hasInternal) {
    write('nat', 'KUBE-SERVICES', 'cluster-ip', to(port.clusterIP), `${name} cluster IP`, `${atPort} -j ${internalChain}`);
  } else {
    write('filter', 'KUBE-SERVICES', 'refuse', to(port.clusterIP), refusalComment, atPort + refusal);
  }
  for (const ip of port.externalIPs) {
    if (choice.any) write('nat', 'KUBE-SERVICES', 'external-ip', to(ip), `${name} external IP`, `${atPort} -j ${externalChain}`);
    if (!hasExternal) write('filter', 'KUBE-EXTERNAL-SERVICES', 'refuse', to(ip), refusalComment, atPort + refusal);
  }
  for (const ip of port.loadBalancerIPs) {
    if (choice.any)
      write('nat', 'KUBE-SERVICES', 'load-balancer-ip', to(ip), `${name} loadbalancer IP`, `${atPort} -j ${loadBalancerChain}`);
    if (usesFirewall && !traits.marksDrops) {
      const comment = `${name} traffic not accepted by ${firewallChain}`;
      write('filter', 'KUBE-PROXY-FIREWALL', 'source-ranges', to(ip), comment, `${atPort} -j DROP`);
    }
  }
  if (!hasExternal) {
    for (const ip of port.loadBalancerIPs)
      write('filter', 'KUBE-EXTERNAL-SERVICES', 'refuse', to(ip), refusalComment, atPort + refusal);
  }
  if (port.port.nodePort !== 0) {
    const atNodePort = `${match} --dport ${port.port.nodePort}`;
    if (choice.any) {
      if (options.nfacct && options.localhostNodePorts && options.family === 'ipv4') {
        const counted = `${atNodePort} -m nfacct --nfacct-name  localhost_nps_accepted_pkts -j ${externalChain}`;
        write('nat', 'KUBE-NODEPORTS', 'node-port', ` -d 127.0.0.0/8 -p ${protocol}`, name, counted);
      }
      write('nat', 'KUBE-NODEPORTS', 'node-port', ` -p ${protocol}`, name, `${atNodePort} -j ${externalChain}`);
    }
    if (!hasExternal) {
      const tail = ` -m addrtype --dst-type LOCAL${atNodePort}${refusal}`;
      write('filter', 'KUBE-EXTERNAL-SERVICES', 'refuse', ` -p ${protocol}`, refusalComment, tail);
    }
  }
  if (port.healthCheckNodePort !== 0) {
    const tail = ` -m tcp --dport ${port.healthCheckNodePort} -j ACCEPT`;
    write('filter', 'KUBE-NODEPORTS', 'health-check', ' -p tcp', `${name} health check node port`, tail);
  }

  if (choice.any && port.external) {
    if (port.externalLocal) {
      if (options.podTraffic !== null) {
        const comment = `pod traffic for ${name} external destinations`;
        write('nat', externalChain, 'external-policy', podSource(options.podTraffic, false), comment, ` -j ${serviceChain}`);
      }
      const fromNode = ' -m addrtype --src-type LOCAL';
      const marked = `masquerade LOCAL traffic for ${name} external destinations`;
      write('nat', externalChain, 'external-policy', '', marked, `${fromNode} -j KUBE-MARK-MASQ`);
      const routed = `route LOCAL traffic for ${name} external destinations`;
      write('nat', externalChain, 'external-policy', '', routed, `${fromNode} -j ${serviceChain}`);
    } else {
      const comment = `masquerade traffic for ${name} external destinations`;
      write('nat', externalChain, 'external-policy', '', comment, ' -j KUBE-MARK-MASQ');
    }
    if (hasExternal)
      write('nat', externalChain, 'external-policy', '', '', ` -j ${port.externalLocal ? localChain : serviceChain}`);
  }

  if (usesFirewall) {
    const comment = `${name} loadbalancer IP`;
    const onward = ` -j ${externalChain}`;
    for (const range of port.sourceRanges) write('nat', firewallChain, 'source-ranges', fromNetwork(range), comment, onward);
    // A node that has the load balancer's address for its own asks from that address.
    if (port.sourceRanges.some((range) => inCIDR(facts.nodeIP, range))) {
      for (const ip of port.loadBalancerIPs)
        write('nat', firewallChain, 'source-ranges', ` -s ${hostNetwork(ip)}`, comment, onward);
    }
    if (traits.marksDrops) write('nat', firewallChain, 'source-ranges', '', comment, ' -j KUBE-MARK-DROP');
    else if (traits.explainsFirewallEnd) {
      const end = `other traffic to ${name} will be dropped by KUBE-PROXY-FIREWALL`;
      write('nat', firewallChain, 'source-ranges', '', end, '');
    }
  }

  const masquerades = hasInternal && (options.masqueradeAll || options.podTraffic !== null);
  function masquerade(): void {
    const traffic = options.masqueradeAll ? null : options.podTraffic;
    const outside = traffic === null ? '' : podSource(traffic, true);
    // iptables prints sources before destinations, and interfaces behind both.
    const source =
      traffic?.by === 'interface'
        ? ` -d ${hostNetwork(port.clusterIP)}${outside} -p ${protocol}`
        : `${outside}${to(port.clusterIP)}`;
    write('nat', internalChain, 'masquerade', source, `${name} cluster IP`, `${atPort} -j KUBE-MARK-MASQ`);
  }

  function balance(chain: string, endpoints: readonly ProxyEndpoint[]): void {
    const comment = ({ address }: ProxyEndpoint): string => (facts.largeCluster ? '' : `${name} -> ${address}`);
    if (port.affinitySeconds > 0) {
      for (const endpoint of endpoints) {
        const recent = ` -m recent --rcheck --seconds ${port.affinitySeconds} --reap --name ${endpoint.chain} --mask ${wholeMask[options.family]} --rsource`;
        write('nat', chain, 'affinity', '', comment(endpoint), `${recent} -j ${endpoint.chain}`);
      }
    }
    for (const [index, endpoint] of endpoints.entries()) {
      const left = endpoints.length - index;
      const share = left > 1 ? ` -m statistic --mode random --probability ${savedShare(left)}` : '';
      write('nat', chain, 'balance', '', comment(endpoint), `${share} -j ${endpoint.chain}`);
    }
  }

  if (masquerades && internalChain === serviceChain) masquerade();
  if (port.usesCluster) balance(serviceChain, choice.cluster);
  if (masquerades && internalChain === localChain) masquerade();
  if (port.usesLocal) {
    balance(localChain, choice.local);
    if (traits.marksDrops && choice.any && !hasLocal)
      write('nat', localChain, 'refuse', '', `${name} has no local endpoints`, ' -j KUBE-MARK-DROP');
  }

  for (const { chain, ref, destination } of choice.reachable) {
    const comment = facts.largeCluster ? '' : name;
    write('nat', chain, 'hairpin', ` -s ${hostNetwork(ref.ip)}`, comment, ' -j KUBE-MARK-MASQ');
    const remember =
      port.affinitySeconds > 0 ? ` -m recent --set --name ${chain} --mask ${wholeMask[options.family]} --rsource` : '';
    const dnat = `${remember}${match} -j DNAT --to-destination ${destination}`;
    write('nat', chain, 'dnat', ` -p ${protocol}`, comment, dnat);
  }
  return rules;
}
