import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { type Cluster, emptyCluster } from '../../server/src/cluster/cluster.ts';
import { driftSteps } from '../../server/src/kube/drift/drift.ts';
import { type ServiceTree, serviceTree } from '../../server/src/kube/drift/tree.ts';
import { expectedText } from '../../server/src/kube/expected/text.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { proxyOptions } from '../../server/src/kube/proxy/options.ts';
import type { Ruleset } from '../../server/src/ruleset/ruleset.ts';
import { clusterFrom, rulesetFrom, rulesetOf } from '../support/dumps.ts';
import { labPath } from '../support/fixtures.ts';
import { clusterWith, node, pod, service, slice } from './objects.ts';

function written(cluster: Cluster): string {
  const podTraffic = { by: 'source', cidr: '10.244.0.0/16' } as const;
  return runToEnd(expectedText(cluster, proxyOptions({ node: 'node-a', family: 'ipv4', version: 34, podTraffic })));
}

function treeOf(ruleset: Ruleset, cluster: Cluster): ServiceTree {
  const resolution = resolveChains(ruleset, cluster);
  if (cluster.source.kind === 'none') return runToEnd(serviceTree(resolution, null));
  return runToEnd(serviceTree(resolution, runToEnd(driftSteps(ruleset, cluster, { node: 'node-a' }))));
}

/** "namespace status: Service status, ..." of each namespace. */
function outline({ namespaces }: ServiceTree): readonly string[] {
  return namespaces.map(({ name, status, services }) => {
    const own = services.map((entry) => `${entry.name} ${entry.status}`);
    return `${name} ${status}: ${own.join(', ')}`;
  });
}

/** The endpoints of a Service's ports: "port address pod status". */
function endpoints(tree: ServiceTree, namespace: string, name: string): readonly string[] {
  return tree
    .portsOf(namespace, name)
    .flatMap((port) => port.endpoints.map(({ address, pod: of, status }) => [port.name, address, of, status].join(' ')));
}

const base = [node('node-a'), service('shop/other', { ip: '10.96.0.99' }), slice('shop/other', { '10.244.0.99': {} })];
const web = service('shop/web', { ip: '10.96.0.1' });
const empty = service('batch/empty', {
  ip: '10.96.0.2',
  ports: [{ name: 'http', port: 80, nodePort: 30080 }],
  spec: { type: 'NodePort' },
});
const before = clusterWith(...base, web, empty, slice('shop/web', { '10.244.0.1': { pod: 'web-1' }, '10.244.0.2': {} }));
const dump = written(before);
const lines = dump.split('\n');

