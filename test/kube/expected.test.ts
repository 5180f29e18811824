import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import type { Cluster } from '../../server/src/cluster/cluster.ts';
import { expectedRules } from '../../server/src/kube/expected/expected.ts';
import { savedShare } from '../../server/src/kube/expected/port-rules.ts';
import {
  checkRequest,
  type ExpectedRequest,
  type ProxyFlags,
  unknownNodeWarning,
} from '../../server/src/kube/expected/request.ts';
import { ruleText } from '../../server/src/kube/expected/rule.ts';
import { expectedText } from '../../server/src/kube/expected/text.ts';
import { type ProxyOptions, proxyOptions } from '../../server/src/kube/proxy/options.ts';
import { clusterFrom, clusterOf } from '../support/dumps.ts';
import { labPath } from '../support/fixtures.ts';
import { kubeProxyRules } from '../support/kube-proxy-rules.ts';
import { clusterWith, node, service, slice } from './objects.ts';

function options(more: Partial<ProxyOptions> = {}): ProxyOptions {
  const podTraffic = { by: 'source', cidr: more.family === 'ipv6' ? 'fd00:10:244::/48' : '10.244.0.0/16' } as const;
  return proxyOptions({ node: 'node-a', family: 'ipv4', version: 34, podTraffic, ...more });
}

/** The rules of Services, base rules left out, as "table: rule"; hashes shortened to what the chain is. */
function rulesFor(cluster: Cluster, more: Partial<ProxyOptions> = {}): readonly string[] {
  const tables = expectedRules(cluster, options(more));
  return (['nat', 'filter'] as const).flatMap((table) =>
    [...tables[table].values()].flatMap((rules) =>
      rules
        .filter(({ port }) => port !== null)
        .map((rule) => `${table}: ${ruleText(rule)}`.replaceAll(/(KUBE-(?:SVC|SVL|EXT|FW))-[A-Z2-7]{16}/g, '$1')),
    ),
  );
}

/** The endpoints that a chain balances over, in order. */
function balanced(cluster: Cluster, prefix: 'KUBE-SVC' | 'KUBE-SVL', more: Partial<ProxyOptions> = {}): readonly string[] {
  return rulesFor(cluster, more).flatMap((rule) => {
    const match = new RegExp(`-A ${prefix} .*-> (\\S+)"`).exec(rule);
    return match?.[1] === undefined ? [] : [match[1]];
  });
}

