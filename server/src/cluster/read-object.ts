/**
 * From an API object, as JSON has it, to a record. Defaults are those that the API server would have filled in
 * (core/v1 Service, discovery/v1 EndpointSlice); fields of a wrong type count as absent (`object-faults.ts` finds those of a snapshot before).
 */

import { canonicalCIDR, canonicalIP } from '../base/ip.ts';
import { mappedSteps, runToEnd, type Steps } from '../base/steps.ts';
import {
  booleanAt,
  type Fields,
  fieldsAt,
  isFields,
  listAt,
  numberAt,
  objectsAt,
  textAt,
  textMapAt,
  textsAt,
  timeAt,
  valueAt,
} from './fields.ts';
import type {
  ClusterKind,
  ClusterRecord,
  EndpointPort,
  EndpointRecord,
  EndpointSliceRecord,
  HostPort,
  LoadBalancerIP,
  NodeRecord,
  PodRecord,
  ServicePort,
  ServiceRecord,
  TargetRef,
} from './objects.ts';
import { SnapshotFailure, shown, wanted } from './snapshot-failure.ts';

const maxPort = 65535;
const serviceProxyName = 'service.kubernetes.io/service-proxy-name';
const headlessLabel = 'service.kubernetes.io/headless';
const serviceNameLabel = 'kubernetes.io/service-name';
const topologyMode = 'service.kubernetes.io/topology-mode';
const topologyHints = 'service.kubernetes.io/topology-aware-hints';
/** What sessionAffinity ClientIP lasts where nothing is said: three hours (core/v1, DefaultClientIPServiceAffinitySeconds). */
const defaultAffinityTimeout = 10800;

const kinds: readonly ClusterKind[] = ['Service', 'EndpointSlice', 'Pod', 'Node'];
const groups: Readonly<Record<ClusterKind, string>> = { Service: '', EndpointSlice: 'discovery.k8s.io', Pod: '', Node: '' };

/** Which of the kinds that are read an object is of; Knative's Service and the like are none. Without an apiVersion the kind decides. */
export function clusterKind(apiVersion: string, kind: string): ClusterKind | undefined {
  const known = kinds.find((candidate) => candidate === kind);
  if (known === undefined || apiVersion === '') return known;
  const slash = apiVersion.indexOf('/');
  return (slash < 0 ? '' : apiVersion.slice(0, slash)) === groups[known] ? known : undefined;
}

function protocolOf(port: Fields): string {
  const protocol = textAt(port, 'protocol');
  return protocol === '' ? 'tcp' : protocol.toLowerCase();
}

function addresses(texts: readonly string[]): readonly string[] {
  const out = new Set<string>();
  for (const text of texts) {
    const ip = canonicalIP(text);
    if (ip !== undefined) out.add(ip);
  }
  return [...out];
}

/** The same with pauses: a Service or slice that somebody wrote may have a hundred thousand. */
function* addressSteps(texts: readonly string[]): Steps<readonly string[]> {
  const out = new Set<string>();
  yield* mappedSteps(texts, (text) => {
    const ip = canonicalIP(text);
    if (ip !== undefined) out.add(ip);
  });
  return [...out];
}

function targetPort(port: Fields): string {
  const value = valueAt(port, 'targetPort');
  return typeof value === 'number' || typeof value === 'string' ? String(value) : '';
}

/** The value of the label that leaves an object to another proxy. With an empty one it is left to it all the same: the label is there. */
function otherProxy(labels: Fields): string {
  return Object.hasOwn(labels, serviceProxyName) ? textAt(labels, serviceProxyName) || '""' : '';
}

function readServicePort(port: Fields): ServicePort {
  return {
    name: textAt(port, 'name'),
    protocol: protocolOf(port),
    port: numberAt(port, 'port', maxPort),
    nodePort: numberAt(port, 'nodePort', maxPort),
    targetPort: targetPort(port),
  };
}

function readIngress(ingress: Fields): readonly LoadBalancerIP[] {
  const ip = canonicalIP(textAt(ingress, 'ip'));
  return ip === undefined ? [] : [{ ip, ipMode: textAt(ingress, 'ipMode') === 'Proxy' ? 'Proxy' : 'VIP' }];
}

function readRange(text: string): string | undefined {
  return canonicalCIDR(text.trim());
}

function serviceType(text: string): ServiceRecord['type'] {
  return text === 'NodePort' || text === 'LoadBalancer' || text === 'ExternalName' ? text : 'ClusterIP';
}

