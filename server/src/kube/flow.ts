/**
 * The way of packets to a Service as a graph. Nothing in it is assumed of kube-proxy: for each address of the Service a packet from each place
 * that makes a difference is sent through the rules, and what it passes is drawn.
 */
import { hostPort } from '../cluster/ip.ts';
import { ruleText } from '../netfilter/compiled-rule.ts';
import { ruleAt } from '../ruleset/rules.ts';
import type { Dump } from '../ruleset/ruleset.ts';
import { runToEnd, type Steps } from '../syntax/steps.ts';
import { badgesOf } from './flow-badges.ts';
import { chooseDoors } from './flow-choice.ts';
import { destinationCondition, sourceCondition } from './flow-conditions.ts';
import { packetsOf, packetsOfAll } from './flow-counters.ts';
import { type Door, doorLabel, isMarkChain } from './flow-doors.ts';
import { createFlowDraft, type EdgeDraft, type FlowDraft, type NodeDraft } from './flow-draft.ts';
import { endpointDrift, knowsEndpoints, missingEndpoints } from './flow-drift.ts';
import { dumpNode } from './flow-dump-node.ts';
import type { FlowDrift, FlowEdge, FlowEntry, FlowGraph, FlowNode, FlowNote, FlowPodRef, FlowServiceRef } from './flow-graph.ts';
import { dumpNotes } from './flow-notes.ts';
import { nodeAddress, type Origin, originsOf } from './flow-origins.ts';
import { type FlowTargetSpec, flowTargetText } from './flow-target.ts';
import { targetClasses } from './flow-target-classes.ts';
import { drawnKind, walkSteps } from './flow-walk.ts';
import type { ChainPod, ChainService, Resolution } from './resolve.ts';
import { endpointAddress, serviceTitle } from './titles.ts';

export type FlowAnswer =
  /** `to` is the target as text, to ask again with after an edit. */
  { readonly ok: true; readonly graph: FlowGraph; readonly to: string } | { readonly ok: false; readonly reason: string };

/** A packet that was sent: from where, to which entry. */
interface Sample {
  readonly entry: string;
  readonly door: Door;
  readonly origin: Origin;
}

const mostDoors = 60;
const mostAssumptionNotes = 5;
const equal = 1e-9;

function entryId(door: Door): string {
  const dump = door.dump.index === 0 ? '' : `${door.dump.index}:`;
  return `entry:${dump}${door.kind}:${door.ip === null ? `*:${door.port}` : hostPort(door.ip, door.port)}/${door.protocol}`;
}

function serviceRef(service: ChainService | null): FlowServiceRef | null {
  if (service === null) return null;
  const { namespace, name, port, portNumber, protocol, clusterIP } = service;
  return { namespace, name, port, portNumber, protocol, clusterIP };
}

function podRef(pod: ChainPod | null): FlowPodRef | null {
  return pod === null ? null : { namespace: pod.namespace, name: pod.name, node: pod.node, zone: pod.zone, ready: pod.ready };
}

const entryDetails = {
  'cluster-ip': 'clusterIP',
  'node-port': 'any address of this node',
  'external-ip': 'external IP',
  'load-balancer-ip': 'load-balancer IP',
  'host-port': 'any address of this node',
  'health-check': 'health check node port',
} as const;

/** Everything that making the graph's parts needs to look at. */
interface Context {
  readonly resolution: Resolution;
  readonly samples: readonly Sample[];
  /** The sample that stands for an entry in shares, by entry. */
  readonly primary: ReadonlyMap<string, number>;
  readonly entries: readonly FlowEntry[];
  readonly doorsById: ReadonlyMap<string, Door>;
  readonly matched: ReadonlySet<number>;
}

function emptyNode(id: string, kind: FlowNode['kind'], label: string): FlowNode {
  return {
    id,
    kind,
    label,
    detail: '',
    table: null,
    chain: null,
    line: null,
    service: null,
    pod: null,
    address: null,
    shares: {},
    share: null,
    badges: [],
    drift: null,
    packets: null,
  };
}

