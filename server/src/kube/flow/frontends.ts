/**
 * Where packets to a Service come in: the rules of the dispatch chains (KUBE-SERVICES, KUBE-NODEPORTS and their kin) by address, port and
 * protocol. The list is made once for a ruleset and its names.
 */

import { hostPort, isIPv6 } from '../../base/ip.ts';
import { createMemory } from '../../base/memory.ts';
import { type Steps, statementsBetweenPauses } from '../../base/steps.ts';
import type { ServiceRecord } from '../../cluster/objects.ts';
import { rulesInOrder } from '../../netfilter/rule-order.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Chain, Dump, Ruleset } from '../../ruleset/ruleset.ts';
import type { RuleStatement } from '../../syntax/statement.ts';
import { isProxied } from '../expected/service-ports.ts';
import type { Resolution } from '../identity/chain-identity.ts';
import { type CommentUse, serviceComment } from '../identity/comments.ts';
import { dumpNodeSteps } from '../proxy/dump-node.ts';
import {
  commentOf,
  destinationPort,
  destinationPorts,
  hasOption,
  optionsOf,
  protocolOf,
  singleAddress,
} from '../proxy/rule-values.ts';
import { entryKindNames, type FlowEntryKind } from './graph.ts';

/** The Service port that a frontend belongs to. */
export interface FrontendService {
  readonly namespace: string;
  readonly name: string;
  /** The port's name; empty for an unnamed one. */
  readonly port: string;
}

/** One address, port and protocol that packets are sent to. */
export interface Frontend {
  readonly kind: FlowEntryKind;
  readonly dump: Dump;
  /** Canonical; null for any address of the node. Of a chain, where its packets are sent to, as far as that is known. */
  readonly ip: string | null;
  /** 0 where it is not known, of a chain. */
  readonly port: number;
  readonly protocol: string;
  /** null where neither comment nor cluster names one. */
  readonly service: FrontendService | null;
  /** Rules of the dispatch chains that look for it, 0-based; empty for one that only the cluster has. */
  readonly lines: readonly number[];
  /** The chain that the first of them leads to which is no mark's; null where the rule decides itself. Of a chain, the chain. */
  readonly target: Chain | null;
  /** Other Services with rules for the same, which are asked behind this one's, with the first rule of each, 0-based; not there for none. */
  readonly behind?: readonly { readonly service: FrontendService; readonly line: number }[];
}

const kinds: Readonly<Partial<Record<CommentUse, FlowEntryKind>>> = {
  'cluster-ip': 'cluster-ip',
  'external-ip': 'external-ip',
  'load-balancer-ip': 'load-balancer-ip',
  'health-check': 'health-check',
};

interface FrontendBeingRead {
  readonly place: Omit<Frontend, 'lines' | 'target' | 'service' | 'behind'>;
  readonly lines: number[];
  readonly behind: { readonly service: FrontendService; readonly line: number }[];
  service: FrontendService | null;
  target: Chain | null;
}

/** The chains of a dump that hand packets out, with what their rules are for where nothing else says. */
const dispatchChains: readonly (readonly [table: string, chain: string, kind: FlowEntryKind])[] = [
  ['nat', 'KUBE-SERVICES', 'cluster-ip'],
  ['nat', 'KUBE-NODEPORTS', 'node-port'],
  ['nat', 'CNI-HOSTPORT-DNAT', 'host-port'],
  ['nat', 'KUBE-HOSTPORTS', 'host-port'],
  ['filter', 'KUBE-SERVICES', 'cluster-ip'],
  ['filter', 'KUBE-EXTERNAL-SERVICES', 'external-ip'],
  ['filter', 'KUBE-NODEPORTS', 'health-check'],
];

/** Chains that only mark packets and send them back. */
export function isMarkChain(name: string): boolean {
  return name === 'KUBE-MARK-MASQ' || name === 'KUBE-MARK-DROP' || name === 'CNI-HOSTPORT-SETMARK';
}

const dumpsBetweenPauses = 512;

