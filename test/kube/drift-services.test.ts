import { describe, expect, it } from 'vitest';
import { balanced, cluster, drift, external, web, webEndpoints, written } from './drift-support.ts';
import { slice } from './objects.ts';

describe('what changed of a Service in the cluster', () => {
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
      'another protocol',
      [web()],
      [web({ ports: [{ name: 'http', protocol: 'UDP', port: 80 }] })],
      ['differs shop/web: port: shop/web:http is at port 80/udp; the dump has 80/tcp'],
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