describe('the tree of Services', () => {
  it('has those of the dump by namespace, also those without endpoints', () => {
    expect(outline(treeOf(rulesetOf(dump), before))).toEqual([
      'batch in-sync: empty in-sync',
      'shop in-sync: other in-sync, web in-sync',
    ]);
  });

  it('needs no cluster', () => {
    const tree = treeOf(rulesetOf(dump), emptyCluster);
    expect(outline(tree)).toEqual(['batch null: empty null', 'shop null: other null, web null']);
    expect(endpoints(tree, 'shop', 'web')).toEqual(['http 10.244.0.1:8080  ', 'http 10.244.0.2:8080  ']);
  });

  it('says what became of each endpoint', () => {
    const after = clusterWith(
      ...base,
      web,
      empty,
      pod('shop/web-3', { ip: '10.244.0.3' }),
      slice('shop/web', { '10.244.0.1': { pod: 'web-1' }, '10.244.0.3': { pod: 'web-3' }, '10.244.0.2': { ready: false } }),
    );
    const tree = treeOf(rulesetOf(dump), after);
    expect(outline(tree)).toEqual(['batch in-sync: empty in-sync', 'shop stale: other in-sync, web stale']);
    expect(endpoints(tree, 'shop', 'web')).toEqual([
      'http 10.244.0.1:8080 shop/web-1 in-sync',
      'http 10.244.0.2:8080  stale',
      'http 10.244.0.3:8080  missing',
    ]);
  });

  it('has a Service that the dump lacks, where its rules would be, and one that is gone, where its chain is', () => {
    const after = clusterWith(...base, empty, service('shop/new', { ip: '10.96.0.3' }), slice('shop/new', { '10.244.0.4': {} }));
    const tree = treeOf(rulesetOf(dump), after);
    expect(outline(tree)).toEqual(['batch in-sync: empty in-sync', 'shop stale: new missing, other in-sync, web stale']);
    const [added, , gone] = tree.namespaces[1]?.services ?? [];
    expect(lines[added?.line ?? -1]).toContain('-j KUBE-NODEPORTS');
    expect(lines[gone?.line ?? -1]).toMatch(/^-A KUBE-SVC-\w+ .*shop\/web:http/);
    expect(tree.portsOf('shop', 'new')).toEqual([]);
  });

  it('leads to the chains of a Service', () => {
    const [port, ...rest] = treeOf(rulesetOf(dump), before).portsOf('shop', 'web');
    expect(rest).toEqual([]);
    expect(port).toMatchObject({ name: 'http', protocol: 'tcp', portNumber: 80, clusterIP: '10.96.0.1' });
    expect(port?.chains.map(({ table, role }) => `${table} ${role}`)).toEqual(['nat service']);
    for (const chain of port?.chains ?? []) expect(lines[chain.line ?? -1]).toContain(`-A ${chain.name} `);
    for (const endpoint of port?.endpoints ?? []) expect(lines[endpoint.line ?? -1]).toContain(`-A ${endpoint.chain} `);
  });

  it('leads to the rules that refuse the traffic of a Service without endpoints', () => {
    const tree = treeOf(rulesetOf(dump), before);
    const [port, ...rest] = tree.portsOf('batch', 'empty');
    expect(rest).toEqual([]);
    expect(port).toMatchObject({ name: 'http', protocol: 'tcp', portNumber: 80, clusterIP: '10.96.0.2', endpoints: [] });
    expect(port?.chains.map(({ name }) => name)).toEqual(['KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES']);
    for (const { name, line } of port?.chains ?? []) {
      expect(lines[line ?? -1]).toMatch(new RegExp(`^-A ${name} .*batch/empty:http has no endpoints.* -j REJECT`));
    }
    expect(tree.namespaces[0]?.services[0]?.line).toBe(port?.chains[0]?.line);
  });

  it('takes no other rule for one that refuses', () => {
    const other =
      '-A KUBE-SERVICES -d 10.96.0.9/32 -p tcp -m comment --comment "shop/web:http cluster IP of endpoints" -j ACCEPT';
    const text = dump.replace(/^(-A KUBE-SERVICES .*batch\/empty:http)/m, `${other}\n$1`);
    expect(text).not.toBe(dump);
    const names = treeOf(rulesetOf(text), before)
      .portsOf('shop', 'web')
      .flatMap(({ chains }) => chains.map(({ table, name }) => `${table} ${name}`));
    expect(names).not.toContain('filter KUBE-SERVICES');
  });

  it('keeps the ports of both families apart', () => {
    const dual = clusterWith(
      node('node-a', { ips: ['172.18.0.2', 'fc00::2'] }),
      service('shop/web', { ip: ['10.96.0.1', 'fd00::1'], spec: { ipFamilies: ['IPv4', 'IPv6'] } }),
      slice('shop/web', { '10.244.0.1': {} }),
      slice('shop/web', { 'fd00:1::1': {} }),
    );
    const podTraffic = { by: 'source', cidr: 'fd00:1::/48' } as const;
    const six = runToEnd(expectedText(dual, proxyOptions({ node: 'node-a', family: 'ipv6', version: 34, podTraffic })));
    const tree = treeOf(rulesetOf(written(dual) + six), dual);
    expect(outline(tree)).toEqual(['shop in-sync: web in-sync']);
    expect(tree.portsOf('shop', 'web').map(({ clusterIP }) => clusterIP)).toEqual(['10.96.0.1', 'fd00::1']);
    expect(endpoints(tree, 'shop', 'web')).toEqual(['http 10.244.0.1:8080  in-sync', 'http [fd00:1::1]:8080  in-sync']);
  });
});

describe('the tree of a recorded dump', () => {
  it('has every Service that kube-proxy has rules for, each with a line', () => {
    const tree = treeOf(rulesetFrom(labPath('shop/node-a.iptables')), clusterFrom(labPath('shop/cluster.json')));
    const services = tree.namespaces.flatMap((entry) => entry.services);
    expect(services.map(({ name }) => name)).toContain('cart');
    expect(services.filter(({ status, line }) => status !== 'in-sync' || line === null)).toEqual([]);
    const ports = services.flatMap(({ namespace, name }) => tree.portsOf(namespace, name));
    expect(ports.filter(({ chains }) => chains.length === 0)).toEqual([]);
  });
});
