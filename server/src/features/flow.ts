/** The flow panel's questions: what can be drawn, and the flow to a target or to what a place in the dump is. */
import type { Position } from 'vscode-languageserver-types';
import { canonicalIP } from '../base/ip.ts';
import type { Steps } from '../base/steps.ts';
import { type Door, doorLabel, doorSteps, doorsOfRecord } from '../kube/flow/frontends.ts';
import type { FlowEntryKind } from '../kube/flow/graph.ts';
import { nodeAddress } from '../kube/flow/packet-sources.ts';
import { chainRequest, requestSteps } from '../kube/flow/request.ts';
import { addressText } from '../kube/flow/target.ts';
import { portName } from '../kube/identity/chain-names.ts';
import { serviceComment } from '../kube/identity/comments.ts';
import type { Resolution } from '../kube/identity/resolve.ts';
import { proxyLayout } from '../kube/proxy/detect-version.ts';
import { dumpNode } from '../kube/proxy/dump-node.ts';
import { commentOf } from '../kube/proxy/rule-values.ts';
import type { FlowResult, FlowTarget, FlowTargetsResult } from '../protocol.ts';
import { ruleAt } from '../ruleset/rules.ts';
import type { Chain } from '../ruleset/ruleset.ts';
import type { DumpState } from './support/state.ts';
import { chainOfLine, thingAt } from './support/symbol-at.ts';

const kindNames: Readonly<Record<FlowEntryKind, string>> = {
  'cluster-ip': 'ClusterIP',
  'node-port': 'NodePort',
  'external-ip': 'external IP',
  'load-balancer-ip': 'load-balancer IP',
  'host-port': 'hostPort',
  'health-check': 'health check',
};

/** What asks for one door: its Service port, or its address where it belongs to none. */
function targetOf(resolution: Resolution, door: Door): string {
  if (door.service !== null) return portName(door.service.namespace, door.service.name, door.service.port);
  const { dump } = door;
  const loopback = dump.family === 'ipv4' ? '127.0.0.1' : '::1';
  const own = dumpNode(resolution, dump).record === null ? loopback : nodeAddress(resolution, dump).text;
  return addressText(door.ip ?? own, door.port, door.protocol);
}

function description(door: Door): string {
  const label = doorLabel(door);
  return label.startsWith(kindNames[door.kind]) ? label : `${label} ${kindNames[door.kind]}`;
}

/** Every Service port and address that a flow can be drawn for: those of the dump's rules in their order, then those of the cluster alone. */
export function* flowTargetsOf(state: DumpState): Steps<FlowTargetsResult> {
  const resolution = state.resolution();
  const { cluster } = resolution;
  const inDump = yield* doorSteps(resolution);
  const doors = [...inDump];
  const seen = new Set(inDump.map((door) => `${door.service?.namespace}/${door.service?.name}`));
  for (const service of cluster.services) {
    // Those that have rules are listed by them.
    if (!seen.has(`${service.namespace}/${service.name}`))
      doors.push(...doorsOfRecord(resolution, service.namespace, service.name));
  }
  const descriptions = new Map<string, string[]>();
  for (const door of doors) {
    const to = targetOf(resolution, door);
    const known = descriptions.get(to);
    if (known === undefined) descriptions.set(to, [description(door)]);
    else known.push(description(door));
  }
  const targets = [...descriptions].map(
    ([to, parts]): FlowTarget => ({ to, label: to, description: [...new Set(parts)].slice(0, 6).join(', ') }),
  );
  return { targets, reason: targets.length > 0 ? '' : whyNone(state) };
}

