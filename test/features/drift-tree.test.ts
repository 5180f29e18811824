import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { emptyCluster } from '../../server/src/cluster/cluster.ts';
import { driftPorts, driftTree } from '../../server/src/features/drift-tree.ts';
import { dumpState } from '../support/dump-state.ts';
import { clusterFrom } from '../support/dumps.ts';
import { fixturePath } from '../support/fixtures.ts';

const dump = readFileSync(fixturePath('sample/worker-1.iptables'), 'utf8');
const lines = dump.split('\n');
const cluster = clusterFrom(fixturePath('sample/cluster.json'));
// As a dump from a node is named: the node is told by it.
const state = dumpState(dump, cluster, 'iptables-node:/kind-dev/worker-1/worker-1.nft.iptables');

describe('the drift of a dump, for a tree', () => {
  it('has every Service that kube-proxy writes rules for, with the line of what is wrong', () => {
    const { namespaces, node, notes, cluster: comparedWith } = runToEnd(driftTree(state));
    expect(comparedWith).toMatch(/cluster\.json$/);
    expect(node).toBe('worker-1');
    expect(notes).toEqual([]);
    const services = namespaces.flatMap(({ services: own }) => own);
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

  it('names the chains and endpoints of a Service by port', () => {
    const ports = runToEnd(driftPorts(state, 'booking', 'frontend'));
    expect(ports.map(({ title }) => title)).toEqual(['http, tcp/80']);
    const [{ chains = [], endpoints = [] } = {}] = ports;
    expect(chains.map(({ name }) => name)).toEqual(['KUBE-EXT-3MGBTRC5ATFFL7T7', 'KUBE-SVC-3MGBTRC5ATFFL7T7']);
    expect(chains[1]?.explanation).toMatch(/endpoints/);
    const endpoint = endpoints.find(({ address }) => address === '10.244.0.17:8080');
    expect(endpoint).toMatchObject({ pod: 'booking/frontend-6c8f7b9d45-2lqzr', node: 'worker-1', status: 'in-sync' });
    expect(lines[endpoint?.line ?? -1]).toMatch(/^-A KUBE-SEP-QWFXKANDF3TMYGQH/);
    expect(runToEnd(driftPorts(state, 'booking', 'no-such'))).toEqual([]);
  });

  it('lists what the comments name without a cluster, and compares nothing', () => {
    const { namespaces, cluster: comparedWith, notes } = runToEnd(driftTree(dumpState(dump, emptyCluster)));
    expect([comparedWith, notes]).toEqual(['', []]);
    const booking = namespaces.find(({ name }) => name === 'booking');
    expect(booking?.services.map(({ name, status }) => [name, status])).toContainEqual(['frontend', null]);
  });
});
