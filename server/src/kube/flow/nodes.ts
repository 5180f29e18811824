/** The nodes of a flow: entries, chains, Pods and addresses, verdicts. */
import { hostPort } from '../../base/ip.ts';
import { mayHaveMoreReferences } from '../../ruleset/completeness.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import { tableAt } from '../../ruleset/ruleset.ts';
import type { RuleStatement } from '../../syntax/statement.ts';
import type { ChainPod, ChainService } from '../identity/chain-identity.ts';
import { serviceComment } from '../identity/comments.ts';
import { endpointAddress, serviceTitle } from '../identity/titles.ts';
import { commentOf } from '../proxy/rule-values.ts';
import { badgesOf } from './badges.ts';
import type { FlowContext } from './context.ts';
import { packetsOf, packetsOfAll } from './counters.ts';
import { chainDrift, endpointDrift, entryDrift } from './disagreements.ts';
import { drawnKind } from './drawn-kind.ts';
import { rounded } from './edges.ts';
import { type Frontend, frontendLabel, isMarkChain } from './frontends.ts';
import { emptyNode, entryKindNames, type FlowEntryKind, type FlowNode, type FlowPodRef, type FlowServiceRef } from './graph.ts';
import { nodeAddress } from './packet-sources.ts';
import type { CollectedNode } from './path-collector.ts';

function serviceRef(service: ChainService | null): FlowServiceRef | null {
  if (service === null) return null;
  const { namespace, name, port, portNumber, protocol, clusterIP } = service;
  return { namespace, name, port, portNumber, protocol, clusterIP };
}

/** A Pod as a flow's nodes name it; null for none. */
export function podRef(pod: ChainPod | null): FlowPodRef | null {
  if (pod === null) return null;
  const { namespace, name, node, zone, terminating } = pod;
  return { namespace, name, node, zone, ready: terminating ? false : pod.ready, terminating };
}

const entryDetails: Readonly<Record<FlowEntryKind, string>> = {
  ...entryKindNames,
  'node-port': 'any address of this node',
  'host-port': 'any address of this node',
  'health-check': 'health check node port',
  chain: 'no rule leads to it',
};

/** Of a chain's entry, where rules that are not shown may lead to it. */
const notShown = 'no shown rule leads to it';

function sharesOf(context: FlowContext, collected: CollectedNode): Pick<FlowNode, 'share' | 'shares'> {
  const shares: Record<string, number> = {};
  let share: number | null = null;
  // An endpoint's chain that sends packets back has no share in them.
  const weights = collected.kind === 'endpoint' ? collected.ended : collected.weights;
  for (const { id } of context.entries) {
    const reaches = weights.some((weight, sample) => weight !== undefined && weight > 0 && context.samples[sample]?.entry === id);
    if (!reaches) continue;
    const value = rounded(weights[context.primary.get(id) ?? -1] ?? 0);
    shares[id] = value;
    share ??= value;
  }
  return { shares, share };
}

/** The Service port that an entry is for, with what the cluster says of it. */
function entryService({ resolution }: FlowContext, { service, kind, port, protocol, ip, dump }: Frontend): FlowServiceRef | null {
  if (service === null) return null;
  const { namespace, name } = service;
  const record = resolution.cluster.service(namespace, name);
  const known = record?.ports.find((candidate) => candidate.name === service.port && candidate.protocol === protocol);
  const isServicePort = kind !== 'node-port' && kind !== 'health-check' && port !== 0;
  return {
    namespace,
    name,
    port: service.port,
    portNumber: known?.port ?? (isServicePort ? port : null),
    protocol,
    clusterIP:
      record?.clusterIPs.find((address) => address.includes(':') === (dump.family === 'ipv6')) ??
      (kind === 'cluster-ip' || kind === 'chain' ? ip : null),
  };
}

function entryNode(context: FlowContext, id: string, frontend: Frontend): FlowNode {
  const { ruleset } = context.resolution;
  const { target, kind } = frontend;
  const lines = frontend.lines.filter((line) => !isMarkChain(ruleset.lines.at(line)?.target ?? ''));
  const isShownInPart = kind === 'chain' && target !== null && mayHaveMoreReferences(ruleset, target);
  const first = lines[0] ?? frontend.lines[0] ?? (kind === 'chain' ? (target?.declarations[0] ?? target?.rules[0]) : undefined);
  return {
    ...emptyNode(id, 'entry', frontendLabel(frontend), isShownInPart ? notShown : entryDetails[kind]),
    line: first === undefined ? null : first + 1,
    table: first === undefined ? null : (tableAt(ruleset, first)?.name ?? null),
    chain: first === undefined ? null : (ruleset.lines.at(first)?.name ?? null),
    service: entryService(context, frontend),
    drift: entryDrift(context.disagreements, frontend),
    packets: packetsOfAll(ruleset, lines),
  };
}

