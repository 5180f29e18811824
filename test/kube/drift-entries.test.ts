import { describe, expect, it } from 'vitest';
import { balanced, cluster, drift, elsewhere, localEndpoints, ranged, web, webEndpoints, written } from './drift-support.ts';
import { slice } from './objects.ts';

describe('what changed of the addresses and policies of a Service in the cluster', () => {
  const cases: readonly (readonly [
    what: string,
    before: readonly object[],
    after: readonly object[],
    findings: readonly string[],
  ])[] = [
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
  ];

  it.each(cases)('%s', (_, before, after, findings) => {
    expect(drift(written(cluster(...before)), cluster(...after))).toEqual(findings);
  });
});
