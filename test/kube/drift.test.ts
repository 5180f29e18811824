import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { type Cluster, createCluster, emptyCluster } from '../../server/src/cluster/cluster.ts';
import { type DriftReport, driftReport } from '../../server/src/kube/drift/report.ts';
import type { DriftOptions } from '../../server/src/kube/drift/settings.ts';
import { expectedText } from '../../server/src/kube/expected/text.ts';
import { type ProxyOptions, proxyOptions } from '../../server/src/kube/proxy/options.ts';
import { clusterFrom, rulesetFrom, rulesetOf } from '../support/dumps.ts';
import { fixturePath, labPath } from '../support/fixtures.ts';
import { clusterWith, node, pod, service, slice } from './objects.ts';

/** What kube-proxy wrote on node-a for a cluster as it once was. */
function written(cluster: Cluster, more: Partial<ProxyOptions> = {}): string {
  const podTraffic = { by: 'source', cidr: more.family === 'ipv6' ? 'fd00:244::/48' : '10.244.0.0/16' } as const;
  return runToEnd(expectedText(cluster, proxyOptions({ node: 'node-a', family: 'ipv4', version: 34, podTraffic, ...more })));
}

/** "status Service: kind message" of every finding, and the lines they stand at. */
function said({ services }: DriftReport): readonly string[] {
  return services.flatMap(({ service: name, status, findings }) =>
    findings.map(({ kind, message }) => `${status} ${name}: ${kind}: ${message}`),
  );
}

function drift(text: string, cluster: Cluster, options: DriftOptions = { node: 'node-a' }): readonly string[] {
  return said(driftReport(rulesetOf(text), cluster, options));
}

const nodes = [
  node('node-a', { ips: ['172.18.0.2', 'fc00::2'], zone: 'z1' }),
  node('node-b', { ips: ['172.18.0.3'], zone: 'z2' }),
];
const others = [service('shop/other', { ip: '10.96.0.99' }), slice('shop/other', { '10.244.0.99': {} })];

/** The cluster of a few objects among some that never change. */
function cluster(...objects: readonly object[]): Cluster {
  return clusterWith(...nodes, ...others, ...objects);
}

const web = (words: Parameters<typeof service>[1] = {}): object => service('shop/web', { ip: '10.96.0.1', ...words });
const webEndpoints = (endpoints: Parameters<typeof slice>[1] = { '10.244.0.1': {}, '10.244.1.2': {} }): object =>
  slice('shop/web', endpoints);
const external = { type: 'LoadBalancer', loadBalancerSourceRanges: ['203.0.113.0/24'], externalIPs: ['192.0.2.50'] };
const balanced = (more: object = {}, nodePort = 30080): object =>
  web({ ports: [{ name: 'http', port: 80, nodePort }], spec: { ...external, ...more }, ingress: [{ ip: '192.0.2.100' }] });
/** Behind a load balancer with this address, for the node's own network. */
const ranged = (ip: string): object =>
  web({ spec: { type: 'LoadBalancer', loadBalancerSourceRanges: ['172.18.0.0/16'] }, ingress: [{ ip }] });
const elsewhere = { type: 'NodePort', externalTrafficPolicy: 'Local' };
const localEndpoints = webEndpoints({ '10.244.0.1': { node: 'node-a' }, '10.244.1.2': { node: 'node-b' } });

