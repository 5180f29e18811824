import { describe, expect, it } from 'vitest';
import { emptyCluster } from '../../server/src/cluster/cluster.ts';
import { clusterOf, rulesetFrom, rulesetOf } from '../support/dumps.ts';
import { fixturePath } from '../support/fixtures.ts';
import { askFlow, edgesOf, flow, nodeOf } from './flow-support.ts';

const sample = rulesetFrom(fixturePath('sample/worker-1.iptables'));

describe('drift', () => {
  const slice = (addresses: readonly (readonly [ip: string, ready: boolean])[]) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'booking', name: 'frontend-x', labels: { 'kubernetes.io/service-name': 'frontend' } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: addresses.map(([ip, ready]) => ({
      addresses: [ip],
      conditions: { ready },
      nodeName: 'worker-2',
      targetRef: { kind: 'Pod', namespace: 'booking', name: `frontend-${ip.split('.').at(-1)}` },
    })),
  });
  const moved = (service: object, endpoints: ReturnType<typeof slice>) =>
    clusterOf(
      JSON.stringify({
        kind: 'List',
        apiVersion: 'v1',
        items: [
          { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'booking', name: 'frontend' }, spec: service },
          endpoints,
        ],
      }),
    );
  const ports = [{ name: 'http', port: 80, protocol: 'TCP', nodePort: 30180 }];

  it('strikes endpoints that are gone, doubts unready ones and adds those that the dump lacks', () => {
    const now = moved(
      { clusterIP: '10.96.40.10', clusterIPs: ['10.96.40.10'], type: 'NodePort', ports },
      slice([
        ['10.244.0.17', true],
        ['10.244.1.9', false],
        ['10.244.1.77', true],
        ['10.244.1.78', false],
      ]),
    );
    const graph = flow(sample, 'booking/frontend', now);
    expect(
      graph.nodes.filter((node) => node.drift !== null).map(({ kind, address, drift }) => `${kind} ${address} ${drift}`),
    ).toEqual([
      'endpoint 10.244.1.9:8080 differs',
      'pod 10.244.1.9:8080 differs',
      'endpoint 10.244.2.14:8080 stale',
      'address 10.244.2.14:8080 stale',
      'pod 10.244.1.77:8080 missing',
    ]);
    expect(edgesOf(graph).at(-1)).toBe('KUBE-SVC-3MGBTRC5ATFFL7T7 -> frontend-77 not in the dump');
  });

  it('shows addresses that the cluster has and the dump has no rule for', () => {
    const now = moved(
      { clusterIP: '10.96.40.99', clusterIPs: ['10.96.40.99'], type: 'NodePort', ports },
      slice([['10.244.0.17', true]]),
    );
    const graph = flow(sample, 'booking/frontend', now);
    expect(graph.nodes.filter((node) => node.kind === 'entry').map(({ label, drift }) => `${label} ${drift}`)).toEqual([
      '10.96.40.10:80/tcp stale',
      'NodePort 30180/tcp null',
      '10.96.40.99:80/tcp missing',
    ]);
    const warnings = graph.notes.filter((note) => note.severity === 'warning').map((note) => note.message);
    expect(warnings).toEqual([
      'booking/frontend has 10.96.40.10:80/tcp in the dump, and not in the cluster.',
      'The cluster has 10.96.40.99:80/tcp and the dump has no rule for it.',
    ]);
  });

  it('is silent where no cluster is known', () => {
    expect(flow(sample, 'booking/frontend').nodes.every((node) => node.drift === null)).toBe(true);
  });
});

describe('hostile text', () => {
  it('stays text', () => {
    const name = '<img src=x onerror=alert(1)>/`|web';
    const text = `*nat
:PREROUTING ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A KUBE-SERVICES -d 10.96.0.9/32 -p tcp -m comment --comment "${name} cluster IP" -m tcp --dport 80 -j KUBE-SVC-67NZLRHBNDSAWJRO
COMMIT
`;
    const graph = flow(text, '10.96.0.9:80');
    expect(nodeOf(graph, '10.96.0.9:80/tcp').line).toBe(5);
  });

  it('in a name is no target, and the refusal quotes it', () => {
    expect(askFlow(rulesetOf(''), emptyCluster, 'a/b"\u0000')).toContain('"a/b\\"\\u0000" is neither');
  });
});

describe('a listing', () => {
  it('of `iptables -L -n -v` is read like a dump, counters included', () => {
    const text = `Chain PREROUTING (policy ACCEPT 5 packets, 300 bytes)
 pkts bytes target     prot opt in     out     source               destination
   12   720 KUBE-SERVICES  0    --  *      *       0.0.0.0/0            0.0.0.0/0            /* kubernetes service portals */

Chain OUTPUT (policy ACCEPT 0 packets, 0 bytes)
 pkts bytes target     prot opt in     out     source               destination
    0     0 KUBE-SERVICES  0    --  *      *       0.0.0.0/0            0.0.0.0/0            /* kubernetes service portals */

Chain POSTROUTING (policy ACCEPT 0 packets, 0 bytes)
 pkts bytes target     prot opt in     out     source               destination

Chain KUBE-SEP-GXKVICYM64SODBWJ (1 references)
 pkts bytes target     prot opt in     out     source               destination
    7   420 DNAT       6    --  *      *       0.0.0.0/0            0.0.0.0/0            /* shop/web:http */ tcp to:10.244.0.11:8080

Chain KUBE-SERVICES (2 references)
 pkts bytes target     prot opt in     out     source               destination
    7   420 KUBE-SVC-67NZLRHBNDSAWJRO  6    --  *      *       0.0.0.0/0            10.96.20.10          /* shop/web:http cluster IP */ tcp dpt:80

Chain KUBE-SVC-67NZLRHBNDSAWJRO (1 references)
 pkts bytes target     prot opt in     out     source               destination
    7   420 KUBE-SEP-GXKVICYM64SODBWJ  0    --  *      *       0.0.0.0/0            0.0.0.0/0            /* shop/web:http -> 10.244.0.11:8080 */
`;
    const graph = flow(text, 'shop/web');
    expect(edgesOf(graph)).toEqual([
      '10.96.20.10:80/tcp -> KUBE-SERVICES 1',
      'KUBE-SERVICES -> KUBE-SVC-67NZLRHBNDSAWJRO 1',
      'KUBE-SVC-67NZLRHBNDSAWJRO -> KUBE-SEP-GXKVICYM64SODBWJ 1',
      'KUBE-SEP-GXKVICYM64SODBWJ -> 10.244.0.11:8080 1',
    ]);
    expect(graph.edges.map((edge) => edge.packets)).toEqual([null, 7, 7, 7]);
    expect(graph.notes.map((note) => note.message).filter((message) => message.includes('excerpt'))).toEqual([]);
  });
});
