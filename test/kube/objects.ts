/** API objects in a few words, for tests that make their own cluster. */
import type { Cluster } from '../../server/src/cluster/cluster.ts';
import { clusterOf } from '../support/dumps.ts';

interface PortWords {
  readonly name?: string;
  readonly protocol?: string;
  readonly port?: number;
  readonly nodePort?: number;
}

interface ServiceWords {
  readonly ip?: string | readonly string[];
  readonly ports?: readonly PortWords[];
  readonly spec?: object;
  readonly ingress?: readonly object[];
  readonly labels?: object;
  readonly annotations?: object;
  readonly created?: string;
}

/** A Service "ns/name"; with one port "http" of 80 where nothing else is said. */
export function service(fullName: string, words: ServiceWords = {}): object {
  const [namespace, name] = fullName.split('/');
  const ips = typeof words.ip === 'string' ? [words.ip] : (words.ip ?? ['10.96.0.1']);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      namespace,
      name,
      labels: words.labels ?? {},
      annotations: words.annotations ?? {},
      creationTimestamp: words.created,
    },
    spec: {
      type: 'ClusterIP',
      clusterIP: ips[0],
      clusterIPs: ips,
      ports: words.ports ?? [{ name: 'http', port: 80 }],
      ...words.spec,
    },
    status: { loadBalancer: { ingress: words.ingress ?? [] } },
  };
}

interface EndpointWords {
  readonly ready?: boolean;
  readonly serving?: boolean;
  readonly terminating?: boolean;
  readonly node?: string;
  readonly zones?: readonly string[];
  readonly nodes?: readonly string[];
  readonly pod?: string;
}

/** The EndpointSlice of a Service "ns/name" with these addresses, one family at a time. */
export function slice(
  fullName: string,
  endpoints: Readonly<Record<string, EndpointWords>>,
  ports: readonly PortWords[] = [{ name: 'http', port: 8080 }],
  more: { readonly suffix?: string; readonly labels?: object } = {},
): object {
  const [namespace, name] = fullName.split('/');
  const addresses = Object.keys(endpoints);
  const suffix = more.suffix ?? (addresses[0]?.includes(':') ? 'v6' : 'v4');
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace, name: `${name}-${suffix}`, labels: { 'kubernetes.io/service-name': name, ...more.labels } },
    addressType: addresses[0]?.includes(':') ? 'IPv6' : 'IPv4',
    ports: ports.map((port) => ({ name: '', protocol: 'TCP', ...port })),
    endpoints: Object.entries(endpoints).map(([address, words]) => ({
      addresses: [address],
      conditions: {
        ready: words.ready ?? words.terminating !== true,
        serving: words.serving ?? true,
        terminating: words.terminating ?? false,
      },
      nodeName: words.node,
      hints:
        words.zones === undefined && words.nodes === undefined
          ? undefined
          : {
              forZones: words.zones?.map((zone) => ({ name: zone })),
              forNodes: words.nodes?.map((node) => ({ name: node })),
            },
      targetRef: words.pod === undefined ? undefined : { kind: 'Pod', namespace, name: words.pod },
    })),
  };
}

export function node(
  name: string,
  words: {
    readonly ips?: readonly string[];
    readonly zone?: string;
    readonly kubelet?: string;
    readonly podCIDRs?: readonly string[];
  } = {},
): object {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: words.zone === undefined ? {} : { 'topology.kubernetes.io/zone': words.zone } },
    spec: { podCIDRs: words.podCIDRs },
    status: {
      addresses: (words.ips ?? ['172.18.0.2']).map((address) => ({ type: 'InternalIP', address })),
      nodeInfo: { kubeletVersion: words.kubelet ?? '' },
    },
  };
}

export function pod(
  fullName: string,
  words: {
    readonly ip: string;
    readonly node?: string;
    readonly created?: string;
    readonly deleted?: string;
    readonly labels?: object;
  },
): object {
  const [namespace, name] = fullName.split('/');
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace,
      name,
      creationTimestamp: words.created,
      deletionTimestamp: words.deleted,
      labels: words.labels ?? {},
    },
    spec: { nodeName: words.node ?? 'node-a' },
    status: { phase: 'Running', podIP: words.ip, podIPs: [{ ip: words.ip }], conditions: [{ type: 'Ready', status: 'True' }] },
  };
}

export function clusterWith(...items: readonly object[]): Cluster {
  return clusterOf(JSON.stringify({ kind: 'List', apiVersion: 'v1', items }));
}
