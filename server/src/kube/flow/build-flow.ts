/**
 * The way of packets to a Service as a graph. Nothing in it is assumed of kube-proxy: for each address of the Service a packet from each place
 * that makes a difference is sent through the rules, and what it passes is drawn.
 */
import { runToEnd, type Steps } from '../../base/steps.ts';
import type { Resolution } from '../identity/resolve.ts';
import { entryId, type FlowContext, primarySamples, type Sample } from './context.ts';
import { routesOf } from './destinations.ts';
import { entryDrift } from './disagreements.ts';
import { makeEdges } from './edges.ts';
import { targetClasses } from './endpoint-classes.ts';
import { type Door, doorLabel } from './frontends.ts';
import type { FlowEntry, FlowGraph, FlowNode, FlowNote } from './graph.ts';
import { ghosts } from './missing-from-dump.ts';
import { makeNode } from './nodes.ts';
import { dumpNotes } from './notes.ts';
import { walkSteps } from './packet-paths.ts';
import { originsOf, ownAddresses } from './packet-sources.ts';
import { createFlowDraft, type EdgeDraft, type FlowDraft, type NodeDraft } from './path-collector.ts';
import { chooseDoors } from './resolve-target.ts';
import { type FlowTargetSpec, flowTargetText } from './target.ts';

export type FlowAnswer =
  /** `to` is the target as text, to ask again with after an edit. */
  { readonly ok: true; readonly graph: FlowGraph; readonly to: string } | { readonly ok: false; readonly reason: string };

const mostDoors = 60;
const mostAssumptionNotes = 5;
const equal = 1e-9;

function flowNotes(
  { resolution }: FlowContext,
  doors: readonly Door[],
  { draft, assumptions, hooked }: Gathered,
  remark: string,
  leftOut: number,
): readonly FlowNote[] {
  const notes = new Map<string, FlowNote>();
  const add = (severity: FlowNote['severity'], message: string, line: number | null = null): void => {
    if (!notes.has(message)) notes.set(message, { severity, message, line: line === null ? null : line + 1 });
  };
  if (remark !== '') add('info', remark);
  if (leftOut > 0) add('info', `${leftOut} more addresses are left out.`);
  for (const door of doors) {
    const [first] = door.lines;
    if (first === undefined) add('warning', `The cluster has ${doorLabel(door)} and the dump has no rule for it.`);
    else if (door.service !== null && entryDrift(resolution, door) === 'stale') {
      const { namespace, name } = door.service;
      const isGone = resolution.cluster.service(namespace, name) === undefined;
      const what = isGone
        ? `The cluster has no Service ${namespace}/${name}.`
        : `${namespace}/${name} has ${doorLabel(door)} in the dump, and not in the cluster.`;
      add('warning', what, first);
    }
  }
  for (const { severity, message, line } of dumpNotes(resolution, [...new Set(doors.map((door) => door.dump))])) {
    add(severity, message, line === null ? null : line - 1);
  }
  for (const { kind, chain, weights, ended } of draft.nodes.values()) {
    if (kind !== 'endpoint' || chain === null || !weights.some((weight, at) => (weight ?? 0) > (ended[at] ?? 0) + equal))
      continue;
    add(
      'warning',
      `${chain.name} redirects nothing: packets come back from it and meet the next rule.`,
      chain.declarations[0] ?? null,
    );
  }
  if (hooked.size > 0) {
    const chains = [...hooked].join(', ');
    add(
      'info',
      `The dump is an excerpt without the built-in chains that lead to ${chains}: taken to be hooked in as kube-proxy does it.`,
    );
  }
  for (const text of [...assumptions].slice(0, mostAssumptionNotes)) add('info', text);
  return [...notes.values()];
}

/** What the packets to some doors have met. */
interface Gathered {
  readonly draft: FlowDraft;
  readonly samples: readonly Sample[];
  /** By sample, the share of its packets that get another source. */
  readonly masqueraded: readonly number[];
  readonly matched: ReadonlySet<number>;
  readonly assumptions: ReadonlySet<string>;
  /** "KUBE-SERVICES (nat)": taken to be hooked in. */
  readonly hooked: ReadonlySet<string>;
}