describe('what changed in the cluster', () => {
  const cases: readonly (readonly [
    what: string,
    before: readonly object[],
    after: readonly object[],
    findings: readonly string[],
  ])[] = [
    ['nothing', [web(), webEndpoints()], [web(), webEndpoints()], []],
    [
      'a new Service',
      [],
      [web(), webEndpoints()],
      ['missing shop/web: service-missing: Service shop/web has no rules in the dump: 10.96.0.1:80 leads nowhere'],
    ],
    [
      'a new Service of several ports',
      [],
      [
        web({
          ports: [
            { name: 'dns', protocol: 'UDP', port: 53 },
            { name: 'dns-tcp', port: 53 },
          ],
        }),
      ],
      [
        'missing shop/web: service-missing: Service shop/web has no rules in the dump: 10.96.0.1:53/udp, 10.96.0.1:53 lead nowhere',
      ],
    ],
    [
      'a new Service without endpoints',
      [],
      [web()],
      ['missing shop/web: service-missing: Service shop/web has no rules in the dump: 10.96.0.1:80 leads nowhere'],
    ],
    [
      'another port',
      [web(), webEndpoints()],
      [
        web({
          ports: [
            { name: 'http', port: 80 },
            { name: 'admin', port: 81 },
          ],
        }),
        slice('shop/web', { '10.244.0.1': {}, '10.244.1.2': {} }, [
          { name: 'http', port: 8080 },
          { name: 'admin', port: 8081 },
        ]),
      ],
      ['missing shop/web: port-missing: shop/web:admin has no rules in the dump: 10.96.0.1:81 leads nowhere'],
    ],
    [
      'a Service deleted, in several ports',
      [
        web({
          ports: [
            { name: 'http', port: 80, nodePort: 30080 },
            { name: 'admin', port: 81 },
          ],
          spec: { type: 'NodePort' },
        }),
        slice('shop/web', { '10.244.0.1': {} }, [{ name: 'http', port: 8080 }]),
      ],
      [],
      [
        'stale shop/web: service-gone: Service shop/web is not in the cluster any more; the dump still has rules for 10.96.0.1:80, NodePort 30080, 10.96.0.1:81',
      ],
    ],
    [
      'a port taken away',
      [
        web({
          ports: [
            { name: 'http', port: 80 },
            { name: 'admin', port: 81 },
          ],
        }),
        slice('shop/web', { '10.244.0.1': {} }, [
          { name: 'http', port: 8080 },
          { name: 'admin', port: 8081 },
        ]),
      ],
      [web(), webEndpoints({ '10.244.0.1': {} })],
      ['stale shop/web: port-gone: Service shop/web has no port "admin" any more; the dump still has rules for 10.96.0.1:81'],
    ],
    [
      'headless now',
      [web(), webEndpoints()],
      [web({ ip: 'None' }), webEndpoints()],
      ['stale shop/web: service-gone: Service shop/web is headless now; the dump still has rules for 10.96.0.1:80'],
    ],
    [
      'left to another proxy',
      [web(), webEndpoints()],
      [web({ labels: { 'service.kubernetes.io/service-proxy-name': 'mine' } }), webEndpoints()],
      [
        'stale shop/web: service-gone: Service shop/web is labelled to be left alone by kube-proxy; the dump still has rules for 10.96.0.1:80',
      ],
    ],
    [
      'an endpoint more',
      [web(), webEndpoints()],
      [web(), webEndpoints({ '10.244.0.1': {}, '10.244.1.2': {}, '10.244.1.3': { pod: 'web-3', node: 'node-b' } })],
      [
        'missing shop/web: endpoint-missing: 10.244.1.3:8080 (Pod shop/web-3 on node-b) is an endpoint of shop/web:http that gets no traffic',
      ],
    ],
    [
      'an endpoint less',
      [web(), webEndpoints()],
      [web(), webEndpoints({ '10.244.0.1': {} })],
      ['stale shop/web: endpoint-gone: 10.244.1.2:8080 is no endpoint of shop/web:http any more'],
    ],
    [
      'an endpoint replaced',
      [web(), webEndpoints()],
      [web(), webEndpoints({ '10.244.0.1': {}, '10.244.1.3': {} })],
      ['stale shop/web: endpoint-gone: 10.244.1.2:8080 is no endpoint of shop/web:http any more; 10.244.1.3:8080 is one instead'],
    ],
    [
      'an address that another Pod got',
      [web(), webEndpoints()],
      [web(), webEndpoints({ '10.244.0.1': {} }), pod('batch/job-1', { ip: '10.244.1.2' })],
      [
        'stale shop/web: endpoint-reused: 10.244.1.2:8080 is no endpoint of shop/web:http any more: its address is now that of Pod batch/job-1',
      ],
    ],
    [
      'an endpoint not ready',
      [web(), webEndpoints()],
      [web(), webEndpoints({ '10.244.0.1': {}, '10.244.1.2': { ready: false, pod: 'web-2' } })],
      ['stale shop/web: endpoint-not-ready: 10.244.1.2:8080 (Pod shop/web-2) of shop/web:http is not ready, yet gets traffic'],
    ],
    [
      'an endpoint shutting down',
      [web(), webEndpoints()],
      [web(), webEndpoints({ '10.244.0.1': {}, '10.244.1.2': { terminating: true } })],
      ['stale shop/web: endpoint-not-ready: 10.244.1.2:8080 of shop/web:http is shutting down, yet gets traffic'],
    ],
    [
      'hints that keep an endpoint for another zone',
      [web(), webEndpoints()],
      [web(), webEndpoints({ '10.244.0.1': { zones: ['z1'] }, '10.244.1.2': { zones: ['z2'] } })],
      [
        'stale shop/web: endpoint-elsewhere: 10.244.1.2:8080 of shop/web:http is not for this node, by its hints or the traffic policy',
      ],
    ],
    [
      'no endpoint left',
      [web(), webEndpoints()],
      [web(), webEndpoints({ '10.244.0.1': { ready: false } })],
      [
        'stale shop/web: no-endpoints: shop/web:http has no endpoint left, but the dump still sends traffic to some: 10.244.0.1:8080 of shop/web:http is not ready, yet gets traffic, 10.244.1.2:8080 is no endpoint of shop/web:http any more',
      ],
    ],
    [
      'the first endpoint',
      [web()],
      [web(), webEndpoints({ '10.244.0.1': { pod: 'web-1', node: 'node-a' } })],
      [
        'missing shop/web: endpoint-missing: The dump refuses traffic to shop/web:http, which has an endpoint now: 10.244.0.1:8080 (Pod shop/web-1 on node-a)',
      ],
    ],
    [
      'the first endpoints, of a Service with all there is',
      [balanced()],
      [balanced(), webEndpoints()],
      [
        'missing shop/web: endpoint-missing: The dump refuses traffic to shop/web:http, which has 2 endpoints now: 10.244.0.1:8080, 10.244.1.2:8080',
      ],
    ],
    [
      'the first endpoint on this node, for internal traffic',
      [web({ spec: { internalTrafficPolicy: 'Local' } }), webEndpoints({ '10.244.1.2': { node: 'node-b' } })],
      [web({ spec: { internalTrafficPolicy: 'Local' } }), localEndpoints],
      [
        'missing shop/web: endpoint-missing: The dump refuses traffic to shop/web:http, which has an endpoint now: 10.244.0.1:8080',
      ],
    ],
    [
      'the last endpoint on this node gone, for traffic from outside',
      [balanced({ externalTrafficPolicy: 'Local' }), localEndpoints],
      [balanced({ externalTrafficPolicy: 'Local' }), webEndpoints({ '10.244.1.2': { node: 'node-b' } })],
      ['stale shop/web: endpoint-gone: 10.244.0.1:8080 is no endpoint of shop/web:http any more'],
    ],
    [
      'the first endpoint on this node, for traffic from outside',
      [balanced({ externalTrafficPolicy: 'Local' }), webEndpoints({ '10.244.1.2': { node: 'node-b' } })],
      [balanced({ externalTrafficPolicy: 'Local' }), localEndpoints],
      ['missing shop/web: endpoint-missing: 10.244.0.1:8080 is an endpoint of shop/web:http that gets no traffic'],
    ],
    [
      'the same endpoint, now of this node',
      [
        balanced({ externalTrafficPolicy: 'Local' }),
        webEndpoints({ '10.244.0.1': { node: 'node-a' }, '10.244.1.2': { node: 'node-b' } }),
      ],
      [
        balanced({ externalTrafficPolicy: 'Local' }),
        webEndpoints({ '10.244.0.1': { node: 'node-a' }, '10.244.1.2': { node: 'node-a' } }),
      ],
      [
        expect.stringMatching(
          /^differs shop\/web: shares: The endpoints for this node alone of shop\/web:http are 10\.244\.0\.1:8080, 10\.244\.1\.2:8080; KUBE-SVL-\w+ sends to others$/,
        ),
      ],
    ],
    [
      'another clusterIP',
      [web(), webEndpoints()],
      [web({ ip: '10.96.0.2' }), webEndpoints()],
      ['differs shop/web: cluster-ip: shop/web:http has clusterIP 10.96.0.2; the dump has 10.96.0.1'],
    ],
    [
      'another clusterIP, without endpoints',
      [web()],
      [web({ ip: '10.96.0.2' })],
      ['differs shop/web: cluster-ip: shop/web:http has clusterIP 10.96.0.2; the dump has 10.96.0.1'],
    ],
    [
      'no endpoint anywhere, where there was none on this node',
      [web({ spec: { internalTrafficPolicy: 'Local' } }), webEndpoints({ '10.244.1.2': { node: 'node-b' } })],
      [web({ spec: { internalTrafficPolicy: 'Local' } })],
      [
        'differs shop/web: refusal: Traffic to shop/web:http (10.96.0.1, port 80) should be rejected, as there is no endpoint anywhere; the dump drops it',
      ],
    ],
    [
      'an external IP less, without endpoints',
      [web({ spec: { externalIPs: ['192.0.2.50'] } })],
      [web()],
      ["differs shop/web: refusal: The dump refuses traffic to 192.0.2.50, port 80, which is not shop/web:http's any more"],
    ],
    [
      'a NodePort, without endpoints',
      [web()],
      [web({ ports: [{ name: 'http', port: 80, nodePort: 30080 }], spec: { type: 'NodePort' } })],
      [
        'differs shop/web: refusal: Traffic to shop/web:http (NodePort 30080) should be refused, for want of endpoints; no rule does',
      ],
    ],
    [
      'another port number, without endpoints',
      [web()],
      [web({ ports: [{ name: 'http', port: 8000 }] })],
      ['differs shop/web: port: shop/web:http is at port 8000; the dump has 80'],
    ],
    [
      'another port number',
      [balanced(), webEndpoints()],
      [
        web({ ports: [{ name: 'http', port: 8000, nodePort: 30080 }], spec: external, ingress: [{ ip: '192.0.2.100' }] }),
        webEndpoints(),
      ],
      ['differs shop/web: port: shop/web:http is at port 8000; the dump has 80'],
    ],
    [
      'internalTrafficPolicy',
      [web(), localEndpoints],
      [web({ spec: { internalTrafficPolicy: 'Local' } }), localEndpoints],
      ['differs shop/web: internal-policy: shop/web:http has internalTrafficPolicy Local; the dump is written for Cluster'],
    ],
    [
      'internalTrafficPolicy, back',
      [web({ spec: { internalTrafficPolicy: 'Local' } }), localEndpoints],
      [web(), localEndpoints],
      ['differs shop/web: internal-policy: shop/web:http has internalTrafficPolicy Cluster; the dump is written for Local'],
    ],
    [
      'externalTrafficPolicy, back',
      [balanced({ externalTrafficPolicy: 'Local', healthCheckNodePort: 32000 }), localEndpoints],
      [balanced({ healthCheckNodePort: 32000 }), localEndpoints],
      [
        'differs shop/web: external-policy: shop/web:http has externalTrafficPolicy Cluster; its rules for traffic from outside are not those',
      ],
    ],
    [
      'externalTrafficPolicy',
      [balanced({ healthCheckNodePort: 32000 }), localEndpoints],
      [balanced({ externalTrafficPolicy: 'Local', healthCheckNodePort: 32000 }), localEndpoints],
      [
        'differs shop/web: external-policy: shop/web:http has externalTrafficPolicy Local; its rules for traffic from outside are not those',
      ],
    ],
    [
      'an external IP more and one less',
      [web({ spec: { externalIPs: ['192.0.2.50'] } }), webEndpoints()],
      [web({ spec: { externalIPs: ['192.0.2.51'] } }), webEndpoints()],
      ['differs shop/web: external-ip: External IP 192.0.2.51 of shop/web:http has no rule; the dump has 192.0.2.50'],
    ],
    [
      'the first external IP',
      [web(), webEndpoints()],
      [web({ spec: { externalIPs: ['192.0.2.50'] } }), webEndpoints()],
      ['differs shop/web: external-ip: External IP 192.0.2.50 of shop/web:http has no rule'],
    ],
    [
      'the last external IP',
      [web({ spec: { externalIPs: ['192.0.2.50'] } }), webEndpoints()],
      [web(), webEndpoints()],
      ['differs shop/web: external-ip: 192.0.2.50 is no external IP of shop/web:http any more'],
    ],
    [
      'a load-balancer address whose ranges let the node itself in',
      [ranged('192.0.2.100'), localEndpoints],
      [ranged('192.0.2.101'), localEndpoints],
      [
        'differs shop/web: load-balancer-ip: Load-balancer address 192.0.2.101 of shop/web:http has no rule; the dump has 192.0.2.100',
      ],
    ],
    [
      'a NodePort of policy Local, on a node without an endpoint',
      [
        web({ ports: [{ name: 'http', port: 80, nodePort: 30080 }], spec: elsewhere }),
        slice('shop/web', { '10.244.1.2': { node: 'node-b' } }),
      ],
      [
        web({ ports: [{ name: 'http', port: 80, nodePort: 31080 }], spec: elsewhere }),
        slice('shop/web', { '10.244.1.2': { node: 'node-b' } }),
      ],
      ['differs shop/web: node-port: shop/web:http has NodePort 31080; the dump has 30080'],
    ],
    [
      'the first endpoint, on another node, of a Service for this node’s alone',
      [web({ spec: { internalTrafficPolicy: 'Local' } })],
      [web({ spec: { internalTrafficPolicy: 'Local' } }), slice('shop/web', { '10.244.1.2': { node: 'node-b' } })],
      [
        'differs shop/web: refusal: Traffic to shop/web:http (10.96.0.1, port 80) should be dropped, as there are endpoints elsewhere; the dump rejects it',
      ],
    ],
    [
      'another protocol',
      [web()],
      [web({ ports: [{ name: 'http', protocol: 'UDP', port: 80 }] })],
      ['differs shop/web: port: shop/web:http is at port 80/udp; the dump has 80/tcp'],
    ],
    [
      'an endpoint that was taken out, its Pod still there',
      [web({ spec: { selector: { app: 'web' } } }), webEndpoints()],
      [
        web({ spec: { selector: { app: 'web' } } }),
        webEndpoints({ '10.244.0.1': {} }),
        pod('shop/web-2', { ip: '10.244.1.2', labels: { app: 'web' } }),
      ],
      [
        'stale shop/web: endpoint-gone: 10.244.1.2:8080 is no endpoint of shop/web:http any more, though Pod shop/web-2 still has its address',
      ],
    ],
    [
      'an address that another Pod of the namespace got',
      [web({ spec: { selector: { app: 'web' } } }), webEndpoints()],
      [
        web({ spec: { selector: { app: 'web' } } }),
        webEndpoints({ '10.244.0.1': {} }),
        pod('shop/job-1', { ip: '10.244.1.2', labels: { app: 'job' } }),
      ],
      [
        'stale shop/web: endpoint-reused: 10.244.1.2:8080 is no endpoint of shop/web:http any more: its address is now that of Pod shop/job-1',
      ],
    ],
    [
      'an endpoint that two Pods on the host network share',
      [web(), webEndpoints({ '10.244.0.1': {} })],
      [
        web(),
        webEndpoints({ '10.244.0.1': {} }),
        slice('shop/web', { '172.18.0.3': { pod: 'web-2', node: 'node-b' } }, undefined, { suffix: 'a' }),
        slice('shop/web', { '172.18.0.3': { pod: 'web-3', node: 'node-b' } }, undefined, { suffix: 'b' }),
      ],
      [
        'missing shop/web: endpoint-missing: 172.18.0.3:8080 (Pod shop/web-2, Pod shop/web-3 on node-b) is an endpoint of shop/web:http that gets no traffic',
      ],
    ],
    [
      'an external IP less',
      [web({ spec: { externalIPs: ['192.0.2.50', '192.0.2.51'] } }), webEndpoints()],
      [web({ spec: { externalIPs: ['192.0.2.50'] } }), webEndpoints()],
      ['differs shop/web: external-ip: 192.0.2.51 is no external IP of shop/web:http any more'],
    ],
    [
      'a load balancer',
      [web({ spec: { type: 'LoadBalancer', externalIPs: ['192.0.2.50'] } }), webEndpoints()],
      [web({ spec: { type: 'LoadBalancer', externalIPs: ['192.0.2.50'] }, ingress: [{ ip: '192.0.2.100' }] }), webEndpoints()],
      ['differs shop/web: load-balancer-ip: Load-balancer address 192.0.2.100 of shop/web:http has no rule'],
    ],
    [
      'no load balancer',
      [web({ spec: { type: 'LoadBalancer', externalIPs: ['192.0.2.50'] }, ingress: [{ ip: '192.0.2.100' }] }), webEndpoints()],
      [web({ spec: { type: 'LoadBalancer', externalIPs: ['192.0.2.50'] } }), webEndpoints()],
      ['differs shop/web: load-balancer-ip: 192.0.2.100 is no load-balancer address of shop/web:http any more'],
    ],
    [
      'another NodePort',
      [balanced(), webEndpoints()],
      [balanced({}, 30081), webEndpoints()],
      ['differs shop/web: node-port: shop/web:http has NodePort 30081; the dump has 30080'],
    ],
    [
      'no NodePort',
      [balanced(), webEndpoints()],
      [balanced({}, 0), webEndpoints()],
      ['differs shop/web: node-port: shop/web:http has no NodePort any more; the dump has 30080'],
    ],
    [
      'a health check port',
      [balanced({ externalTrafficPolicy: 'Local', healthCheckNodePort: 32000 }), localEndpoints],
      [balanced({ externalTrafficPolicy: 'Local', healthCheckNodePort: 32001 }), localEndpoints],
      ['differs shop/web: health-check: shop/web:http has health check node port 32001; the dump has 32000'],
    ],
    [
      'source ranges',
      [balanced(), webEndpoints()],
      [balanced({ loadBalancerSourceRanges: ['198.51.100.0/24'] }), webEndpoints()],
      ["differs shop/web: source-ranges: shop/web:http lets in 198.51.100.0/24; the dump's rules let in others"],
    ],
    [
      'no source ranges',
      [balanced(), webEndpoints()],
      [balanced({ loadBalancerSourceRanges: [] }), webEndpoints()],
      [
        'differs shop/web: source-ranges: shop/web:http has no loadBalancerSourceRanges any more; the dump still limits who may enter',
      ],
    ],
    [
      'affinity',
      [web(), webEndpoints()],
      [web({ spec: { sessionAffinity: 'ClientIP' } }), webEndpoints()],
      [
        'differs shop/web: affinity: shop/web:http keeps a client for 10800 seconds (sessionAffinity ClientIP); the dump does not',
      ],
    ],
    [
      'how long affinity lasts',
      [web({ spec: { sessionAffinity: 'ClientIP' } }), webEndpoints()],
      [
        web({ spec: { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } } }),
        webEndpoints(),
      ],
      [
        'differs shop/web: affinity: shop/web:http keeps a client for 60 seconds (sessionAffinity ClientIP); the dump keeps it for 10800 seconds',
      ],
    ],
    [
      'no affinity',
      [web({ spec: { sessionAffinity: 'ClientIP' } }), webEndpoints()],
      [web(), webEndpoints()],
      ['differs shop/web: affinity: shop/web:http has no session affinity; the dump keeps clients for 10800 seconds'],
    ],
  ];

  it.each(cases)('%s', (_, before, after, findings) => {
    expect(drift(written(cluster(...before)), cluster(...after))).toEqual(findings);
  });
});