describe('what kube-proxy writes for a Service', () => {
  it('with a clusterIP: a share for each endpoint, in the order of their addresses', () => {
    const cluster = clusterWith(
      node('node-a'),
      service('shop/web', { ip: '10.96.20.10' }),
      slice('shop/web', { '10.244.2.11': {}, '10.244.0.11': {}, '10.244.1.11': {}, '10.244.1.12': { ready: false } }),
    );
    expect(rulesFor(cluster)).toEqual(
      [
        'nat: -A KUBE-SEP-GXKVICYM64SODBWJ -s 10.244.0.11/32 -m comment --comment "shop/web:http" -j KUBE-MARK-MASQ',
        'nat: -A KUBE-SEP-GXKVICYM64SODBWJ -p tcp -m comment --comment "shop/web:http" -m tcp -j DNAT --to-destination 10.244.0.11:8080',
        ...['BTZNBNILETY57XCS 10.244.2.11', 'EPVTA2RHFPHQF37H 10.244.1.11'].flatMap((text) => {
          const [hash, ip] = text.split(' ');
          return [
            `nat: -A KUBE-SEP-${hash} -s ${ip}/32 -m comment --comment "shop/web:http" -j KUBE-MARK-MASQ`,
            `nat: -A KUBE-SEP-${hash} -p tcp -m comment --comment "shop/web:http" -m tcp -j DNAT --to-destination ${ip}:8080`,
          ];
        }),
        'nat: -A KUBE-SERVICES -d 10.96.20.10/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC',
        'nat: -A KUBE-SVC ! -s 10.244.0.0/16 -d 10.96.20.10/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ',
        'nat: -A KUBE-SVC -m comment --comment "shop/web:http -> 10.244.0.11:8080" -m statistic --mode random --probability 0.33333333349 -j KUBE-SEP-GXKVICYM64SODBWJ',
        'nat: -A KUBE-SVC -m comment --comment "shop/web:http -> 10.244.1.11:8080" -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-EPVTA2RHFPHQF37H',
        'nat: -A KUBE-SVC -m comment --comment "shop/web:http -> 10.244.2.11:8080" -j KUBE-SEP-BTZNBNILETY57XCS',
      ].sort((a, b) => (a.split(' ')[2] ?? '').localeCompare(b.split(' ')[2] ?? '')),
    );
  });

  it('without endpoints: a refusal for each of its addresses, and nothing in nat', () => {
    const cluster = clusterWith(
      service('shop/cart', {
        ports: [{ name: 'http', port: 80, nodePort: 30080 }],
        spec: { type: 'LoadBalancer', externalIPs: ['192.0.2.50'], loadBalancerSourceRanges: ['203.0.113.0/24'] },
        ingress: [{ ip: '192.0.2.100' }],
      }),
      slice('shop/cart', { '10.244.0.9': { ready: false, serving: false } }),
    );
    const rejected = '-m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable';
    const why = '-m comment --comment "shop/cart:http has no endpoints"';
    expect(rulesFor(cluster)).toEqual([
      `filter: -A KUBE-EXTERNAL-SERVICES -d 192.0.2.50/32 -p tcp ${why} ${rejected}`,
      `filter: -A KUBE-EXTERNAL-SERVICES -d 192.0.2.100/32 -p tcp ${why} ${rejected}`,
      `filter: -A KUBE-EXTERNAL-SERVICES -p tcp ${why} -m addrtype --dst-type LOCAL -m tcp --dport 30080 -j REJECT --reject-with icmp-port-unreachable`,
      `filter: -A KUBE-SERVICES -d 10.96.0.1/32 -p tcp ${why} ${rejected}`,
    ]);
  });

  it('with externalTrafficPolicy Local: only this node for traffic from outside, and a drop where it has none', () => {
    const objects = (local: string): Cluster =>
      clusterWith(
        node('node-a'),
        service('shop/gate', {
          ports: [{ name: 'http', port: 80, nodePort: 30080 }],
          spec: { type: 'NodePort', externalTrafficPolicy: 'Local' },
        }),
        slice('shop/gate', { '10.244.0.5': { node: local }, '10.244.1.5': { node: 'node-b' } }),
      );
    const external = (cluster: Cluster): readonly string[] =>
      rulesFor(cluster).filter((rule) => /KUBE-(?:EXT|SVL|EXTERNAL-SERVICES)\b/.test(rule.split(' ')[2] ?? ''));
    const shared = [
      'nat: -A KUBE-EXT -s 10.244.0.0/16 -m comment --comment "pod traffic for shop/gate:http external destinations" -j KUBE-SVC',
      'nat: -A KUBE-EXT -m comment --comment "masquerade LOCAL traffic for shop/gate:http external destinations" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ',
      'nat: -A KUBE-EXT -m comment --comment "route LOCAL traffic for shop/gate:http external destinations" -m addrtype --src-type LOCAL -j KUBE-SVC',
    ];
    expect(external(objects('node-a'))).toEqual([
      ...shared,
      'nat: -A KUBE-EXT -j KUBE-SVL',
      expect.stringMatching(/^nat: -A KUBE-SVL -m comment --comment "shop\/gate:http -> 10\.244\.0\.5:8080" -j KUBE-SEP-/),
    ]);
    expect(external(objects('node-c'))).toEqual([
      ...shared,
      'filter: -A KUBE-EXTERNAL-SERVICES -p tcp -m comment --comment "shop/gate:http has no local endpoints" -m addrtype --dst-type LOCAL -m tcp --dport 30080 -j DROP',
    ]);
  });

  it('with externalTrafficPolicy Local and nothing but external IPs: the policy counts since 1.29', () => {
    const cluster = clusterWith(
      service('shop/gate', { spec: { externalIPs: ['192.0.2.50'], externalTrafficPolicy: 'Local' } }),
      slice('shop/gate', { '10.244.0.5': { node: 'node-a' }, '10.244.1.5': { node: 'node-b' } }),
    );
    expect(balanced(cluster, 'KUBE-SVL', { version: 29 })).toEqual(['10.244.0.5:8080']);
    expect(balanced(cluster, 'KUBE-SVL', { version: 28 })).toEqual([]);
    expect(rulesFor(cluster, { version: 28 })).toContain('nat: -A KUBE-EXT -j KUBE-SVC');
  });

  it('with internalTrafficPolicy Local and nothing external: no chain for the whole cluster', () => {
    const cluster = clusterWith(
      service('shop/agent', { spec: { internalTrafficPolicy: 'Local' } }),
      slice('shop/agent', { '10.244.0.5': { node: 'node-a' }, '10.244.1.5': { node: 'node-b' } }),
    );
    expect(balanced(cluster, 'KUBE-SVC')).toEqual([]);
    expect(balanced(cluster, 'KUBE-SVL')).toEqual(['10.244.0.5:8080']);
    expect(rulesFor(cluster)).toContain(
      'nat: -A KUBE-SVL ! -s 10.244.0.0/16 -d 10.96.0.1/32 -p tcp -m comment --comment "shop/agent:http cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ',
    );
    expect(rulesFor(cluster, { node: 'node-c' })).toEqual([
      'filter: -A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m comment --comment "shop/agent:http has no local endpoints" -m tcp --dport 80 -j DROP',
    ]);
  });

  it('with session affinity: the endpoint remembers, and the Service asks first', () => {
    const cluster = clusterWith(
      service('shop/api', { spec: { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } } }),
      slice('shop/api', { '10.244.0.21': {} }),
    );
    const rules = rulesFor(cluster).filter((rule) => rule.includes('recent'));
    const chain = /KUBE-SEP-[A-Z2-7]{16}/.exec(rules[0] ?? '')?.[0];
    expect(rules).toEqual([
      `nat: -A ${chain} -p tcp -m comment --comment "shop/api:http" -m recent --set --name ${chain} --mask 255.255.255.255 --rsource -m tcp -j DNAT --to-destination 10.244.0.21:8080`,
      `nat: -A KUBE-SVC -m comment --comment "shop/api:http -> 10.244.0.21:8080" -m recent --rcheck --seconds 60 --reap --name ${chain} --mask 255.255.255.255 --rsource -j ${chain}`,
    ]);
  });

  it('with source ranges: those and, where they hold the node, the load balancer itself', () => {
    const ranged = (ranges: readonly string[], version: number): readonly string[] =>
      rulesFor(
        clusterWith(
          node('node-a', { ips: ['172.18.0.2', 'fc00::2'] }),
          service('shop/lb', {
            spec: { type: 'LoadBalancer', loadBalancerSourceRanges: ranges },
            ingress: [{ ip: '192.0.2.100' }],
          }),
          slice('shop/lb', { '10.244.0.5': {} }),
        ),
        { version },
      ).filter((rule) => /KUBE-FW|KUBE-PROXY-FIREWALL/.test(rule));
    const inward =
      'nat: -A KUBE-SERVICES -d 192.0.2.100/32 -p tcp -m comment --comment "shop/lb:http loadbalancer IP" -m tcp --dport 80 -j KUBE-FW';
    const dropped =
      'filter: -A KUBE-PROXY-FIREWALL -d 192.0.2.100/32 -p tcp -m comment --comment "shop/lb:http traffic not accepted by KUBE-FW" -m tcp --dport 80 -j DROP';
    const from = (source: string): string =>
      `nat: -A KUBE-FW${source} -m comment --comment "shop/lb:http loadbalancer IP" -j KUBE-EXT`;
    const end = 'nat: -A KUBE-FW -m comment --comment "other traffic to shop/lb:http will be dropped by KUBE-PROXY-FIREWALL"';
    expect(ranged(['203.0.113.0/24', 'fd00::/8'], 34)).toEqual([from(' -s 203.0.113.0/24'), end, inward, dropped]);
    expect(ranged(['172.18.0.0/16'], 34)).toEqual([from(' -s 172.18.0.0/16'), from(' -s 192.0.2.100/32'), end, inward, dropped]);
    expect(ranged(['0.0.0.0/0'], 26)).toEqual([from(''), from(' -s 192.0.2.100/32'), inward, dropped]);
    // Up to 1.27 kube-proxy did not know the node's address where it served both families.
    expect(ranged(['172.18.0.0/16'], 27)).toEqual([from(' -s 172.18.0.0/16'), end, inward, dropped]);
    expect(ranged(['172.18.0.0/16'], 28)).toEqual([from(' -s 172.18.0.0/16'), from(' -s 192.0.2.100/32'), end, inward, dropped]);
    expect(ranged(['203.0.113.0/24'], 24)).toEqual([
      from(' -s 203.0.113.0/24'),
      'nat: -A KUBE-FW -m comment --comment "shop/lb:http loadbalancer IP" -j KUBE-MARK-DROP',
      inward,
    ]);
  });

  it('behind a load balancer: VIPs only, and a health check port with policy Local', () => {
    const cluster = clusterWith(
      service('shop/lb', {
        ports: [{ name: 'http', port: 80, nodePort: 30080 }],
        spec: { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 32000 },
        ingress: [{ ip: '192.0.2.100', ipMode: 'VIP' }, { ip: '192.0.2.101', ipMode: 'Proxy' }, { hostname: 'lb.example.com' }],
      }),
      slice('shop/lb', { '10.244.0.5': { node: 'node-a' } }),
    );
    const addresses = (version: number): readonly string[] =>
      rulesFor(cluster, { version }).flatMap((rule) => /-d (192\.0\.2\.\d+)/.exec(rule)?.[1] ?? []);
    expect(addresses(34)).toEqual(['192.0.2.100']);
    expect(addresses(29)).toEqual(['192.0.2.100', '192.0.2.101']);
    expect(rulesFor(cluster)).toContain(
      'filter: -A KUBE-NODEPORTS -p tcp -m comment --comment "shop/lb:http health check node port" -m tcp --dport 32000 -j ACCEPT',
    );
  });

  it('with a NodePort: one rule, and one that counts loopback traffic since 1.31', () => {
    const cluster = clusterWith(
      service('shop/web', {
        ip: ['10.96.0.1', 'fd00:10:96::1'],
        ports: [{ name: 'http', port: 80, nodePort: 30080 }],
        spec: { type: 'NodePort' },
      }),
      slice('shop/web', { '10.244.0.5': {} }),
      slice('shop/web', { 'fd00:10:244::5': {} }),
    );
    const nodePorts = (more: Partial<ProxyOptions>): readonly string[] =>
      rulesFor(cluster, more).filter((rule) => rule.includes('-A KUBE-NODEPORTS'));
    const plain = 'nat: -A KUBE-NODEPORTS -p tcp -m comment --comment "shop/web:http" -m tcp --dport 30080 -j KUBE-EXT';
    const counted =
      'nat: -A KUBE-NODEPORTS -d 127.0.0.0/8 -p tcp -m comment --comment "shop/web:http" -m tcp --dport 30080 -m nfacct --nfacct-name  localhost_nps_accepted_pkts -j KUBE-EXT';
    expect(nodePorts({ version: 31 })).toEqual([counted, plain]);
    expect(nodePorts({ version: 30 })).toEqual([plain]);
    expect(nodePorts({ localhostNodePorts: false })).toEqual([plain]);
    expect(nodePorts({ nfacct: false })).toEqual([plain]);
    expect(nodePorts({ family: 'ipv6' })).toEqual([plain]);
  });

  it('from slices that are for it: not those of another proxy, of a headless Service or of names', () => {
    const named = { ...(slice('shop/web', { '10.244.0.4': {} }, undefined, { suffix: 'd' }) as object), addressType: 'FQDN' };
    const cluster = clusterWith(
      service('shop/web'),
      slice('shop/web', { '10.244.0.1': {} }, undefined, { suffix: 'a' }),
      slice('shop/web', { '10.244.0.2': {} }, undefined, {
        suffix: 'b',
        labels: { 'service.kubernetes.io/service-proxy-name': 'mine' },
      }),
      slice('shop/web', { '10.244.0.3': {} }, undefined, { suffix: 'c', labels: { 'service.kubernetes.io/headless': '' } }),
      named,
      slice('shop/web', { '10.244.0.5': {} }, [{ name: 'other', port: 1 }], { suffix: 'e' }),
      slice('shop/web', { '10.244.0.6': {} }, [{ name: 'http', protocol: 'UDP', port: 1 }], { suffix: 'f' }),
    );
    expect(balanced(cluster, 'KUBE-SVC')).toEqual(['10.244.0.1:8080']);
  });

  it('that is none of its business: nothing', () => {
    const cluster = clusterWith(
      service('a/headless', { ip: 'None' }),
      service('a/labelled', { labels: { 'service.kubernetes.io/headless': '' } }),
      service('a/other-proxy', { labels: { 'service.kubernetes.io/service-proxy-name': 'mine' } }),
      service('a/no-proxy', { labels: { 'service.kubernetes.io/service-proxy-name': '' } }),
      service('a/elsewhere', { ip: [], spec: { type: 'ExternalName', externalName: 'example.com' } }),
      service('a/only-v6', { ip: 'fd00:10:96::9' }),
    );
    expect(rulesFor(cluster)).toEqual([]);
    expect(rulesFor(cluster, { family: 'ipv6' })).toHaveLength(1);
  });

  it('in IPv6: brackets, whole masks and its own refusal', () => {
    const cluster = clusterWith(
      service('shop/web', { ip: ['10.96.0.1', 'fd00:10:96::1'], spec: { sessionAffinity: 'ClientIP' } }),
      slice('shop/web', { 'fd00:10:244::5': {} }),
      service('shop/none', { ip: 'fd00:10:96::2' }),
    );
    const rules = rulesFor(cluster, { family: 'ipv6' }).map((rule) => rule.replaceAll(/KUBE-SEP-[A-Z2-7]{16}/g, 'KUBE-SEP'));
    const mask = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';
    expect(rules).toEqual([
      'nat: -A KUBE-SEP -s fd00:10:244::5/128 -m comment --comment "shop/web:http" -j KUBE-MARK-MASQ',
      `nat: -A KUBE-SEP -p tcp -m comment --comment "shop/web:http" -m recent --set --name KUBE-SEP --mask ${mask} --rsource -m tcp -j DNAT --to-destination [fd00:10:244::5]:8080`,
      'nat: -A KUBE-SERVICES -d fd00:10:96::1/128 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC',
      'nat: -A KUBE-SVC ! -s fd00:10:244::/48 -d fd00:10:96::1/128 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ',
      `nat: -A KUBE-SVC -m comment --comment "shop/web:http -> [fd00:10:244::5]:8080" -m recent --rcheck --seconds 10800 --reap --name KUBE-SEP --mask ${mask} --rsource -j KUBE-SEP`,
      'nat: -A KUBE-SVC -m comment --comment "shop/web:http -> [fd00:10:244::5]:8080" -j KUBE-SEP',
      'filter: -A KUBE-SERVICES -d fd00:10:96::2/128 -p tcp -m comment --comment "shop/none:http has no endpoints" -m tcp --dport 80 -j REJECT --reject-with icmp6-port-unreachable',
    ]);
  });

  it('up to 1.24 without a local endpoint: a chain that marks what comes to it for dropping', () => {
    const cluster = clusterWith(
      service('shop/gate', {
        ports: [{ name: 'http', port: 80, nodePort: 30080 }],
        spec: { type: 'NodePort', externalTrafficPolicy: 'Local' },
      }),
      slice('shop/gate', { '10.244.1.5': { node: 'node-b' } }),
    );
    const rules = rulesFor(cluster, { version: 24 });
    expect(rules).toContain('nat: -A KUBE-EXT -j KUBE-SVL');
    expect(rules).toContain('nat: -A KUBE-SVL -m comment --comment "shop/gate:http has no local endpoints" -j KUBE-MARK-DROP');
    expect(rules.filter((rule) => rule.startsWith('filter:'))).toEqual([]);
  });
});

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

