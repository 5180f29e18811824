/** What commands answer of a text, as what tests compare: Services and their states, where packets end, whose chains are whose, what drift finds. */
import { readFileSync } from 'node:fs';
import { runToEnd } from '../../server/src/base/steps.ts';
import { type Cluster, emptyCluster } from '../../server/src/cluster/cluster.ts';
import { serviceNames, serviceStates } from '../../server/src/features/services.ts';
import { driftReport } from '../../server/src/kube/drift/report.ts';
import { resolveReport } from '../../server/src/kube/identity/report.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { traceQuestion } from '../../server/src/kube/question/trace.ts';
import { askFlow } from '../kube/flow-support.ts';
import { dumpState } from '../support/dump-state.ts';
import { clusterFrom, rulesetOf } from '../support/dumps.ts';

/** A recorded text, parts and damaged forms of which are what people paste. */
export interface Whole {
  readonly text: string;
  /** null where it is not compared with any. */
  readonly cluster: Cluster | null;
}

/** A recorded dump with the cluster that it was taken in. */
export function dumpOf(path: string, cluster: string | null): Whole {
  return { text: readFileSync(path, 'utf8'), cluster: cluster === null ? null : clusterFrom(cluster) };
}

/** The same of a whole, worked out once. */
export function once<T>(work: (whole: Whole) => T): (whole: Whole) => T {
  const known = new Map<Whole, T>();
  return (whole) => {
    const found = known.get(whole) ?? work(whole);
    known.set(whole, found);
    return found;
  };
}

/** "namespace/name" of each Service that a text names. */
export function namesIn(text: string): readonly string[] {
  const { namespaces } = runToEnd(serviceNames(dumpState(text)));
  return namespaces.flatMap(({ name, services }) => services.map((service) => `${name}/${service.name}`));
}

/** "kind" and words of each Service's state. */
export function statesIn(text: string, names: readonly string[]): ReadonlyMap<string, string> {
  const { states } = runToEnd(serviceStates(dumpState(text), names));
  return new Map(names.flatMap((name, at) => (states[at] === null || states[at] === undefined ? [] : [[name, states[at].kind]])));
}

/** Addresses that packets to a Service end at, and verdicts. */
export function endsIn(text: string, to: string): readonly string[] | undefined {
  const graph = askFlow(rulesetOf(text), emptyCluster, to);
  if (typeof graph === 'string') return undefined;
  // What leads to a chain is not shown, if anything does.
  if (graph.entries.some(({ kind }) => kind === 'chain')) return undefined;
  const starts = new Set(graph.edges.map(({ from }) => from));
  return graph.nodes
    .filter(({ id, kind }) => !starts.has(id) && (kind === 'verdict' || kind === 'address' || kind === 'pod'))
    .map(({ kind, label, address }) => (kind === 'verdict' ? label : (address ?? label)));
}

/** Services of which drift finds something on node-a. */
export function driftIn(text: string, cluster: Cluster): readonly string[] {
  const { services } = driftReport(rulesetOf(text), cluster, { node: 'node-a' });
  return services.flatMap(({ service, findings }) => (findings.length === 0 ? [] : [service]));
}

/** The Service of each chain that is named. */
export function chainsIn(text: string): ReadonlyMap<string, string> {
  const { chains } = resolveReport(rulesetOf(text), emptyCluster);
  return new Map(
    chains.flatMap(({ chain, service }) => (service === null ? [] : [[chain, `${service.namespace}/${service.name}`] as const])),
  );
}

/** What is faulty about a Service; all else is that it serves, or that nobody knows. */
export const faults = new Set(['refuses', 'no-endpoints', 'unreached', 'limited', 'differs']);

/** Where packets of a Pod to an address end, and whether nothing is said to be missing; undefined where nothing can be followed. */
export function tracedEnds(text: string, to: string): { readonly ends: readonly string[]; readonly isSure: boolean } | undefined {
  const answer = runToEnd(traceQuestion(resolveChains(rulesetOf(text), emptyCluster), { from: '10.244.9.9', to }));
  if (!answer.ok) return undefined;
  const { outcomes, assumptions } = answer.report;
  const said = [...assumptions, ...outcomes.flatMap(({ assuming }) => assuming)].join('\n');
  return {
    ends: outcomes.map(({ verdict, packet }) => `${verdict} ${packet.dst}:${packet.dport}`),
    isSure:
      outcomes.every(({ shownWhole }) => shownWhole) &&
      !/not show|not in the dump|excerpt|cut|does not say|cannot be read/.test(said),
  };
}