function chainNode(context: FlowContext, collected: CollectedNode, hasManyFrontends: boolean): FlowNode {
  const { resolution } = context;
  const { chain } = collected;
  if (chain === null) return emptyNode(collected.id, collected.kind, collected.id);
  const identity = resolution.chain(chain);
  const address = identity.endpoint === null ? null : endpointAddress(identity.endpoint);
  const isDispatch = collected.kind === 'dispatch';
  const name = identity.service === null ? chain.name : serviceTitle(identity.service);
  const declared = chain.declarations[0] ?? chain.rules[0] ?? chain.references[0];
  return {
    ...emptyNode(
      collected.id,
      collected.kind,
      isDispatch ? chain.name : collected.kind === 'endpoint' ? (address ?? chain.name) : name,
    ),
    detail: isDispatch ? `table ${chain.table.name}` : chain.name,
    table: chain.table.name,
    chain: chain.name,
    line: declared === undefined ? null : declared + 1,
    service: isDispatch ? null : serviceRef(identity.service),
    pod: podRef(identity.endpoint?.pod ?? null),
    address,
    ...(collected.kind === 'endpoint' ? sharesOf(context, collected) : {}),
    badges: badgesOf(chain, collected.kind, {
      ruleset: resolution.ruleset,
      matched: context.matched,
      hasManyFrontends,
      endpointIP: identity.endpoint?.ip ?? null,
    }),
    drift: isDispatch ? null : chainDrift(context.disagreements, chain),
    packets: packetsOfAll(resolution.ruleset, chain.references),
  };
}

function addressNode(context: FlowContext, collected: CollectedNode): FlowNode {
  const { resolution } = context;
  const { end } = collected;
  if (end?.kind !== 'address') return emptyNode(collected.id, collected.kind, collected.id);
  const { destination, dport } = end.packet;
  const address = dport === null ? destination.text : hostPort(destination.text, dport);
  const identity = drawnKind(end.chain) === 'endpoint' ? resolution.chain(end.chain) : null;
  const pod = identity?.endpoint?.pod ?? null;
  const where = pod?.node == null ? address : `${address} on ${pod.node}`;
  const names = pod === null ? [address] : [pod, ...(identity?.endpoint?.otherPods ?? [])].map(({ name }) => name);
  return {
    ...emptyNode(collected.id, pod === null ? 'address' : 'pod', names.join(', ')),
    detail: pod === null ? 'no Pod is known there' : where,
    line: end.line === null ? null : end.line + 1,
    service: serviceRef(identity?.service ?? null),
    pod: podRef(pod),
    address,
    ...sharesOf(context, collected),
    drift: identity === null ? null : endpointDrift(context.disagreements, end.chain),
    packets: packetsOf(resolution.ruleset, end.line),
  };
}

/** Why kube-proxy wrote a rule that refuses, as its comment says; empty where it says nothing known. */
function reasonOf(rule: RuleStatement | undefined, chain: string): string {
  const use = rule === undefined ? undefined : serviceComment(commentOf(rule))?.use;
  if (use === 'no-endpoints') return 'no endpoints';
  if (use === 'no-local-endpoints') return 'no endpoints on this node';
  return chain === 'KUBE-PROXY-FIREWALL' && use === 'load-balancer-ip' ? 'outside the source ranges' : '';
}

function verdictNode(context: FlowContext, collected: CollectedNode): FlowNode {
  const { ruleset } = context.resolution;
  const { end } = collected;
  if (end?.kind === 'unchanged') {
    const { destination, dport } = end.packet;
    const isOwn = destination.text === nodeAddress(context.resolution, end.dump).text;
    const where = isOwn ? `port ${dport} of this node` : dport === null ? destination.text : hostPort(destination.text, dport);
    return {
      ...emptyNode(collected.id, 'verdict', 'not redirected'),
      detail: `goes on to ${where}`,
      ...sharesOf(context, collected),
    };
  }
  if (end?.kind === 'not-shown') {
    return {
      ...emptyNode(collected.id, 'verdict', 'not known'),
      detail: end.what,
      ...sharesOf(context, collected),
    };
  }
  if (end?.kind !== 'verdict') return emptyNode(collected.id, collected.kind, collected.id);
  const rule = end.line === null || end.isPolicy ? undefined : ruleAt(ruleset, end.line);
  const answer = rule?.options.find((option) => option.name === '--reject-with')?.values[0]?.text;
  const { chain } = end;
  const parts = [reasonOf(rule, chain.name), answer ?? '', `by ${chain.name} in table ${chain.table.name}`];
  const why = end.isPolicy
    ? `policy of ${chain.name} in table ${chain.table.name}`
    : parts.filter((part) => part !== '').join(', ');
  return {
    ...emptyNode(collected.id, 'verdict', end.verdict.toUpperCase()),
    detail: why,
    table: chain.table.name,
    chain: chain.name,
    line: end.line === null ? null : end.line + 1,
    ...sharesOf(context, collected),
    packets: packetsOf(ruleset, end.line),
  };
}

/** Which entries' packets come by a node at all. */
function entriesAt(context: FlowContext, collected: CollectedNode): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const [sample, weight] of collected.weights.entries()) {
    const entry = context.samples[sample]?.entry;
    if (weight && entry !== undefined) ids.add(entry);
  }
  return ids;
}

/** A node of the graph. */
export function makeNode(context: FlowContext, collected: CollectedNode): FlowNode {
  const frontend = context.frontendsById.get(collected.id);
  if (frontend !== undefined) return entryNode(context, collected.id, frontend);
  if (collected.kind === 'address') return addressNode(context, collected);
  if (collected.kind === 'verdict') return verdictNode(context, collected);
  return chainNode(context, collected, entriesAt(context, collected).size > 1);
}
