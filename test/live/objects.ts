import type { ApiObject } from './api-server.ts';

export function service(namespace: string, name: string, clusterIP: string): ApiObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace, name, managedFields: [{ manager: 'kubectl', operation: 'Update' }] },
    spec: { type: 'ClusterIP', clusterIP, clusterIPs: [clusterIP], ports: [{ name: 'http', port: 80, protocol: 'TCP' }] },
    status: { loadBalancer: {} },
  };
}

export function slice(
  namespace: string,
  serviceName: string,
  endpoints: readonly (readonly [ip: string, pod: string])[],
): ApiObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace, name: `${serviceName}-abc`, labels: { 'kubernetes.io/service-name': serviceName } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: endpoints.map(([ip, pod]) => ({
      addresses: [ip],
      conditions: { ready: true },
      nodeName: 'node-a',
      targetRef: { kind: 'Pod', namespace, name: pod },
    })),
  };
}

export function node(name: string, ip: string): ApiObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name } },
    spec: { podCIDR: '10.244.0.0/24' },
    status: {
      addresses: [{ type: 'InternalIP', address: ip }],
      nodeInfo: { kubeletVersion: 'v1.34.1' },
    },
  };
}

export function pod(namespace: string, name: string, on: string, more: Readonly<Record<string, unknown>> = {}): ApiObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels: {}, creationTimestamp: '2026-11-23T00:58:07Z' },
    spec: { nodeName: on, containers: [{ name: 'main', image: 'example/main' }] },
    status: { phase: 'Running', podIP: '10.244.0.11', conditions: [{ type: 'Ready', status: 'True' }] },
    ...more,
  };
}
