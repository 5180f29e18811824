import { describe, expect, it } from 'vitest';
import { type Cluster, emptyCluster } from '../../server/src/cluster/cluster.ts';
import type { ChainIdentity } from '../../server/src/kube/identity/chain-identity.ts';
import { chainIndexOf } from '../../server/src/kube/identity/hash-index.ts';
import { resolveReport } from '../../server/src/kube/identity/report.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { clusterOf, rulesetOf } from '../support/dumps.ts';
import { flow } from './flow-support.ts';
import { clusterWith, node, pod, service, slice } from './objects.ts';
import { chainHash } from './resolved-truth.ts';

describe('the endpoints of a Service port at an address', () => {
  const cluster = clusterOf(
    JSON.stringify({
      kind: 'List',
      items: [
        {
          kind: 'EndpointSlice',
          metadata: { namespace: 'kube-system', name: 'dns-1', labels: { 'kubernetes.io/service-name': 'dns' } },
          addressType: 'IPv4',
          ports: [
            { name: 'dns', protocol: 'UDP', port: 53 },
            { name: 'dns', protocol: 'TCP', port: 5353 },
            { name: 'metrics', protocol: 'UDP', port: 9153 },
          ],
          endpoints: [{ addresses: ['10.244.0.7'], conditions: { ready: true } }],
        },
      ],
    }),
  );

  it('are those of its name and its protocol, both', () => {
    const portsOf = (port: string, protocol: string): readonly number[] =>
      chainIndexOf(cluster)
        .endpointsAt({ namespace: 'kube-system', name: 'dns', port, protocol }, '10.244.0.7', null)
        .map((found) => found.port);
    expect([portsOf('dns', 'udp'), portsOf('dns', 'tcp'), portsOf('metrics', 'udp')]).toEqual([[53], [5353], [9153]]);
    expect(portsOf('metrics', 'tcp')).toEqual([]);
  });
});