function sharesOf(context: Context, draft: NodeDraft): Pick<FlowNode, 'share' | 'shares'> {
  const shares: Record<string, number> = {};
  let share: number | null = null;
  for (const { id } of context.entries) {
    const value = draft.weights.get(context.primary.get(id) ?? -1) ?? 0;
    const reaches = [...draft.weights].some(([sample, weight]) => weight > 0 && context.samples[sample]?.entry === id);
    if (!reaches) continue;
    shares[id] = value;
    share ??= value;
  }
  return { shares, share };
}

function entryNode(context: Context, id: string, door: Door): FlowNode {
  const { resolution } = context;
  const { ruleset, cluster } = resolution;
  const service = door.service === null ? undefined : cluster.service(door.service.namespace, door.service.name);
  const port = service?.ports.find((candidate) => candidate.name === door.service?.port && candidate.protocol === door.protocol);
  const lines = door.lines.filter((line) => !isMarkChain(ruleset.lines[line]?.target ?? ''));
  const first = lines[0] ?? door.lines[0];
  return {
    ...emptyNode(id, 'entry', doorLabel(door)),
    detail: entryDetails[door.kind],
    line: first === undefined ? null : first + 1,
    table:
      first === undefined
        ? null
        : (ruleset.tables.find((table) => first >= table.firstLine && first < table.endLine)?.name ?? null),
    chain: first === undefined ? null : (ruleset.lines[first]?.name ?? null),
    service:
      door.service === null
        ? null
        : {
            namespace: door.service.namespace,
            name: door.service.name,
            port: door.service.port,
            portNumber: port?.port ?? (door.kind === 'node-port' || door.kind === 'health-check' ? null : door.port),
            protocol: door.protocol,
            clusterIP:
              service?.clusterIPs.find((ip) => ip.includes(':') === (door.dump.family === 'ipv6')) ??
              (door.kind === 'cluster-ip' ? door.ip : null),
          },
    drift: entryDrift(context, door),
    packets: packetsOfAll(ruleset, lines),
  };
}

/** An entry that only the cluster has is missing; one that the cluster does not have (any longer) is stale. */
function entryDrift({ resolution }: Context, door: Door): FlowDrift | null {
  const { cluster } = resolution;
  if (door.lines.length === 0) return 'missing';
  if (cluster.source.kind === 'none' || !cluster.kinds.has('Service') || door.service === null) return null;
  const service = cluster.service(door.service.namespace, door.service.name);
  if (service === undefined) return 'stale';
  const has =
    door.kind === 'cluster-ip'
      ? service.clusterIPs
      : door.kind === 'external-ip' || door.kind === 'load-balancer-ip'
        ? [...service.externalIPs, ...service.loadBalancerIPs.map(({ ip }) => ip)]
        : null;
  if (door.ip !== null && has !== null && !has.includes(door.ip)) return 'stale';
  const ports = service.ports.map((port) => (door.kind === 'node-port' ? port.nodePort : port.port));
  if (door.kind === 'health-check') return service.healthCheckNodePort === door.port ? null : 'stale';
  return ports.includes(door.port) ? null : 'stale';
}

function chainNode(context: Context, draft: NodeDraft, hasManyDoors: boolean): FlowNode {
  const { resolution } = context;
  const { chain } = draft;
  if (chain === null) return emptyNode(draft.id, draft.kind, draft.id);
  const identity = resolution.chain(chain);
  const address = identity.endpoint === null ? null : endpointAddress(identity.endpoint);
  const isDispatch = draft.kind === 'dispatch';
  const name = identity.service === null ? chain.name : serviceTitle(identity.service);
  const declared = chain.declarations[0] ?? chain.rules[0] ?? chain.references[0];
  return {
    ...emptyNode(draft.id, draft.kind, isDispatch ? chain.name : draft.kind === 'endpoint' ? (address ?? chain.name) : name),
    detail: isDispatch ? `table ${chain.table.name}` : chain.name,
    table: chain.table.name,
    chain: chain.name,
    line: declared === undefined ? null : declared + 1,
    service: isDispatch ? null : serviceRef(identity.service),
    pod: podRef(identity.endpoint?.pod ?? null),
    address,
    ...(draft.kind === 'endpoint' ? sharesOf(context, draft) : {}),
    badges: badgesOf(resolution.ruleset, chain, draft.kind, context.matched, hasManyDoors, identity.endpoint?.ip ?? null),
    drift: draft.kind === 'endpoint' ? endpointDrift(resolution, identity) : null,
    packets: packetsOfAll(resolution.ruleset, chain.references),
  };
}

