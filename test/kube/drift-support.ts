import { runToEnd } from '../../server/src/base/steps.ts';
import type { Cluster } from '../../server/src/cluster/cluster.ts';
import { type DriftReport, driftReport } from '../../server/src/kube/drift/report.ts';
import type { DriftOptions } from '../../server/src/kube/drift/settings.ts';
import { expectedText } from '../../server/src/kube/expected/text.ts';
import { type ProxyOptions, proxyOptions } from '../../server/src/kube/proxy/options.ts';
import { rulesetOf } from '../support/dumps.ts';
import { clusterWith, node, service, slice } from './objects.ts';

/** What kube-proxy wrote on node-a for a cluster as it once was. */
export function written(cluster: Cluster, more: Partial<ProxyOptions> = {}): string {
  const podTraffic = { by: 'source', cidr: more.family === 'ipv6' ? 'fd00:244::/48' : '10.244.0.0/16' } as const;
  return runToEnd(expectedText(cluster, proxyOptions({ node: 'node-a', family: 'ipv4', version: 34, podTraffic, ...more })));
}

/** "status Service: kind message" of every finding, and the lines they stand at. */
export function said({ services }: DriftReport): readonly string[] {
  return services.flatMap(({ service: name, status, findings }) =>
    findings.map(({ kind, message }) => `${status} ${name}: ${kind}: ${message}`),
  );
}

export function drift(text: string, cluster: Cluster, options: DriftOptions = { node: 'node-a' }): readonly string[] {
  return said(driftReport(rulesetOf(text), cluster, options));
}

export const nodes = [
  node('node-a', { ips: ['172.18.0.2', 'fc00::2'], zone: 'z1' }),
  node('node-b', { ips: ['172.18.0.3'], zone: 'z2' }),
];
export const others = [service('shop/other', { ip: '10.96.0.99' }), slice('shop/other', { '10.244.0.99': {} })];

/** The cluster of a few objects among some that never change. */
export function cluster(...objects: readonly object[]): Cluster {
  return clusterWith(...nodes, ...others, ...objects);
}

export const web = (words: Parameters<typeof service>[1] = {}): object => service('shop/web', { ip: '10.96.0.1', ...words });
export const webEndpoints = (endpoints: Parameters<typeof slice>[1] = { '10.244.0.1': {}, '10.244.1.2': {} }): object =>
  slice('shop/web', endpoints);
export const external = { type: 'LoadBalancer', loadBalancerSourceRanges: ['203.0.113.0/24'], externalIPs: ['192.0.2.50'] };
export const balanced = (more: object = {}, nodePort = 30080): object =>
  web({ ports: [{ name: 'http', port: 80, nodePort }], spec: { ...external, ...more }, ingress: [{ ip: '192.0.2.100' }] });
/** Behind a load balancer with this address, for the node's own network. */
export const ranged = (ip: string): object =>
  web({ spec: { type: 'LoadBalancer', loadBalancerSourceRanges: ['172.18.0.0/16'] }, ingress: [{ ip }] });
export const elsewhere = { type: 'NodePort', externalTrafficPolicy: 'Local' };
export const localEndpoints = webEndpoints({ '10.244.0.1': { node: 'node-a' }, '10.244.1.2': { node: 'node-b' } });
