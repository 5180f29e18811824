/** A file that holds what iptables-save and ip6tables-save printed on one node, with no header to tell them apart. */
import { expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import type { Cluster } from '../../server/src/cluster/cluster.ts';
import { driftReport } from '../../server/src/kube/drift/report.ts';
import { expectedText } from '../../server/src/kube/expected/text.ts';
import { proxyOptions } from '../../server/src/kube/proxy/options.ts';
import { rulesetOf } from '../support/dumps.ts';
import { clusterWith, node, service, slice } from './objects.ts';

const objects = [
  service('shop/web', {
    ip: ['10.96.0.1', 'fd00:96::1'],
    spec: { externalIPs: ['192.0.2.1', '2001:db8::1'], sessionAffinity: 'ClientIP' },
  }),
  slice('shop/web', { '10.244.0.1': { zones: ['z1'] }, '10.244.1.1': { zones: ['z2'] } }),
  slice('shop/web', { 'fd00:244::1': { zones: ['z1'] }, 'fd00:244:1::1': { zones: ['z2'] } }),
];

function clusterOf(kubelet: string): Cluster {
  return clusterWith(node('node-a', { ips: ['172.18.0.2', 'fc00::2'], zone: 'z1', kubelet }), ...objects);
}

it.each([
  [24, 'v1.24.17'],
  [24, 'v1.34.1'],
  [26, 'v1.26.0'],
  [28, 'v1.28.0'],
  [30, 'v1.30.4'],
  [36, 'v1.36.0'],
])('is in sync where kube-proxy 1.%i wrote both beside kubelet %s', (version, kubelet) => {
  const cluster = clusterOf(kubelet);
  const text = (['ipv4', 'ipv6'] as const)
    .map((family) => runToEnd(expectedText(cluster, proxyOptions({ node: 'node-a', family, version }))))
    .join('')
    .replaceAll(/^#.*\n/gm, '');
  const { services, summary } = driftReport(rulesetOf(text, 'pasted.iptables'), cluster, {});
  expect(summary.dumps.map(({ family }) => family)).toEqual(['ipv4', 'ipv6']);
  expect(services).toEqual([{ service: 'shop/web', status: 'in-sync', findings: [] }]);
});

it('says of an affinity rule that is not there what is wrong, and not how long a client is kept', () => {
  const cluster = clusterOf('');
  const text = runToEnd(expectedText(cluster, proxyOptions({ node: 'node-a', family: 'ipv4', version: 30 })));
  const without = text.replace(/^-A KUBE-SVC-.*--rcheck .*\n/m, '');
  expect(without).not.toBe(text);
  const { services } = driftReport(rulesetOf(without), cluster, { version: '1.30' });
  expect(services.flatMap(({ findings }) => findings.map(({ message }) => message))).toEqual([
    'The rules by which shop/web:http keeps a client at its endpoint are not all as kube-proxy writes them',
  ]);
});
