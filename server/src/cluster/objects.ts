/**
 * What the extension keeps of a cluster's objects: small readonly records, already checked and in canonical form, whatever the
 * API server, a snapshot file or a broken one said. Addresses are as `canonicalIP` gives them, protocols in lower case, absent
 * text is empty and absent numbers are 0 unless said otherwise.
 */

/** "tcp", "udp" or "sctp" where the object is sound. */
export type Protocol = string;

export type ServiceType = 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';

export interface ServicePort {
  /** Empty for the only, unnamed port. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
  /** 0 where it has none. */
  readonly nodePort: number;
  /** A number or a container port's name, as text. */
  readonly targetPort: string;
}

/** `status.loadBalancer.ingress[]` that has an address. */
export interface LoadBalancerIP {
  readonly ip: string;
  /** kube-proxy writes rules for VIP only (since 1.30). */
  readonly ipMode: 'VIP' | 'Proxy';
}

export interface ServiceRecord {
  readonly kind: 'Service';
  readonly namespace: string;
  readonly name: string;
  readonly type: ServiceType;
  /** Empty for headless and ExternalName Services. */
  readonly clusterIPs: readonly string[];
  /** `clusterIP: None`. */
  readonly headless: boolean;
  readonly externalName: string;
  readonly externalIPs: readonly string[];
  readonly loadBalancerIPs: readonly LoadBalancerIP[];
  /** Networks in canonical form: "203.0.113.0/24". */
  readonly loadBalancerSourceRanges: readonly string[];
  readonly ports: readonly ServicePort[];
  readonly sessionAffinity: 'None' | 'ClientIP';
  /** Seconds; 10800 where `ClientIP` says nothing else, 0 without affinity. */
  readonly affinityTimeout: number;
  readonly internalTrafficPolicy: 'Cluster' | 'Local';
  readonly externalTrafficPolicy: 'Cluster' | 'Local';
  readonly healthCheckNodePort: number;
  /** "PreferClose", "PreferSameZone", "PreferSameNode" or empty. */
  readonly trafficDistribution: string;
  /** The value of `service.kubernetes.io/topology-aware-hints`, which versions before 1.27 read alone. */
  readonly topologyAwareHints: string;
  /** The value of `service.kubernetes.io/topology-aware-hints` where it is there, else of `service.kubernetes.io/topology-mode`. */
  readonly topologyMode: string;
  /** The label `service.kubernetes.io/service-proxy-name`, by which kube-proxy leaves a Service to another proxy: its value, `""` for an empty one; empty without. */
  readonly serviceProxyName: string;
  /** The label `service.kubernetes.io/headless` is there: kube-proxy leaves it alone, whatever its clusterIP. */
  readonly labelledHeadless: boolean;
  readonly publishNotReadyAddresses: boolean;
  readonly selector: Readonly<Record<string, string>>;
  /** Milliseconds since 1970; null where the object does not say. */
  readonly createdAt: number | null;
}

export interface TargetRef {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export interface EndpointRecord {
  /** kube-proxy uses the first one only. */
  readonly addresses: readonly string[];
  /** The first address as the slice spells it, of which kube-proxy up to 1.30 made names: "fd77:0::2". */
  readonly givenAddress: string;
  /** A missing condition is ready; see discovery/v1 EndpointConditions. */
  readonly ready: boolean;
  /** A missing condition is serving, as kube-proxy reads it (newEndpointSliceInfo). */
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly nodeName: string;
  readonly zone: string;
  /** null where the endpoint has no such hint, which is not the same as an empty list. */
  readonly hintZones: readonly string[] | null;
  readonly hintNodes: readonly string[] | null;
  readonly targetRef: TargetRef | null;
}

export interface EndpointPort {
  readonly name: string;
  readonly protocol: Protocol;
  /** null is "all ports", which kube-proxy leaves out. */
  readonly port: number | null;
}

export interface EndpointSliceRecord {
  readonly kind: 'EndpointSlice';
  readonly namespace: string;
  readonly name: string;
  /** The label `kubernetes.io/service-name`. */
  readonly serviceName: string;
  readonly addressType: 'IPv4' | 'IPv6' | 'FQDN';
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly EndpointRecord[];
  /** The label `service.kubernetes.io/service-proxy-name`. */
  readonly serviceProxyName: string;
  /** The label `service.kubernetes.io/headless` is there. */
  readonly labelledHeadless: boolean;
}

export interface OwnerRef {
  readonly kind: string;
  readonly name: string;
}

/** A container's `hostPort`. */
export interface HostPort {
  /** Empty for any address of the node. */
  readonly hostIP: string;
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: Protocol;
}

export interface PodRecord {
  readonly kind: 'Pod';
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  /** "Running", "Succeeded", ...; empty where the object does not say. */
  readonly phase: string;
  /** null where there is no Ready condition. */
  readonly ready: boolean | null;
  readonly terminating: boolean;
  readonly hostNetwork: boolean;
  readonly podIPs: readonly string[];
  /** The controller; null for a bare Pod. */
  readonly owner: OwnerRef | null;
  /** The Deployment behind a ReplicaSet, told by the Pod's `pod-template-hash` label; empty otherwise. */
  readonly deployment: string;
  readonly hostPorts: readonly HostPort[];
  readonly labels: Readonly<Record<string, string>>;
  readonly createdAt: number | null;
}

export interface NodeAddress {
  /** "InternalIP", "ExternalIP", "Hostname". */
  readonly type: string;
  /** Canonical where it is an IP. */
  readonly address: string;
}

export interface NodeRecord {
  readonly kind: 'Node';
  readonly name: string;
  readonly addresses: readonly NodeAddress[];
  readonly podCIDRs: readonly string[];
  /** The label `topology.kubernetes.io/zone`. */
  readonly zone: string;
  readonly labels: Readonly<Record<string, string>>;
  /** "v1.34.1"; empty where the object does not say. */
  readonly kubeletVersion: string;
}

/** How kube-proxy was started, as far as the cluster's objects say. */
export interface ProxyConfig {
  /** "ConfigMap kube-system/kube-proxy" */
  readonly from: string;
  /** The only node that it is for; empty for all. */
  readonly node: string;
  /** "iptables", "ipvs", "nftables"; empty for the default, which is iptables on Linux. */
  readonly mode: string;
}

export type ClusterRecord = ServiceRecord | EndpointSliceRecord | PodRecord | NodeRecord;
export type ClusterKind = ClusterRecord['kind'];

/** "shop/web". */
export function objectName(object: { readonly namespace: string; readonly name: string }): string {
  return `${object.namespace}/${object.name}`;
}

/** An object by name. */
export interface ObjectName {
  readonly kind: 'Service' | 'Pod' | 'Node';
  /** Empty for a Node. */
  readonly namespace: string;
  readonly name: string;
}