describe("kube-proxy's own rules", () => {
  function base(more: Partial<ProxyOptions>): readonly string[] {
    const tables = expectedRules(clusterWith(node('node-a')), options(more));
    return [...tables.filter.values(), ...tables.nat.values()].flat().map(ruleText);
  }

  it('differ by version', () => {
    const localnet =
      '-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP';
    expect(base({ version: 27 })).toContain(localnet);
    expect(base({ version: 26 })).not.toContain(localnet);
    expect(base({ family: 'ipv6' })).not.toContain(localnet);
    expect(base({ version: 31 })).toContain(
      '-A KUBE-FORWARD -m conntrack --ctstate INVALID -m nfacct --nfacct-name  ct_state_invalid_dropped_pkts -j DROP',
    );
    expect(base({ version: 30 })).toContain('-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP');
    expect(base({ dropsInvalid: false }).filter((rule) => rule.includes('INVALID'))).toEqual([]);
    expect(base({ version: 24 }).filter((rule) => rule.includes('KUBE-PROXY-FIREWALL'))).toEqual([]);
    expect(base({ version: 25 }).filter((rule) => rule.includes('KUBE-PROXY-FIREWALL'))).toHaveLength(3);
  });

  it('lead NodePorts in last, but not where loopback cannot work', () => {
    const last = (more: Partial<ProxyOptions>): readonly string[] =>
      base(more).filter((rule) => rule.endsWith('-j KUBE-NODEPORTS') && rule.startsWith('-A KUBE-SERVICES'));
    const note = '-m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain"';
    expect(last({})).toEqual([`-A KUBE-SERVICES ${note} -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS`]);
    expect(last({ family: 'ipv6' })).toEqual([
      `-A KUBE-SERVICES ! -d ::1/128 ${note} -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS`,
    ]);
    expect(last({ family: 'ipv6', version: 25 })).toEqual([
      `-A KUBE-SERVICES ${note} -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS`,
    ]);
    expect(last({ localhostNodePorts: false })).toEqual([
      `-A KUBE-SERVICES ! -d 127.0.0.0/8 ${note} -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS`,
    ]);
    expect(last({ nodePortAddresses: ['172.18.0.2'] })).toEqual([`-A KUBE-SERVICES -d 172.18.0.2/32 ${note} -j KUBE-NODEPORTS`]);
  });

  it('masquerade by what tells Pods apart', () => {
    const cluster = clusterWith(service('shop/web', { ip: '10.96.0.9' }), slice('shop/web', { '10.244.0.5': {} }));
    const masquerade = (more: Partial<ProxyOptions>): readonly string[] =>
      rulesFor(cluster, more).filter((rule) => rule.includes('-A KUBE-SVC') && rule.includes('KUBE-MARK-MASQ'));
    const to = '-p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ';
    expect(masquerade({})).toEqual([`nat: -A KUBE-SVC ! -s 10.244.0.0/16 -d 10.96.0.9/32 ${to}`]);
    expect(masquerade({ podTraffic: { by: 'interface', name: 'cni0' } })).toEqual([
      `nat: -A KUBE-SVC -d 10.96.0.9/32 ! -i cni0 ${to}`,
    ]);
    expect(masquerade({ masqueradeAll: true })).toEqual([`nat: -A KUBE-SVC -d 10.96.0.9/32 ${to}`]);
    expect(masquerade({ podTraffic: null })).toEqual([]);
  });
});