function addressNode(context: Context, draft: NodeDraft): FlowNode {
  const { resolution } = context;
  const { end } = draft;
  if (end?.kind !== 'address') return emptyNode(draft.id, draft.kind, draft.id);
  const { destination, dport } = end.packet;
  const address = dport === null ? destination.text : hostPort(destination.text, dport);
  const identity = drawnKind(end.chain) === 'endpoint' ? resolution.chain(end.chain) : null;
  const pod = identity?.endpoint?.pod ?? null;
  const where = pod?.node == null ? address : `${address} on ${pod.node}`;
  return {
    ...emptyNode(draft.id, pod === null ? 'address' : 'pod', pod === null ? address : pod.name),
    detail: pod === null ? 'no Pod is known there' : where,
    service: serviceRef(identity?.service ?? null),
    pod: podRef(pod),
    address,
    ...sharesOf(context, draft),
    drift: identity === null ? null : endpointDrift(resolution, identity),
    packets: packetsOf(resolution.ruleset, end.line),
  };
}

function verdictNode(context: Context, draft: NodeDraft): FlowNode {
  const { ruleset } = context.resolution;
  const { end } = draft;
  if (end?.kind === 'unchanged') {
    const { destination, dport } = end.packet;
    return {
      ...emptyNode(draft.id, 'verdict', 'not redirected'),
      detail: `goes on to ${dport === null ? destination.text : hostPort(destination.text, dport)}`,
      ...sharesOf(context, draft),
    };
  }
  if (end?.kind !== 'verdict') return emptyNode(draft.id, draft.kind, draft.id);
  const rule = end.line === null || end.isPolicy ? undefined : ruleAt(ruleset, end.line);
  const answer = rule?.options.find((option) => option.name === '--reject-with')?.values[0]?.text;
  const { chain } = end;
  const where = `${chain.name} in table ${chain.table.name}`;
  return {
    ...emptyNode(draft.id, 'verdict', end.verdict.toUpperCase()),
    detail: end.isPolicy ? `policy of ${where}` : answer === undefined ? `by ${where}` : `${answer}, by ${where}`,
    table: chain.table.name,
    chain: chain.name,
    line: end.line === null ? null : end.line + 1,
    ...sharesOf(context, draft),
    packets: packetsOf(ruleset, end.line),
  };
}

/** Which entries' packets come by a node at all. */
function entriesAt(context: Context, draft: NodeDraft): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const [sample, weight] of draft.weights) {
    const entry = context.samples[sample]?.entry;
    if (weight > 0 && entry !== undefined) ids.add(entry);
  }
  return ids;
}

function makeNode(context: Context, draft: NodeDraft): FlowNode {
  const door = context.doorsById.get(draft.id);
  if (door !== undefined) return entryNode(context, draft.id, door);
  if (draft.kind === 'address') return addressNode(context, draft);
  if (draft.kind === 'verdict') return verdictNode(context, draft);
  return chainNode(context, draft, entriesAt(context, draft).size > 1);
}

/** In which samples an edge's start is passed at all, and how likely its packets then take the edge. */
function chancesOf(edge: EdgeDraft): readonly (readonly [sample: number, probability: number])[] {
  const chances: (readonly [number, number])[] = [];
  for (const [sample, weight] of edge.from.weights) {
    if (weight > 0) chances.push([sample, (edge.weights.get(sample) ?? 0) / weight]);
  }
  return chances;
}

