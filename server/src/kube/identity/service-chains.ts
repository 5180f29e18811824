/** Which Service port a chain such as KUBE-SVC-, KUBE-EXT- or KUBE-FW- is for: by its comments, and by its hash over the cluster's Services. */
import { isIPv6 } from '../../base/ip.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Chain, Ruleset } from '../../ruleset/ruleset.ts';
import type { RuleStatement } from '../../syntax/statement.ts';
import { commentOf, destinationPort, protocolOf, singleAddress } from '../proxy/rule-values.ts';
import { type ChainIdentity, type ChainService, onlyRole, type Resolution } from './chain-identity.ts';
import { portHash, portName, splitHashedName } from './chain-names.ts';
import { type ServiceComment, serviceComment } from './comments.ts';
import type { RoleInfo } from './role.ts';

/** Rules of a chain that are looked at for a comment. Its first few say it, in all versions of kube-proxy. */
const mostRulesLookedAt = 8;

export const protocols = ['tcp', 'udp', 'sctp'] as const;

/** What rules say about the Service of a chain. */
export interface ServiceFacts {
  comment: ServiceComment | undefined;
  /** Empty where they do not say. */
  protocol: string;
  clusterIP: string | null;
  portNumber: number | null;
}

/** Facts of a Service of which nothing is known yet. */
export function noFacts(): ServiceFacts {
  return { comment: undefined, protocol: '', clusterIP: null, portNumber: null };
}

/** What a rule of a Service's chain, or one that jumps to it, says about the Service. */
function learn(facts: ServiceFacts, rule: RuleStatement): void {
  const comment = serviceComment(commentOf(rule));
  facts.comment ??= comment;
  if (comment === undefined || comment.use === 'plain') return;
  facts.protocol ||= protocolOf(rule);
  if (comment.use !== 'cluster-ip' && comment.use !== 'external-ip' && comment.use !== 'load-balancer-ip') return;
  facts.portNumber ??= destinationPort(rule) ?? null;
  if (comment.use === 'cluster-ip') facts.clusterIP ??= singleAddress(rule, '--destination') ?? null;
}

function isComplete({ comment, protocol, clusterIP, portNumber }: ServiceFacts): boolean {
  return comment !== undefined && protocol !== '' && clusterIP !== null && portNumber !== null;
}

/** The first few rules on these lines. */
export function* firstRules(ruleset: Ruleset, lines: readonly number[]): Generator<RuleStatement> {
  for (let at = 0; at < lines.length && at < mostRulesLookedAt; at += 1) {
    const rule = ruleAt(ruleset, lines[at] ?? -1);
    if (rule !== undefined) yield rule;
  }
}

/** Names by which kube-proxy may have made a hash for a port: versions before about 1.20 kept the colon of an unnamed one. */
export function namesInHashes(namespace: string, service: string, port: string): readonly string[] {
  const name = portName(namespace, service, port);
  return port === '' ? [name, `${name}:`] : [name];
}

/** The protocol that, with this name, makes the chain's hash; undefined where none does. */
function protocolByHash({ namespace, service, port }: ServiceComment, hash: string): string | undefined {
  const names = namesInHashes(namespace, service, port);
  return protocols.find((protocol) => names.some((name) => portHash(name, protocol) === hash));
}

/** A Service port by its name, with what the rules and the cluster say about it. */
export function serviceOf(
  cluster: Cluster,
  chain: Chain,
  namespace: string,
  name: string,
  port: string,
  facts: Omit<ServiceFacts, 'comment'>,
): ChainService {
  const record = cluster.service(namespace, name);
  const candidates = record?.ports.filter((candidate) => candidate.name === port) ?? [];
  const portRecord = candidates.find((candidate) => candidate.protocol === facts.protocol) ?? candidates[0];
  const isOfDump = (ip: string): boolean => isIPv6(ip) === (chain.table.dump.family === 'ipv6');
  return {
    namespace,
    name,
    port,
    portNumber: facts.portNumber ?? portRecord?.port ?? null,
    protocol: facts.protocol || (portRecord?.protocol ?? ''),
    clusterIP: facts.clusterIP ?? record?.clusterIPs.find(isOfDump) ?? null,
    record: record ?? null,
    portRecord: portRecord ?? null,
  };
}

function factsOf(ruleset: Ruleset, chain: Chain): ServiceFacts {
  const facts = noFacts();
  for (const lines of [chain.rules, chain.references]) {
    for (const rule of firstRules(ruleset, lines)) {
      learn(facts, rule);
      if (isComplete(facts)) return facts;
    }
  }
  return facts;
}

/** The facts of chains that share the hash: a KUBE-SVL- chain has no comment of its own in large clusters. */
function siblingFacts(ruleset: Ruleset, chain: Chain, hash: string): ServiceFacts {
  const all = noFacts();
  for (const prefix of ['KUBE-SVC-', 'KUBE-SVL-', 'KUBE-EXT-', 'KUBE-XLB-', 'KUBE-FW-']) {
    const sibling = chain.table.chains.get(prefix + hash);
    if (sibling === undefined) continue;
    const facts = factsOf(ruleset, sibling);
    all.comment ??= facts.comment;
    all.protocol ||= facts.protocol;
    all.clusterIP ??= facts.clusterIP;
    all.portNumber ??= facts.portNumber;
    if (isComplete(all)) break;
  }
  return all;
}

/** What a Service port's chain stands for. */
export function serviceChain({ ruleset, cluster, index }: Resolution, chain: Chain, info: RoleInfo): ChainIdentity {
  const hash = splitHashedName(chain.name)?.hash;
  const facts = hash === undefined ? factsOf(ruleset, chain) : siblingFacts(ruleset, chain, hash);
  const byHash = hash === undefined ? undefined : index.port(hash);
  const { comment } = facts;
  const identity = onlyRole(info);
  const named = (from: ServiceComment, protocol: string): ChainService =>
    serviceOf(cluster, chain, from.namespace, from.service, from.port, { ...facts, protocol });
  const hashed = (): ChainService | undefined =>
    byHash === undefined
      ? undefined
      : serviceOf(cluster, chain, byHash.service.namespace, byHash.service.name, byHash.port.name, {
          ...facts,
          protocol: byHash.port.protocol,
        });
  if (comment === undefined) {
    const service = hashed();
    return service === undefined ? identity : { ...identity, service, by: 'hash' };
  }
  const said = portName(comment.namespace, comment.service, comment.port);
  const protocol = hash === undefined ? undefined : protocolByHash(comment, hash);
  if (protocol !== undefined || hash === undefined) {
    const mismatch = hash === undefined ? `${chain.name} is not a name that kube-proxy makes; the comment says ${said}.` : null;
    return { ...identity, service: named(comment, protocol ?? facts.protocol), by: 'comment', mismatch };
  }
  const service = hashed();
  if (service === undefined) {
    const mismatch = `The comment says ${said}, of which kube-proxy would make another chain name: it, or the Service's name, was changed.`;
    return { ...identity, service: named(comment, facts.protocol), by: 'comment', mismatch };
  }
  const mismatch = `The chain's name is made of ${portName(service.namespace, service.name, service.port)}, though the comment says ${said}.`;
  return { ...identity, service, by: 'hash', mismatch };
}
