import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { emptyCluster } from '../../server/src/cluster/cluster.ts';
import { driftChains, driftTree } from '../../server/src/features/drift-tree.ts';
import { runToEnd } from '../../server/src/syntax/steps.ts';
import { dumpState } from '../support/dump-state.ts';
import { clusterFrom, fixturePath } from '../support/dumps.ts';

const dump = readFileSync(fixturePath('sample/worker-1.iptables'), 'utf8');
const lines = dump.split('\n');
const cluster = clusterFrom(fixturePath('sample/cluster.json'));
// As a dump from a node is named: the node is told by it.
const state = dumpState(dump, cluster, 'iptables-node:/kind-dev/worker-1/worker-1.nft.iptables');

describe('the drift of a dump, for a tree', () => {
  it('has every Service that kube-proxy writes rules for, with the line of what is wrong', () => {
    const { services, node, notes } = runToEnd(driftTree(state));
    expect(node).toBe('worker-1');
    expect(notes).toEqual([]);
    expect(services.map(({ namespace, name, status }) => `${namespace}/${name} ${status}`)).toEqual([
      'booking/frontend stale',
      'booking/gateway in-sync',
      'booking/invoices stale',
      'booking/mailer in-sync',
      'booking/seatmap in-sync',
      'booking/tickets in-sync',
      'default/kubernetes in-sync',
      'kube-system/kube-dns in-sync',
    ]);
    const gone = services.find(({ name }) => name === 'invoices')?.findings[0];
    expect(lines[gone?.line ?? -1]).toContain('booking/invoices');
  });

  it('names the chains of a Service, and the endpoints that each leads to', () => {
    const chains = runToEnd(driftChains(state, 'booking', 'frontend'));
    expect(chains.map(({ chain, port, endpoints }) => [chain, port, endpoints.length])).toEqual([
      ['KUBE-EXT-3MGBTRC5ATFFL7T7', 'http', 0],
      ['KUBE-SVC-3MGBTRC5ATFFL7T7', 'http', 3],
    ]);
    const [endpoint] = chains[1]?.endpoints ?? [];
    expect(endpoint).toMatchObject({ title: 'booking/frontend-6c8f7b9d45-2lqzr on worker-1', address: '10.244.0.17:8080' });
    expect(lines[endpoint?.line ?? -1]).toMatch(/^-A KUBE-SEP-QWFXKANDF3TMYGQH/);
    expect(runToEnd(driftChains(state, 'booking', 'no-such'))).toEqual([]);
  });

  it('compares nothing without a cluster, and says so', () => {
    expect(runToEnd(driftTree(dumpState(dump, emptyCluster)))).toEqual({
      services: [],
      cluster: '',
      node: '',
      notes: ['No cluster is known to compare the dump with.'],
    });
  });
});
