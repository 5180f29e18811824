/** The flow as it would be if kube-proxy had just written the node's rules: what the real one is compared with. */
import { createMemory } from '../../base/memory.ts';
import type { Steps } from '../../base/steps.ts';
import { buildRuleset } from '../../ruleset/build.ts';
import { readDocument } from '../../syntax/document.ts';
import { comparisonBasis } from '../drift/basis.ts';
import { expectedText } from '../expected/text.ts';
import type { Resolution } from '../identity/chain-identity.ts';
import { resolveChains } from '../identity/resolve.ts';
import { proxyVersionText } from '../proxy/version.ts';
import { type FlowAnswer, flowSteps } from './build-flow.ts';
import type { FlowEdge, FlowGraph, FlowNode } from './graph.ts';
import { type FlowTargetSpec, flowTargetText } from './target.ts';

interface Written {
  readonly resolution: Resolution;
  /** "kube-proxy 1.34". */
  readonly by: string;
}

type Writing = ({ readonly ok: true } & Written) | { readonly ok: false; readonly reason: string };

// Of a large cluster these are as many rules as the dump has, and one flow is asked for after another.
const known = createMemory<Resolution, Written>();

/** The rules that kube-proxy would write on the node of a dump, with the settings that the dump shows. */
function* writtenRules(resolution: Resolution): Steps<Writing> {
  const before = known.get(resolution);
  if (before !== undefined) return { ok: true, ...before };
  const { ruleset, cluster, origin } = resolution;
  if (cluster.source.kind === 'none') {
    return {
      ok: false,
      reason: 'What kube-proxy would write is not known without a cluster: give a snapshot, or pick a context.',
    };
  }
  const texts: string[] = [];
  let by = '';
  for (const dump of ruleset.dumps) {
    const { obstacle, options } = yield* comparisonBasis(ruleset, dump, cluster, origin);
    if (obstacle !== undefined) return { ok: false, reason: obstacle };
    texts.push(yield* expectedText(cluster, options));
    by = `kube-proxy ${proxyVersionText(options.version)}`;
  }
  const written = yield* buildRuleset(yield* readDocument(texts.join('')));
  const made = { resolution: resolveChains(written, cluster, origin), by };
  known.set(resolution, made);
  return { ok: true, ...made };
}

/**
 * The flow that kube-proxy would make of a Service or an address; null lines, as no rule of the dump is meant. What the dump's own flow does not
 * pass is marked as missing in it.
 */
export function* expectedFlowSteps(resolution: Resolution, target: FlowTargetSpec): Steps<FlowAnswer> {
  const written = yield* writtenRules(resolution);
  if (!written.ok) return written;
  const expected = yield* flowSteps(written.resolution, target);
  if (!expected.ok) return expected;
  const real = yield* flowSteps(resolution, target);
  // What is drawn as missing is not there.
  const there = new Set(real.ok ? real.graph.nodes.flatMap(({ id, drift }) => (drift === 'missing' ? [] : [id])) : []);
  const differs = expected.graph.nodes.filter((node) => isCompared(node) && !there.has(node.id)).length;
  return { ok: true, to: flowTargetText(target), graph: withoutLines(expected.graph, there, written.by, differs) };
}

/** A verdict has no name of its own that it could be told by in another ruleset. */
function isCompared({ kind }: FlowNode): boolean {
  return kind !== 'verdict' && kind !== 'dispatch';
}

function withoutLines(graph: FlowGraph, there: ReadonlySet<string>, by: string, differs: number): FlowGraph {
  const nodes = graph.nodes.map(
    (node): FlowNode => ({
      ...node,
      line: null,
      packets: null,
      badges: node.badges.map((badge) => ({ ...badge, line: null })),
      drift: isCompared(node) && !there.has(node.id) ? 'missing' : null,
    }),
  );
  const edges = graph.edges.map((edge): FlowEdge => ({ ...edge, line: null, packets: null }));
  const message =
    differs === 0
      ? `This is what ${by} would write now; the dump has all of it.`
      : `This is what ${by} would write now; ${differs} of its entries, chains and endpoints are not in the dump's own flow.`;
  const notes = graph.notes.filter(({ severity }) => severity === 'info').map((note) => ({ ...note, line: null }));
  return {
    ...graph,
    title: `${graph.title}, expected`,
    nodes,
    edges,
    notes: [{ severity: differs === 0 ? 'info' : 'warning', message, line: null }, ...notes],
  };
}
