import { describe, expect, it } from 'vitest';
import { createCluster } from '../../server/src/cluster/cluster.ts';
import { driftReport } from '../../server/src/kube/drift/report.ts';
import { rulesetOf } from '../support/dumps.ts';
import { balanced, cluster, drift, localEndpoints, others, said, web, webEndpoints, written } from './drift-support.ts';
import { clusterWith, node, service, slice } from './objects.ts';

describe('a dump of another cluster', () => {
  const api = (ip: string): object => service('default/kubernetes', { ip, ports: [{ name: 'https', port: 443 }] });
  const apiEndpoints = slice('default/kubernetes', { '172.18.0.2': {} }, [{ name: 'https', port: 6443 }]);
  const many = (prefix: string, count: number): readonly object[] =>
    Array.from({ length: count }, (_, index) => [
      service(`${prefix}/service-${index}`, { ip: `10.96.1.${index}` }),
      slice(`${prefix}/service-${index}`, { [`10.244.1.${index}`]: {} }),
    ]).flat();

  it('is told by the address of the API server', () => {
    const report = driftReport(
      rulesetOf(written(cluster(api('10.96.0.1'), apiEndpoints))),
      cluster(api('10.43.0.1'), apiEndpoints),
      { node: 'node-a' },
    );
    expect(report).toMatchObject({
      services: [],
      summary: {
        notes: ['The dump is of another cluster than cluster.json: there default/kubernetes is 10.96.0.1, here 10.43.0.1.'],
      },
    });
  });

  it('is not told by an API server that the cluster has under addresses of the other family', () => {
    const report = driftReport(
      rulesetOf(written(cluster(api('10.96.0.1'), apiEndpoints))),
      cluster(api('fd00:43::1'), apiEndpoints),
      { node: 'node-a' },
    );
    expect(report.summary.notes.filter((note) => note.includes('another cluster'))).toEqual([]);
  });

  it('is told, where there are few Services, by API servers that are others too', () => {
    const theirs = written(clusterWith(api('10.96.0.1'), apiEndpoints, ...many('theirs', 2)));
    const others = slice('default/kubernetes', { '192.168.7.2': {} }, [{ name: 'https', port: 6443 }]);
    const notes = (...objects: readonly object[]): readonly string[] =>
      driftReport(rulesetOf(theirs), clusterWith(api('10.96.0.1'), ...objects), { node: 'node-a' }).summary.notes;
    expect(notes(others, ...many('ours', 2))).toEqual([
      'The dump seems to be of another cluster than cluster.json: of the 2 Service ports that it has rules for, 0 are there, and its API servers are others.',
    ]);
    // With the same API server, or one of its Services, it is a cluster that changed.
    expect(notes(apiEndpoints, ...many('ours', 2))).toEqual([]);
    expect(notes(others, ...many('ours', 2), ...many('theirs', 1))).toEqual([]);
    // One of several API servers was replaced.
    const two = slice('default/kubernetes', { '192.168.7.2': {}, '192.168.7.3': {} }, [{ name: 'https', port: 6443 }]);
    const before = rulesetOf(written(clusterWith(api('10.96.0.1'), two, ...many('theirs', 2))));
    const now = clusterWith(api('10.96.0.1'), others, ...many('ours', 2));
    expect(driftReport(before, now, { node: 'node-a' }).summary.notes).toEqual([]);
  });

  it('is told by Services that none of which is known', () => {
    const report = driftReport(rulesetOf(written(cluster(...many('theirs', 8)))), cluster(...many('ours', 8)), {
      node: 'node-a',
    });
    expect(report).toMatchObject({
      services: [],
      summary: {
        notes: [
          'The dump seems to be of another cluster than cluster.json: of the 9 Service ports that it has rules for, 1 are there.',
        ],
      },
    });
  });

  it('is not what a dump is that lacks many Services, or has many too many', () => {
    const few = cluster(...many('ours', 2));
    const lots = cluster(...many('ours', 30));
    expect(driftReport(rulesetOf(written(few)), lots, { node: 'node-a' }).summary).toMatchObject({ missing: 28, notes: [] });
    expect(driftReport(rulesetOf(written(lots)), few, { node: 'node-a' }).summary).toMatchObject({ stale: 28, notes: [] });
  });
});

