/** Asks the flow and hovers what drift says of a Service, for tests of whether they agree. */
import { expect } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import type { Cluster } from '../../server/src/cluster/cluster.ts';
import { hover } from '../../server/src/features/hover/hover.ts';
import type { DumpState } from '../../server/src/features/support/state.ts';
import type { ServiceDrift } from '../../server/src/kube/drift/drift.ts';
import type { DriftFinding } from '../../server/src/kube/drift/finding.ts';
import { flowGraph } from '../../server/src/kube/flow/build-flow.ts';
import type { FlowGraph, FlowNode } from '../../server/src/kube/flow/graph.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import type { ProxyOptions } from '../../server/src/kube/proxy/options.ts';
import { dumpState } from '../support/dump-state.ts';

/** An open dump that says which node it is of, beside a cluster. */
export function stateOf(text: string, cluster: Cluster, { node, family }: Pick<ProxyOptions, 'node' | 'family'>): DumpState {
  const state = dumpState(text, cluster, `file:///${node}.${family === 'ipv6' ? 'ip6tables' : 'iptables'}`);
  const resolution = resolveChains(state.ruleset, cluster, { node });
  return { ...state, resolution: () => resolution };
}

/** The flow to all ports of a Service "ns/name", or the reason why there is none. */
export function flowOf(state: DumpState, fullName: string): FlowGraph | string {
  const [namespace = '', name = ''] = fullName.split('/');
  const answer = flowGraph(state.resolution(), { kind: 'service', namespace, name, port: null });
  return answer.ok ? answer.graph : answer.reason;
}

/** What a hover on a node's chain says. */
export function hoverAt(state: DumpState, { line, chain }: FlowNode): string {
  const at = (line ?? 1) - 1;
  const character = (state.ruleset.lines.at(at)?.text ?? '').indexOf(chain ?? '');
  const found = runToEnd(hover(state, { line: at, character: character + 1 }, 0, false));
  return JSON.stringify(found?.contents ?? '');
}

const unwantedKinds = new Set(['endpoint-gone', 'endpoint-reused', 'endpoint-not-ready', 'endpoint-elsewhere']);

/** The endpoints that findings call missing, as far as they name them. */
function missingIn(findings: readonly DriftFinding[]): ReadonlySet<string> {
  return new Set(
    findings.flatMap(({ kind, endpoint, replacedBy }) => [
      ...(kind === 'endpoint-missing' && endpoint !== null ? [endpoint] : []),
      ...(replacedBy === null ? [] : [replacedBy]),
    ]),
  );
}

/** Whether a finding says that nothing of a port is there, or that all its endpoints came. */
function lacksAll({ kind, endpoint }: DriftFinding): boolean {
  return kind === 'service-missing' || kind === 'port-missing' || (kind === 'endpoint-missing' && endpoint === null);
}

/** Expects that a Service's flow draws what drift finds of it and nothing else, and that hovers on its endpoints say the same. */
export function expectAgreement(state: DumpState, graph: FlowGraph, drift: ServiceDrift | undefined): void {
  const findings = drift?.findings ?? [];
  const told = `${graph.title}: ${JSON.stringify(findings.map(({ kind, message }) => `${kind} ${message}`))}`;
  const drifting = graph.nodes.filter((node) => node.drift !== null);
  if (findings.length === 0) {
    expect(
      drifting.map(({ label }) => label),
      told,
    ).toEqual([]);
    return;
  }
  const isGone = findings.some(({ kind }) => kind === 'service-gone' || kind === 'port-gone' || kind === 'no-endpoints');
  const missing = missingIn(findings);
  const unwanted = new Set(
    findings.flatMap(({ kind, endpoint }) => (unwantedKinds.has(kind) && endpoint !== null ? [endpoint] : [])),
  );
  const lines = new Set(findings.map(({ line }) => state.ruleset.lines.at(line ?? -1)?.name));
  for (const node of drifting) {
    const what = `${told} ${node.kind} ${node.label} ${node.drift}`;
    if (node.kind === 'entry') continue;
    if (node.drift === 'missing') expect(missing.has(node.address ?? '') || findings.some(lacksAll), what).toBe(true);
    else expect(isGone || unwanted.has(node.address ?? '') || lines.has(node.chain ?? ''), what).toBe(true);
  }
  const drawn = new Set(graph.nodes.flatMap((node) => (node.drift === 'missing' ? [node.address ?? ''] : [])));
  // Where no chain of the port is passed, they stand behind the entries that would use them, if any would.
  const picks =
    !findings.some(({ kind }) => kind === 'port-gone') &&
    graph.nodes.some(({ kind }) => kind === 'service' || kind === 'service-local');
  for (const address of picks ? missing : []) expect(drawn.has(address), `${told} ${address}`).toBe(true);
  for (const node of graph.nodes) {
    if (node.kind !== 'endpoint') continue;
    if (unwanted.has(node.address ?? '')) expect(node.drift, `${told} ${node.label}`).not.toBeNull();
    const said = hoverAt(state, node);
    expect(said.includes('the chain is stale'), `${told} ${said}`).toBe(node.drift === 'stale');
    expect(said.includes('Not as in the cluster'), `${told} ${said}`).toBe(node.drift === 'differs');
  }
}