/** Where the packets come from that take an edge which others do not: "from a Pod or this node", "to 192.0.2.1:443". */
function whoTakes(context: Context, chances: ReturnType<typeof chancesOf>): string {
  const tally = (key: (sample: Sample) => string): { readonly isDecided: boolean; readonly taking: readonly string[] } => {
    const by = new Map<string, Set<boolean>>();
    for (const [index, chance] of chances) {
      const sample = context.samples[index];
      if (sample === undefined) continue;
      const known = by.get(key(sample)) ?? new Set();
      known.add(chance > 0);
      by.set(key(sample), known);
    }
    return {
      isDecided: [...by.values()].every((answers) => answers.size === 1),
      taking: [...by].filter(([, answers]) => answers.has(true)).map(([name]) => name),
    };
  };
  const origins = tally((sample) => sample.origin.words);
  if (origins.isDecided) return `from ${origins.taking.slice(0, 4).join(' or ')}`;
  const doors = tally((sample) => doorLabel(sample.door));
  return doors.isDecided ? `to ${doors.taking.slice(0, 3).join(' or ')}` : 'depends on source and address';
}

function makeEdge(context: Context, edge: EdgeDraft, affinityFrom: ReadonlySet<NodeDraft>): FlowEdge {
  const { ruleset } = context.resolution;
  const source = edge.line === null ? undefined : ruleset.lines[edge.line];
  const chances = chancesOf(edge);
  const [first] = chances;
  const isSure = first !== undefined && chances.every(([, chance]) => Math.abs(chance - first[1]) < equal);
  const isReturning = edge.weights.size === 0;
  let condition = '';
  let probability: number | null = null;
  if (isReturning) {
    condition = 'returning client';
  } else if (isSure) {
    probability = first[1];
    if (edge.to.kind === 'endpoint' && affinityFrom.has(edge.from)) condition = 'first packet';
  } else {
    const rule = edge.line === null ? undefined : ruleAt(ruleset, edge.line);
    const asks = rule === undefined ? '' : sourceCondition(rule);
    condition = asks || whoTakes(context, chances);
    if (rule !== undefined && asks === '' && condition.startsWith('to ')) condition = destinationCondition(rule) || condition;
  }
  const dnatLine = edge.to.end?.kind === 'address' ? edge.to.end.line : null;
  return {
    from: edge.from.id,
    to: edge.to.id,
    line: edge.line === null ? null : edge.line + 1,
    rule: source === undefined || source.kind !== 'rule' ? null : ruleText(source),
    probability,
    condition,
    // A hook's rule counts every packet of the node, not those to this entry.
    packets: edge.from.kind === 'entry' && edge.to.kind === 'dispatch' ? null : packetsOf(ruleset, edge.line ?? dnatLine),
  };
}

/** The first place whose packets reach an address: a Pod for a clusterIP, outside for what is meant for outside. */
function primarySamples(samples: readonly Sample[], draft: FlowDraft): ReadonlyMap<string, number> {
  const reached = new Set<number>();
  for (const node of draft.nodes.values()) {
    if (node.kind !== 'address') continue;
    for (const [sample, weight] of node.weights) if (weight > 0) reached.add(sample);
  }
  const rank = ({ door, origin }: Sample): number => {
    const order = door.kind === 'cluster-ip' ? ['pod', 'node', 'outside'] : ['outside', 'pod', 'node'];
    return order.indexOf(origin.kind);
  };
  const primary = new Map<string, number>();
  for (const [index, sample] of samples.entries()) {
    const known = primary.get(sample.entry);
    const best = known === undefined ? undefined : samples[known];
    const better =
      known === undefined ||
      best === undefined ||
      (reached.has(index) && !reached.has(known)) ||
      (reached.has(index) === reached.has(known) && rank(sample) < rank(best));
    if (better) primary.set(sample.entry, index);
  }
  return primary;
}