function serviceOf(resolution: Resolution, rule: RuleStatement, target: Chain | undefined): FrontendService | null {
  const comment = serviceComment(commentOf(rule));
  if (comment !== undefined) return { namespace: comment.namespace, name: comment.service, port: comment.port };
  const service = target === undefined ? null : resolution.chain(target).service;
  return service === null ? null : { namespace: service.namespace, name: service.name, port: service.port };
}

/** @param otherwise what the rules of the chain are for where nothing else says */
function kindOf(
  resolution: Resolution,
  rule: RuleStatement,
  chain: Chain,
  otherwise: FlowEntryKind,
  ip: string | null,
  target: Chain | undefined,
): FlowEntryKind {
  if (otherwise === 'node-port' || otherwise === 'host-port' || otherwise === 'health-check') return otherwise;
  if (ip === null) return 'node-port';
  const said = kinds[serviceComment(commentOf(rule))?.use ?? 'plain'];
  if (said !== undefined) return said;
  const use = resolution.cluster.servicesAt(ip)[0]?.use;
  if (use !== undefined) return use;
  if (chain.table.name === 'filter') return otherwise;
  if (target?.name.startsWith('KUBE-FW-')) return 'load-balancer-ip';
  return target?.name.startsWith('KUBE-EXT-') || target?.name.startsWith('KUBE-XLB-') ? 'external-ip' : 'cluster-ip';
}

type FrontendsByKey = Map<string, FrontendBeingRead>;

/** Adds what one rule of a dispatch chain looks for. */
function addRule(resolution: Resolution, frontends: FrontendsByKey, chain: Chain, line: number, otherwise: FlowEntryKind): void {
  const { table } = chain;
  const rule = ruleAt(resolution.ruleset, line);
  if (rule === undefined) return;
  const single = destinationPort(rule);
  const ports = single === undefined ? destinationPorts(rule) : [single];
  const protocol = protocolOf(rule);
  if (ports.length === 0 || protocol === '') return;
  const destination = optionsOf(rule, '--destination')[0];
  const ip = singleAddress(rule, '--destination') ?? null;
  // A NodePort for some addresses of the node (--nodeport-addresses), or its twin for 127.0.0.0/8, is still the NodePort.
  const anyIP = otherwise === 'node-port' || ip === null;
  if (anyIP && otherwise === 'cluster-ip' && destination !== undefined) return;
  if (anyIP && (otherwise === 'external-ip' || otherwise === 'cluster-ip') && !hasOption(rule, '--dst-type')) return;
  const target = table.chains.get(rule.target?.text ?? '');
  const isMark = target !== undefined && isMarkChain(target.name);
  const kind = kindOf(resolution, rule, chain, otherwise, anyIP ? null : ip, target);
  for (const port of ports) {
    const place = { kind, dump: table.dump, ip: anyIP ? null : ip, port, protocol };
    const key = frontendKey(place);
    let frontend = frontends.get(key);
    if (frontend === undefined) {
      frontend = { place, lines: [], behind: [], service: null, target: null };
      frontends.set(key, frontend);
    }
    if (kind !== 'host-port') {
      const service = frontend.service === null || !isMark ? serviceOf(resolution, rule, target) : null;
      if (isOther(frontend.service, service)) {
        if (!frontend.behind.some((each) => !isOther(each.service, service))) frontend.behind.push({ service, line });
        continue;
      }
      frontend.service ??= service;
    }
    frontend.lines.push(line);
    if (!isMark) frontend.target ??= target ?? null;
  }
}

/** Whether both are known, and not of one Service. */
function isOther(one: FrontendService | null, other: FrontendService | null): other is FrontendService {
  return one !== null && other !== null && (one.namespace !== other.namespace || one.name !== other.name);
}

