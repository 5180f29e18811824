/** What real kube-proxies wrote for random clusters, as the flow draws it. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { driftSteps } from '../../server/src/kube/drift/drift.ts';
import { isProxied } from '../../server/src/kube/expected/service-ports.ts';
import { clusterFrom, rulesetFrom } from '../support/dumps.ts';
import { fixturePath, labPath } from '../support/fixtures.ts';
import { expectAgreement, flowOf, stateOf } from './flow-agreement.ts';
import { edgesOf, flow } from './flow-support.ts';

describe('a recorded dump', () => {
  it.each([
    ['random-11', 'node-0.1.25.iptables'],
    ['random-11', 'node-0.1.36.iptables'],
    ['random-11', 'node-0.1.36.ip6tables'],
    ['drift-7-round1', 'node-0.after.iptables'],
    // Before 21 changes of the cluster.
    ['drift-7-round1', 'node-0.before.iptables'],
    ['drift-7-round1', 'node-0.before.ip6tables'],
    ['flags-5', 'node-0.npaprimary.iptables'],
  ])('%s/%s: the flow of every Service draws what drift finds of it', (folder, dump) => {
    const cluster = clusterFrom(labPath(`round-2/${folder}/cluster.json`));
    const family = dump.endsWith('.ip6tables') ? 'ipv6' : 'ipv4';
    const state = stateOf(readFileSync(labPath(`round-2/${folder}/${dump}`), 'utf8'), cluster, { node: 'node-0', family });
    const drift = runToEnd(driftSteps(state.ruleset, cluster, { node: 'node-0' }));
    let drawn = 0;
    for (const service of cluster.services) {
      const name = `${service.namespace}/${service.name}`;
      const graph = flowOf(state, name);
      const own = drift.services.find((each) => `${each.namespace}/${each.name}` === name);
      if (typeof graph === 'string') {
        expect(isProxied(service) && own !== undefined && own.findings.length > 0, graph).toBe(false);
        continue;
      }
      drawn += 1;
      expectAgreement(state, graph, own);
    }
    expect(drawn).toBeGreaterThan(50);
  });
});

describe('a Service of policy Local behind source ranges', () => {
  const missing = (text: string, cluster: string, to: string, node: string): readonly string[] => {
    const graph = flow(rulesetFrom(fixturePath(text)), to, clusterFrom(fixturePath(cluster)), { node });
    return graph.nodes.filter(({ drift }) => drift !== null).map(({ label, drift }) => `${label} ${drift}`);
  };

  it("has nothing to do with other nodes' endpoints where its entry sends to this node's", () => {
    expect(missing('flow/node-2.iptables', 'flow/many.cluster.json', '203.0.113.5:80', 'node-2')).toEqual([]);
    expect(missing('flow/node-2.iptables', 'flow/many.cluster.json', 'many/thirty', 'node-2')).toEqual([]);
    expect(missing('flow/booking.iptables', 'flow/booking.cluster.json', '198.51.100.20:443', 'worker-1')).toEqual([]);
  });

  it('lacks an endpoint behind the chains that would pick it, and behind no other', () => {
    const text = readFileSync(fixturePath('flow/booking.iptables'), 'utf8');
    const lacking = (chain: string): readonly string[] => {
      const without = text.replaceAll(new RegExp(`^.*${chain}.*\\n`, 'gm'), '');
      const graph = flow(without, 'booking/gateway', clusterFrom(fixturePath('flow/booking.cluster.json')), { node: 'worker-1' });
      return edgesOf(graph).filter((edge) => edge.endsWith('not in the dump'));
    };
    // One of this node is for policy Local, too.
    expect(lacking('KUBE-SEP-GETVNYZQZKG7MW56')).toEqual([
      'KUBE-SVC-FDY5F3HTLTAZLVY3 -> gateway-7f6d5c4b88-c5rhp not in the dump',
      'KUBE-SVL-FDY5F3HTLTAZLVY3 -> gateway-7f6d5c4b88-c5rhp not in the dump',
    ]);
    expect(lacking('KUBE-SEP-CP5QHNIO4PJT7S4A')).toEqual([
      'KUBE-SVC-FDY5F3HTLTAZLVY3 -> gateway-7f6d5c4b88-zz6nd not in the dump',
    ]);
  });
});