describe('the node', () => {
  const local = {
    spec: { type: 'NodePort', externalTrafficPolicy: 'Local' },
    ports: [{ name: 'http', port: 80, nodePort: 30080 }],
  };
  const here = cluster(web(local), localEndpoints);

  it('is told by the endpoints that policy Local keeps to', () => {
    const report = driftReport(rulesetOf(written(here, { node: 'node-b' })), here);
    expect(said(report)).toEqual([]);
    expect(report.summary.dumps[0]).toMatchObject({
      node: 'node-b',
      nodeReason: "Pods and Pod networks in the dump's rules are node-b's.",
    });
  });

  it("is told by the file's name", () => {
    const report = driftReport(rulesetOf(written(here, { node: 'node-b' })), here, { fileName: '/tmp/node-b.iptables-save' });
    expect(report.summary.dumps[0]).toMatchObject({ node: 'node-b', nodeReason: "The dump's file is named after node-b." });
  });

  it('is left open where nothing tells it, and what depends on it is not compared', () => {
    const zoned = cluster(web(), webEndpoints({ '10.244.0.1': { zones: ['z1'] }, '10.244.1.2': { zones: ['z2'] } }));
    const report = driftReport(rulesetOf(written(zoned)), zoned);
    expect(report.summary.notes).toEqual([
      'Nothing in the dump tells which node it was taken on. 1 Service port with traffic policy Local, topology hints or source ranges was not compared.',
    ]);
    expect(said(report)).toEqual([]);
  });

  it('of which the cluster says nothing leaves its zone and addresses open', () => {
    const objects = [balanced({ loadBalancerSourceRanges: ['172.18.0.0/16'] }), webEndpoints()];
    const report = driftReport(rulesetOf(written(cluster(...objects))), clusterWith(...others, ...objects), { node: 'node-a' });
    expect(said(report)).toEqual([]);
    expect(report.summary.notes).toEqual([
      'The cluster does not have node node-a, whose zone and addresses would be needed. 1 Service port with topology hints or source ranges was not compared.',
    ]);
  });

  it('may have a kube-proxy of another version than its kubelet, told by what the two write differently', () => {
    const open = web({
      spec: { type: 'LoadBalancer', loadBalancerSourceRanges: ['0.0.0.0/0'] },
      ingress: [{ ip: '192.0.2.100' }],
    });
    const versionOf = (kubelet: string, version: number): string | undefined => {
      const objects = clusterWith(node('node-a', { kubelet }), open, webEndpoints());
      return driftReport(rulesetOf(written(objects, { version })), objects).summary.dumps[0]?.version;
    };
    // A range of all addresses is none since 1.34.
    expect(versionOf('v1.35.1', 33)).toBe('1.33');
    expect(versionOf('v1.33.1', 33)).toBe('1.33');
    expect(versionOf('v1.33.1', 35)).toBe('1.36');
  });

  it("brings its kubelet's version, as far as the layout fits it", () => {
    const versions = (kubelet: string, written24: number): string | undefined => {
      const objects = clusterWith(node('node-a', { kubelet }), web(), webEndpoints());
      return driftReport(rulesetOf(written(objects, { version: written24 })), objects).summary.dumps[0]?.version;
    };
    expect(versions('v1.32.1', 34)).toBe('1.32');
    expect(versions('v1.29.1', 34)).toBe('1.31');
    expect(versions('', 34)).toBe('1.36');
  });
});