/** Endpoints that the cluster has and the dump has not, as nodes behind the Service chain that would lead to them, or behind the entry. */
function ghosts(
  context: Context,
  draft: FlowDraft,
  doors: readonly Door[],
): { readonly nodes: readonly FlowNode[]; readonly edges: readonly FlowEdge[] } {
  const { resolution } = context;
  const nodes: FlowNode[] = [];
  const edges: FlowEdge[] = [];
  if (!knowsEndpoints(resolution)) return { nodes, edges };
  const there = new Set<string>();
  for (const node of draft.nodes.values()) {
    if (node.end?.kind === 'address') there.add(`${node.end.packet.destination.text} ${node.end.packet.dport}`);
    const endpoint = node.kind === 'endpoint' && node.chain !== null ? resolution.chain(node.chain).endpoint : null;
    if (endpoint !== null) there.add(`${endpoint.ip} ${endpoint.port}`);
  }
  const done = new Set<string>();
  for (const door of doors) {
    const { service } = door;
    if (service === null || door.kind === 'health-check' || door.kind === 'host-port') continue;
    const key = `${door.dump.index} ${service.namespace}/${service.name}:${service.port} ${door.protocol}`;
    if (done.has(key)) continue;
    done.add(key);
    const record = resolution.cluster.service(service.namespace, service.name);
    const parent = [...draft.nodes.values()].find((node) => {
      if (node.kind !== 'service' || node.chain === null || node.chain.table.dump !== door.dump) return false;
      const of = resolution.chain(node.chain).service;
      return of?.namespace === service.namespace && of.name === service.name && of.port === service.port;
    });
    // Where only this node's endpoints count there is no chain with all of them, and none is missing.
    if (parent === undefined && record?.internalTrafficPolicy === 'Local') continue;
    const wanted = { ...service, protocol: door.protocol };
    for (const ref of missingEndpoints(resolution, wanted, door.dump.family, (ip, port) => there.has(`${ip} ${port}`))) {
      const address = hostPort(ref.ip, ref.port);
      const id = `address:${address}/${door.protocol}`;
      const reference = ref.endpoint.targetRef;
      const isPod = reference !== null && (reference.kind === 'Pod' || reference.kind === '');
      const pod = isPod ? (resolution.cluster.pod(reference.namespace || ref.slice.namespace, reference.name) ?? null) : null;
      const node = ref.endpoint.nodeName || pod?.node || null;
      const zone = ref.endpoint.zone || (node === null ? '' : (resolution.cluster.node(node)?.zone ?? '')) || null;
      nodes.push({
        ...emptyNode(id, isPod ? 'pod' : 'address', isPod ? reference.name : address),
        detail: isPod && node !== null ? `${address} on ${node}` : isPod ? address : 'no Pod is known there',
        pod: isPod
          ? {
              namespace: reference.namespace || ref.slice.namespace,
              name: reference.name,
              node,
              zone,
              ready: pod?.ready ?? ref.endpoint.ready,
            }
          : null,
        address,
        drift: 'missing',
      });
      const from = parent?.id ?? entryId(door);
      edges.push({ from, to: id, line: null, rule: null, probability: null, condition: 'not in the dump', packets: null });
    }
  }
  return { nodes, edges };
}

function flowNotes(
  context: Context,
  doors: readonly Door[],
  assumptions: ReadonlySet<string>,
  remark: string,
): readonly FlowNote[] {
  const { resolution } = context;
  const notes: FlowNote[] = [];
  if (remark !== '') notes.push({ severity: 'info', message: remark, line: null });
  for (const door of doors) {
    if (door.lines.length > 0) continue;
    notes.push({
      severity: 'warning',
      message: `The cluster has ${doorLabel(door)} and the dump has no rule for it.`,
      line: null,
    });
  }
  for (const door of doors) {
    if (door.lines.length === 0 || door.service === null || entryDrift(context, door) !== 'stale') continue;
    const name = `${door.service.namespace}/${door.service.name}`;
    const gone = resolution.cluster.service(door.service.namespace, door.service.name) === undefined;
    const message = gone
      ? `The cluster has no Service ${name}.`
      : `${name} has ${doorLabel(door)} in the dump, and not in the cluster.`;
    if (!notes.some((note) => note.message === message))
      notes.push({ severity: 'warning', message, line: (door.lines[0] ?? 0) + 1 });
  }
  notes.push(...dumpNotes(resolution, [...new Set(doors.map((door) => door.dump))]));
  for (const text of [...assumptions].slice(0, mostAssumptionNotes)) notes.push({ severity: 'info', message: text, line: null });
  return notes;
}

/** Whether an address is the node's own, as far as the cluster says; undefined where it does not. */
function localAddresses(resolution: Resolution, dump: Dump): (address: string) => boolean | undefined {
  const own = nodeAddress(resolution, dump.family).text;
  const node = dumpNode(resolution);
  return (address) => {
    if (address === own || address.startsWith('127.') || address === '::1') return true;
    const at = resolution.cluster.nodeAt(address);
    if (at === undefined)
      return resolution.cluster.servicesAt(address).length > 0 || resolution.cluster.podsAt(address).length > 0
        ? false
        : undefined;
    return node === null ? undefined : at === node;
  };
}

