/** Where a packet to a frontend may come from: one packet for each place that the rules on its way tell apart. */

import { inCIDR, isIPv6, isLoopbackIP } from '../../base/ip.ts';
import { createMemory } from '../../base/memory.ts';
import type { Family } from '../../catalog/types.ts';
import { compiledRule } from '../../netfilter/compile-rule.ts';
import { addressOf, type IPAddress, ipAddress, isLoopback, type Packet, packetOf } from '../../netfilter/packet.ts';
import { arrivalInterface } from '../../node/look-ups/arrival.ts';
import { isOwn } from '../../node/look-ups/own-address.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Chain, Dump } from '../../ruleset/ruleset.ts';
import type { RuleStatement } from '../../syntax/statement.ts';
import type { Resolution } from '../identity/chain-identity.ts';
import { dumpNode } from '../proxy/dump-node.ts';
import { proxyLayout } from '../proxy/layout.ts';
import { optionsOf } from '../proxy/rule-values.ts';
import { type Frontend, isMarkChain } from './frontends.ts';

export type SourceKind = 'pod' | 'node' | 'outside';

export interface PacketSource {
  readonly kind: SourceKind;
  /** "a Pod", "this node", "outside", "203.0.113.0/24". */
  readonly words: string;
  readonly packet: Packet;
}

/** Networks that the rules of a frontend's chains compare sources with. */
export interface Networks {
  /** After `! -s` before a mark to masquerade, or `-s` before a Service chain: where Pods are. */
  readonly pods: Set<string>;
  readonly others: Set<string>;
  /** `! -i cali+`: what Pods' packets come in by, where kube-proxy tells them by the interface. */
  podInterface: string | null;
  /** Addresses of endpoints: a Pod that reaches itself is a case of its own, and asks from none of them. */
  readonly endpoints: Set<string>;
  /** A twin of the NodePort rule for 127.0.0.0/8 or ::1. */
  localhost: boolean;
}

const mostRulesLookedAt = 2000;
const mostPickingRulesRead = 64;

/** The address that an endpoint's chain redirects to; undefined where it does not say. */
function endpointAddress(resolution: Resolution, chain: Chain): string | undefined {
  for (const line of chain.rules) {
    const source = resolution.ruleset.lines.at(line);
    const action = source?.target === 'DNAT' ? compiledRule(source, chain.table.dump.family)?.action : undefined;
    if (action?.kind === 'dnat' && action.range?.first) return action.range.first.text;
  }
  return resolution.chain(chain).endpoint?.ip;
}

/** Whether a rule's text may ask for a source or an interface. */
function mayAskSource(text: string): boolean {
  return text.includes('-s') || text.includes('-i');
}

/** What the rules of a chain, and of those that it leads to, compare sources with. */
function lookAt(resolution: Resolution, chain: Chain, into: Networks, seen: Set<Chain>): void {
  if (seen.has(chain) || isMarkChain(chain.name) || chain.name.startsWith('KUBE-SEP-')) return;
  seen.add(chain);
  let looked = 0;
  let picked = 0;
  for (const line of chain.rules) {
    const source = resolution.ruleset.lines.at(line);
    if (source === undefined) continue;
    const target = chain.table.chains.get(source.target);
    const isPicking = target?.name.startsWith('KUBE-SEP-') === true;
    if (isPicking) {
      const ip = endpointAddress(resolution, target);
      if (ip !== undefined) into.endpoints.add(ip);
      picked += 1;
    } else if (target !== undefined) lookAt(resolution, target, into, seen);
    // Rules that pick an endpoint do not ask where a packet comes from: of thousands a few are read.
    if (isPicking && (picked > mostPickingRulesRead || !mayAskSource(source.text))) continue;
    looked += 1;
    if (looked > mostRulesLookedAt) break;
    const rule = ruleAt(resolution.ruleset, line);
    if (rule !== undefined) lookAtRule(rule, chain, source.target, into);
  }
}