describe('two Pods of the host network with one address and port', () => {
  const endpoint = (name: string) => ({
    addresses: ['172.18.0.2'],
    conditions: { ready: true },
    nodeName: 'node-a',
    targetRef: { kind: 'Pod', namespace: 'monitoring', name },
  });
  const cluster = clusterOf(
    JSON.stringify({
      kind: 'List',
      items: [
        {
          kind: 'Service',
          metadata: { namespace: 'monitoring', name: 'agent' },
          spec: { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'], ports: [{ name: 'http', port: 9100 }] },
        },
        {
          kind: 'EndpointSlice',
          metadata: { namespace: 'monitoring', name: 'agent-1', labels: { 'kubernetes.io/service-name': 'agent' } },
          addressType: 'IPv4',
          ports: [{ name: 'http', protocol: 'TCP', port: 9100 }],
          endpoints: [endpoint('agent-x'), endpoint('agent-y'), endpoint('agent-x')],
        },
      ],
    }),
  );
  const chain = `KUBE-SEP-${chainHash('monitoring/agent:httptcp172.18.0.2:9100')}`;
  const dump = `*nat\n:${chain} - [0:0]\n-A ${chain} -p tcp -m tcp -j DNAT --to-destination 172.18.0.2:9100\nCOMMIT\n`;

  it('are both named', () => {
    const [found] = resolveReport(rulesetOf(dump), cluster).chains;
    const pod = { namespace: 'monitoring', node: 'node-a', ready: true };
    expect(found?.endpoint).toEqual({
      ip: '172.18.0.2',
      port: 9100,
      pod: { ...pod, name: 'agent-x' },
      otherPods: [{ ...pod, name: 'agent-y' }],
    });
  });

  it('are both named in the drawing', () => {
    const graph = flow(dump, 'monitoring/agent', cluster);
    expect(graph.nodes.filter(({ kind }) => kind === 'pod').map(({ label }) => label)).toEqual(['agent-x, agent-y']);
  });
});

/** What a chain of nat stands for; the rules alone are given. */
function identityOf(chain: string, rules: readonly string[], cluster: Cluster = emptyCluster): ChainIdentity {
  const ruleset = rulesetOf(`*nat\n:${chain} - [0:0]\n${rules.join('\n')}\nCOMMIT\n`);
  const found = ruleset.tables[0]?.chains.get(chain);
  if (found === undefined) throw new Error(`no chain ${chain}`);
  return resolveChains(ruleset, cluster).chain(found);
}

const toEndpoint = (chain: string, address: string, comment = ''): string =>
  `-A ${chain} -p tcp ${comment === '' ? '' : `-m comment --comment "${comment}" `}-m tcp -j DNAT --to-destination ${address}`;

describe("the Pod behind an endpoint's chain", () => {
  const podAt = (rules: readonly string[], cluster: Cluster) => identityOf('KUBE-SEP-OWN', rules, cluster).endpoint?.pod ?? null;
  const web = toEndpoint('KUBE-SEP-OWN', '10.244.0.5:8080', 'shop/web:http');
  const ready = { pod: 'web-1', node: 'node-a' };
  const objects = (endpoint: object = ready) => [service('shop/web'), slice('shop/web', { '10.244.0.5': endpoint })];

  it("is in its node's zone, if that has one", () => {
    expect(podAt([web], clusterWith(...objects(), node('node-a', { zone: 'z1' })))).toMatchObject({ node: 'node-a', zone: 'z1' });
    expect(podAt([web], clusterWith(...objects(), node('node-a')))).toMatchObject({ node: 'node-a', zone: null });
    expect(podAt([web], clusterWith(...objects()))).toMatchObject({ node: 'node-a', zone: null });
    expect(podAt([web], clusterWith(...objects({ pod: 'web-1' })))).toMatchObject({ node: null, zone: null });
  });

  it('is where its own record says, where the EndpointSlice says no node; and as ready as its record says', () => {
    const record = pod('shop/web-1', { ip: '10.244.0.5', node: 'node-b' });
    const cluster = clusterWith(...objects({ pod: 'web-1', ready: false }), record, node('node-b', { zone: 'z2' }));
    expect(podAt([web], cluster)).toMatchObject({ node: 'node-b', zone: 'z2', ready: true, terminating: false });
    const leaving = pod('shop/web-1', { ip: '10.244.0.5', deleted: '2026-01-01T00:00:00Z' });
    expect(podAt([web], clusterWith(...objects(), leaving))).toMatchObject({ node: 'node-a', terminating: true });
    expect(podAt([web], clusterWith(...objects({ pod: 'web-1', terminating: true })))).toMatchObject({ terminating: true });
  });

  it('is whoever has the address now, where no Service has such an endpoint', () => {
    const other = toEndpoint('KUBE-SEP-OWN', '10.244.0.9:8080');
    const record = pod('shop/job-1', { ip: '10.244.0.9', node: 'node-a' });
    expect(podAt([other], clusterWith(record, node('node-a', { zone: 'z1' })))).toMatchObject({ name: 'job-1', zone: 'z1' });
    expect(podAt([other], clusterWith(record, node('node-a')))).toMatchObject({ name: 'job-1', zone: null });
    expect(podAt([other], clusterWith(record))).toMatchObject({ name: 'job-1', zone: null });
    expect(podAt([other], emptyCluster)).toBeNull();
    // A node's address is no Pod's, whichever Pods of the host network have it.
    const onHost = toEndpoint('KUBE-SEP-OWN', '172.18.0.2:9100');
    const endpoint = slice('shop/agent', { '172.18.0.2': { pod: 'agent-1' } });
    expect(podAt([onHost], clusterWith(endpoint, node('node-a', { ips: ['172.18.0.2'] })))).toBeNull();
    expect(podAt([onHost], clusterWith(endpoint))).toMatchObject({ name: 'agent-1' });
  });
});

describe("the Service of an endpoint's chain without a comment", () => {
  const own = (address: string, cluster: Cluster) => {
    const { service: found, by, endpoint } = identityOf('KUBE-SEP-OWN', [toEndpoint('KUBE-SEP-OWN', address)], cluster);
    return { service: found === null ? null : `${found.namespace}/${found.name}:${found.port}`, by, pod: endpoint?.pod?.name };
  };

  it('is the only one that has an endpoint there, by the address', () => {
    const cluster = clusterWith(service('shop/web'), slice('shop/web', { '10.244.0.5': {} }));
    expect(own('10.244.0.5:8080', cluster)).toEqual({ service: 'shop/web:http', by: 'address', pod: undefined });
    expect(own('10.244.0.5:9999', cluster)).toEqual({ service: null, by: null, pod: undefined });
  });

  it('is not known where several have one; the Pod is', () => {
    const cluster = clusterWith(
      ...['shop/web', 'shop/web-canary'].flatMap((name) => [service(name), slice(name, { '10.244.0.5': { pod: 'web-1' } })]),
    );
    expect(own('10.244.0.5:8080', cluster)).toEqual({ service: null, by: 'address', pod: 'web-1' });
  });

  it('is not known of a slice that belongs to none', () => {
    const stray = slice('shop/web', { '10.244.0.5': {} }, undefined, { labels: { 'kubernetes.io/service-name': '' } });
    expect(own('10.244.0.5:8080', clusterWith(stray))).toEqual({ service: null, by: null, pod: undefined });
  });
});

describe("an endpoint's chain that only the rules to it name", () => {
  const jump = (comment: string): string => `-A KUBE-SVC-AAAAAAAAAAAAAAAA -m comment --comment "${comment}" -j KUBE-SEP-OWN`;

  it('has the address of their comment, of versions that say it', () => {
    expect(identityOf('KUBE-SEP-OWN', [jump('shop/web:http -> 10.244.0.5:8080')])).toMatchObject({
      service: { name: 'web', port: 'http' },
      endpoint: { ip: '10.244.0.5', port: 8080 },
      by: 'comment',
    });
    expect(identityOf('KUBE-SEP-OWN', [jump('shop/web:http')])).toMatchObject({ service: { name: 'web' }, endpoint: null });
  });

  it('has that of its own rules before it', () => {
    const rules = [toEndpoint('KUBE-SEP-OWN', '10.244.0.6:8081'), jump('shop/web:http -> 10.244.0.5:8080')];
    expect(identityOf('KUBE-SEP-OWN', rules).endpoint).toMatchObject({ ip: '10.244.0.6', port: 8081 });
  });

  it('has the Service of the chain that jumps to it, be that itself or another endpoint or not', () => {
    const named =
      '-A KUBE-SERVICES -d 10.96.0.9/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-AAAAAAAAAAAAAAAA';
    const rules = ['-A KUBE-SEP-OWN -j KUBE-SEP-OWN', '-A KUBE-SEP-OTHER -j KUBE-SEP-OWN', '-A OWN -j KUBE-SEP-OWN'];
    const last = '-A KUBE-SVC-AAAAAAAAAAAAAAAA -j KUBE-SEP-OWN';
    expect(
      identityOf('KUBE-SEP-OWN', [named, ...rules, last, toEndpoint('KUBE-SEP-OWN', '10.244.0.5:80')]).service,
    ).toMatchObject({
      namespace: 'shop',
      name: 'web',
    });
    expect(identityOf('KUBE-SEP-OWN', [named, ...rules]).service).toBeNull();
  });
});

describe("an endpoint's chain whose hash and comment disagree", () => {
  const chain = `KUBE-SEP-${chainHash('shop/web:httptcp10.244.0.5:8080')}`;
  const cluster = clusterWith(service('shop/web'), slice('shop/web', { '10.244.0.5': {} }));
  const said = (comment: string) => identityOf(chain, [toEndpoint(chain, '10.244.0.5:8080', comment)], cluster);

  it.each(['shop/other:http', 'other/web:http'])('is that of the hash, though the comment says %s', (comment) => {
    expect(said(comment)).toMatchObject({
      service: { namespace: 'shop', name: 'web' },
      by: 'hash',
      mismatch: `The chain's name is made of shop/web:http, though the comment says ${comment}.`,
    });
  });

  it('is no news where only the name of the port is another', () => {
    expect(said('shop/web:old')).toMatchObject({ service: { port: 'http' }, by: 'hash', mismatch: null });
  });
});

describe('the endpoints of a Service at an address that several slices have', () => {
  const at = (port: number | null, objects: readonly object[]) =>
    chainIndexOf(clusterWith(...objects))
      .endpointsAt({ namespace: 'shop', name: 'web', port: 'http', protocol: 'tcp' }, '10.244.0.5', port)
      .map(({ endpoint, port: found }) => `${found} ${endpoint.ready ? 'ready' : 'not ready'}`);
  const of = (name: string, suffix: string, ready: boolean, port: number | undefined) =>
    slice(name, { '10.244.0.5': { ready } }, [{ name: 'http', ...(port === undefined ? {} : { port }) }], { suffix });

  it('are those that are ready first, with the port where one is asked for', () => {
    const both = [of('shop/web', 'a', false, 8080), of('shop/web', 'b', true, 8080), of('shop/web', 'c', true, 9090)];
    expect(at(8080, both)).toEqual(['8080 ready', '8080 not ready']);
    expect(at(null, both)).toEqual(['8080 ready', '9090 ready', '8080 not ready']);
  });

  it('are not those of another Service, another namespace, or without a port', () => {
    expect(
      at(null, [of('shop/api', 'a', true, 8080), of('other/web', 'a', true, 8080), of('shop/web', 'a', true, undefined)]),
    ).toEqual([]);
  });
});
