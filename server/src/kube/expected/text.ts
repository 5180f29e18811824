/** What kube-proxy would write, as text that iptables-restore takes. */

import { canonicalCIDR, isIPv6 } from '../../base/ip.ts';
import type { Steps } from '../../base/steps.ts';
import { isBuiltinChain } from '../../catalog/tables.ts';
import type { Family } from '../../catalog/types.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { type ProxyOptions, proxyOptions } from '../proxy/options.ts';
import { newestVersion, oldestVersion, type ProxyVersion, parseProxyVersion, proxyVersionText } from '../proxy/version.ts';
import { type ExpectedTables, expectedTables } from './expected.ts';
import { type ExpectedRule, ruleText } from './rule.ts';

export interface ExpectedRequest {
  /** A node's name. */
  readonly node: string;
  /** kube-proxy's `--cluster-cidr`: one network, or one of each family with a comma between; undefined for none. */
  readonly clusterCIDR?: string | undefined;
  /** "1.34"; undefined for the version of the node's kubelet, else the newest known. */
  readonly version?: string | undefined;
}

/** Why a request cannot be answered, in a sentence that names what was expected. */
export interface RequestProblem {
  readonly ok: false;
  readonly message: string;
}

export interface CheckedRequest {
  readonly ok: true;
  /** One for each family that is written. */
  readonly options: readonly ProxyOptions[];
}

const familyNames: Readonly<Record<Family, string>> = { ipv4: 'IPv4', ipv6: 'IPv6' };

/** The families that a cluster's Services have addresses of, IPv4 first; IPv4 where there are none. */
function familiesOf(cluster: Cluster): readonly Family[] {
  const families = new Set(cluster.services.flatMap(({ clusterIPs }) => clusterIPs.map(isIPv6)));
  return families.has(true) ? (families.has(false) ? ['ipv4', 'ipv6'] : ['ipv6']) : ['ipv4'];
}

function versionOf(cluster: Cluster, node: string): ProxyVersion {
  const kubelet = parseProxyVersion(cluster.node(node)?.kubeletVersion ?? '');
  return kubelet === undefined ? newestVersion : Math.min(Math.max(kubelet, oldestVersion), newestVersion);
}

/**
 * The options of each family to write for: those of the cluster networks given, else those that the Services have. A node that
 * the cluster does not have, a network that is none or a version outside 1.24 to 1.36 is a problem.
 */
export function checkRequest(cluster: Cluster, request: ExpectedRequest): CheckedRequest | RequestProblem {
  const { node } = request;
  if (cluster.nodes.length > 0 && cluster.node(node) === undefined) {
    const names = cluster.nodes.map(({ name }) => name);
    const some = names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
    return { ok: false, message: `${cluster.source.label} has no node "${node}"; it has ${some}` };
  }
  const version = request.version === undefined ? versionOf(cluster, node) : parseProxyVersion(request.version);
  if (version === undefined || version < oldestVersion || version > newestVersion) {
    const known = `${proxyVersionText(oldestVersion)} to ${proxyVersionText(newestVersion)}`;
    return { ok: false, message: `"${request.version}" is no version of kube-proxy that is known; ${known} are` };
  }
  const networks = new Map<Family, string>();
  for (const text of request.clusterCIDR?.split(',') ?? []) {
    const cidr = canonicalCIDR(text.trim());
    const family: Family = cidr !== undefined && isIPv6(cidr) ? 'ipv6' : 'ipv4';
    if (cidr === undefined) return { ok: false, message: `"${text.trim()}" is no network; 10.244.0.0/16 is one` };
    if (networks.has(family))
      return {
        ok: false,
        message: `"${request.clusterCIDR}" has two ${familyNames[family]} networks; one of each family can be given`,
      };
    networks.set(family, cidr);
  }
  const families = networks.size > 0 ? (['ipv4', 'ipv6'] as const).filter((family) => networks.has(family)) : familiesOf(cluster);
  const options = families.map((family) => {
    const cidr = networks.get(family);
    return proxyOptions({ node, family, version, podTraffic: cidr === undefined ? null : { by: 'source', cidr } });
  });
  return { ok: true, options };
}

const builtinChains: Readonly<Record<ExpectedRule['table'], readonly string[]>> = {
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
};

function* tableLines(name: ExpectedRule['table'], tables: ExpectedTables): Generator<string> {
  const chains = tables[name];
  yield `*${name}`;
  for (const chain of builtinChains[name]) yield `:${chain} ACCEPT [0:0]`;
  for (const chain of chains.keys()) if (!isBuiltinChain(name, chain)) yield `:${chain} - [0:0]`;
  for (const chain of builtinChains[name]) for (const rule of chains.get(chain) ?? []) yield ruleText(rule);
  for (const [chain, rules] of chains) {
    if (isBuiltinChain(name, chain)) continue;
    for (const rule of rules) yield ruleText(rule);
  }
  yield 'COMMIT';
}

function trafficText({ podTraffic, masqueradeAll }: ProxyOptions): string {
  if (masqueradeAll) return 'masquerading all';
  if (podTraffic === null) return 'without a cluster network';
  return podTraffic.by === 'source' ? `cluster network ${podTraffic.cidr}` : `Pods behind ${podTraffic.name}`;
}

const linesBetweenPauses = 4096;

/** The nat and filter tables of one family in iptables-save's form, with a comment before them that says what for. */
export function* expectedText(cluster: Cluster, options: ProxyOptions): Steps<string> {
  const tables = yield* expectedTables(cluster, options);
  const lines = [
    `# What kube-proxy ${proxyVersionText(options.version)} would write on ${JSON.stringify(options.node)}: ${familyNames[options.family]}, ${trafficText(options)}`,
  ];
  for (const name of ['filter', 'nat'] as const) {
    for (const line of tableLines(name, tables)) {
      lines.push(line);
      if (lines.length % linesBetweenPauses === 0) yield;
    }
  }
  return `${lines.join('\n')}\n`;
}