describe('the version', () => {
  it.each([24, 26, 27, 28, 29, 30, 31, 34])('1.%i is told by what only it writes', (version) => {
    const now = cluster(
      balanced({ loadBalancerSourceRanges: ['172.18.0.0/16'] }),
      webEndpoints({
        '10.244.0.1': { zones: ['z1'], nodes: ['node-b'] },
        '10.244.0.2': { zones: ['z1'], nodes: ['node-a'] },
        '10.244.1.2': { zones: ['z2'], nodes: ['node-a'] },
      }),
      service('shop/zoned', { ip: '10.96.0.3', annotations: { 'service.kubernetes.io/topology-mode': 'mine' } }),
      slice('shop/zoned', { '10.244.0.3': { zones: ['z1'] }, '10.244.1.3': { zones: ['z2'] } }),
      service('shop/leaving', { ip: '10.96.0.4' }),
      slice('shop/leaving', { '10.244.0.4': { terminating: true } }),
      service('shop/proxied', {
        ip: '10.96.0.5',
        spec: { type: 'LoadBalancer' },
        ingress: [{ ip: '192.0.2.101', ipMode: 'Proxy' }],
      }),
      slice('shop/proxied', { '10.244.0.5': {} }),
    );
    const report = driftReport(rulesetOf(written(now, { version, nfacct: false })), now, { node: 'node-a' });
    expect(said(report)).toEqual([]);
    // The newest of those that write the same: 1.28 and 1.29 of IPv4, 1.31 to 1.33 without counters.
    const newest =
      new Map([
        [28, 29],
        [31, 33],
        [34, 36],
      ]).get(version) ?? version;
    expect(report.summary.dumps[0]?.version).toBe(`1.${newest}`);
  });
});

describe('a cluster of which one namespace alone could be read', () => {
  it('says nothing of the Services of others', () => {
    const before = cluster(
      web(),
      webEndpoints(),
      service('bank/ledger', { ip: '10.96.0.7' }),
      slice('bank/ledger', { '10.244.0.7': {} }),
    );
    const whole = cluster(web(), webEndpoints({ '10.244.0.1': {} }));
    const onlyIn = new Map([
      ['Service', 'shop'],
      ['EndpointSlice', 'shop'],
    ] as const);
    const part = createCluster({ ...whole, onlyIn });
    const text = written(before);
    expect(drift(text, whole).some((finding) => finding.includes('bank/ledger'))).toBe(true);
    const { services, summary } = driftReport(rulesetOf(text), part, { node: 'node-a' });
    expect(services.map(({ service: name, status }) => `${name} ${status}`)).toEqual(['shop/other in-sync', 'shop/web stale']);
    expect(summary.notes).toContain('Namespace shop alone could be read: the Services of others were not compared.');
    // Endpoints of all namespaces are no help where Services are those of one.
    const servicesOfShop = createCluster({ ...whole, onlyIn: new Map([['Service', 'shop']] as const) });
    expect(driftReport(rulesetOf(text), servicesOfShop, { node: 'node-a' }).services).toEqual(services);
  });
});

describe('a snapshot of some namespaces', () => {
  it('says nothing of the Services of others: every cluster has default/kubernetes', () => {
    const https = { ip: '10.96.0.99', ports: [{ name: 'https', port: 443 }] };
    const apiServer = [service('default/kubernetes', https), slice('default/kubernetes', { '172.18.0.9': {} }, https.ports)];
    const before = cluster(
      ...apiServer,
      web(),
      webEndpoints({ '10.244.0.1': {} }),
      service('bank/ledger', { ip: '10.96.0.7' }),
      slice('bank/ledger', { '10.244.0.7': {} }),
    );
    const text = written(before);
    const part = [web(), webEndpoints({ '10.244.0.1': {} })];
    const stale = (objects: readonly object[]): boolean =>
      drift(text, cluster(...objects)).some((finding) => finding.includes('bank/ledger'));
    expect(stale(part)).toBe(false);
    expect(stale([...part, ...apiServer])).toBe(true);
    const { notes } = driftReport(rulesetOf(text), cluster(...part), { node: 'node-a' }).summary;
    expect(notes.join(' ')).toContain(
      'it is of namespace shop alone ("kubectl get -A" reads all). Services of namespaces bank, default were not compared.',
    );
  });
});
