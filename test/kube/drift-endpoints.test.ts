import { afterEach, describe, expect, it, vi } from 'vitest';
import { balanced, cluster, drift, localEndpoints, web, webEndpoints, written } from './drift-support.ts';
import { pod, slice } from './objects.ts';

describe('what changed of endpoints in the cluster', () => {
  const cases: readonly (readonly [
    what: string,
    before: readonly object[],
    after: readonly object[],
    findings: readonly string[],
  ])[] = [
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
      'no endpoint anywhere, where there was none on this node',
      [web({ spec: { internalTrafficPolicy: 'Local' } }), webEndpoints({ '10.244.1.2': { node: 'node-b' } })],
      [web({ spec: { internalTrafficPolicy: 'Local' } })],
      [
        'differs shop/web: refusal: Traffic to shop/web:http (10.96.0.1, port 80) should be rejected, as there is no endpoint anywhere; the dump drops it',
      ],
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
  ];

  it.each(cases)('%s', (_, before, after, findings) => {
    expect(drift(written(cluster(...before)), cluster(...after))).toEqual(findings);
  });
});

describe('thousands of endpoints', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('are compared in a time that grows as they do', () => {
    const dump = written(cluster(web({ spec: { sessionAffinity: 'ClientIP' } }), webEndpoints()));
    const compared = (many: number): number => {
      const addresses = Array.from({ length: many }, (_, at) => `10.245.${Math.trunc(at / 250)}.${at % 250}`);
      const after = cluster(
        web({ spec: { sessionAffinity: 'ClientIP' } }),
        webEndpoints(Object.fromEntries(addresses.map((ip) => [ip, {}]))),
      );
      const looks = vi.spyOn(String.prototype, 'endsWith');
      looks.mockClear();
      expect(drift(dump, after)).toHaveLength(many);
      return looks.mock.calls.length;
    };
    const few = compared(150);
    expect(compared(300)).toBeLessThan(3 * few + 100);
  });
});