describe('what somebody did to the rules', () => {
  const now = cluster(web(), webEndpoints());
  const dump = written(now);
  const edited = (find: RegExp, replacement: string): readonly string[] => {
    const text = dump.replace(find, replacement);
    expect(text).not.toBe(dump);
    return drift(text, now);
  };

  it('shares that are not equal', () => {
    expect(edited(/--probability 0\.50000000000/, '--probability 0.90000000000')).toEqual([
      'differs shop/web: shares: The endpoints of shop/web:http do not get equal shares',
    ]);
  });

  it('endpoints in another order, each with its share: nothing', () => {
    const first =
      /^-A (KUBE-SVC-\S+) -m comment --comment "shop\/web:http -> 10\.244\.0\.1:8080" -m statistic --mode random --probability 0\.50000000000 -j (\S+)$/m.exec(
        dump,
      );
    const second = /^-A KUBE-SVC-\S+ -m comment --comment "shop\/web:http -> 10\.244\.1\.2:8080" -j (\S+)$/m.exec(dump);
    const text = dump
      .replace(first?.[0] ?? '', `-A ${first?.[1]} -m statistic --mode random --probability 0.50000000000 -j ${second?.[1]}`)
      .replace(second?.[0] ?? '', `-A ${first?.[1]} -j ${first?.[2]}`);
    expect(text).not.toBe(dump);
    expect(drift(text, now)).toEqual([]);
  });

  it('an endpoint chain that leads elsewhere', () => {
    expect(edited(/--to-destination 10\.244\.1\.2:8080/, '--to-destination 10.244.1.2:9999')).toEqual([
      'differs shop/web: endpoint-rules: The chain of an endpoint of shop/web:http is not as kube-proxy writes it',
    ]);
  });

  it('no masquerading, for one Service', () => {
    expect(edited(/^-A KUBE-SVC-\S+ ! -s 10\.244\.0\.0\/16 -d 10\.96\.0\.1\/32 .*\n/m, '')).toEqual([
      'differs shop/web: masquerade: What is masqueraded on its way to shop/web:http is not what kube-proxy would masquerade',
    ]);
  });

  it('no way in', () => {
    expect(edited(/^-A KUBE-SERVICES -d 10\.96\.0\.1\/32 .*\n/m, '')).toEqual([
      'differs shop/web: cluster-ip: No rule leads to shop/web:http by its clusterIP 10.96.0.1',
    ]);
  });

  it('two ways in', () => {
    expect(edited(/^(-A KUBE-SERVICES -d 10\.96\.0\.1\/32 .*\n)/m, '$1$1')).toEqual([
      'differs shop/web: cluster-ip: One rule more than kube-proxy writes leads to shop/web:http by its clusterIP 10.96.0.1',
    ]);
  });

  it('one rule more in one chain and one less in another, which are as many as kube-proxy writes', () => {
    const twice = /^(-A KUBE-SVC-\S+ ! -s 10\.244\.0\.0\/16 -d 10\.96\.0\.1\/32 .*\n)/m;
    const hairpin = /^-A KUBE-SEP-\S+ -s 10\.244\.1\.2\/32 .*\n/m;
    const text = dump.replace(twice, '$1$1').replace(hairpin, '');
    expect(text.split('\n')).toHaveLength(dump.split('\n').length);
    expect(drift(text, now).map((finding) => finding.split(':')[1])).toEqual([' endpoint-rules', ' masquerade']);
  });

  it('rules of a chain in another order', () => {
    const outside = cluster(balanced(), webEndpoints());
    const text = written(outside).replace(/^(-A KUBE-EXT-\S+ .*-j KUBE-MARK-MASQ\n)(-A KUBE-EXT-\S+ -j KUBE-SVC-\S+\n)/m, '$2$1');
    expect(drift(text, outside)).toEqual([
      expect.stringMatching(
        /^differs shop\/web: external-policy: The rules of KUBE-EXT-\w+, of shop\/web:http, stand in another order than kube-proxy writes them$/,
      ),
    ]);
  });

  it('a chain that nothing leads to', () => {
    const chain = 'KUBE-SEP-AAAAAAAAAAAAAAAA';
    const text = dump
      .replace(/^(:KUBE-SERVICES .*\n)(?=:KUBE-SVC)/m, `$1:${chain} - [0:0]\n`)
      .replace(
        /^-A KUBE-SERVICES -d/m,
        `-A ${chain} -p tcp -m comment --comment "shop/web:http" -m tcp -j DNAT --to-destination 10.244.9.9:8080\n-A KUBE-SERVICES -d`,
      );
    expect(drift(text, now)).toEqual([
      `stale shop/web: unused-chain: No rule leads to ${chain} of shop/web:http, for 10.244.9.9:8080`,
    ]);
  });

  it('a chain of no Service at all', () => {
    const text = dump.replace(
      /^-A KUBE-SERVICES -d/m,
      '-A KUBE-SERVICES -d 10.96.7.7/32 -p tcp -m tcp --dport 1 -j KUBE-SVC-AAAAAAAAAAAAAAAA\n-A KUBE-SERVICES -d',
    );
    expect(drift(text, now)).toEqual([
      'stale KUBE-SVC-AAAAAAAAAAAAAAAA: service-gone: KUBE-SVC-AAAAAAAAAAAAAAAA is of no Service in the cluster; the dump still has rules for 10.96.7.7:1',
    ]);
  });

  it('counters, no comments, other spellings: nothing', () => {
    expect(drift(dump.replaceAll(/^-A/gm, '[12:3456] -A'), now)).toEqual([]);
    expect(drift(dump.replaceAll(/ -m comment --comment "[^"]*"/g, ''), now)).toEqual([]);
    expect(
      drift(
        dump
          .replaceAll(/ -p tcp -m tcp /g, ' --protocol 6 --match tcp ')
          .replaceAll('--dport', '--destination-port')
          .replaceAll(' -j ', ' --jump '),
        now,
      ),
    ).toEqual([]);
  });
});

describe('a finding', () => {
  it('says where, what was expected and what is there; lines are 1-based', () => {
    const dump = written(cluster(web(), webEndpoints()));
    const { services } = driftReport(rulesetOf(dump), cluster(web({ ip: '10.96.0.2' }), webEndpoints()), { node: 'node-a' });
    const changed = services.find(({ status }) => status !== 'in-sync');
    const line = dump.split('\n').findIndex((text) => text.startsWith('-A KUBE-SERVICES -d 10.96.0.1/32'));
    expect(changed).toEqual({
      service: 'shop/web',
      status: 'differs',
      findings: [
        {
          kind: 'cluster-ip',
          message: 'shop/web:http has clusterIP 10.96.0.2; the dump has 10.96.0.1',
          line: line + 1,
          expected: expect.stringMatching(
            /^-A KUBE-SERVICES -d 10\.96\.0\.2\/32 -p tcp -m comment --comment "shop\/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-/,
          ),
          actual: dump.split('\n')[line],
          port: 'http',
          cause: '',
        },
      ],
    });
  });

  it('of something missing stands where it would be', () => {
    const dump = written(cluster());
    const { services } = driftReport(rulesetOf(dump), cluster(web(), webEndpoints()), { node: 'node-a' });
    const [finding] = services.find(({ status }) => status === 'missing')?.findings ?? [];
    expect(dump.split('\n')[(finding?.line ?? 0) - 1]).toContain('NOTE: this must be the last rule in this chain');
    expect(finding).toMatchObject({ actual: null, expected: expect.stringContaining('-d 10.96.0.1/32') });
  });
});

describe('the cause', () => {
  const header = (date: string): string => `# Generated by iptables-save v1.8.9 (nf_tables) on ${date}\n`;
  const old = '2026-11-20T08:00:00Z';
  const objects = (created: string): Cluster =>
    cluster(web({ created }), webEndpoints(), service('shop/older', { ip: '10.96.0.8', created: old }));
  const before = cluster(service('shop/older', { ip: '10.96.0.8', created: old }));
  const causes = (created: string, date: string): readonly string[] => {
    const { services } = driftReport(rulesetOf(header(date) + written(before)), objects(created), { node: 'node-a' });
    return services.flatMap(({ findings }) => findings.map(({ cause }) => cause));
  };

  it('is a kube-proxy that did not sync, where the dump is younger than what it lacks', () => {
    expect(causes('2026-11-22T10:00:00Z', 'Mon Nov 23 00:58:31 2026')).toEqual([
      'kube-proxy on node-a may have stopped syncing: Service shop/web was created at 2026-11-22 10:00:00 UTC, the newest that the dump has at 2026-11-20 08:00:00 UTC; the dump’s header says 2026-11-23 00:58:31 UTC, if the node keeps UTC',
    ]);
  });

  it('is the age of the dump, where that is older', () => {
    expect(causes('2026-11-24T10:00:00Z', 'Mon Nov 23 00:58:31 2026')).toEqual([
      'the dump may be older than what it lacks: Service shop/web was created at 2026-11-24 10:00:00 UTC, the dump’s header says 2026-11-23 00:58:31 UTC, if the node keeps UTC',
    ]);
  });

  it('is not guessed', () => {
    const { services } = driftReport(
      rulesetOf(written(before)),
      cluster(web(), webEndpoints(), service('shop/older', { ip: '10.96.0.8' })),
      { node: 'node-a' },
    );
    expect(services.flatMap(({ findings }) => findings.map(({ cause }) => cause))).toEqual(['']);
  });

  it('of a chain left over in a large cluster is its mode, which is no drift', () => {
    const many = Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`10.244.${index >> 8}.${index & 255}`, {}]));
    const large = cluster(web(), webEndpoints(many));
    const text = written(large).replace(/^(:KUBE-SERVICES .*\n)(?=:KUBE-SVC)/m, '$1:KUBE-SEP-AAAAAAAAAAAAAAAA - [0:0]\n');
    const { services } = driftReport(rulesetOf(text), large, { node: 'node-a' });
    expect(services.filter(({ findings }) => findings.length > 0)).toEqual([
      {
        service: 'KUBE-SEP-AAAAAAAAAAAAAAAA',
        status: 'in-sync',
        findings: [
          expect.objectContaining({ kind: 'unused-chain', cause: 'left by large-cluster mode, cleaned at the next sync' }),
        ],
      },
    ]);
  });
});

