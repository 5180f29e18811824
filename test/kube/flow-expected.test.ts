import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { type Cluster, emptyCluster } from '../../server/src/cluster/cluster.ts';
import type { FlowGraph } from '../../server/src/kube/flow/graph.ts';
import { requestSteps } from '../../server/src/kube/flow/request.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { clusterFrom, rulesetFrom } from '../support/dumps.ts';
import { labPath } from '../support/fixtures.ts';

function ask(dump: string, cluster: Cluster, to: string): FlowGraph | string {
  const answer = runToEnd(requestSteps(resolveChains(rulesetFrom(labPath(dump)), cluster), to));
  return answer.ok ? answer.graph : answer.reason;
}

function expected(dump: string, cluster: string, to: string): FlowGraph {
  const graph = ask(dump, clusterFrom(labPath(cluster)), `expected:${to}`);
  if (typeof graph === 'string') throw new Error(graph);
  return graph;
}

const missing = ({ nodes }: FlowGraph) => nodes.filter(({ drift }) => drift === 'missing').map(({ label }) => label);

describe('the flow that kube-proxy would make', () => {
  it('is that of the dump where the dump is current', () => {
    const cluster = clusterFrom(labPath('shop/cluster.json'));
    const real = ask('shop/node-a.iptables', cluster, 'shop/checkout');
    const written = expected('shop/node-a.iptables', 'shop/cluster.json', 'shop/checkout');
    expect(missing(written)).toEqual([]);
    expect(written.notes[0]?.message).toMatch(/^This is what kube-proxy 1\.\d+ would write now; the dump has all of it\.$/);
    if (typeof real === 'string') throw new Error(real);
    const shape = ({ nodes, routes }: FlowGraph) => ({ nodes: nodes.map(({ id, shares }) => ({ id, shares })), routes });
    expect(shape(written)).toEqual(shape(real));
  });

  it('marks what the dump lacks, and points to no line of it', () => {
    const written = expected('shop-stale/node-a.iptables', 'shop-stale/cluster.json', 'shop/web');
    expect(missing(written)).toEqual(['10.244.1.77:8080', 'web-7f9c8b6d5-ppppp']);
    expect(written.notes[0]?.message).toContain("2 of its entries, chains and endpoints are not in the dump's own flow");
    expect([...written.nodes, ...written.edges].filter(({ line }) => line !== null)).toEqual([]);
  });

  it('shows a Service that the dump has no rule for', () => {
    const written = expected('shop-stale/node-a.iptables', 'shop-stale/cluster.json', 'shop/search');
    expect(written.nodes.filter(({ kind }) => kind === 'endpoint').length).toBeGreaterThan(0);
    expect(missing(written)).toContain('shop/search:http');
  });

  it('is not known without a cluster', () => {
    expect(ask('shop/node-a.iptables', emptyCluster, 'expected:shop/web')).toBe(
      'What kube-proxy would write is not known without a cluster: give a snapshot, or pick a context.',
    );
  });

  it('says what was wrong with what was asked', () => {
    expect(ask('shop/node-a.iptables', emptyCluster, 'expected:nothing')).toContain('"nothing" is neither');
  });
});
