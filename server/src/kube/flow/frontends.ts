/**
 * Where packets to a Service come in: the rules of the dispatch chains (KUBE-SERVICES, KUBE-NODEPORTS and their kin) by address, port and
 * protocol. The list is made once for a ruleset and its names.
 */
import { hostPort, isIPv6 } from '../../base/ip.ts';
import type { Steps } from '../../base/steps.ts';
import { rulesInOrder } from '../../netfilter/rule-order.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Chain, Dump, Table } from '../../ruleset/ruleset.ts';
import type { RuleStatement } from '../../syntax/statement.ts';
import { type CommentUse, serviceComment } from '../identity/comments.ts';
import type { Resolution } from '../identity/resolve.ts';
import {
  commentOf,
  destinationPort,
  destinationPorts,
  hasOption,
  optionsOf,
  protocolOf,
  singleAddress,
} from '../proxy/rule-values.ts';
import type { FlowEntryKind } from './graph.ts';

/** The Service port that a door belongs to. */
export interface DoorService {
  readonly namespace: string;
  readonly name: string;
  /** The port's name; empty for an unnamed one. */
  readonly port: string;
}

/** One address, port and protocol that packets are sent to. */
export interface Door {
  readonly kind: FlowEntryKind;
  readonly dump: Dump;
  /** Canonical; null for any address of the node. */
  readonly ip: string | null;
  readonly port: number;
  readonly protocol: string;
  /** null where neither comment nor cluster names one. */
  readonly service: DoorService | null;
  /** Rules of the dispatch chains that look for it, 0-based; empty for one that only the cluster has. */
  readonly lines: readonly number[];
  /** The chain that the first of them leads to which is no mark's; null where the rule decides itself. */
  readonly target: Chain | null;
}

const kinds: Readonly<Partial<Record<CommentUse, FlowEntryKind>>> = {
  'cluster-ip': 'cluster-ip',
  'external-ip': 'external-ip',
  'load-balancer-ip': 'load-balancer-ip',
  'health-check': 'health-check',
};

interface DoorDraft {
  readonly door: Omit<Door, 'lines' | 'target' | 'service'>;
  readonly lines: number[];
  service: DoorService | null;
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

const rulesBetweenPauses = 256;

function* readDoors(resolution: Resolution): Steps<readonly Door[]> {
  const { ruleset } = resolution;
  const drafts = new Map<string, DoorDraft>();
  let read = 0;

  function serviceOf(rule: RuleStatement, target: Chain | undefined): DoorService | null {
    const comment = serviceComment(commentOf(rule));
    if (comment !== undefined) return { namespace: comment.namespace, name: comment.service, port: comment.port };
    const service = target === undefined ? null : resolution.chain(target).service;
    return service === null ? null : { namespace: service.namespace, name: service.name, port: service.port };
  }

  function kindOf(rule: RuleStatement, chain: Chain, otherwise: FlowEntryKind, ip: string | null, target: Chain | undefined) {
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

  function addDoor(table: Table, chain: Chain, line: number, otherwise: FlowEntryKind): void {
    const rule = ruleAt(ruleset, line);
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
    if (anyIP && otherwise === 'external-ip' && !hasOption(rule, '--dst-type')) return;
    if (anyIP && otherwise === 'cluster-ip' && !hasOption(rule, '--dst-type')) return;
    const targetName = rule.target?.text ?? '';
    const target = table.chains.get(targetName);
    const kind = kindOf(rule, chain, otherwise, anyIP ? null : ip, target);
    for (const port of ports) {
      const door = { kind, dump: table.dump, ip: anyIP ? null : ip, port, protocol };
      const key = doorKey(door);
      let draft = drafts.get(key);
      if (draft === undefined) {
        draft = { door, lines: [], service: null, target: null };
        drafts.set(key, draft);
      }
      draft.lines.push(line);
      const isMark = target !== undefined && isMarkChain(target.name);
      if (kind !== 'host-port') draft.service ??= serviceOf(rule, isMark ? undefined : target);
      if (!isMark) draft.target ??= target ?? null;
    }
  }

  for (const dump of ruleset.dumps) {
    for (const [tableName, chainName, kind] of dispatchChains) {
      const table = dump.tables.find((candidate) => candidate.name === tableName);
      const chain = table?.chains.get(chainName);
      if (table === undefined || chain === undefined) continue;
      for (const line of rulesInOrder(ruleset, chain)) {
        addDoor(table, chain, line, kind);
        read += 1;
        if (read % rulesBetweenPauses === 0) yield;
      }
    }
  }
  return [...drafts.values()].map(({ door, lines, service, target }) => ({ ...door, lines, service, target }));
}

const known = new WeakMap<Resolution, readonly Door[]>();

/** Every door of a ruleset, in the order of the rules: nat first, then what the filter table refuses. Made at the first question. */
export function* doorSteps(resolution: Resolution): Steps<readonly Door[]> {
  let doors = known.get(resolution);
  if (doors === undefined) {
    doors = yield* readDoors(resolution);
    known.set(resolution, doors);
  }
  return doors;
}

/** Doors that the cluster says a Service has, in the families of the ruleset; a rule may or may not be there for them. */
export function doorsOfRecord(resolution: Resolution, namespace: string, name: string): readonly Door[] {
  const service = resolution.cluster.service(namespace, name);
  if (service === undefined || service.type === 'ExternalName' || service.headless) return [];
  const doors: Door[] = [];
  const natDumps = resolution.ruleset.dumps.filter((dump) => dump.tables.some((table) => table.name === 'nat'));
  const dumps = natDumps.length > 0 ? natDumps : resolution.ruleset.dumps;
  // Of several dumps of one family the first counts.
  const first = dumps.filter((dump, at) => dumps.findIndex((other) => other.family === dump.family) === at);
  for (const dump of first) {
    const isOfDump = (ip: string): boolean => isIPv6(ip) === (dump.family === 'ipv6');
    for (const port of service.ports) {
      const base = {
        dump,
        protocol: port.protocol,
        service: { namespace, name, port: port.name },
        lines: [],
        target: null,
      };
      const add = (kind: FlowEntryKind, ip: string | null, number: number): void => {
        doors.push({ ...base, kind, ip, port: number });
      };
      for (const ip of service.clusterIPs.filter(isOfDump)) add('cluster-ip', ip, port.port);
      for (const ip of service.externalIPs.filter(isOfDump)) add('external-ip', ip, port.port);
      for (const { ip, ipMode } of service.loadBalancerIPs) {
        if (isOfDump(ip) && ipMode === 'VIP') add('load-balancer-ip', ip, port.port);
      }
      if (port.nodePort > 0) add('node-port', null, port.nodePort);
    }
  }
  return doors;
}

/** "10.96.20.10:80/tcp", "NodePort 30080/tcp". */
export function doorLabel(door: Pick<Door, 'kind' | 'ip' | 'port' | 'protocol'>): string {
  const { kind, ip, port, protocol } = door;
  if (ip !== null) return `${hostPort(ip, port)}/${protocol}`;
  const name =
    kind === 'node-port' ? 'NodePort' : kind === 'host-port' ? 'hostPort' : kind === 'health-check' ? 'health check port' : '*';
  return `${name} ${port}/${protocol}`;
}

/** One address is one door, whatever the rules of nat and filter call it; without an address the kind tells doors apart. */
export function doorKey({ kind, dump, ip, port, protocol }: Pick<Door, 'kind' | 'dump' | 'ip' | 'port' | 'protocol'>): string {
  return `${dump.index} ${ip ?? kind} ${port} ${protocol}`;
}