describe('a dump that is not all', () => {
  const both = cluster(
    web({ ip: ['10.96.0.1', 'fd00:96::1'] }),
    webEndpoints(),
    slice('shop/web', { 'fd00:244::1': {} }),
    service('shop/none', { ip: '10.96.0.5' }),
  );
  const changed = cluster(
    web({ ip: ['10.96.0.2', 'fd00:96::1'] }),
    webEndpoints({ '10.244.0.1': {}, '10.244.1.3': {} }),
    slice('shop/web', { 'fd00:244::1': {} }),
    service('shop/none', { ip: '10.96.0.5' }),
    service('shop/new', { ip: '10.96.0.6' }),
  );
  const nat = (text: string): string => text.slice(text.indexOf('*nat'));

  function both4And6(): string {
    return `${written(both)}${written(both, { family: 'ipv6' })}`;
  }

  it('of IPv6 alone is compared with what the cluster has of IPv6', () => {
    expect(drift(written(both, { family: 'ipv6' }), changed)).toEqual([]);
    expect(
      drift(
        written(both, { family: 'ipv6' }),
        cluster(web({ ip: ['10.96.0.1', 'fd00:96::2'] }), slice('shop/web', { 'fd00:244::1': {} })),
      ),
    ).toEqual(['differs shop/web: cluster-ip: shop/web:http has clusterIP fd00:96::2; the dump has fd00:96::1']);
  });

  it('of both families is compared with both', () => {
    expect(drift(both4And6(), both)).toEqual([]);
    expect(driftReport(rulesetOf(both4And6()), both).summary.dumps.map(({ family }) => family)).toEqual(['ipv4', 'ipv6']);
  });

  it('of rules that another mode may have left says so', () => {
    const config = (mode: string): object => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'kube-system', name: 'kube-proxy' },
      data: { 'config.conf': `apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: ${mode}\n` },
    });
    const notes = (mode: string): readonly string[] =>
      driftReport(rulesetOf(written(clusterWith(web()))), clusterWith(web(), slice('shop/web', {}), config(mode))).summary.notes;
    expect(notes('iptables')).toEqual([]);
    expect(notes('nftables')).toEqual([
      'ConfigMap kube-system/kube-proxy says mode nftables, but the dump has rules of iptables mode: they may be left over, and then nothing keeps them current.',
    ]);
  });

  it('of both back ends is compared with the one that kube-proxy uses', () => {
    const save = (backend: string, text: string): string =>
      `# Generated by iptables-save v1.8.9 (${backend}) on Mon Nov 23 00:58:31 2026\n${text}`;
    const empty =
      '*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\nCOMMIT\n';
    const report = driftReport(rulesetOf(save('nf_tables', written(both)) + save('legacy', empty)), both, { node: 'node-a' });
    expect(said(report)).toEqual([]);
    expect(report.summary).toMatchObject({ inSync: 3, notes: [], dumps: [{ compared: true }] });
  });

  it('of nat alone says that it has no filter table, and calls no refusal missing', () => {
    const report = driftReport(rulesetOf(nat(written(both))), both, { node: 'node-a' });
    expect(said(report)).toEqual([]);
    expect(report.summary.notes).toEqual(['The dump has no filter table: what it rejects or drops was not compared.']);
  });

  it('of filter alone cannot be compared', () => {
    const text = written(both);
    const report = driftReport(rulesetOf(text.slice(0, text.indexOf('*nat'))), both, { node: 'node-a' });
    expect(report).toMatchObject({
      services: [],
      summary: { notes: ['The dump has no nat table, where kube-proxy’s Services are.'] },
    });
  });

  it('stands what is missing where it would be, as far as the dump has that place', () => {
    const lineOf = (text: string): number | null | undefined =>
      driftReport(rulesetOf(text), changed, { node: 'node-a' }).services.find(({ service: name }) => name === 'shop/new')
        ?.findings[0]?.line;
    const text = written(both);
    const lines = text.split('\n');
    expect(lines[(lineOf(text) ?? 0) - 1]).toContain('-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports');
    // Of nat an excerpt without KUBE-SERVICES; filter, where its refusal would stand, is whole.
    const excerpt = `${text.slice(0, text.indexOf('*nat'))}${lines.filter((line) => line.startsWith('-A KUBE-SVC-')).join('\n')}`;
    expect(lineOf(excerpt)).toBeNull();
    const declared = excerpt.replace('-A KUBE-SVC-', ':KUBE-SERVICES - [0:0]\n-A KUBE-SVC-');
    expect(declared.split('\n')[(lineOf(declared) ?? 0) - 1]).toBe(':KUBE-SERVICES - [0:0]');
  });

  it('with a line that was damaged says nothing of what that line may be', () => {
    const damaged = written(both).replace(/(-A KUBE-SEP-\S+ -p tcp .* --to-destination) 10\.244\.1\.2:8080/, '$1');
    expect(damaged).not.toBe(written(both));
    expect(drift(damaged, both)).toEqual([]);
  });

  it('that was cut shows what is stale in it, and nothing as missing', () => {
    const cut = written(both).replace(/COMMIT\s*$/, '');
    expect(drift(cut, both)).toEqual([]);
    expect(drift(cut, changed)).toEqual([
      // Its refusal would stand in filter, which is whole.
      'missing shop/new: service-missing: Service shop/new has no rules in the dump: 10.96.0.6:80 leads nowhere',
      'stale shop/web: endpoint-gone: 10.244.1.2:8080 is no endpoint of shop/web:http any more',
      'stale shop/web: cluster-ip: shop/web:http has clusterIP 10.96.0.2; the dump has 10.96.0.1',
    ]);
    expect(driftReport(rulesetOf(cut), both, { node: 'node-a' }).summary.notes).toContain(
      'The nat table is an excerpt: what is not in it may still be on the node, so nothing is called missing.',
    );
  });

  it('that was grepped for one Service tells of that one', () => {
    const grepped = written(both)
      .split('\n')
      .filter((line) => line.includes('shop/web'))
      .map((line) => `${line}\n`)
      .join('');
    expect(drift(grepped, both)).toEqual([]);
    // Of the others it says nothing, neither that they are in sync.
    expect(driftReport(rulesetOf(grepped), both, { node: 'node-a' }).services.map(({ service: name }) => name)).toEqual([
      'shop/web',
    ]);
    expect(drift(grepped, changed)).toEqual([
      'stale shop/web: endpoint-gone: 10.244.1.2:8080 is no endpoint of shop/web:http any more',
      'stale shop/web: cluster-ip: shop/web:http has clusterIP 10.96.0.2; the dump has 10.96.0.1',
    ]);
  });

  it.each([
    [
      '*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n',
      'The dump has no nat table, where kube-proxy’s Services are. Collect the whole output of "iptables-save" (or "ip6tables-save") on the node.',
    ],
    [
      '*nat\n:PREROUTING ACCEPT [0:0]\n-A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j KUBE-MARK-MASQ\nCOMMIT\n',
      'kube-proxy in ipvs mode does the Services of this node: KUBE-SERVICES looks addresses up in an ipset. Collect "ipvsadm -Ln" and "ipset save" on the node: they hold the Services.',
    ],
    [
      '*nat\n:PREROUTING ACCEPT [0:0]\n-A KUBE-SVC-AAAAAAAAAAAAAAAA -m comment --comment "a/b:c" -j KUBE-SEP-AAAAAAAAAAAAAAAA\nCOMMIT\n',
      'The rules are those of kube-proxy 1.23 or earlier, whose chains were laid out in another way; from 1.24 on they can be compared.',
    ],
    [
      '*nat\n:PREROUTING ACCEPT [0:0]\n-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-REDACTED1\n-A KUBE-SVC-REDACTED1 -j KUBE-SEP-REDACTED2\nCOMMIT\n',
      'The names of chains were changed, so that they do not tell which Service they are for.',
    ],
    ['', 'The dump has no tables.'],
  ])('%o says why', (text, note) => {
    expect(driftReport(rulesetOf(text), both, { node: 'node-a' })).toMatchObject({ services: [], summary: { notes: [note] } });
  });

  it('is not compared with no cluster, or half of one', () => {
    const ruleset = rulesetOf(written(both));
    expect(driftReport(ruleset, emptyCluster).summary.notes).toEqual(['No cluster is known to compare the dump with.']);
    expect(driftReport(ruleset, clusterWith(web())).summary.notes).toEqual([
      'cluster.json has no EndpointSlices: nothing was compared.',
    ]);
  });
});

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