function whyNone({ ruleset }: DumpState): string {
  if (ruleset.dumps.length === 0) return 'This document holds no iptables rules.';
  const modes = ruleset.dumps.map((dump) => proxyLayout(ruleset, dump).mode);
  if (modes.includes('ipvs')) {
    return 'kube-proxy runs in ipvs mode here: where Services lead is in the kernel’s IPVS table ("ipvsadm -Ln"), not in the rules.';
  }
  const hasNat = ruleset.tables.some((table) => table.name === 'nat');
  if (!hasNat) return "The dump has no nat table, which is where kube-proxy's Services are.";
  const isEmpty = !ruleset.tables.some((table) => table.chains.has('KUBE-SERVICES'));
  return isEmpty
    ? 'The dump has no KUBE-SERVICES chain: kube-proxy has written nothing here in iptables mode.'
    : 'No rule of the dump is for a Service.';
}

function nothing(reason: string): FlowResult {
  return { kind: 'nothing', reason };
}

/** The graph of a request, as `requestSteps` takes it: a flow's or a chain's. */
export function* flowFor(state: DumpState, to: string): Steps<FlowResult> {
  const answer = yield* requestSteps(state.resolution(), to);
  if (!answer.ok) return nothing(answer.reason);
  return { kind: 'flow', graph: answer.graph, to: answer.to, documentVersion: state.version };
}

/** The graph of the chain under a position (0-based), or of the one that the line is in. */
export function* chainGraphAt(state: DumpState, position: Position): Steps<FlowResult> {
  const thing = thingAt(state, position);
  const chain = thing?.kind === 'chain' ? thing.chain : chainOfLine(state, position.line);
  if (chain === undefined) return nothing('Put the cursor on a chain or one of its rules.');
  return yield* flowFor(state, chainRequest(chain.table.name, chain.name));
}

/** What to ask for a chain: the Service that it belongs to, or the hostPort; undefined for a chain that belongs to none. */
function targetOfChain(resolution: Resolution, chain: Chain, doors: readonly Door[]): string | undefined {
  const { service } = resolution.chain(chain);
  if (service !== null) return portName(service.namespace, service.name, service.port);
  const door = doors.find((candidate) => candidate.target === chain);
  return door === undefined ? undefined : targetOf(resolution, door);
}

/**
 * The flow that a place in the dump (0-based) belongs to: of the chain under the cursor, of the address under it, else of the rule's Service
 * or of the chain that the line is in.
 */
export function* flowAt(state: DumpState, position: Position): Steps<FlowResult> {
  const resolution = state.resolution();
  const doors = yield* doorSteps(resolution);
  const thing = thingAt(state, position);
  const candidates: (string | undefined)[] = [];
  if (thing?.kind === 'chain') candidates.push(targetOfChain(resolution, thing.chain, doors));
  if (thing?.kind === 'value') {
    const ip = canonicalIP(thing.word.text.replace(/\/(?:32|128)$/, ''));
    const line = doors.find((door) => door.lines.includes(position.line));
    if (ip !== undefined && doors.some((door) => door.ip === ip)) {
      candidates.push(line?.ip === ip ? addressText(ip, line.port, line.protocol) : ip);
    }
  }
  const own = doors.find((door) => door.lines.includes(position.line));
  if (own !== undefined) candidates.push(targetOf(resolution, own));
  const rule = ruleAt(state.ruleset, position.line);
  const comment = rule === undefined ? undefined : serviceComment(commentOf(rule));
  if (comment !== undefined) candidates.push(portName(comment.namespace, comment.service, comment.port));
  const inChain = chainOfLine(state, position.line);
  if (inChain !== undefined) candidates.push(targetOfChain(resolution, inChain, doors));
  const to = candidates.find((candidate) => candidate !== undefined);
  if (to !== undefined) return yield* flowFor(state, to);
  if (doors.length === 0) return nothing(whyNone(state));
  const name = thing?.kind === 'chain' ? thing.name : inChain?.name;
  return nothing(
    name === undefined
      ? 'Put the cursor on a Service’s chain, its address, or a rule for it, or choose one from the list.'
      : `${name} belongs to no single Service: choose one from the list, or show its chain graph.`,
  );
}