function checkedOptions(cluster: Cluster, request: ExpectedRequest): readonly ProxyOptions[] {
  const checked = checkRequest(cluster, request);
  if (!checked.ok) throw new Error(checked.message);
  return checked.options;
}

describe('a request on the command line', () => {
  const withNetwork = clusterWith(
    node('node-a', { podCIDRs: ['10.244.0.0/24', 'fd00:10:244::/64'] }),
    service('shop/web', { ip: ['10.96.0.1', 'fd00:10:96::1'] }),
  );

  const cluster = clusterWith(
    node('node-a', { kubelet: 'v1.31.4+k3s1' }),
    node('node-b'),
    service('shop/web', { ip: ['10.96.0.1', 'fd00:10:96::1'] }),
  );

  it.each<[request: ExpectedRequest, expected: readonly string[]]>([
    // A kube-proxy of a cluster with both families writes both, whatever networks it was given.
    [{ node: 'node-a', clusterCIDR: '10.244.0.0/16' }, ['ipv4 31 10.244.0.0/16', 'ipv6 31 none']],
    [{ node: 'node-a', clusterCIDR: '10.244.0.0/16', family: 'ipv4' }, ['ipv4 31 10.244.0.0/16']],
    [{ node: 'node-a', clusterCIDR: '10.244.7.1/16,fd00::/48', version: '1.30' }, ['ipv4 30 10.244.0.0/16', 'ipv6 30 fd00::/48']],
    [{ node: 'node-b', clusterCIDR: 'fd00::/48' }, ['ipv4 36 none', 'ipv6 36 fd00::/48']],
    [{ node: 'node-b', version: 'v1.24.17' }, ['ipv4 24 none', 'ipv6 24 none']],
  ])('%o', (request, expected) => {
    const checked = checkRequest(cluster, request);
    expect(checked.ok).toBe(true);
    if (!checked.ok) return;
    expect(
      checked.options.map(
        ({ family, version, podTraffic }) => `${family} ${version} ${podTraffic?.by === 'source' ? podTraffic.cidr : 'none'}`,
      ),
    ).toEqual(expected);
  });

  it.each<[flags: ProxyFlags, started: Partial<ProxyOptions>]>([
    [{}, {}],
    [{ masqueradeAll: true }, { masqueradeAll: true }],
    [{ masqueradeBit: '20' }, { masqueradeMark: 0x100000 }],
    [{ masqueradeBit: '31' }, { masqueradeMark: 0x80000000 }],
    [{ localhostNodePorts: false }, { localhostNodePorts: false }],
    [{ nodePortAddresses: '0.0.0.0/0,10.0.0.0/8' }, {}],
    [{ nodePortAddresses: 'fd00::/8' }, {}],
    [{ nodePortAddresses: '172.18.0.0/16' }, { nodePortAddresses: ['172.18.0.2'], localhostNodePorts: false }],
    [{ nodePortAddresses: '172.18.0.0/16, 127.0.0.0/8' }, { nodePortAddresses: ['172.18.0.2', '127.0.0.1'] }],
    [{ nodePortAddresses: '0.0.0.0/1' }, { nodePortAddresses: ['127.0.0.1'] }],
    [{ nodePortAddresses: '10.0.0.0/8' }, { nodePortAddresses: [], localhostNodePorts: false }],
    [{ nodePortAddresses: 'primary' }, { nodePortAddresses: ['172.18.0.2'], localhostNodePorts: false }],
    [{ detectLocalMode: 'ClusterCIDR', clusterCIDR: '10.0.0.0/8' }, { podTraffic: { by: 'source', cidr: '10.0.0.0/8' } }],
    [{ detectLocalMode: 'NodeCIDR' }, { podTraffic: { by: 'source', cidr: '10.244.0.0/24' } }],
    [{ detectLocalMode: 'BridgeInterface', bridgeInterface: 'cni0' }, { podTraffic: { by: 'interface', name: 'cni0' } }],
    [{ detectLocalMode: 'InterfaceNamePrefix', interfacePrefix: 'veth' }, { podTraffic: { by: 'interface', name: 'veth+' } }],
  ])('kube-proxy started with %o', (flags, started) => {
    const [ipv4] = checkedOptions(withNetwork, { node: 'node-a', version: '1.36', ...flags });
    expect(ipv4).toEqual(proxyOptions({ node: 'node-a', family: 'ipv4', version: 36, ...started }));
  });

  it.each([
    [{ node: 'node-x' }, 'cluster.json has no node "node-x"; it has node-a, node-b'],
    [{ node: 'node-a', version: '1.23' }, '"1.23" is no version of kube-proxy that is known; 1.24 to 1.36 are'],
    [{ node: 'node-a', version: 'latest' }, '"latest" is no version of kube-proxy that is known; 1.24 to 1.36 are'],
    [{ node: 'node-a', clusterCIDR: '10.244/16' }, '"10.244/16" is no network; 10.244.0.0/16 is one'],
    [
      { node: 'node-a', clusterCIDR: '10.0.0.0/8,10.1.0.0/16' },
      '"10.0.0.0/8,10.1.0.0/16" has two IPv4 networks; one of each family can be given',
    ],
    [{ node: 'node-a', masqueradeBit: '32' }, '"32" is no bit of a mark; 0 to 31 are'],
    [{ node: 'node-a', masqueradeBit: '-1' }, '"-1" is no bit of a mark; 0 to 31 are'],
    [
      { node: 'node-a', nodePortAddresses: '10.0.0.0/8,eth0' },
      '"eth0" is no network for --nodeport-addresses; 10.0.0.0/8 is one, or "primary"',
    ],
    [{ node: 'node-a', nodePortAddresses: '10.0.0.1' }, '"10.0.0.1" is no network for --nodeport-addresses; 10.0.0.1/32 is one'],
    [{ node: 'node-a', nodePortAddresses: 'primary', version: '1.30' }, '--nodeport-addresses primary is known since 1.31'],
    [
      { node: 'node-a', detectLocalMode: 'clustercidr' },
      '"clustercidr" is no --detect-local-mode; ClusterCIDR, NodeCIDR, BridgeInterface and InterfaceNamePrefix are',
    ],
    [
      { node: 'node-b', detectLocalMode: 'NodeCIDR' },
      '--detect-local-mode NodeCIDR needs the node’s podCIDRs, which the cluster does not have',
    ],
    [{ node: 'node-a', detectLocalMode: 'BridgeInterface' }, '--detect-local-mode BridgeInterface needs --bridge-interface'],
    [{ node: 'node-a', bridgeInterface: 'cni0' }, '--bridge-interface needs --detect-local-mode BridgeInterface'],
    [{ node: 'node-a', interfacePrefix: 'veth' }, '--interface-prefix needs --detect-local-mode InterfaceNamePrefix'],
    [
      { node: 'node-a', detectLocalMode: 'BridgeInterface', bridgeInterface: 'cni0 -j DROP' },
      '"cni0 -j DROP" is no name of an interface for --bridge-interface: 1 to 15 letters, digits and ._-@ are',
    ],
    [
      { node: 'node-a', detectLocalMode: 'InterfaceNamePrefix', interfacePrefix: 'fifteen-letters' },
      '"fifteen-letters" is no name of an interface for --interface-prefix: 1 to 14 letters, digits and ._-@ are',
    ],
  ])('%o is refused', (request, message) => {
    expect(checkRequest(cluster, request)).toEqual({ ok: false, message });
  });
});

