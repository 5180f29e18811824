/** Chains and rules of a dump that stand for nothing in the cluster. */

import { isIPv6 } from '../../base/ip.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { ServiceRecord } from '../../cluster/objects.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Chain } from '../../ruleset/ruleset.ts';
import { isProxied } from '../expected/service-ports.ts';
import { serviceFault } from '../expected/sound-service.ts';
import { portName } from '../identity/chain-names.ts';
import { serviceComment } from '../identity/comments.ts';
import { resolveChains } from '../identity/resolve.ts';
import { commentOf, destinationPort, singleAddress } from '../proxy/rule-values.ts';
import type { DumpSide } from './dump-side.ts';
import { someOf } from './endpoint-findings.ts';
import { type DriftFinding, leftByLargeCluster } from './finding.ts';

interface Named {
  readonly namespace: string;
  readonly service: string;
  readonly port: string;
}

/** The Service port that rules and chains stand for, by the first comment that names one. */
function nameOf(side: DumpSide, cluster: Cluster, lines: readonly number[], chains: readonly Chain[]): Named | undefined {
  for (const line of [...lines, ...chains.flatMap((chain) => chain.rules.slice(0, 4))]) {
    const rule = ruleAt(side.ruleset, line);
    const comment = rule === undefined ? undefined : serviceComment(commentOf(rule));
    if (comment !== undefined) return comment;
  }
  const resolution = resolveChains(side.ruleset, cluster);
  for (const chain of chains) {
    const { service } = resolution.chain(chain);
    if (service !== null) return { namespace: service.namespace, service: service.name, port: service.port };
  }
  return undefined;
}

function whyGone(
  service: ServiceRecord | undefined,
  { namespace, service: name, port }: Named,
  family: DriftFinding['family'],
): string {
  const full = `${namespace}/${name}`;
  if (service === undefined) return `Service ${full} is not in the cluster any more`;
  if (service.type === 'ExternalName') return `Service ${full} is an ExternalName now`;
  if (service.headless) return `Service ${full} is headless now`;
  const fault = serviceFault(service);
  if (fault !== undefined) return `Service ${full} is none that an API server gives out: ${fault}`;
  if (!isProxied(service)) return `Service ${full} is labelled to be left alone by kube-proxy`;
  if (!service.clusterIPs.some((ip) => isIPv6(ip) === (family === 'ipv6')))
    return `Service ${full} has no ${family === 'ipv6' ? 'IPv6' : 'IPv4'} clusterIP any more`;
  const own = service.ports.find((candidate) => candidate.name === port);
  return own === undefined
    ? `Service ${full} has no port "${port}" any more`
    : `Port "${port}" of Service ${full} is for ${own.protocol.toUpperCase()} now`;
}

/** "10.96.30.10:80" of a rule that leads to a Service. */
function entryText(side: DumpSide, line: number): string | undefined {
  const rule = ruleAt(side.ruleset, line);
  const port = rule === undefined ? undefined : destinationPort(rule);
  if (rule === undefined || port === undefined) return undefined;
  const ip = singleAddress(rule, '--destination');
  if (ip !== undefined) return isIPv6(ip) ? `[${ip}]:${port}` : `${ip}:${port}`;
  return side.ruleset.lines.at(line)?.name === 'KUBE-NODEPORTS' ? `NodePort ${port}` : undefined;
}

export interface UsedRules {
  /** Hashes of Service ports that kube-proxy would write. */
  readonly hashes: ReadonlySet<string>;
  /** Names of those ports: "shop/web:http". */
  readonly names: ReadonlySet<string>;
  /** Chains of those ports and their endpoints, those that are and those that should be. */
  readonly chains: ReadonlySet<string>;
}

