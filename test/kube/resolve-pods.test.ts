import { describe, expect, it } from 'vitest';
import { chainIndexOf } from '../../server/src/kube/identity/hash-index.ts';
import { resolveReport } from '../../server/src/kube/identity/report.ts';
import { clusterOf, rulesetOf } from '../support/dumps.ts';
import { flow } from './flow-support.ts';
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