it('finds what is wrong with the sample, and nothing else', () => {
  const report = driftReport(
    rulesetFrom(fixturePath('sample/worker-1.iptables')),
    clusterFrom(fixturePath('sample/cluster.json')),
  );
  expect(said(report)).toEqual([
    'stale booking/frontend: unused-chain: No rule leads to KUBE-SEP-YMMDN24UIRGMOLTR of booking/frontend:http, for 10.244.1.8:8080',
    'stale booking/invoices: service-gone: Service booking/invoices is not in the cluster any more; the dump still has rules for 10.96.40.60:80',
  ]);
  expect(report.summary).toMatchObject({ services: 8, inSync: 6, missing: 0, stale: 2, differs: 0, notes: [] });
});

describe('the recorded dumps', () => {
  const report = (dump: string, clusterPath: string, options?: DriftOptions): DriftReport =>
    driftReport(rulesetFrom(labPath(dump)), clusterFrom(labPath(clusterPath)), options);

  it('name the six changes that kube-proxy had not seen, and nothing else', () => {
    const stale = report('shop-stale/node-a.iptables', 'shop-stale/cluster.json', { node: 'node-a' });
    expect(said(stale)).toEqual([
      'stale legacy/erp: service-gone: Service legacy/erp is not in the cluster any more; the dump still has rules for 10.96.30.10:80, 192.0.2.50:80',
      'stale shop/api: endpoint-reused: 10.244.1.21:9090 is no endpoint of shop/api:grpc any more: its address is now that of Pod shop/batch-1',
      'missing shop/cart: endpoint-missing: The dump refuses traffic to shop/cart:http, which has an endpoint now: 10.244.0.90:8080 (Pod shop/cart-0 on node-a)',
      'differs shop/orders: cluster-ip: shop/orders has clusterIP 10.96.20.61; the dump has 10.96.20.60',
      'missing shop/search: service-missing: Service shop/search has no rules in the dump: 10.96.20.70:9200 leads nowhere',
      'stale shop/web: endpoint-gone: 10.244.1.11:8080 is no endpoint of shop/web:http any more; 10.244.1.77:8080 (Pod shop/web-7f9c8b6d5-ppppp on node-b) is one instead',
    ]);
    expect(stale.summary).toMatchObject({ services: 12, inSync: 6, missing: 2, stale: 3, differs: 1, notes: [] });
    const causes = new Set(stale.services.flatMap(({ findings }) => findings.map(({ cause }) => cause)));
    expect([...causes]).toEqual([
      expect.stringMatching(
        /^kube-proxy on node-a may have stopped syncing: .*, the newest that the dump has at 2026-11-23 00:35:18 UTC; /,
      ),
    ]);
  });

  it.each([
    ['shop-stale/node-a.synced.iptables', 'shop-stale/cluster.json', 11],
    ['shop/node-a.iptables', 'shop/cluster.json', 11],
    ['shop/node-a.counters.iptables', 'shop/cluster.json', 11],
    ['shop/node-a.ip6tables', 'shop/cluster.json', 1],
    ['shop-1.30/node-a.iptables', 'shop-1.30/cluster.json', 11],
    ['large-600x10/node-0.iptables', 'large-600x10/cluster.json', 601],
  ])('%s is in sync with its cluster', (dump, clusterPath, services) => {
    for (const options of [undefined, { node: dump.includes('large') ? 'node-0' : 'node-a' }]) {
      const { summary, ...rest } = report(dump, clusterPath, options);
      expect(said({ summary, ...rest })).toEqual([]);
      expect(summary).toMatchObject({ services, inSync: services, notes: [] });
    }
  });

  it('in both families at once are compared with both', () => {
    const text = ['shop/node-a.iptables', 'shop/node-a.ip6tables'].map((path) => readFileSync(labPath(path), 'utf8')).join('');
    const { summary, services } = driftReport(rulesetOf(text), clusterFrom(labPath('shop/cluster.json')));
    expect(said({ summary, services })).toEqual([]);
    expect(summary.dumps.map(({ family, node: name }) => `${family} ${name}`)).toEqual(['ipv4 node-a', 'ipv6 node-a']);
  });
});

describe('what iptables prints', () => {
  const now = cluster(balanced(), webEndpoints(), service('shop/none', { ip: '10.96.0.5' }));

  /** As `iptables -t nat -S` and `iptables -t filter -S` print it behind each other: policies, chains, rules, and no table's name. */
  function printed(dump: string): string {
    return dump
      .split('\n')
      .flatMap((line) => {
        const declared = /^:(\S+) (\S+)/.exec(line);
        if (declared !== null) return declared[2] === '-' ? `-N ${declared[1]}` : `-P ${declared[1]} ${declared[2]}`;
        return line.startsWith('-A') ? line : [];
      })
      .join('\n');
  }

  it('with -S is compared, both tables of it', () => {
    const dump = written(now);
    const filter = dump.slice(0, dump.indexOf('*nat'));
    const nat = dump.slice(dump.indexOf('*nat'));
    const report = driftReport(rulesetOf(`${printed(nat)}\n${printed(filter)}`), now, { node: 'node-a' });
    expect(said(report)).toEqual([]);
    expect(report.summary).toMatchObject({ services: 3, inSync: 3, notes: [] });
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
  });
});
