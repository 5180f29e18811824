/** From a node and kube-proxy's flags, as a user gives them, to the options of each family that is written for. */
import { canonicalCIDR, canonicalIP, inCIDR, isIPv6 } from '../../base/ip.ts';
import type { Family } from '../../catalog/types.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { NodeRecord } from '../../cluster/objects.ts';
import { nodeAddress } from '../proxy/node-address.ts';
import { type PodTraffic, type ProxyOptions, proxyOptions } from '../proxy/options.ts';
import { newestVersion, oldestVersion, type ProxyVersion, parseProxyVersion, proxyVersionText } from '../proxy/version.ts';
import { type DetectLocalMode, detectLocalModes } from './detect-local-modes.ts';

/** kube-proxy's flags by their names, as text; undefined where a flag is not given. */
export interface ProxyFlags {
  /** One network, or one of each family with a comma between. */
  readonly clusterCIDR?: string | undefined;
  /** "1.34"; undefined for the version of the node's kubelet, else the newest known. */
  readonly version?: string | undefined;
  readonly masqueradeAll?: boolean | undefined;
  /** 0 to 31. */
  readonly masqueradeBit?: string | undefined;
  readonly localhostNodePorts?: boolean | undefined;
  /** Networks with commas between, or "primary". */
  readonly nodePortAddresses?: string | undefined;
  /** One of `detectLocalModes`. */
  readonly detectLocalMode?: string | undefined;
  readonly bridgeInterface?: string | undefined;
  readonly interfacePrefix?: string | undefined;
}

