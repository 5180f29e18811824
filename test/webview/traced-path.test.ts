import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import type { FlowGraph } from '../../server/src/kube/flow/graph.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { traceQuestion } from '../../server/src/kube/question/trace.ts';
import { flowWithState } from '../../server/src/kube/services/flow-state.ts';
import { tracedPath } from '../../webview/src/model/traced-path.ts';
import { clusterFrom, rulesetFrom } from '../support/dumps.ts';
import { labPath } from '../support/fixtures.ts';
import { chainGraph, richGraph } from './fixtures.ts';

const resolution = resolveChains(rulesetFrom(labPath('shop/node-a.iptables')), clusterFrom(labPath('shop/cluster.json')));

function graphOfService(to: string): FlowGraph {
  const answer = runToEnd(flowWithState(resolution, to));
  if (!answer.ok) throw new Error(answer.reason);
  return answer.graph;
}

function outcomes(from: string, to: string, entry?: 'node-port') {
  const answer = runToEnd(traceQuestion(resolution, { from, to, ...(entry === undefined ? {} : { entry }) }));
  if (!answer.ok) throw new Error(answer.message);
  return answer.report.outcomes;
}

const steps = (outcome: ReturnType<typeof outcomes>[number]) =>
  outcome.steps.map(({ line, chain, action }) => ({ line, words: `${chain}: ${action}` }));

describe('the path of a traced packet in a flow', () => {
  it.each([
    ['shop/web', undefined, 'entry:cluster-ip:10.96.20.10:80/tcp'],
    ['shop/web:http', 'node-port', 'entry:node-port:*:30080/tcp'],
    ['shop/api', undefined, 'entry:cluster-ip:10.96.20.20:9090/tcp'],
    ['shop/checkout', undefined, 'entry:cluster-ip:10.96.20.30:443/tcp'],
  ] as const)('to %s by %s begins at its entry alone and ends at the Pod that the packet comes to', (to, entry, begins) => {
    const graph = graphOfService(to.replace(/:.*/, ''));
    const entries = new Set(graph.entries.map(({ id }) => id));
    const all = outcomes(entry === undefined ? 'this-node' : 'outside', to, entry);
    expect(all.length).toBeGreaterThan(0);
    for (const outcome of all) {
      const path = tracedPath(graph, steps(outcome));
      if (path === null) throw new Error('nowhere');
      expect([...path.nodes].filter((id) => entries.has(id))).toEqual([begins]);
      const ends = [...path.nodes].filter((id) => id.startsWith('address:'));
      expect(ends).toEqual([`address:${outcome.packet.dst}:${outcome.packet.dport}/tcp`]);
      // Each jump joins boxes of the path, and from the entry they lead to the end.
      for (const { from, to: next } of path.edges) expect([path.nodes.has(from), path.nodes.has(next)]).toEqual([true, true]);
      const reached = new Set<string>([begins]);
      for (let before = 0; before < reached.size; ) {
        before = reached.size;
        for (const { from, to: next } of path.edges) if (reached.has(from)) reached.add(next);
      }
      expect([...reached].toSorted()).toEqual([...path.nodes].toSorted());
      expect(path.places.some((place) => place === null)).toBe(true);
      // The filter table has a chain of the same name, which is none of the flow.
      expect(path.places.filter((place) => place?.startsWith('nat:KUBE-SERVICES'))).toHaveLength(entry === 'node-port' ? 0 : 1);
    }
  });

  it('that is dropped ends at its verdict', () => {
    const graph = graphOfService('shop/cart');
    const [outcome] = outcomes('this-node', 'shop/cart');
    if (outcome === undefined) throw new Error('no outcome');
    const path = tracedPath(graph, steps(outcome));
    expect([...(path?.nodes ?? [])]).toContain('verdict:reject:filter:KUBE-SERVICES');
    expect(path?.places.at(-1)).toBe('verdict:reject:filter:KUBE-SERVICES');
  });

  it('has nothing in the flow of another Service', () => {
    const [outcome] = outcomes('this-node', 'shop/web');
    if (outcome === undefined) throw new Error('no outcome');
    expect(tracedPath(graphOfService('shop/checkout'), steps(outcome))).toBeNull();
    expect(tracedPath(richGraph(), [])).toBeNull();
    expect(tracedPath(richGraph(), [{ line: null, words: 'INPUT: policy' }])).toBeNull();
  });

  it('may go through a chain’s graph', () => {
    const path = tracedPath(
      chainGraph(),
      [20, 23, 33].map((line) => ({ line, words: '' })),
    );
    expect(path?.places).toEqual(['DOCKER-USER', 'LOGDROP', 'drop']);
  });
});
