import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../server/src/cluster/cluster.ts';
import type { ProxyOptions } from '../../server/src/kube/proxy/options.ts';
import { balanced, rulesFor } from './expected-support.ts';
import { clusterWith, node, service, slice } from './objects.ts';

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
