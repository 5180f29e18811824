import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../server/src/cluster/cluster.ts';
import { savedShare } from '../../server/src/kube/expected/port-rules.ts';
import { balanced, rulesFor } from './expected-support.ts';
import { clusterWith, node, service, slice } from './objects.ts';

describe('the endpoints that a node uses', () => {
  const leaving = clusterWith(
    service('shop/web'),
    slice('shop/web', {
      '10.244.0.1': { terminating: true, serving: true },
      '10.244.0.2': { terminating: true, serving: false },
      '10.244.0.3': { ready: false, serving: false },
    }),
  );

  it('are terminating ones that still serve where none is ready, since 1.26', () => {
    expect(balanced(leaving, 'KUBE-SVC', { version: 26 })).toEqual(['10.244.0.1:8080']);
    expect(balanced(leaving, 'KUBE-SVC', { version: 25 })).toEqual([]);
    expect(rulesFor(leaving, { version: 25 })).toEqual([expect.stringContaining('shop/web:http has no endpoints')]);
  });

  it('are chosen for policy Cluster and Local apart: a ready one elsewhere does not help Local', () => {
    const cluster = clusterWith(
      service('shop/web', { spec: { internalTrafficPolicy: 'Local', externalIPs: ['192.0.2.50'] } }),
      slice('shop/web', { '10.244.0.1': { node: 'node-a', terminating: true }, '10.244.1.1': { node: 'node-b' } }),
    );
    expect(balanced(cluster, 'KUBE-SVC')).toEqual(['10.244.1.1:8080']);
    expect(balanced(cluster, 'KUBE-SVL')).toEqual(['10.244.0.1:8080']);
    // Both get a chain.
    expect(rulesFor(cluster).filter((rule) => rule.includes('--to-destination'))).toHaveLength(2);
  });

  const zoned = (annotations: object, zones: readonly (readonly string[] | undefined)[]): Cluster =>
    clusterWith(
      node('node-a', { zone: 'z1' }),
      service('shop/web', { annotations }),
      slice(
        'shop/web',
        Object.fromEntries(zones.map((names, index) => [`10.244.0.${index + 1}`, names === undefined ? {} : { zones: names }])),
      ),
    );

  it('are those of its zone, where all ready ones carry hints', () => {
    const auto = { 'service.kubernetes.io/topology-mode': 'Auto' };
    const old = { 'service.kubernetes.io/topology-aware-hints': 'auto' };
    const odd = { 'service.kubernetes.io/topology-mode': 'example.com/mine' };
    const mine = ['10.244.0.1:8080', '10.244.0.2:8080'];
    const all = [...mine, '10.244.0.3:8080'];
    const hints = [['z1'], ['z1', 'z2'], ['z2']];
    expect(balanced(zoned({}, hints), 'KUBE-SVC')).toEqual(mine);
    expect(balanced(zoned({}, hints), 'KUBE-SVC', { version: 30 })).toEqual(all);
    expect(balanced(zoned(old, hints), 'KUBE-SVC', { version: 26 })).toEqual(mine);
    expect(balanced(zoned(auto, hints), 'KUBE-SVC', { version: 26 })).toEqual(all);
    expect(balanced(zoned(auto, hints), 'KUBE-SVC', { version: 27 })).toEqual(mine);
    expect(balanced(zoned(odd, hints), 'KUBE-SVC', { version: 26 })).toEqual(all);
    expect(balanced(zoned(odd, hints), 'KUBE-SVC', { version: 27 })).toEqual(mine);
    // The older annotation wins where both are there.
    const both = { 'service.kubernetes.io/topology-aware-hints': 'Disabled', ...auto };
    expect(balanced(zoned(both, hints), 'KUBE-SVC', { version: 27 })).toEqual(all);
    expect(balanced(zoned(auto, [['z1'], undefined, ['z2']]), 'KUBE-SVC')).toEqual(all);
    expect(balanced(zoned(auto, [['z2'], ['z2'], ['z3']]), 'KUBE-SVC')).toEqual(all);
    expect(balanced(zoned(auto, hints), 'KUBE-SVC', { node: 'node-x' })).toEqual(all);
  });

  it('are those hinted for it before those of its zone, since 1.34', () => {
    const cluster = clusterWith(
      node('node-a', { zone: 'z1' }),
      service('shop/web', { spec: { trafficDistribution: 'PreferSameNode' } }),
      slice('shop/web', {
        '10.244.0.1': { nodes: ['node-a'], zones: ['z1'] },
        '10.244.0.2': { nodes: ['node-b'], zones: ['z1'] },
        '10.244.0.3': { nodes: ['node-c'], zones: ['z2'] },
      }),
    );
    expect(balanced(cluster, 'KUBE-SVC', { version: 34 })).toEqual(['10.244.0.1:8080']);
    expect(balanced(cluster, 'KUBE-SVC', { version: 33 })).toEqual(['10.244.0.1:8080', '10.244.0.2:8080']);
    expect(balanced(cluster, 'KUBE-SVC', { node: '' })).toHaveLength(3);
  });

  it('are one for an address in two slices: the one that runs on, not the one that leaves', () => {
    const cluster = clusterWith(
      service('shop/web'),
      slice('shop/web', { '10.244.0.1': { terminating: true } }, undefined, { suffix: 'old' }),
      slice('shop/web', { '10.244.0.1': {}, '10.244.0.2': {} }, undefined, { suffix: 'new' }),
    );
    expect(balanced(cluster, 'KUBE-SVC')).toEqual(['10.244.0.1:8080', '10.244.0.2:8080']);
  });

  it('are those of the same port name and protocol', () => {
    const cluster = clusterWith(
      service('kube-system/dns', {
        ports: [
          { name: 'dns', protocol: 'UDP', port: 53 },
          { name: 'dns-tcp', protocol: 'TCP', port: 53 },
        ],
      }),
      slice('kube-system/dns', { '10.244.0.3': {} }, [
        { name: 'dns', protocol: 'UDP', port: 5353 },
        { name: 'dns-tcp', protocol: 'TCP', port: 5354 },
      ]),
    );
    expect(
      rulesFor(cluster)
        .flatMap((rule) => /-m (\w+) -j DNAT.*:(\d+)$/.exec(rule)?.slice(1).join(' ') ?? [])
        .sort(),
    ).toEqual(['tcp 5354', 'udp 5353']);
  });
});