it.each(['primary', '10.0.0.0/8'])('--nodeport-addresses %s needs the node', (nodePortAddresses) => {
  expect(checkRequest(clusterWith(service('shop/web')), { node: 'node-a', nodePortAddresses })).toEqual({
    ok: false,
    message: '--nodeport-addresses needs the node’s addresses, which the cluster does not have',
  });
});

describe('a cluster without the node', () => {
  const ranged = service('shop/lb', { spec: { type: 'LoadBalancer', loadBalancerSourceRanges: ['10.0.0.0/8'] } });
  const hinted = slice('shop/web', { '10.244.0.1': { zones: ['z1'] } });
  it.each([
    [[service('shop/web')], undefined],
    [[node('node-a'), ranged, hinted], undefined],
    [[ranged], 'cluster.json has no Node node-a, whose zone and addresses are needed: rules by source ranges may be others'],
    [
      [ranged, hinted],
      'cluster.json has no Node node-a, whose zone and addresses are needed: rules by topology hints and source ranges may be others',
    ],
  ])('%#', (objects, warning) => {
    expect(unknownNodeWarning(clusterWith(...objects), 'node-a')).toBe(warning);
  });
});

describe('what real kube-proxies wrote', () => {
  it.each([
    ['shop/node-a.iptables', 'shop/cluster.json', 'node-a', '10.244.0.0/16', '1.34'],
    ['shop/node-a.ip6tables', 'shop/cluster.json', 'node-a', 'fd00:10:244::/48', '1.34'],
    ['shop-stale/node-a.synced.iptables', 'shop-stale/cluster.json', 'node-a', '10.244.0.0/16', '1.34'],
    ['shop-1.30/node-a.iptables', 'shop-1.30/cluster.json', 'node-a', '10.244.0.0/16', '1.30'],
    ['large-600x10/node-0.iptables', 'large-600x10/cluster.json', 'node-0', '10.128.0.0/9', '1.34'],
  ])('%s', (dump, clusterPath, name, clusterCIDR, version) => {
    const cluster = clusterFrom(labPath(clusterPath));
    const family = dump.endsWith('.ip6tables') ? 'ipv6' : 'ipv4';
    const checked = checkRequest(cluster, { node: name, clusterCIDR, version, family });
    if (!checked.ok) throw new Error(checked.message);
    expect(kubeProxyRules(checked.options.map((own) => runToEnd(expectedText(cluster, own))).join(''))).toEqual(
      kubeProxyRules(readFileSync(labPath(dump), 'utf8')),
    );
  });

  it('is also said of the snapshot in YAML', () => {
    const from = (path: string): string => runToEnd(expectedText(clusterOf(readFileSync(labPath(path), 'utf8')), options()));
    expect(from('shop/cluster.yaml')).toBe(from('shop/cluster.json'));
  });
});