function lookAtRule(rule: RuleStatement, chain: Chain, target: string, into: Networks): void {
  // portmap masquerades what the node's own Pods send to a hostPort.
  const isHostPort = /^(?:CNI-DN-|KUBE-HP-)/.test(chain.name);
  const leadsToService = /^KUBE-(?:SVC|SVL)-/.test(target);
  for (const option of optionsOf(rule, '--source')) {
    for (const network of (option.values[0]?.text ?? '').split(',')) {
      const isPods =
        option.negation !== undefined
          ? isMarkChain(target)
          : (leadsToService && !chain.name.startsWith('KUBE-FW-')) || isHostPort;
      if (!isLoopbackIP(network)) (isPods ? into.pods : into.others).add(network);
    }
  }
  const from = optionsOf(rule, '--in-interface')[0];
  if (from?.negation !== undefined && isMarkChain(target)) into.podInterface = from.values[0]?.text ?? null;
}

/** What the rules of a frontend compare sources with. */
export function networksOf(resolution: Resolution, frontend: Frontend): Networks {
  const into: Networks = { pods: new Set(), others: new Set(), podInterface: null, localhost: false, endpoints: new Set() };
  if (frontend.target !== null) lookAt(resolution, frontend.target, into, new Set());
  for (const line of frontend.lines) {
    const rule = ruleAt(resolution.ruleset, line);
    if (rule === undefined) continue;
    const isMark = isMarkChain(rule.target?.text ?? '');
    for (const option of optionsOf(rule, '--source')) {
      const network = option.values[0]?.text ?? '';
      if (!isLoopbackIP(network)) (option.negation !== undefined && isMark ? into.pods : into.others).add(network);
    }
    if (frontend.ip === null && isLoopbackIP(optionsOf(rule, '--destination')[0]?.values[0]?.text ?? '')) into.localhost = true;
  }
  return into;
}

function isOf(text: string, family: Family): boolean {
  return isIPv6(text) === (family === 'ipv6');
}

/** The last address but one of a network that is not in `avoid`; undefined where the text is no network. */
export function addressIn(network: string, avoid: ReadonlySet<string>): IPAddress | undefined {
  const [base = '', prefix] = network.split('/');
  const address = ipAddress(base);
  if (address === undefined) return undefined;
  const bits = address.family === 'ipv4' ? 32 : 128;
  const length = prefix === undefined ? bits : Number(prefix);
  if (!Number.isInteger(length) || length < 0 || length > bits) return undefined;
  const host = 1n << BigInt(Math.min(bits - length, 16));
  for (let back = 2n; back <= 40n && back < host; back += 1n) {
    const candidate = addressOf(address.family, address.bits | (host - back));
    if (!avoid.has(candidate.text)) return candidate;
  }
  return address;
}

// Of networks for benchmarks (RFC 2544, RFC 5180), which no node's rules are about.
export const strangers = {
  ipv4: { node: '198.18.0.1', outside: '198.19.255.1' },
  ipv6: { node: '2001:2::1', outside: '2001:2::ffff:1' },
} as const;

function mustBe(text: string): IPAddress {
  const address = ipAddress(text);
  if (address === undefined) throw new Error(`${text} is no address`);
  return address;
}

const nodeAddresses = createMemory<Resolution, Map<Dump, IPAddress>>();

/**
 * An address of the node that a dump is of, in its family, if it can be one that NodePorts listen on; one of a benchmark network where none is
 * known.
 */
export function nodeAddress(resolution: Resolution, dump: Dump): IPAddress {
  let addresses = nodeAddresses.get(resolution);
  if (addresses === undefined) {
    addresses = new Map();
    nodeAddresses.set(resolution, addresses);
  }
  let address = addresses.get(dump);
  if (address === undefined) {
    address = findNodeAddress(resolution, dump);
    addresses.set(dump, address);
  }
  return address;
}