/** Rules for Services and ports that kube-proxy would not write any, a finding for each Service or port. */
export function goneServices(side: DumpSide, cluster: Cluster, used: UsedRules): readonly DriftFinding[] {
  const { ruleset, dump } = side;
  const groups = new Map<string, { readonly named: Named; readonly lines: number[] }>();
  const put = (named: Named, lines: readonly number[]): void => {
    const service = cluster.service(named.namespace, named.service);
    const whole = service === undefined || !isProxied(service);
    const key = whole ? `${named.namespace}/${named.service}` : portName(named.namespace, named.service, named.port);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { named, lines: [...lines] });
    else group.lines.push(...lines);
  };
  const hashes = new Set([...side.entries.keys(), ...side.portChains.keys()]);
  for (const hash of hashes) {
    if (used.hashes.has(hash)) continue;
    const entries = side.entries.get(hash) ?? [];
    const chains = (side.portChains.get(hash) ?? []).filter((chain) => chain.references.length > 0);
    if (entries.length === 0 && chains.length === 0) continue;
    const named = nameOf(side, cluster, entries, chains) ?? { namespace: '', service: chains[0]?.name ?? '', port: '' };
    put(named, entries.length > 0 ? entries : chains.flatMap((chain) => chain.references.slice(0, 1)));
  }
  for (const [name, lines] of side.refusals) {
    if (used.names.has(name)) continue;
    const named = nameOf(side, cluster, lines.slice(0, 1), []);
    if (named !== undefined) put(named, lines);
  }
  return [...groups.values()].map(({ named, lines }) => {
    const service = cluster.service(named.namespace, named.service);
    const isWhole =
      service === undefined || !isProxied(service) || !service.clusterIPs.some((ip) => isIPv6(ip) === (dump.family === 'ipv6'));
    const line = lines[0] ?? null;
    const addresses = [...new Set(lines.flatMap((at) => entryText(side, at) ?? []))];
    const still = addresses.length === 0 ? '' : `; the dump still has rules for ${someOf(addresses)}`;
    const why =
      named.namespace === '' ? `${named.service} is of no Service in the cluster` : whyGone(service, named, dump.family);
    return {
      kind: isWhole ? 'service-gone' : 'port-gone',
      status: 'stale',
      message: why + still,
      cause: '',
      namespace: named.namespace,
      service: named.service,
      port: named.port,
      family: dump.family,
      line,
      lines,
      endpoint: null,
      replacedBy: null,
      expected: null,
      actual: line === null ? null : (ruleset.lines.at(line)?.text.trim() ?? null),
    };
  });
}

/** Chains for Services and endpoints that no rule leads to and none should. Without a whole table nobody knows. */
export function unusedChains(side: DumpSide, cluster: Cluster, used: UsedRules, largeCluster: boolean): readonly DriftFinding[] {
  if (side.nat?.whole !== true) return [];
  const unused = [...side.endpointChains, ...[...side.portChains.values()].flat()].filter(
    ({ name, references, declarations }) => references.length === 0 && declarations.length > 0 && !used.chains.has(name),
  );
  if (unused.length === 0) return [];
  const resolution = resolveChains(side.ruleset, cluster);
  return unused.map((chain) => {
    const { service, endpoint } = resolution.chain(chain);
    const line = chain.declarations[0] ?? null;
    const forWhom = service === null ? '' : ` of ${portName(service.namespace, service.name, service.port)}`;
    const address =
      endpoint === null
        ? null
        : endpoint.port === null
          ? endpoint.ip
          : `${isIPv6(endpoint.ip) ? `[${endpoint.ip}]` : endpoint.ip}:${endpoint.port}`;
    return {
      kind: 'unused-chain',
      status: 'stale',
      message: `No rule leads to ${chain.name}${forWhom}${address === null ? '' : `, for ${address}`}`,
      cause: largeCluster ? leftByLargeCluster : '',
      namespace: service?.namespace ?? '',
      service: service?.name ?? chain.name,
      port: service?.port ?? '',
      family: side.dump.family,
      line,
      endpoint: address,
      replacedBy: null,
      expected: null,
      actual: line === null ? null : (side.ruleset.lines.at(line)?.text.trim() ?? null),
    };
  });
}