function* readService(object: Fields): Steps<ServiceRecord> {
  const metadata = fieldsAt(object, 'metadata');
  const labels = fieldsAt(metadata, 'labels');
  const annotations = fieldsAt(metadata, 'annotations');
  const spec = fieldsAt(object, 'spec');
  const type = serviceType(textAt(spec, 'type'));
  const clusterIP = textAt(spec, 'clusterIP');
  const clusterIPs = textsAt(spec, 'clusterIPs');
  const ingress = objectsAt(fieldsAt(fieldsAt(object, 'status'), 'loadBalancer'), 'ingress');
  const affinity = textAt(spec, 'sessionAffinity') === 'ClientIP' ? 'ClientIP' : 'None';
  const timeout = numberAt(
    fieldsAt(fieldsAt(spec, 'sessionAffinityConfig'), 'clientIP'),
    'timeoutSeconds',
    Number.MAX_SAFE_INTEGER,
  );
  return {
    kind: 'Service',
    namespace: textAt(metadata, 'namespace'),
    name: textAt(metadata, 'name'),
    type,
    clusterIPs: type === 'ExternalName' ? [] : yield* addressSteps(clusterIPs.length > 0 ? clusterIPs : [clusterIP]),
    headless: clusterIP === 'None' || clusterIPs[0] === 'None',
    externalName: textAt(spec, 'externalName'),
    externalIPs: yield* addressSteps(textsAt(spec, 'externalIPs')),
    loadBalancerIPs: (yield* mappedSteps(ingress, readIngress)).flat(),
    loadBalancerSourceRanges: (yield* mappedSteps(textsAt(spec, 'loadBalancerSourceRanges'), readRange)).filter(
      (range) => range !== undefined,
    ),
    ports: yield* mappedSteps(objectsAt(spec, 'ports'), readServicePort),
    sessionAffinity: affinity,
    affinityTimeout: affinity === 'None' ? 0 : timeout || defaultAffinityTimeout,
    internalTrafficPolicy: textAt(spec, 'internalTrafficPolicy') === 'Local' ? 'Local' : 'Cluster',
    externalTrafficPolicy: textAt(spec, 'externalTrafficPolicy') === 'Local' ? 'Local' : 'Cluster',
    healthCheckNodePort: numberAt(spec, 'healthCheckNodePort', maxPort),
    trafficDistribution: textAt(spec, 'trafficDistribution'),
    topologyAwareHints: textAt(annotations, topologyHints),
    topologyMode: textAt(annotations, Object.hasOwn(annotations, topologyHints) ? topologyHints : topologyMode),
    serviceProxyName: otherProxy(labels),
    labelledHeadless: Object.hasOwn(labels, headlessLabel),
    publishNotReadyAddresses: booleanAt(spec, 'publishNotReadyAddresses') === true,
    selector: textMapAt(spec, 'selector'),
    createdAt: timeAt(metadata, 'creationTimestamp'),
  };
}

function readTargetRef(endpoint: Fields): TargetRef | null {
  const reference = fieldsAt(endpoint, 'targetRef');
  const name = textAt(reference, 'name');
  return name === '' ? null : { kind: textAt(reference, 'kind'), namespace: textAt(reference, 'namespace'), name };
}

function hintNames(hints: Fields, key: string): readonly string[] | null {
  return Array.isArray(valueAt(hints, key)) ? objectsAt(hints, key).map((hint) => textAt(hint, 'name')) : null;
}

function readEndpoint(endpoint: Fields): EndpointRecord {
  const conditions = fieldsAt(endpoint, 'conditions');
  // discovery/v1beta1 had the node and the zone in a map of topology labels.
  const topology = fieldsAt(endpoint, 'topology');
  const hints = fieldsAt(endpoint, 'hints');
  const given = textsAt(endpoint, 'addresses').filter((text) => canonicalIP(text) !== undefined);
  return {
    addresses: addresses(given),
    givenAddress: given[0] ?? '',
    ready: booleanAt(conditions, 'ready') ?? true,
    serving: booleanAt(conditions, 'serving') ?? true,
    terminating: booleanAt(conditions, 'terminating') ?? false,
    nodeName: textAt(endpoint, 'nodeName') || textAt(topology, 'kubernetes.io/hostname'),
    zone: textAt(endpoint, 'zone') || textAt(topology, 'topology.kubernetes.io/zone'),
    hintZones: hintNames(hints, 'forZones'),
    hintNodes: hintNames(hints, 'forNodes'),
    targetRef: readTargetRef(endpoint),
  };
}

function readEndpointPort(port: Fields): EndpointPort {
  const number = numberAt(port, 'port', maxPort);
  return { name: textAt(port, 'name'), protocol: protocolOf(port), port: number === 0 ? null : number };
}

function addressType(text: string): EndpointSliceRecord['addressType'] {
  return text === 'IPv6' || text === 'FQDN' ? text : 'IPv4';
}

function* readEndpointSlice(object: Fields): Steps<EndpointSliceRecord> {
  const metadata = fieldsAt(object, 'metadata');
  const labels = fieldsAt(metadata, 'labels');
  return {
    kind: 'EndpointSlice',
    namespace: textAt(metadata, 'namespace'),
    name: textAt(metadata, 'name'),
    serviceName: textAt(labels, serviceNameLabel),
    addressType: addressType(textAt(object, 'addressType')),
    ports: yield* mappedSteps(objectsAt(object, 'ports'), readEndpointPort),
    endpoints: yield* mappedSteps(objectsAt(object, 'endpoints'), readEndpoint),
    serviceProxyName: otherProxy(labels),
    labelledHeadless: Object.hasOwn(labels, headlessLabel),
  };
}