function findNodeAddress(resolution: Resolution, dump: Dump): IPAddress {
  const { family } = dump;
  const own = (dumpNode(resolution, dump).record?.addresses ?? [])
    .filter(({ type, address }) => (type === 'InternalIP' || type === 'ExternalIP') && isOf(address, family))
    .map(({ address }) => address);
  const listening = proxyLayout(resolution.ruleset, dump).nodePortAddresses;
  const allowed = listening?.filter((address) => isOf(address, family)) ?? [];
  const chosen = allowed.find((address) => own.includes(address)) ?? allowed[0] ?? own[0];
  return (chosen === undefined ? undefined : ipAddress(chosen)) ?? mustBe(strangers[family].node);
}

/** An address of a Pod of this node that is none of the frontend's endpoints; undefined where no network of Pods is known. */
export function podSource(resolution: Resolution, frontend: Frontend, networks: Networks): IPAddress | undefined {
  const { family } = frontend.dump;
  const ofFamily = [...networks.pods].filter((network) => isOf(network, family));
  const own = dumpNode(resolution, frontend.dump).record?.podCIDRs.find((network) => isOf(network, family));
  const fits =
    own !== undefined && (ofFamily.length === 0 || ofFamily.some((network) => inCIDR(own.split('/')[0] ?? '', network)));
  const network = fits
    ? own
    : (ofFamily[0] ?? resolution.cluster.nodes.flatMap((node) => node.podCIDRs).find((cidr) => isOf(cidr, family)));
  return addressIn(network ?? (family === 'ipv4' ? '10.244.0.0/24' : 'fd00:10:244::/64'), networks.endpoints);
}

/**
 * A packet from each place that makes a difference to a frontend: a Pod of this node, the node itself, each network that a rule on its way asks
 * for, and elsewhere.
 */
export function packetSources(resolution: Resolution, frontend: Frontend): readonly PacketSource[] {
  const { family } = frontend.dump;
  const networks = networksOf(resolution, frontend);
  const node = nodeAddress(resolution, frontend.dump);
  const destination = frontend.ip === null ? node : mustBe(frontend.ip);
  const origins: PacketSource[] = [];
  const { facts } = resolution.origin;
  const arrival = (from: IPAddress, to: IPAddress): string | null =>
    facts === undefined ? null : arrivalInterface(facts, from.text, to.text);
  const add = (kind: SourceKind, words: string, source: IPAddress, to = destination): void => {
    const podInterface = networks.podInterface?.replace(/\+$/, '0') ?? null;
    const packet = packetOf({
      source,
      destination: to,
      protocol: frontend.protocol,
      sport: 40000,
      dport: frontend.port,
      isFromHere: kind === 'node',
      in: kind === 'node' ? null : ((kind === 'pod' ? podInterface : null) ?? arrival(source, to)),
    });
    origins.push({ kind, words, packet });
  };
  const pod = podSource(resolution, frontend, networks);
  if (pod !== undefined) add('pod', 'a Pod', pod);
  add('node', 'this node', node);
  if (networks.localhost) {
    const loopback = mustBe(family === 'ipv4' ? '127.0.0.1' : '::1');
    add('node', `this node to ${loopback.text}`, loopback, loopback);
  }
  for (const network of networks.others) {
    const within = isOf(network, family) ? addressIn(network, networks.endpoints) : undefined;
    if (within === undefined || within.text === node.text || networks.endpoints.has(within.text)) continue;
    if ([...networks.pods].some((pods) => inCIDR(within.text, pods)) || isLoopback(within)) continue;
    add('outside', network, within);
  }
  add('outside', networks.others.size > 0 ? 'elsewhere' : 'outside', mustBe(strangers[family].outside));
  return origins;
}

/** Whether an address is the node's own, as far as a bundle or the cluster says; what it does not know is taken to be another machine's. */
export function ownAddresses(resolution: Resolution, dump: Dump): (address: string) => boolean {
  const { facts } = resolution.origin;
  const own = nodeAddress(resolution, dump).text;
  const node = dumpNode(resolution, dump).record;
  return (address) => {
    const told = facts === undefined ? undefined : isOwn(facts, address);
    if (told !== undefined) return told || address === own || isLoopbackIP(address);
    if (address === own || isLoopbackIP(address)) return true;
    return node !== null && resolution.cluster.nodeAt(address) === node;
  };
}
