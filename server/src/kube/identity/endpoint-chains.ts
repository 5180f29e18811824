/** Which endpoint, and of which Service port, a KUBE-SEP- or hostPort chain is for. */
import { hostPort, parseHostPort } from '../../base/ip.ts';
import { rulesOf } from '../../ruleset/rules.ts';
import type { Chain, Ruleset } from '../../ruleset/ruleset.ts';
import { commentOf, dnatDestination, protocolOf, singleAddress } from '../proxy/rule-values.ts';
import { type ChainIdentity, type ChainService, onlyRole, type Resolution, type ResolvedBy } from './chain-identity.ts';
import { endpointHash, hashedPrefix, portName, splitHashedName } from './chain-names.ts';
import { type ServiceComment, serviceComment } from './comments.ts';
import type { EndpointRef } from './hash-index.ts';
import { endpointOf } from './pods.ts';
import type { RoleInfo } from './role.ts';
import { firstRules, namesInHashes, noFacts, protocols, serviceOf } from './service-chains.ts';

interface Destination {
  readonly ip: string;
  readonly port: number | null;
}

/** What the rules of an endpoint's chain, and those that lead to it, say. */
interface EndpointFacts {
  readonly comment: ServiceComment | undefined;
  readonly destination: Destination | undefined;
  /** Of the DNAT rule; empty where it does not say. */
  readonly protocol: string;
}

function factsOf(ruleset: Ruleset, chain: Chain): EndpointFacts {
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
  }
  // A DNAT that this iptables could not print ("[unsupported revision]") leaves the address in the hairpin rule.
  destination ??= hairpin === undefined ? undefined : { ip: hairpin, port: null };
  return { comment, destination, protocol };
}

/** The first comment of rules that lead to a chain, for one of which nothing else is said. */
function commentOnReferences(ruleset: Ruleset, chain: Chain): ServiceComment | undefined {
  for (const rule of firstRules(ruleset, chain.references)) {
    const comment = serviceComment(commentOf(rule));
    if (comment !== undefined) return comment;
  }
  return undefined;
}

/** The identity of the first Service chain that jumps to an endpoint chain. */
function parentOf(resolution: Resolution, chain: Chain): ChainIdentity | undefined {
  for (const line of chain.references) {
    const from = resolution.ruleset.lines.at(line)?.name ?? '';
    const parent = hashedPrefix(from) === undefined ? undefined : chain.table.chains.get(from);
    if (parent === undefined || parent === chain || from.startsWith('KUBE-SEP-')) continue;
    const identity = resolution.chain(parent);
    if (identity.service !== null) return identity;
  }
  return undefined;
}

/** Whether a Service port and an address make an endpoint chain's hash; undefined where the chain has none, or the port is not known. */
function isProven(
  service: ChainService | undefined,
  destination: Destination | undefined,
  hash: string | undefined,
): boolean | undefined {
  if (hash === undefined || service === undefined || destination === undefined || destination.port === null) return undefined;
  const address = hostPort(destination.ip, destination.port);
  const tried = service.protocol === '' ? protocols : [service.protocol];
  return namesInHashes(service.namespace, service.name, service.port).some((name) =>
    tried.some((protocol) => endpointHash(name, protocol, address) === hash),
  );
}

/** The Service port whose endpoints have this address and port, if there is just one. */
function serviceAt({ cluster }: Resolution, chain: Chain, { ip, port }: Destination): ChainService | undefined {
  const found = new Map<string, ChainService>();
  for (const { slice } of cluster.endpointsAt(ip)) {
    for (const candidate of slice.ports) {
      if (candidate.port !== port || slice.serviceName === '') continue;
      const facts = { ...noFacts(), protocol: candidate.protocol };
      const service = serviceOf(cluster, chain, slice.namespace, slice.serviceName, candidate.name, facts);
      found.set(portName(service.namespace, service.name, service.port) + service.protocol, service);
    }
  }
  return found.size === 1 ? found.values().next().value : undefined;
}

