/** Clusters and settings of kube-proxy at random: policies, hints, terminating endpoints, source ranges, both families, all versions. */
import fc from 'fast-check';
import type { Cluster } from '../../server/src/cluster/cluster.ts';
import { type ProxyOptions, proxyOptions } from '../../server/src/kube/proxy/options.ts';
import { clusterWith, node, service, slice } from './objects.ts';

interface EndpointModel {
  readonly ready: boolean;
  readonly terminating: boolean;
  readonly node: string;
  readonly zones: readonly string[] | undefined;
}

export interface ServiceModel {
  readonly protocols: readonly ('TCP' | 'UDP' | 'SCTP')[];
  readonly unnamed: boolean;
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer';
  readonly internal: 'Cluster' | 'Local';
  readonly external: 'Cluster' | 'Local';
  readonly externalIPs: boolean;
  readonly ranges: readonly string[];
  readonly affinity: number;
  /** The label service.kubernetes.io/service-proxy-name; empty without. */
  readonly proxyName: string;
  readonly endpoints: readonly EndpointModel[];
}

const endpointModel: fc.Arbitrary<EndpointModel> = fc.record({
  ready: fc.boolean(),
  terminating: fc.boolean(),
  node: fc.constantFrom('node-a', 'node-b', 'node-c'),
  zones: fc.option(fc.constantFrom(['z1'], ['z2'], ['z1', 'z2']), { nil: undefined }),
});

export const serviceModel: fc.Arbitrary<ServiceModel> = fc.record({
  protocols: fc.uniqueArray(fc.constantFrom('TCP', 'UDP', 'SCTP'), { minLength: 1, maxLength: 3 }),
  unnamed: fc.boolean(),
  type: fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer'),
  internal: fc.constantFrom('Cluster', 'Local'),
  external: fc.constantFrom('Cluster', 'Local'),
  externalIPs: fc.boolean(),
  ranges: fc.constantFrom(
    [],
    ['203.0.113.0/24', '2001:db8::/32'],
    ['0.0.0.0/0', '::/0'],
    ['172.18.0.0/16'],
    ['203.0.113.0/24', '0.0.0.0/0', '2001:db8::/32'],
  ),
  affinity: fc.constantFrom(0, 60, 10800),
  proxyName: fc.constantFrom('', '', '', '', '', 'other-proxy'),
  endpoints: fc.array(endpointModel, { maxLength: 5 }),
});

/** "ns-1/service-1": the name of the Service with this number, from 1 on. */
export function nameOfModel(number: number): string {
  return `ns-${number % 2}/service-${number}`;
}

/** A Service with its slices, its addresses told by its number. */
export function objectsOf(model: ServiceModel, number: number): readonly object[] {
  const name = nameOfModel(number);
  const protocols = model.unnamed ? model.protocols.slice(0, 1) : model.protocols;
  const ports = protocols.map((protocol, index) => ({
    name: model.unnamed ? '' : protocol.toLowerCase(),
    protocol,
    port: 80 + index,
    ...(model.type === 'ClusterIP' ? {} : { nodePort: 30000 + number * 10 + index }),
  }));
  const spec = {
    type: model.type,
    internalTrafficPolicy: model.internal,
    ...(model.type === 'ClusterIP' ? {} : { externalTrafficPolicy: model.external }),
    ...(model.type === 'LoadBalancer' ? { loadBalancerSourceRanges: model.ranges, healthCheckNodePort: 32000 + number } : {}),
    ...(model.externalIPs ? { externalIPs: [`192.0.2.${number}`, `2001:db8::${number}`] } : {}),
    ...(model.affinity === 0
      ? {}
      : { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: model.affinity } } }),
  };
  const labels: object = model.proxyName === '' ? {} : { 'service.kubernetes.io/service-proxy-name': model.proxyName };
  const ingress = model.type === 'LoadBalancer' ? [{ ip: `198.51.100.${number}` }, { ip: `2001:db8:1::${number}` }] : [];
  const slicePorts = ports.map(({ name: port, protocol }, index) => ({ name: port, protocol, port: 8080 + index }));
  const slices = [`10.244.${number}.`, `fd00:244:${number}::`].map((prefix) =>
    slice(
      name,
      Object.fromEntries(
        model.endpoints.map(({ ready, terminating, node: on, zones }, index) => [
          `${prefix}${index + 1}`,
          {
            ready: ready && !terminating,
            terminating,
            serving: ready,
            node: on,
            pod: `${name.split('/')[1]}-${index + 1}`,
            ...(zones === undefined ? {} : { zones }),
          },
        ]),
      ),
      slicePorts,
      { suffix: prefix.includes(':') ? 'v6' : 'v4' },
    ),
  );
  return [service(name, { ip: [`10.96.0.${number}`, `fd00:96::${number}`], ports, spec, ingress, labels }), ...slices];
}

export const nodes = [
  node('node-a', { ips: ['172.18.0.2', 'fc00::2'], zone: 'z1' }),
  node('node-b', { ips: ['172.18.0.3', 'fc00::3'], zone: 'z2' }),
  node('node-c', { ips: ['172.18.0.4'] }),
];

export function clusterOfModels(models: readonly ServiceModel[]): Cluster {
  return clusterWith(...nodes, ...models.flatMap((model, index) => objectsOf(model, index + 1)));
}

export const setting: fc.Arbitrary<ProxyOptions> = fc
  .record({
    node: fc.constantFrom('node-a', 'node-b', 'node-c'),
    family: fc.constantFrom('ipv4' as const, 'ipv6' as const),
    version: fc.integer({ min: 24, max: 36 }),
    detect: fc.constantFrom('source', 'interface', 'none', 'all'),
    nfacct: fc.boolean(),
    localhostNodePorts: fc.boolean(),
    bit: fc.constantFrom(14, 14, 0, 20, 31),
    dropsInvalid: fc.boolean(),
    randomFully: fc.boolean(),
  })
  .map(({ detect, nfacct, bit, ...given }) => {
    const cidr = given.family === 'ipv6' ? 'fd00:244::/32' : '10.244.0.0/16';
    return proxyOptions({
      ...given,
      podTraffic:
        detect === 'source' ? { by: 'source', cidr } : detect === 'interface' ? { by: 'interface', name: 'cni0' } : null,
      masqueradeAll: detect === 'all',
      masqueradeMark: 2 ** bit,
      ...(nfacct ? {} : { nfacct: false }),
    });
  });

/** The same with NodePorts on some of the node's addresses, where there may be no way to them. */
export const settingWithAddresses: fc.Arbitrary<ProxyOptions> = fc
  .tuple(setting, fc.constantFrom('all', 'all', 'node', 'loopback', 'both'))
  .map(([options, where]) => {
    const [own, loopback] = options.family === 'ipv6' ? ['fc00::2', '::1'] : ['172.18.0.2', '127.0.0.1'];
    return {
      ...options,
      nodePortAddresses: { all: null, node: [own], loopback: [loopback], both: [own, loopback] }[where],
      // kube-proxy takes NodePorts off 127.0.0.1 where its addresses leave it out; with no address at all nobody can tell.
      localhostNodePorts: where === 'node' ? false : where === 'loopback' || options.localhostNodePorts,
    };
  });
