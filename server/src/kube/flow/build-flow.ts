/**
 * The paths of packets to a Service as a graph. Nothing in it is assumed of kube-proxy: for each address of the Service a packet from each place
 * that makes a difference is sent through the rules, and what it passes is drawn.
 */
import { runToEnd, type Steps } from '../../base/steps.ts';
import type { Resolution } from '../identity/chain-identity.ts';
import { entryId, type FlowContext, primarySamples, type Sample } from './context.ts';
import { routesOf } from './destinations.ts';
import { compareFrontends } from './disagreements.ts';
import { makeEdges } from './edges.ts';
import { targetClasses } from './endpoint-classes.ts';
import { flowNotes, type Gathered } from './flow-notes.ts';
import { type Frontend, frontendLabel } from './frontends.ts';
import type { FlowEntry, FlowGraph, FlowNode } from './graph.ts';
import { leftOut } from './left-out.ts';
import { missingFromDump } from './missing-from-dump.ts';
import { makeNode } from './nodes.ts';
import { pathSteps } from './packet-paths.ts';
import { ownAddresses, packetSources } from './packet-sources.ts';
import { addPath, type CollectedEdge, type CollectedNode, type CollectedPaths, entryOf, noPaths } from './path-collector.ts';
import { chooseFrontends, otherProxyNoteSteps } from './resolve-target.ts';
import { type FlowTargetSpec, flowTargetText } from './target.ts';

export type FlowAnswer =
  /** `to` is the target as text, to ask again with after an edit. */
  { readonly ok: true; readonly graph: FlowGraph; readonly to: string } | { readonly ok: false; readonly reason: string };

/** So many entries of one target are drawn at the most. */
export const mostFrontends = 60;

/** Sends a packet to each frontend from each place that makes a difference. */
function* gather(resolution: Resolution, frontends: readonly Frontend[]): Steps<Gathered> {
  const { ruleset } = resolution;
  const collected = noPaths();
  const samples: Sample[] = [];
  const masqueraded: number[] = [];
  const matched = new Set<number>();
  const assumptions = new Set<string>();
  const hooked = new Set<string>();
  for (const frontend of frontends) {
    const id = entryId(frontend);
    entryOf(collected, id);
    // What only the cluster has, no rule is about.
    if (frontend.lines.length === 0 && frontend.kind !== 'chain') continue;
    const start = frontend.kind === 'chain' ? frontend.target : null;
    const context = {
      ruleset,
      dump: frontend.dump,
      isLocal: ownAddresses(resolution, frontend.dump),
      start,
      facts: resolution.origin.facts,
    };
    const classes = yield* targetClasses(ruleset, frontend.dump);
    for (const source of packetSources(resolution, frontend)) {
      const found = yield* pathSteps(context, source, classes);
      const sample = samples.push({ entry: id, frontend, source }) - 1;
      let changed = 0;
      for (const path of found.paths) {
        addPath(collected, id, sample, path);
        if (path.isMasqueraded && !path.isReturning) changed += path.probability;
      }
      masqueraded.push(changed);
      for (const line of found.matched) matched.add(line);
      for (const text of found.assumptions) assumptions.add(text);
      for (const chain of found.hooked) hooked.add(`${chain.name} (${chain.table.name})`);
      yield;
    }
  }
  return { collected, samples, masqueraded, matched, assumptions, hooked };
}

/**
 * The flow to an address or a Service, or in a sentence why there is none. Pauses every few thousand rules; never throws.
 * Shares are those of a new connection: session affinity brings a known client back to where it was, which the edges say.
 */
export function* flowSteps(resolution: Resolution, target: FlowTargetSpec): Steps<FlowAnswer> {
  const choice = yield* chooseFrontends(resolution, target);
  if (!choice.ok) return choice;
  const frontends = choice.frontends.slice(0, mostFrontends);
  const gathered = yield* gather(resolution, frontends);
  const { collected, samples, matched } = gathered;
  const entries = frontends.map(
    (frontend): FlowEntry => ({
      id: entryId(frontend),
      kind: frontend.kind,
      ip: frontend.ip,
      port: frontend.port === 0 ? null : frontend.port,
      protocol: frontend.protocol,
      label: frontendLabel(frontend),
    }),
  );
  const frontendsById = new Map(frontends.map((frontend) => [entryId(frontend), frontend]));
  const primary = primarySamples(samples, collected);
  const disagreements = yield* compareFrontends(resolution, frontends);
  const context: FlowContext = { resolution, samples, primary, entries, frontendsById, matched, disagreements };
  const nodes: FlowNode[] = [];
  const byStart = edgesByStart(collected);
  for (const node of inRuleOrder(collected, byStart)) {
    nodes.push(makeNode(context, node));
    if (nodes.length % 256 === 0) yield;
  }
  const edges = [...byStart.values()].flatMap((siblings) => makeEdges(context, siblings));
  const missing = missingFromDump(context, collected, frontends);
  const unused = yield* leftOut(context, frontends, [...nodes, ...missing.nodes]);
  yield* otherProxyNoteSteps(resolution);
  const graph: FlowGraph = {
    title: choice.title,
    entries,
    nodes: [...nodes, ...missing.nodes],
    edges: [...edges, ...missing.edges],
    notes: flowNotes(context, frontends, gathered, choice.remark, choice.frontends.length - frontends.length),
    routes: routesOf(context, collected, gathered.masqueraded),
    ...(unused === undefined ? {} : { leftOut: unused }),
    source: resolution.cluster.source.label,
  };
  return { ok: true, graph, to: flowTargetText(target) };
}

/** Edges by where they start, in the order of the rules; what has no rule comes last. */
function edgesByStart(collected: CollectedPaths): ReadonlyMap<CollectedNode, readonly CollectedEdge[]> {
  const byStart = new Map<CollectedNode, CollectedEdge[]>();
  for (const edge of collected.edges) {
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
function inRuleOrder(collected: CollectedPaths, byStart: ReturnType<typeof edgesByStart>): readonly CollectedNode[] {
  const ordered = new Set<CollectedNode>();
  const waiting = [...collected.nodes.values()].filter((node) => node.kind === 'entry').reverse();
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
