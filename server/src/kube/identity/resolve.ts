/**
 * Which Service, endpoint and Pod a chain stands for: by kube-proxy's comments, by its hashes over the cluster's objects, and by
 * addresses. Lazy: a chain is looked at when it is asked for, and then kept.
 */

import { hostPort, isIPv6, parseHostPort } from '../../base/ip.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { EndpointRecord, PodRecord, ServicePort, ServiceRecord } from '../../cluster/objects.ts';
import { ruleAt, rulesOf } from '../../ruleset/rules.ts';
import type { Chain, Ruleset } from '../../ruleset/ruleset.ts';
import type { RuleStatement } from '../../syntax/statement.ts';
import type { DumpOrigin } from '../proxy/dump-node.ts';
import { commentOf, destinationPort, dnatDestination, protocolOf, singleAddress } from '../proxy/rule-values.ts';
import { endpointHash, hashedPrefix, portHash, portName, splitHashedName } from './chain-names.ts';
import { type ServiceComment, serviceComment } from './comments.ts';
import { type ChainIndex, chainIndexOf, type EndpointRef } from './hash-index.ts';
import type { ChainRole, RoleInfo } from './role.ts';
import { roleInfo } from './roles.ts';

export interface ChainService {
  readonly namespace: string;
  readonly name: string;
  /** The port's name, empty for an unnamed one. */
  readonly port: string;
  /** The Service's port, not an endpoint's; null where neither dump nor cluster says. */
  readonly portNumber: number | null;
  /** "tcp", "udp", "sctp"; empty where neither says. */
  readonly protocol: string;
  /** Of the dump's family; null where there is none or it is not known. */
  readonly clusterIP: string | null;
  /** The cluster's object; null where the cluster does not have it, or none is known. */
  readonly record: ServiceRecord | null;
  readonly portRecord: ServicePort | null;
}

export interface ChainPod {
  readonly namespace: string;
  readonly name: string;
  readonly node: string | null;
  readonly zone: string | null;
  /** null where the cluster does not say. */
  readonly ready: boolean | null;
  readonly record: PodRecord | null;
}

export interface ChainEndpoint {
  /** Canonical. */
  readonly ip: string;
  readonly port: number | null;
  readonly pod: ChainPod | null;
  /** The endpoint in the EndpointSlices of its Service; null where it is in none of them. */
  readonly endpoint: EndpointRecord | null;
}

export type ResolvedBy = 'comment' | 'hash' | 'address';

export interface ChainIdentity {
  readonly role: ChainRole;
  readonly info: RoleInfo;
  readonly service: ChainService | null;
  readonly endpoint: ChainEndpoint | null;
  readonly by: ResolvedBy | null;
  /** In a sentence, where comment and hash disagree; null otherwise. Information, as people rename things before they paste a dump. */
  readonly mismatch: string | null;
}

/** Names for the chains of one ruleset. */
export interface Resolution {
  readonly ruleset: Ruleset;
  readonly cluster: Cluster;
  readonly index: ChainIndex;
  /** Where the rules come from, besides their text. */
  readonly origin: DumpOrigin;
  chain(chain: Chain): ChainIdentity;
}

/** Rules of a chain that are looked at for a comment. Its first few say it, in all versions of kube-proxy. */
const mostRulesLookedAt = 8;
const protocols = ['tcp', 'udp', 'sctp'] as const;

interface Facts {
  comment: ServiceComment | undefined;
  protocol: string;
  clusterIP: string | null;
  portNumber: number | null;
}

function noFacts(): Facts {
  return { comment: undefined, protocol: '', clusterIP: null, portNumber: null };
}

/** What a rule of a Service's chain, or one that jumps to it, says about the Service. */
function learn(facts: Facts, rule: RuleStatement): void {
  const comment = serviceComment(commentOf(rule));
  facts.comment ??= comment;
  if (comment === undefined || comment.use === 'plain') return;
  facts.protocol ||= protocolOf(rule);
  if (comment.use !== 'cluster-ip' && comment.use !== 'external-ip' && comment.use !== 'load-balancer-ip') return;
  facts.portNumber ??= destinationPort(rule) ?? null;
  if (comment.use === 'cluster-ip') facts.clusterIP ??= singleAddress(rule, '--destination') ?? null;
}

function isComplete({ comment, protocol, clusterIP, portNumber }: Facts): boolean {
  return comment !== undefined && protocol !== '' && clusterIP !== null && portNumber !== null;
}

function* firstRules(ruleset: Ruleset, lines: readonly number[]): Generator<RuleStatement> {
  for (let at = 0; at < lines.length && at < mostRulesLookedAt; at += 1) {
    const rule = ruleAt(ruleset, lines[at] ?? -1);
    if (rule !== undefined) yield rule;
  }
}