export interface ExpectedRequest extends ProxyFlags {
  /** A node's name. */
  readonly node: string;
  /** The only family to write; undefined for all. */
  readonly family?: Family | undefined;
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

export const familyNames: Readonly<Record<Family, string>> = { ipv4: 'IPv4', ipv6: 'IPv6' };

/** Ends the reading of a request; `checkRequest` makes a problem of it. */
class Refusal extends Error {}

function familyOf(text: string): Family {
  return isIPv6(text) ? 'ipv6' : 'ipv4';
}

/** The families that a cluster's Services have addresses of, and those of the networks given, IPv4 first; IPv4 where there are none. */
function familiesOf(cluster: Cluster, networks: ReadonlyMap<Family, string>): readonly Family[] {
  const families = new Set(cluster.services.flatMap(({ clusterIPs }) => clusterIPs.map(familyOf)));
  for (const family of networks.keys()) families.add(family);
  if (families.size === 0) return ['ipv4'];
  return (['ipv4', 'ipv6'] as const).filter((family) => families.has(family));
}

function nodeOf(cluster: Cluster, name: string): NodeRecord | undefined {
  const node = cluster.node(name);
  if (node !== undefined || cluster.nodes.length === 0) return node;
  const names = cluster.nodes.map((candidate) => candidate.name);
  const some = names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
  throw new Refusal(`${cluster.source.label} has no node "${name}"; it has ${some}`);
}

function versionOf(node: NodeRecord | undefined, given: string | undefined): ProxyVersion {
  if (given === undefined) {
    const kubelet = parseProxyVersion(node?.kubeletVersion ?? '');
    return kubelet === undefined ? newestVersion : Math.min(Math.max(kubelet, oldestVersion), newestVersion);
  }
  const version = parseProxyVersion(given);
  if (version !== undefined && version >= oldestVersion && version <= newestVersion) return version;
  const known = `${proxyVersionText(oldestVersion)} to ${proxyVersionText(newestVersion)}`;
  throw new Refusal(`"${given}" is no version of kube-proxy that is known; ${known} are`);
}

/** One network of each family. */
function networksOf(given: string | undefined): ReadonlyMap<Family, string> {
  const networks = new Map<Family, string>();
  for (const part of given?.split(',') ?? []) {
    const cidr = canonicalCIDR(part.trim());
    if (cidr === undefined) throw new Refusal(`"${part.trim()}" is no network; 10.244.0.0/16 is one`);
    const family = familyOf(cidr);
    if (networks.has(family))
      throw new Refusal(`"${given}" has two ${familyNames[family]} networks; one of each family can be given`);
    networks.set(family, cidr);
  }
  return networks;
}

/** A value of `--masquerade-bit` as a mark. */
function masqueradeMark(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const bit = /^\d{1,2}$/.test(given) ? Number(given) : 32;
  if (bit > 31) throw new Refusal(`"${given}" is no bit of a mark; 0 to 31 are`);
  return 2 ** bit;
}

function isDetectLocalMode(text: string): text is DetectLocalMode {
  return detectLocalModes.some((mode) => mode === text);
}

/** The longest name of an interface; a "+" for "any that begins so" counts (IFNAMSIZ in linux/if.h). */
const mostNameCharacters = 15;

/** An interface's name as iptables takes it in a rule. */
function interfaceName(flag: string, given: string | undefined, mode: DetectLocalMode, suffix: string): string {
  if (given === undefined) throw new Refusal(`--detect-local-mode ${mode} needs ${flag}`);
  const most = mostNameCharacters - suffix.length;
  if (given === '' || given.length > most || !/^[\w.@-][\w.@:+-]*$/.test(given) || given === '.' || given === '..')
    throw new Refusal(`"${given}" is no name of an interface for ${flag}: 1 to ${most} letters, digits and ._-@ are`);
  return given + suffix;
}

/** What tells a Pod's traffic in a family; null where nothing does. */
function podTrafficOf(
  flags: ProxyFlags,
  networks: ReadonlyMap<Family, string>,
  node: NodeRecord | undefined,
): (family: Family) => PodTraffic | null {
  const mode = flags.detectLocalMode ?? 'ClusterCIDR';
  if (!isDetectLocalMode(mode))
    throw new Refusal(
      `"${mode}" is no --detect-local-mode; ${detectLocalModes.slice(0, -1).join(', ')} and InterfaceNamePrefix are`,
    );
  if (flags.bridgeInterface !== undefined && mode !== 'BridgeInterface')
    throw new Refusal('--bridge-interface needs --detect-local-mode BridgeInterface');
  if (flags.interfacePrefix !== undefined && mode !== 'InterfaceNamePrefix')
    throw new Refusal('--interface-prefix needs --detect-local-mode InterfaceNamePrefix');
  switch (mode) {
    case 'BridgeInterface': {
      const name = interfaceName('--bridge-interface', flags.bridgeInterface, mode, '');
      return () => ({ by: 'interface', name });
    }
    case 'InterfaceNamePrefix': {
      const name = interfaceName('--interface-prefix', flags.interfacePrefix, mode, '+');
      return () => ({ by: 'interface', name });
    }
    case 'ClusterCIDR':
      return (family) => sourceTraffic(networks.get(family));
    case 'NodeCIDR':
      if (node === undefined || node.podCIDRs.length === 0)
        throw new Refusal('--detect-local-mode NodeCIDR needs the node’s podCIDRs, which the cluster does not have');
      return (family) => sourceTraffic(node.podCIDRs.find((cidr) => familyOf(cidr) === family));
  }
}

function sourceTraffic(cidr: string | undefined): PodTraffic | null {
  return cidr === undefined ? null : { by: 'source', cidr };
}

/** Since when `--nodeport-addresses` takes "primary". */
const primarySince: ProxyVersion = 31;

const noNodeAddresses = '--nodeport-addresses needs the node’s addresses, which the cluster does not have';

interface NodePortChoice {
  /** null for any address of the node. */
  readonly addresses: readonly string[] | null;
  /** Whether NodePorts may be reached by 127.0.0.1 as far as the addresses go (NodePortAddresses.ContainsIPv4Loopback). */
  readonly hasLoopback: boolean;
}

const anyAddress: NodePortChoice = { addresses: null, hasLoopback: true };
const loopback: Readonly<Record<Family, string>> = { ipv4: '127.0.0.1', ipv6: '::1' };

/** The addresses that a node accepts NodePorts on (pkg/proxy/util/nodeport_addresses.go): all where no network of the family is given. */
function nodePortChoiceOf(
  given: string | undefined,
  version: ProxyVersion,
  node: NodeRecord | undefined,
): (family: Family) => NodePortChoice {
  if (given === undefined) return () => anyAddress;
  if (given.trim() === 'primary') {
    if (version < primarySince)
      throw new Refusal(`--nodeport-addresses primary is known since ${proxyVersionText(primarySince)}`);
    if (node === undefined) throw new Refusal(noNodeAddresses);
    return (family) => {
      const ip = nodeAddress(node, { family, version });
      return ip === loopback[family] ? anyAddress : { addresses: [ip], hasLoopback: false };
    };
  }
  const cidrs = given.split(',').map((part) => {
    const text = part.trim();
    const cidr = canonicalCIDR(text);
    if (cidr === undefined)
      throw new Refusal(`"${text}" is no network for --nodeport-addresses; 10.0.0.0/8 is one, or "primary"`);
    if (!text.includes('/')) throw new Refusal(`"${text}" is no network for --nodeport-addresses; ${cidr} is one`);
    return cidr;
  });
  if (node === undefined && cidrs.some((cidr) => !cidr.startsWith('127.') && !cidr.endsWith('/0')))
    throw new Refusal(noNodeAddresses);
  return (family) => {
    const own = cidrs.filter((cidr) => familyOf(cidr) === family);
    if (own.length === 0 || own.some((cidr) => cidr.endsWith('/0'))) return anyAddress;
    const known = [...(node?.addresses ?? []).map(({ address }) => address), loopback[family]];
    const addresses = [...new Set(known)].filter(
      (address) => canonicalIP(address) !== undefined && own.some((cidr) => inCIDR(address, cidr)),
    );
    return { addresses, hasLoopback: own.some((cidr) => cidr.startsWith('127.') || inCIDR('127.0.0.0', cidr)) };
  };
}

/** @throws Refusal */
function optionsOf(cluster: Cluster, request: ExpectedRequest): readonly ProxyOptions[] {
  const node = nodeOf(cluster, request.node);
  const version = versionOf(node, request.version);
  const networks = networksOf(request.clusterCIDR);
  const podTraffic = podTrafficOf(request, networks, node);
  const nodePorts = nodePortChoiceOf(request.nodePortAddresses, version, node);
  const mark = masqueradeMark(request.masqueradeBit);
  const families = request.family === undefined ? familiesOf(cluster, networks) : [request.family];
  return families.map((family) => {
    const { addresses, hasLoopback } = nodePorts(family);
    return proxyOptions({
      node: request.node,
      family,
      version,
      podTraffic: podTraffic(family),
      masqueradeAll: request.masqueradeAll ?? false,
      localhostNodePorts: (request.localhostNodePorts ?? true) && hasLoopback,
      nodePortAddresses: addresses,
      ...(mark === undefined ? {} : { masqueradeMark: mark }),
    });
  });
}

/**
 * What may be written wrongly for want of the node's own record, in a sentence; undefined where the cluster has it, or nothing depends on it.
 */
export function unknownNodeWarning(cluster: Cluster, node: string): string | undefined {
  if (cluster.node(node) !== undefined) return undefined;
  const hasHints = cluster.slices.some(({ endpoints }) => endpoints.some(({ hintZones }) => (hintZones?.length ?? 0) > 0));
  const hasRanges = cluster.services.some((service) => service.loadBalancerSourceRanges.length > 0);
  if (!hasHints && !hasRanges) return undefined;
  const what = [...(hasHints ? ['topology hints'] : []), ...(hasRanges ? ['source ranges'] : [])].join(' and ');
  return `${cluster.source.label} has no Node ${node}, whose zone and addresses are needed: rules by ${what} may be others`;
}

/**
 * The options of each family to write for: those that the Services have, and those of the networks given. A node that the cluster does not
 * have, a value that is none or flags that do not go together are a problem.
 */
export function checkRequest(cluster: Cluster, request: ExpectedRequest): CheckedRequest | RequestProblem {
  try {
    return { ok: true, options: optionsOf(cluster, request) };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, message: error.message };
    throw error;
  }
}