/**
 * The flow to an address or a Service, or in a sentence why there is none. Pauses every few thousand rules; never throws.
 * Shares are those of a new connection: session affinity brings a known client back to where it was, which the edges say.
 */
export function* flowSteps(resolution: Resolution, target: FlowTargetSpec): Steps<FlowAnswer> {
  const choice = yield* chooseDoors(resolution, target);
  if (!choice.ok) return choice;
  const doors = choice.doors.slice(0, mostDoors);
  const { ruleset, cluster } = resolution;
  const draft = createFlowDraft();
  const samples: Sample[] = [];
  const matched = new Set<number>();
  const assumptions = new Set<string>();
  const doorsById = new Map<string, Door>();
  for (const door of doors) {
    const id = entryId(door);
    doorsById.set(id, door);
    draft.entry(id);
    if (door.lines.length === 0) continue;
    const context = { ruleset, dump: door.dump, isLocal: localAddresses(resolution, door.dump) };
    const classes = targetClasses(ruleset, door.dump);
    const endpoints = endpointAddresses(resolution, door);
    for (const origin of originsOf(resolution, door, endpoints)) {
      const walked = yield* walkSteps(context, origin, classes);
      samples.push({ entry: id, door, origin });
      for (const way of walked.ways) draft.add(id, samples.length - 1, way);
      for (const line of walked.matched) matched.add(line);
      for (const text of walked.assumptions) assumptions.add(text);
      yield;
    }
  }
  const entries = doors.map(
    (door): FlowEntry => ({
      id: entryId(door),
      kind: door.kind,
      ip: door.ip,
      port: door.port,
      protocol: door.protocol,
      label: doorLabel(door),
    }),
  );
  const context: Context = {
    resolution,
    samples,
    primary: primarySamples(samples, draft),
    entries,
    doorsById,
    matched,
  };
  const affinityFrom = new Set([...draft.edges.values()].filter((edge) => edge.weights.size === 0).map((edge) => edge.from));
  const nodes: FlowNode[] = [];
  for (const node of draft.nodes.values()) {
    nodes.push(makeNode(context, node));
    if (nodes.length % 256 === 0) yield;
  }
  const edges: FlowEdge[] = [];
  for (const edge of draft.edges.values()) edges.push(makeEdge(context, edge, affinityFrom));
  const missing = ghosts(context, draft, doors);
  const notes = [...flowNotes(context, doors, assumptions, choice.remark)];
  if (choice.doors.length > doors.length) {
    notes.push({ severity: 'info', message: `${choice.doors.length - doors.length} more addresses are left out.`, line: null });
  }
  const graph: FlowGraph = {
    title: choice.title,
    entries,
    nodes: [...nodes, ...missing.nodes],
    edges: [...edges, ...missing.edges],
    notes,
    source: cluster.source.label,
  };
  return { ok: true, graph, to: flowTargetText(target) };
}

/** Addresses of endpoints behind a door, so that a Pod that asks is none of them. */
function endpointAddresses(resolution: Resolution, door: Door): ReadonlySet<string> {
  const addresses = new Set<string>();
  if (door.service !== null) {
    const { namespace, name, port } = door.service;
    for (const ref of resolution.index.endpointsOf(namespace, name, port, door.protocol)) addresses.add(ref.ip);
  }
  for (const chain of door.dump.tables.find((table) => table.name === 'nat')?.chains.values() ?? []) {
    if (addresses.size > 20_000) break;
    if (drawnKind(chain) !== 'endpoint') continue;
    const hairpin = / -s ([0-9a-fA-F.:]+)\/(?:32|128) /.exec(resolution.ruleset.lines[chain.rules[0] ?? -1]?.text ?? '');
    if (hairpin?.[1] !== undefined) addresses.add(hairpin[1]);
  }
  return addresses;
}

/** The same without pauses. */
export function flowGraph(resolution: Resolution, target: FlowTargetSpec): FlowAnswer {
  return runToEnd(flowSteps(resolution, target));
}