function isSamePort(service: ChainService | null | undefined, comment: ServiceComment): service is ChainService {
  return service?.name === comment.service && service.namespace === comment.namespace && service.port === comment.port;
}

function nameOf({ namespace, name, port }: ChainService): string {
  return portName(namespace, name, port);
}

/** The identity of a chain whose hash is that of an endpoint of the cluster, whatever its comments say. */
function endpointByHash(
  resolution: Resolution,
  chain: Chain,
  info: RoleInfo,
  { comment, destination }: EndpointFacts,
  parent: ChainService | null,
  ref: EndpointRef,
): ChainIdentity {
  const { slice, portName: port, protocol } = ref;
  const found = serviceOf(resolution.cluster, chain, slice.namespace, slice.serviceName, port, { ...noFacts(), protocol });
  const service = parent?.namespace === found.namespace && parent.name === found.name ? { ...parent, ...found } : found;
  const isAsSaid = comment === undefined || (comment.service === found.name && comment.namespace === found.namespace);
  const mismatch = isAsSaid
    ? null
    : `The chain's name is made of ${nameOf(found)}, though the comment says ${portName(comment.namespace, comment.service, comment.port)}.`;
  return { ...onlyRole(info), service, endpoint: endpointOf(resolution, found, destination ?? ref), by: 'hash', mismatch };
}

/** What an endpoint's chain stands for. */
export function endpointChain(resolution: Resolution, chain: Chain, info: RoleInfo): ChainIdentity {
  const { ruleset } = resolution;
  const own = factsOf(ruleset, chain);
  const parent = parentOf(resolution, chain);
  const comment = own.comment ?? (parent === undefined ? commentOnReferences(ruleset, chain) : undefined);
  const facts = { ...own, comment };
  const { destination, protocol } = facts;
  const hash = splitHashedName(chain.name)?.hash;
  const commented =
    comment === undefined
      ? undefined
      : isSamePort(parent?.service, comment)
        ? parent.service
        : serviceOf(resolution.cluster, chain, comment.namespace, comment.service, comment.port, { ...noFacts(), protocol });
  const candidate = commented ?? parent?.service ?? undefined;
  const proven = isProven(candidate, destination, hash);
  const byHash = proven === true || hash === undefined ? undefined : resolution.index.endpoint(hash);
  if (byHash !== undefined) return endpointByHash(resolution, chain, info, facts, parent?.service ?? null, byHash);
  const identity = onlyRole(info);
  const endpoint = destination === undefined ? null : endpointOf(resolution, candidate, destination);
  if (candidate !== undefined) {
    const by: ResolvedBy = comment !== undefined ? 'comment' : proven === true ? 'hash' : (parent?.by ?? 'comment');
    const mismatch =
      proven === false && destination !== undefined && destination.port !== null
        ? `The chain's name is not made of ${nameOf(candidate)} and ${hostPort(destination.ip, destination.port)}: a name or an address was changed.`
        : null;
    return { ...identity, service: candidate, endpoint, by, mismatch };
  }
  const owner = destination === undefined ? undefined : serviceAt(resolution, chain, destination);
  const by = owner !== undefined || (endpoint !== null && endpoint.pod !== null) ? 'address' : null;
  return { ...identity, service: owner ?? null, endpoint, by };
}

/** What CNI portmap's chain for one Pod's hostPorts stands for. */
export function hostPortChain(resolution: Resolution, chain: Chain, info: RoleInfo): ChainIdentity {
  const identity = onlyRole(info);
  for (const { rule } of rulesOf(resolution.ruleset, chain)) {
    const destination = dnatDestination(rule);
    if (destination === undefined) continue;
    const endpoint = endpointOf(resolution, undefined, destination);
    return { ...identity, endpoint, by: endpoint.pod === null ? null : 'address' };
  }
  return identity;
}
