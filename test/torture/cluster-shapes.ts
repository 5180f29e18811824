import { runToEnd } from '../../server/src/base/steps.ts';
import { readSnapshot } from '../../server/src/cluster/snapshot.ts';
import { driftSteps } from '../../server/src/kube/drift/drift.ts';
import { buildWholeRuleset } from '../../server/src/ruleset/build.ts';
import { readWholeDocument } from '../../server/src/syntax/document.ts';
import { fixtureText } from '../support/fixtures.ts';

/** A shape of snapshot that grows: its objects beside one Node. */
export interface ClusterShape {
  readonly name: string;
  readonly textOf: (size: number) => string;
}

type Fields = Readonly<Record<string, unknown>>;

const nodeName = 'node-a';
const node = {
  kind: 'Node',
  apiVersion: 'v1',
  metadata: { name: nodeName },
  status: { nodeInfo: { kubeProxyVersion: 'v1.34.0' } },
};
const port = { name: 'p', port: 80, protocol: 'TCP' };

function times<T>(count: number, make: (index: number) => T): readonly T[] {
  return Array.from({ length: Math.ceil(count) }, (_, index) => make(index));
}

function address(index: number): string {
  return `1.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
}

function service(name: string, spec: Fields = {}, status: Fields = {}): Fields {
  const clusterIP = '10.96.7.7';
  return {
    kind: 'Service',
    apiVersion: 'v1',
    metadata: { name, namespace: 'x' },
    spec: { type: 'ClusterIP', clusterIP, clusterIPs: [clusterIP], ports: [port], ...spec },
    status,
  };
}

function slice(name: string, endpoints: readonly string[], ports: readonly Fields[] = [port]): Fields {
  return {
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    metadata: { name, namespace: 'x', labels: { 'kubernetes.io/service-name': 'a' } },
    addressType: 'IPv4',
    ports,
    endpoints: endpoints.map((ip) => ({ addresses: [ip] })),
  };
}

function shape(name: string, items: (size: number) => readonly Fields[]): ClusterShape {
  return { name, textOf: (size) => JSON.stringify({ kind: 'List', apiVersion: 'v1', items: [node, ...items(size)] }) };
}

export const clusterShapes: readonly ClusterShape[] = [
  shape('Services', (size) => times(size / 200, (index) => service(`s${index}`))),
  shape('Services of one name', (size) => times(size / 200, () => service('a'))),
  shape('ports', (size) => {
    const ports = times(size / 90, (index) => ({ name: `p${index}`, port: index + 1, protocol: 'TCP' }));
    return [service('a', { ports }), slice('a', ['10.244.7.7'], ports)];
  }),
  shape('endpoints', (size) => [service('a'), slice('a', times(size / 30, address))]),
  shape('the same endpoint', (size) => [
    service('a'),
    slice(
      'a',
      times(size / 30, () => '10.244.7.7'),
    ),
  ]),
  shape('slices', (size) => [service('a'), ...times(size / 200, (index) => slice(`a${index}`, [address(index)]))]),
  shape('external addresses', (size) => [service('a', { externalIPs: times(size / 12, address) }), slice('a', ['10.244.7.7'])]),
  shape('load balancers', (size) => [
    service('a', { type: 'LoadBalancer' }, { loadBalancer: { ingress: times(size / 20, (index) => ({ ip: address(index) })) } }),
    slice('a', ['10.244.7.7']),
  ]),
  shape('source ranges', (size) => [
    service(
      'a',
      { type: 'LoadBalancer', loadBalancerSourceRanges: times(size / 15, (index) => `${address(index)}/32`) },
      { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } },
    ),
    slice('a', ['10.244.7.7']),
  ]),
];

const ruleset = buildWholeRuleset(readWholeDocument(fixtureText('lab/shop/node-a.iptables')));

/** Reads a snapshot and compares a dump with it. */
export function compareWith(text: string): void {
  const result = readSnapshot(text, 'cluster.json', 0);
  if (!result.ok) throw new Error(result.error.message);
  runToEnd(driftSteps(ruleset, result.cluster, { node: nodeName }));
}