/** Sends a packet to each door from each place that makes a difference. */
function* gather(resolution: Resolution, doors: readonly Door[]): Steps<Gathered> {
  const { ruleset } = resolution;
  const draft = createFlowDraft();
  const samples: Sample[] = [];
  const masqueraded: number[] = [];
  const matched = new Set<number>();
  const assumptions = new Set<string>();
  const hooked = new Set<string>();
  for (const door of doors) {
    const id = entryId(door);
    draft.entry(id);
    // What only the cluster has, no rule is about.
    if (door.lines.length === 0) continue;
    const context = { ruleset, dump: door.dump, isLocal: ownAddresses(resolution, door.dump) };
    const classes = targetClasses(ruleset, door.dump);
    for (const origin of originsOf(resolution, door)) {
      const walked = yield* walkSteps(context, origin, classes);
      const sample = samples.push({ entry: id, door, origin }) - 1;
      let changed = 0;
      for (const way of walked.ways) {
        draft.add(id, sample, way);
        if (way.isMasqueraded && !way.isReturning) changed += way.probability;
      }
      masqueraded.push(changed);
      for (const line of walked.matched) matched.add(line);
      for (const text of walked.assumptions) assumptions.add(text);
      for (const chain of walked.hooked) hooked.add(`${chain.name} (${chain.table.name})`);
      yield;
    }
  }
  return { draft, samples, masqueraded, matched, assumptions, hooked };
}

/**
 * The flow to an address or a Service, or in a sentence why there is none. Pauses every few thousand rules; never throws.
 * Shares are those of a new connection: session affinity brings a known client back to where it was, which the edges say.
 */
export function* flowSteps(resolution: Resolution, target: FlowTargetSpec): Steps<FlowAnswer> {
  const choice = yield* chooseDoors(resolution, target);
  if (!choice.ok) return choice;
  const doors = choice.doors.slice(0, mostDoors);
  const gathered = yield* gather(resolution, doors);
  const { draft, samples, matched } = gathered;
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
  const doorsById = new Map(doors.map((door) => [entryId(door), door]));
  const primary = primarySamples(samples, draft);
  const context: FlowContext = { resolution, samples, primary, entries, doorsById, matched };
  const nodes: FlowNode[] = [];
  const byStart = edgesByStart(draft);
  for (const node of inRuleOrder(draft, byStart)) {
    nodes.push(makeNode(context, node));
    if (nodes.length % 256 === 0) yield;
  }
  const edges = [...byStart.values()].flatMap((siblings) => makeEdges(context, siblings));
  const missing = ghosts(context, draft, doors);
  const graph: FlowGraph = {
    title: choice.title,
    entries,
    nodes: [...nodes, ...missing.nodes],
    edges: [...edges, ...missing.edges],
    notes: flowNotes(context, doors, gathered, choice.remark, choice.doors.length - doors.length),
    routes: routesOf(context, draft, gathered.masqueraded),
    source: resolution.cluster.source.label,
  };
  return { ok: true, graph, to: flowTargetText(target) };
}

/** Edges by where they start, in the order of the rules; what has no rule comes last. */
function edgesByStart(draft: FlowDraft): ReadonlyMap<NodeDraft, readonly EdgeDraft[]> {
  const byStart = new Map<NodeDraft, EdgeDraft[]>();
  for (const edge of draft.edges) {
    const known = byStart.get(edge.from);
    if (known === undefined) byStart.set(edge.from, [edge]);
    else known.push(edge);
  }
  for (const [start, edges] of byStart) {
    if (start.kind !== 'entry') edges.sort((a, b) => (a.line ?? Number.MAX_SAFE_INTEGER) - (b.line ?? Number.MAX_SAFE_INTEGER));
  }
  return byStart;
}

/** Nodes as a reader who follows the rules meets them. */
function inRuleOrder(draft: FlowDraft, byStart: ReturnType<typeof edgesByStart>): readonly NodeDraft[] {
  const ordered = new Set<NodeDraft>();
  const waiting = [...draft.nodes.values()].filter((node) => node.kind === 'entry').reverse();
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (ordered.has(node)) continue;
    ordered.add(node);
    for (const edge of (byStart.get(node) ?? []).toReversed()) waiting.push(edge.to);
  }
  return [...ordered];
}

/** The same without pauses. */
export function flowGraph(resolution: Resolution, target: FlowTargetSpec): FlowAnswer {
  return runToEnd(flowSteps(resolution, target));
}
