import { runToEnd } from '../../server/src/base/steps.ts';
import type { Cluster } from '../../server/src/cluster/cluster.ts';
import { driftSteps } from '../../server/src/kube/drift/drift.ts';
import { clusterOfDump } from '../../server/src/kube/drift/other-cluster.ts';
import { reportOf } from '../../server/src/kube/drift/report.ts';
import { serviceTree } from '../../server/src/kube/drift/tree.ts';
import type { FlowEdge, FlowGraph } from '../../server/src/kube/flow/graph.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { proxyLayout } from '../../server/src/kube/proxy/layout.ts';
import { serviceProxyOf, serviceProxyText } from '../../server/src/kube/proxy/mode.ts';
import { reachSteps } from '../../server/src/kube/question/reach.ts';
import { reachMarkdown } from '../../server/src/kube/question/reach-markdown.ts';
import type { PacketQuestion } from '../../server/src/kube/question/trace.ts';
import { traceQuestion } from '../../server/src/kube/question/trace.ts';
import { flowWithState } from '../../server/src/kube/services/flow-state.ts';
import { listServices, stateOfService } from '../../server/src/kube/services/service-list.ts';
import { rulesetOf } from '../support/dumps.ts';

/** What is asked of a dump, beside a cluster and a file name that says the node. */
export interface Asked {
  readonly text: string;
  readonly cluster: Cluster;
  readonly fileName: string;
  readonly questions: readonly PacketQuestion[];
}

/** A value as one line of JSON, in which what is empty, null or false is left out. */
function compact(value: unknown): string {
  const isEmpty = (each: unknown): boolean =>
    each === null || each === undefined || each === '' || each === false || (Array.isArray(each) && each.length === 0);
  return JSON.stringify(value, (_, each: unknown) => {
    if (each instanceof Map) return Object.fromEntries(each);
    if (each instanceof Set) return [...each];
    if (typeof each === 'bigint') return `${each}`;
    if (typeof each === 'number') return Math.round(each * 1e6) / 1e6;
    if (typeof each !== 'object' || each === null || Array.isArray(each)) return each;
    return Object.fromEntries(Object.entries(each).filter(([, part]) => !isEmpty(part)));
  });
}

function edgeText(edge: FlowEdge): string {
  const { from, to, ...more } = edge;
  return `${from} -> ${to} ${compact(more)}`;
}

/** A graph, a line for each of its parts. */
function graphLines({ nodes, edges, routes, notes, state, entries }: FlowGraph): readonly string[] {
  return [
    ...entries.map((entry) => `entry ${compact(entry)}`),
    ...nodes.map((node) => `node ${compact(node)}`),
    ...edges.map(edgeText),
    ...(routes ?? []).map((route) => `route ${compact(route)}`),
    ...notes.map((note) => `note ${compact(note)}`),
    `state ${compact(state)}`,
  ];
}

function* answers({ text, cluster, fileName, questions }: Asked): Generator<string> {
  const ruleset = rulesetOf(text, fileName);
  for (const dump of ruleset.dumps) {
    yield `layout ${compact(proxyLayout(ruleset, dump))}`;
    yield `proxy ${serviceProxyText(serviceProxyOf(ruleset, dump, cluster))}`;
  }
  const resolution = resolveChains(ruleset, clusterOfDump(ruleset, cluster), { fileName });
  const drift = cluster.source.kind === 'none' ? null : runToEnd(driftSteps(ruleset, cluster, { fileName }));
  if (drift !== null) {
    const { services, summary } = reportOf(drift);
    for (const { service, status, findings } of services)
      for (const finding of findings) yield `drift ${status} ${service} ${compact(finding)}`;
    yield `drift ${compact(summary)}`;
  }
  yield* runToEnd(serviceTree(resolution, drift)).namespaces.map(
    (namespace) => `tree ${namespace.name} ${namespace.services.map(({ name, status }) => `${name} ${status}`).join(', ')}`,
  );
  const list = runToEnd(listServices(resolution, drift));
  for (const service of list.services) {
    yield `service ${service.to} ${compact(runToEnd(stateOfService(resolution, list, service)))}`;
    const flow = runToEnd(flowWithState(resolution, service.to));
    for (const line of flow.ok ? graphLines(flow.graph) : [flow.reason]) yield `flow ${service.to} ${line}`;
  }
  const reached = runToEnd(reachSteps(resolution, null));
  yield* (reached.ok ? runToEnd(reachMarkdown(reached.report, 'node')).join('') : reached.message)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => `reach ${line}`);
  for (const question of questions) {
    const traced = runToEnd(traceQuestion(resolution, question));
    const head = `trace ${question.from} to ${question.to}:`;
    if (!traced.ok) yield `${head} ${traced.message}`;
    else
      for (const [key, value] of Object.entries(traced.report))
        for (const each of Array.isArray(value) ? value : [value]) yield `${head} ${key} ${compact(each)}`;
  }
}

/** All that is answered of a dump, a line each. */
export function answersTo(asked: Asked): readonly string[] {
  return [...answers(asked)];
}