function readHostPorts(spec: Fields): readonly HostPort[] {
  const out: HostPort[] = [];
  for (const container of objectsAt(spec, 'containers')) {
    for (const port of objectsAt(container, 'ports')) {
      const number = numberAt(port, 'hostPort', maxPort);
      if (number === 0) continue;
      const hostIP = canonicalIP(textAt(port, 'hostIP')) ?? '';
      out.push({ hostIP, hostPort: number, containerPort: numberAt(port, 'containerPort', maxPort), protocol: protocolOf(port) });
    }
  }
  return out;
}

function readPod(object: Fields): PodRecord {
  const metadata = fieldsAt(object, 'metadata');
  const spec = fieldsAt(object, 'spec');
  const status = fieldsAt(object, 'status');
  const condition = objectsAt(status, 'conditions').find((candidate) => textAt(candidate, 'type') === 'Ready');
  const references = objectsAt(metadata, 'ownerReferences');
  const owner = references.find((reference) => booleanAt(reference, 'controller') === true);
  const hash = textAt(fieldsAt(metadata, 'labels'), 'pod-template-hash');
  const ownerName = owner === undefined ? '' : textAt(owner, 'name');
  const isReplicaSet = owner !== undefined && textAt(owner, 'kind') === 'ReplicaSet';
  const podIPs = objectsAt(status, 'podIPs').map((entry) => textAt(entry, 'ip'));
  return {
    kind: 'Pod',
    namespace: textAt(metadata, 'namespace'),
    name: textAt(metadata, 'name'),
    node: textAt(spec, 'nodeName'),
    phase: textAt(status, 'phase'),
    ready: condition === undefined ? null : textAt(condition, 'status') === 'True',
    terminating: timeAt(metadata, 'deletionTimestamp') !== null,
    hostNetwork: booleanAt(spec, 'hostNetwork') === true,
    podIPs: addresses([...podIPs, textAt(status, 'podIP')]),
    owner: ownerName === '' || owner === undefined ? null : { kind: textAt(owner, 'kind'), name: ownerName },
    deployment: isReplicaSet && hash !== '' && ownerName.endsWith(`-${hash}`) ? ownerName.slice(0, -hash.length - 1) : '',
    hostPorts: readHostPorts(spec),
    labels: textMapAt(metadata, 'labels'),
    createdAt: timeAt(metadata, 'creationTimestamp'),
  };
}

function readNode(object: Fields): NodeRecord {
  const metadata = fieldsAt(object, 'metadata');
  const spec = fieldsAt(object, 'spec');
  const status = fieldsAt(object, 'status');
  const podCIDRs = textsAt(spec, 'podCIDRs');
  const podCIDR = textAt(spec, 'podCIDR');
  const labels = textMapAt(metadata, 'labels');
  return {
    kind: 'Node',
    name: textAt(metadata, 'name'),
    addresses: objectsAt(status, 'addresses').map((entry) => {
      const address = textAt(entry, 'address');
      return { type: textAt(entry, 'type'), address: canonicalIP(address) ?? address };
    }),
    podCIDRs: (podCIDRs.length > 0 ? podCIDRs : [podCIDR]).flatMap((cidr) => canonicalCIDR(cidr) ?? []),
    zone: labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? '',
    labels,
    kubeletVersion: textAt(fieldsAt(status, 'nodeInfo'), 'kubeletVersion'),
  };
}

function* readSteps(kind: ClusterKind, object: Fields): Steps<ClusterRecord> {
  switch (kind) {
    case 'Service':
      return yield* readService(object);
    case 'EndpointSlice':
      return yield* readEndpointSlice(object);
    case 'Pod':
      return readPod(object);
    case 'Node':
      return readNode(object);
  }
}

/**
 * The record of an object of that kind; undefined where the object has no name, or no namespace though its kind has one. Pauses every few thousand ports,
 * addresses, ranges or endpoints.
 */
export function* objectSteps(kind: ClusterKind, object: unknown): Steps<ClusterRecord | undefined> {
  if (!isFields(object)) return undefined;
  const record = yield* readSteps(kind, object);
  return record.name === '' || (record.kind !== 'Node' && record.namespace === '') ? undefined : record;
}

/** The same without pauses. */
export function readObject(kind: ClusterKind, object: unknown): ClusterRecord | undefined {
  return runToEnd(objectSteps(kind, object));
}

/** @throws {SnapshotFailure} where "items" is no list. The items of a list object, and the kind they have where they do not say so themselves ("ServiceList" holds Services). */
export function listItems(object: Fields): { readonly items: readonly unknown[]; readonly itemKind: string } | undefined {
  const kind = textAt(object, 'kind');
  if (!kind.endsWith('List')) return undefined;
  const items = valueAt(object, 'items') ?? [];
  if (!Array.isArray(items)) throw new SnapshotFailure(`"items" of this ${shown(kind)} is no list. ${wanted}`);
  return { items: listAt(object, 'items'), itemKind: kind.slice(0, -'List'.length) };
}