describe('more than 1,000 endpoints', () => {
  const many = (count: number): Cluster =>
    clusterWith(
      service('shop/web'),
      slice(
        'shop/web',
        Object.fromEntries(Array.from({ length: count }, (_, index) => [`10.244.${index >> 8}.${index & 255}`, {}])),
      ),
    );

  it('leave no comment on rules to and of endpoints', () => {
    const commented = (count: number): ReadonlySet<string> =>
      new Set(
        rulesFor(many(count)).flatMap((rule) => (rule.includes('--comment') ? (/-A (KUBE-[A-Z]+)/.exec(rule)?.[1] ?? '') : [])),
      );
    expect(commented(1000)).toEqual(new Set(['KUBE-SERVICES', 'KUBE-SVC', 'KUBE-SEP']));
    expect(commented(1001)).toEqual(new Set(['KUBE-SERVICES', 'KUBE-SVC']));
  });

  it('get each the same share', () => {
    const shares = rulesFor(many(1001)).flatMap((rule) => /--probability (\S+)/.exec(rule)?.[1] ?? []);
    let left = 1;
    const each = [...shares, '1'].map((share) => {
      const part = left * Number(share);
      left -= part;
      return part;
    });
    expect(each).toHaveLength(1001);
    for (const part of each) expect(part).toBeCloseTo(1 / 1001, 6);
  });
});

describe('a share as iptables-save prints it', () => {
  // Taken from dumps of real kube-proxies.
  it.each([
    [2, '0.50000000000'],
    [3, '0.33333333349'],
    [4, '0.25000000000'],
    [6, '0.16666666651'],
    [7, '0.14285714272'],
    [9, '0.11111111101'],
    [10, '0.10000000009'],
    // With one digit more or less than kube-proxy's ten these would be others.
    [44, '0.02272727247'],
    [51, '0.01960784290'],
    [71, '0.01408450678'],
  ])('one of %i is %s', (n, text) => {
    expect(savedShare(n)).toBe(text);
  });
});
