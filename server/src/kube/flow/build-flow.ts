/**
 * The paths of packets to a Service as a graph. Nothing in it is assumed of kube-proxy: for each address of the Service a packet from each place
 * that makes a difference is sent through the rules, and what it passes is drawn.
 */
import { runToEnd, type Steps } from '../../base/steps.ts';
import { mayHaveMoreReferences } from '../../ruleset/completeness.ts';
import type { Resolution } from '../identity/chain-identity.ts';
import { isAllShown } from '../proxy/endpoint-shares.ts';
import { chainRemark } from './chain-frontends.ts';
import { entryId, type FlowContext, primarySamples, type Sample } from './context.ts';
import { routesOf } from './destinations.ts';
import { compareFrontends, entryDrift } from './disagreements.ts';
import { makeEdges } from './edges.ts';
import { targetClasses } from './endpoint-classes.ts';
import { type Frontend, frontendLabel } from './frontends.ts';
import type { FlowEntry, FlowGraph, FlowNode, FlowNote } from './graph.ts';
import { missingFromDump } from './missing-from-dump.ts';
import { makeNode } from './nodes.ts';
import { dumpNotes } from './notes.ts';
import { pathSteps } from './packet-paths.ts';
import { ownAddresses, packetSources } from './packet-sources.ts';
import { addPath, type CollectedEdge, type CollectedNode, type CollectedPaths, entryOf, noPaths } from './path-collector.ts';
import { chooseFrontends } from './resolve-target.ts';
import { type FlowTargetSpec, flowTargetText } from './target.ts';

export type FlowAnswer =
  /** `to` is the target as text, to ask again with after an edit. */
  { readonly ok: true; readonly graph: FlowGraph; readonly to: string } | { readonly ok: false; readonly reason: string };

const mostFrontends = 60;
const mostAssumptionNotes = 5;
const equal = 1e-9;

type AddNote = (severity: FlowNote['severity'], message: string, line?: number | null) => void;

/** What is wrong with an entry itself: nothing leads on from it, or the cluster does not have it. */
function addFrontendNote({ resolution, disagreements }: FlowContext, frontend: Frontend, add: AddNote): void {
  const { kind, target, service, lines } = frontend;
  const label = frontendLabel(frontend);
  const [first] = lines;
  if (kind === 'chain') {
    if (target !== null)
      add(
        mayHaveMoreReferences(resolution.ruleset, target) ? 'info' : 'warning',
        chainRemark(resolution.ruleset, target),
        target.declarations[0] ?? target.rules[0],
      );
    return;
  }
  if (first === undefined) add('warning', `The cluster has ${label} and the dump has no rule for it.`);
  else if (service !== null && entryDrift(disagreements, frontend) === 'stale') {
    const { namespace, name } = service;
    const isGone = resolution.cluster.service(namespace, name) === undefined;
    const what = isGone
      ? `The cluster has no Service ${namespace}/${name}.`
      : `${namespace}/${name} has ${label} in the dump, and not in the cluster.`;
    add('warning', what, first);
  }
}

function flowNotes(
  context: FlowContext,
  frontends: readonly Frontend[],
  { collected, assumptions, hooked }: Gathered,
  remark: string,
  leftOut: number,
): readonly FlowNote[] {
  const { resolution } = context;
  const notes = new Map<string, FlowNote>();
  const add: AddNote = (severity, message, line = null) => {
    if (!notes.has(message)) notes.set(message, { severity, message, line: line === null ? null : line + 1 });
  };
  if (remark !== '') add('info', remark);
  if (leftOut > 0) add('info', `${leftOut} more addresses are left out.`);
  for (const frontend of frontends) addFrontendNote(context, frontend, add);
  for (const { severity, message, line } of dumpNotes(resolution, [...new Set(frontends.map((frontend) => frontend.dump))])) {
    add(severity, message, line === null ? null : line - 1);
  }
  for (const { kind, chain, weights, ended } of collected.nodes.values()) {
    if (
      kind !== 'endpoint' ||
      chain === null ||
      !isAllShown(resolution.ruleset, chain) ||
      !weights.some((weight, at) => (weight ?? 0) > (ended[at] ?? 0) + equal)
    )
      continue;
    add(
      'warning',
      `${chain.name} redirects nothing: packets come back from it and meet the next rule.`,
      chain.declarations[0] ?? null,
    );
  }
  const partial = [...collected.nodes.values()].flatMap(({ kind, chain }) =>
    (kind === 'service' || kind === 'service-local') &&
    chain !== null &&
    chain.rules.length > 0 &&
    !isAllShown(resolution.ruleset, chain)
      ? [chain.name]
      : [],
  );
  if (partial.length > 0) {
    const some = `${partial.slice(0, 3).join(', ')}${partial.length > 3 ? ` and ${partial.length - 3} more` : ''}`;
    add('info', `The dump may not show all rules of ${some}: shares are those of the rules that it shows.`);
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

/** What the packets to some frontends have met. */
interface Gathered {
  readonly collected: CollectedPaths;
  readonly samples: readonly Sample[];
  /** By sample, the share of its packets that get another source. */
  readonly masqueraded: readonly number[];
  readonly matched: ReadonlySet<number>;
  readonly assumptions: ReadonlySet<string>;
  /** "KUBE-SERVICES (nat)": taken to be hooked in. */
  readonly hooked: ReadonlySet<string>;
}

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
    const context = { ruleset, dump: frontend.dump, isLocal: ownAddresses(resolution, frontend.dump), start };
    const classes = targetClasses(ruleset, frontend.dump);
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
  const graph: FlowGraph = {
    title: choice.title,
    entries,
    nodes: [...nodes, ...missing.nodes],
    edges: [...edges, ...missing.edges],
    notes: flowNotes(context, frontends, gathered, choice.remark, choice.frontends.length - frontends.length),
    routes: routesOf(context, collected, gathered.masqueraded),
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