/** The protocol that, with this name, makes the chain's hash; undefined where none does. */
function protocolByHash(comment: ServiceComment, hash: string): string | undefined {
  const name = portName(comment.namespace, comment.service, comment.port);
  const names = comment.port === '' ? [name, `${name}:`] : [name];
  return protocols.find((protocol) => names.some((candidate) => portHash(candidate, protocol) === hash));
}

/** Whether a Service port and an address make an endpoint chain's hash. */
function isEndpointHash(service: ChainService, ip: string, port: number, hash: string): boolean {
  const name = portName(service.namespace, service.name, service.port);
  const names = service.port === '' ? [name, `${name}:`] : [name];
  const tried = service.protocol === '' ? protocols : [service.protocol];
  return names.some((candidate) => tried.some((protocol) => endpointHash(candidate, protocol, hostPort(ip, port)) === hash));
}

/** Names for the chains of a ruleset, with what the cluster knows. Does nothing until a chain is asked for. */
export function resolveChains(ruleset: Ruleset, cluster: Cluster, origin: DumpOrigin = {}): Resolution {
  const index = chainIndexOf(cluster);
  const known = new Map<Chain, ChainIdentity>();

  function clusterIPFor(record: ServiceRecord | undefined, chain: Chain): string | null {
    return record?.clusterIPs.find((ip) => isIPv6(ip) === (chain.table.dump.family === 'ipv6')) ?? null;
  }

  function serviceOf(chain: Chain, namespace: string, name: string, port: string, facts: Facts): ChainService {
    const record = cluster.service(namespace, name);
    const candidates = record?.ports.filter((candidate) => candidate.name === port) ?? [];
    const portRecord = candidates.find((candidate) => candidate.protocol === facts.protocol) ?? candidates[0];
    return {
      namespace,
      name,
      port,
      portNumber: facts.portNumber ?? portRecord?.port ?? null,
      protocol: facts.protocol || (portRecord?.protocol ?? ''),
      clusterIP: facts.clusterIP ?? clusterIPFor(record, chain),
      record: record ?? null,
      portRecord: portRecord ?? null,
    };
  }

  function serviceFacts(chain: Chain): Facts {
    const facts = noFacts();
    for (const rule of firstRules(ruleset, chain.rules)) {
      learn(facts, rule);
      if (isComplete(facts)) return facts;
    }
    for (const rule of firstRules(ruleset, chain.references)) {
      learn(facts, rule);
      if (isComplete(facts)) return facts;
    }
    return facts;
  }

  /** The facts of chains that share the hash: a KUBE-SVL- chain has no comment of its own in large clusters. */
  function siblingFacts(chain: Chain, hash: string): Facts {
    const all = noFacts();
    for (const prefix of ['KUBE-SVC-', 'KUBE-SVL-', 'KUBE-EXT-', 'KUBE-XLB-', 'KUBE-FW-']) {
      const sibling = chain.table.chains.get(prefix + hash);
      if (sibling === undefined) continue;
      const facts = serviceFacts(sibling);
      all.comment ??= facts.comment;
      all.protocol ||= facts.protocol;
      all.clusterIP ??= facts.clusterIP;
      all.portNumber ??= facts.portNumber;
      if (isComplete(all)) break;
    }
    return all;
  }

  function serviceChain(chain: Chain, info: RoleInfo): ChainIdentity {
    const hash = splitHashedName(chain.name)?.hash;
    const facts = hash === undefined ? serviceFacts(chain) : siblingFacts(chain, hash);
    const byHash = hash === undefined ? undefined : index.port(hash);
    const { comment } = facts;
    if (comment === undefined) {
      if (byHash === undefined) return { role: info.role, info, service: null, endpoint: null, by: null, mismatch: null };
      const { service, port } = byHash;
      const found = serviceOf(chain, service.namespace, service.name, port.name, { ...facts, protocol: port.protocol });
      return { role: info.role, info, service: found, endpoint: null, by: 'hash', mismatch: null };
    }
    const said = portName(comment.namespace, comment.service, comment.port);
    const protocol = hash === undefined ? undefined : protocolByHash(comment, hash);
    if (protocol !== undefined || hash === undefined) {
      const found = serviceOf(chain, comment.namespace, comment.service, comment.port, {
        ...facts,
        protocol: protocol ?? facts.protocol,
      });
      const mismatch = hash === undefined ? `${chain.name} is not a name that kube-proxy makes; the comment says ${said}.` : null;
      return { role: info.role, info, service: found, endpoint: null, by: 'comment', mismatch };
    }
    if (byHash === undefined) {
      const found = serviceOf(chain, comment.namespace, comment.service, comment.port, facts);
      const mismatch = `The comment says ${said}, of which kube-proxy would make another chain name: it, or the Service's name, was changed.`;
      return { role: info.role, info, service: found, endpoint: null, by: 'comment', mismatch };
    }
    const { service, port } = byHash;
    const found = serviceOf(chain, service.namespace, service.name, port.name, { ...facts, protocol: port.protocol });
    const mismatch = `The chain's name is made of ${portName(service.namespace, service.name, port.name)}, though the comment says ${said}.`;
    return { role: info.role, info, service: found, endpoint: null, by: 'hash', mismatch };
  }

  /** The identity of the first Service chain that jumps to an endpoint chain. */
  function parentOf(chain: Chain): ChainIdentity | undefined {
    for (const line of chain.references) {
      const from = ruleset.lines[line]?.name ?? '';
      const parent = hashedPrefix(from) === undefined ? undefined : chain.table.chains.get(from);
      if (parent === undefined || parent === chain || from.startsWith('KUBE-SEP-')) continue;
      const identity = identify(parent);
      if (identity.service !== null) return identity;
    }
    return undefined;
  }

  interface Destination {
    readonly ip: string;
    readonly port: number | null;
  }

  function endpointChain(chain: Chain, info: RoleInfo): ChainIdentity {
    let comment: ServiceComment | undefined;
    let destination: Destination | undefined;
    let hairpin: string | undefined;
    let protocol = '';
    for (const rule of firstRules(ruleset, chain.rules)) {
      comment ??= serviceComment(commentOf(rule));
      const dnat = dnatDestination(rule);
      if (dnat !== undefined) protocol ||= protocolOf(rule);
      destination ??= dnat;
      hairpin ??= singleAddress(rule, '--source');
    }
    if (destination === undefined) {
      for (const rule of firstRules(ruleset, chain.references)) {
        const said = serviceComment(commentOf(rule));
        comment ??= said;
        destination ??= said === undefined || said.endpoint === '' ? undefined : parseHostPort(said.endpoint);
      }
      // A DNAT that this iptables could not print ("[unsupported revision]") leaves the address in the hairpin rule.
      destination ??= hairpin === undefined ? undefined : { ip: hairpin, port: null };
    }
    const parent = parentOf(chain);
    const hash = splitHashedName(chain.name)?.hash;
    if (comment === undefined && parent === undefined) {
      // Nothing jumps to it and nothing is said: a stale chain. Its hash may still be that of an endpoint.
      for (const rule of firstRules(ruleset, chain.references)) comment ??= serviceComment(commentOf(rule));
    }
    const facts = { ...noFacts(), protocol };
    const commented =
      comment === undefined
        ? undefined
        : parent?.service?.name === comment.service &&
            parent.service.namespace === comment.namespace &&
            parent.service.port === comment.port
          ? parent.service
          : serviceOf(chain, comment.namespace, comment.service, comment.port, facts);
    const candidate = commented ?? parent?.service ?? undefined;
    const proven =
      hash !== undefined && candidate !== undefined && destination !== undefined && destination.port !== null
        ? isEndpointHash(candidate, destination.ip, destination.port, hash)
        : undefined;
    const byHash = proven === true || hash === undefined ? undefined : index.endpoint(hash);
    if (byHash !== undefined) {
      const { slice } = byHash;
      const found = serviceOf(chain, slice.namespace, slice.serviceName, byHash.portName, {
        ...facts,
        protocol: byHash.protocol,
      });
      const service =
        parent?.service?.namespace === found.namespace && parent.service.name === found.name
          ? { ...parent.service, ...found }
          : found;
      const mismatch =
        comment === undefined ||
        commented === undefined ||
        (commented.name === found.name && commented.namespace === found.namespace)
          ? null
          : `The chain's name is made of ${portName(found.namespace, found.name, found.port)}, though the comment says ${portName(comment.namespace, comment.service, comment.port)}.`;
      return { role: info.role, info, service, endpoint: endpointOf(found, destination ?? byHash), by: 'hash', mismatch };
    }
    const endpoint = destination === undefined ? null : endpointOf(candidate, destination);
    if (candidate !== undefined) {
      const by: ResolvedBy = comment !== undefined ? 'comment' : proven === true ? 'hash' : (parent?.by ?? 'comment');
      const mismatch =
        proven === false
          ? `The chain's name is not made of ${portName(candidate.namespace, candidate.name, candidate.port)} and ${hostPort(destination?.ip ?? '', destination?.port ?? 0)}: a name or an address was changed.`
          : null;
      return { role: info.role, info, service: candidate, endpoint, by, mismatch };
    }
    const owner = endpoint === null || destination === undefined ? undefined : serviceAt(chain, destination);
    return {
      role: info.role,
      info,
      service: owner ?? null,
      endpoint,
      by: owner !== undefined || endpoint?.pod != null ? 'address' : null,
      mismatch: null,
    };
  }

  /** The Service port whose endpoints have this address and port, if there is just one. */
  function serviceAt(chain: Chain, { ip, port }: Destination): ChainService | undefined {
    const found = new Map<string, ChainService>();
    for (const { slice } of cluster.endpointsAt(ip)) {
      for (const candidate of slice.ports) {
        if (candidate.port !== port || slice.serviceName === '') continue;
        const facts = { ...noFacts(), protocol: candidate.protocol };
        const service = serviceOf(chain, slice.namespace, slice.serviceName, candidate.name, facts);
        found.set(portName(service.namespace, service.name, service.port) + service.protocol, service);
      }
    }
    return found.size === 1 ? found.values().next().value : undefined;
  }

  function endpointOf(service: ChainService | undefined, destination: Destination): ChainEndpoint {
    const { ip, port } = destination;
    const ref = service === undefined ? undefined : index.endpointAt(service, ip, port);
    if (ref !== undefined) return { ip, port: port ?? ref.port, pod: podBehind(ref), endpoint: ref.endpoint };
    // Not an endpoint of its Service, or nothing is known of it: whoever has the address now would get the packets.
    const pod = cluster.podsAt(ip).find((candidate) => !candidate.hostNetwork);
    return { ip, port, pod: pod === undefined ? podAtEndpoint(ip) : podOf(pod), endpoint: null };
  }

  /** A live cluster knows Pods by the slices alone until one is asked for. */
  function podAtEndpoint(ip: string): ChainPod | null {
    if (cluster.nodeAt(ip) !== undefined) return null;
    for (const { slice, endpoint } of cluster.endpointsAt(ip)) {
      if (endpoint.targetRef?.kind === 'Pod') return podBehind({ slice, endpoint });
    }
    return null;
  }

  function podOf(record: PodRecord): ChainPod {
    const zone = cluster.node(record.node)?.zone;
    return {
      namespace: record.namespace,
      name: record.name,
      node: record.node || null,
      zone: zone === undefined || zone === '' ? null : zone,
      ready: record.ready,
      record,
    };
  }

  function podBehind({ endpoint, slice }: Pick<EndpointRef, 'endpoint' | 'slice'>): ChainPod | null {
    const reference = endpoint.targetRef;
    if (reference === null || (reference.kind !== 'Pod' && reference.kind !== '')) return null;
    const namespace = reference.namespace || slice.namespace;
    const record = cluster.pod(namespace, reference.name) ?? null;
    const node = endpoint.nodeName || record?.node || null;
    const zone = endpoint.zone || (node === null ? '' : (cluster.node(node)?.zone ?? '')) || null;
    return { namespace, name: reference.name, node, zone, ready: record?.ready ?? endpoint.ready, record };
  }

  /** CNI portmap's chain for one Pod's hostPorts. */
  function hostPortChain(chain: Chain, info: RoleInfo): ChainIdentity {
    for (const { rule } of rulesOf(ruleset, chain)) {
      const destination = dnatDestination(rule);
      if (destination === undefined) continue;
      const endpoint = endpointOf(undefined, destination);
      return { role: info.role, info, service: null, endpoint, by: endpoint.pod === null ? null : 'address', mismatch: null };
    }
    return { role: info.role, info, service: null, endpoint: null, by: null, mismatch: null };
  }

  function compute(chain: Chain): ChainIdentity {
    const info = roleInfo(chain.table.name, chain.name, chain.builtin);
    switch (info.role) {
      case 'service':
      case 'service-local':
      case 'external':
      case 'firewall':
      case 'xlb':
        if (hashedPrefix(chain.name) !== undefined) return serviceChain(chain, info);
        break;
      case 'endpoint':
        return endpointChain(chain, info);
      case 'cni-hostport':
        if (/^(?:CNI-DN-|KUBE-HP-)/.test(chain.name)) return hostPortChain(chain, info);
        break;
      default:
        break;
    }
    return { role: info.role, info, service: null, endpoint: null, by: null, mismatch: null };
  }

  function identify(chain: Chain): ChainIdentity {
    let identity = known.get(chain);
    if (identity === undefined) {
      identity = compute(chain);
      known.set(chain, identity);
    }
    return identity;
  }

  return { ruleset, cluster, index, origin, chain: identify };
}