function* readFrontends(resolution: Resolution): Steps<readonly Frontend[]> {
  const { ruleset } = resolution;
  yield* dumpNodeSteps(resolution);
  const frontends: FrontendsByKey = new Map();
  let read = 0;
  for (const dump of ruleset.dumps) {
    if (dump.index % dumpsBetweenPauses === dumpsBetweenPauses - 1) yield;
    for (const [tableName, chainName, kind] of dispatchChains) {
      const chain = dump.tables.find((candidate) => candidate.name === tableName)?.chains.get(chainName);
      if (chain === undefined) continue;
      for (const line of rulesInOrder(ruleset, chain)) {
        addRule(resolution, frontends, chain, line, kind);
        read += 1;
        if (read % statementsBetweenPauses === 0) yield;
      }
    }
  }
  return [...frontends.values()].map(({ place, lines, service, target, behind }) => ({
    ...place,
    lines,
    service,
    target,
    ...(behind.length === 0 ? {} : { behind }),
  }));
}

const known = createMemory<Resolution, readonly Frontend[]>();

/** Every frontend of a ruleset, in the order of the rules: nat first, then what the filter table refuses. Made at the first question. */
export function* frontendSteps(resolution: Resolution): Steps<readonly Frontend[]> {
  let frontends = known.get(resolution);
  if (frontends === undefined) {
    frontends = yield* readFrontends(resolution);
    known.set(resolution, frontends);
  }
  return frontends;
}

/**
 * Frontends that the cluster says a Service has, in the families of the ruleset; a rule may or may not be there for them. None for a Service that
 * kube-proxy leaves alone. Each is made when it is asked for: a Service may have a hundred thousand addresses.
 */
export function* eachFrontendOfRecord(resolution: Resolution, service: ServiceRecord): Generator<Frontend, void> {
  if (!isProxied(service)) return;
  const { namespace, name } = service;
  for (const dump of dumpsByFamily(resolution.ruleset)) {
    const isOfDump = (ip: string): boolean => isIPv6(ip) === (dump.family === 'ipv6');
    for (const port of service.ports) {
      const base = {
        dump,
        protocol: port.protocol,
        service: { namespace, name, port: port.name },
        lines: [],
        target: null,
      };
      const made = (kind: FlowEntryKind, ip: string | null, number: number): Frontend => ({ ...base, kind, ip, port: number });
      for (const ip of service.clusterIPs) if (isOfDump(ip)) yield made('cluster-ip', ip, port.port);
      for (const ip of service.externalIPs) if (isOfDump(ip)) yield made('external-ip', ip, port.port);
      for (const { ip, ipMode } of service.loadBalancerIPs) {
        if (isOfDump(ip) && ipMode === 'VIP') yield made('load-balancer-ip', ip, port.port);
      }
      if (port.nodePort > 0) yield made('node-port', null, port.nodePort);
    }
  }
}

/** All of them. */
export function frontendsOfRecord(resolution: Resolution, service: ServiceRecord): readonly Frontend[] {
  return [...eachFrontendOfRecord(resolution, service)];
}

/** The first dump of each family; those with a nat table, if there are any. */
export function dumpsByFamily({ dumps }: Ruleset): readonly Dump[] {
  const withNat = dumps.filter((dump) => dump.tables.some((table) => table.name === 'nat'));
  const chosen = withNat.length > 0 ? withNat : dumps;
  return chosen.filter((dump, at) => chosen.findIndex((other) => other.family === dump.family) === at);
}

/** "10.96.20.10:80/tcp", "NodePort 30080/tcp"; the name of a chain. */
export function frontendLabel({ kind, ip, port, protocol, target }: FrontendPlace & Pick<Frontend, 'target'>): string {
  if (kind === 'chain') return target?.name ?? '';
  if (ip !== null) return `${hostPort(ip, port)}/${protocol}`;
  const isOfNode = kind === 'node-port' || kind === 'host-port' || kind === 'health-check';
  return `${isOfNode ? entryKindNames[kind] : '*'} ${port}/${protocol}`;
}

type FrontendPlace = Pick<Frontend, 'kind' | 'ip' | 'port' | 'protocol'>;

/** One address is one frontend, whatever the rules of nat and filter call it; without an address the kind tells frontends apart. */
export function frontendKey({ kind, dump, ip, port, protocol }: FrontendPlace & Pick<Frontend, 'dump'>): string {
  return `${dump.index} ${ip ?? kind} ${port} ${protocol}`;
}
