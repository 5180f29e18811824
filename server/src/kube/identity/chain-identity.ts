/** What a chain stands for: the words in which all rooms speak of it. */
import type { Cluster } from '../../cluster/cluster.ts';
import type { EndpointRecord, PodRecord, ServicePort, ServiceRecord } from '../../cluster/objects.ts';
import type { Chain, Ruleset } from '../../ruleset/ruleset.ts';
import type { DumpOrigin } from '../proxy/dump-node.ts';
import type { ChainIndex } from './hash-index.ts';
import type { ChainRole, RoleInfo } from './role.ts';

export interface ChainService {
  readonly namespace: string;
  readonly name: string;
  /** The port's name, empty for an unnamed one. */
  readonly port: string;
  /** The Service's port, not an endpoint's; null where neither dump nor cluster says. */
  readonly portNumber: number | null;
  /** "tcp", "udp", "sctp"; empty where neither says. */
  readonly protocol: string;
  /** Of the dump's family; null where there is none or it is not known. */
  readonly clusterIP: string | null;
  /** The cluster's object; null where the cluster does not have it, or none is known. */
  readonly record: ServiceRecord | null;
  readonly portRecord: ServicePort | null;
}

export interface ChainPod {
  readonly namespace: string;
  readonly name: string;
  readonly node: string | null;
  readonly zone: string | null;
  /** null where the cluster does not say. */
  readonly ready: boolean | null;
  readonly terminating: boolean;
  readonly record: PodRecord | null;
}

export interface ChainEndpoint {
  /** Canonical. */
  readonly ip: string;
  readonly port: number | null;
  readonly pod: ChainPod | null;
  /** Other Pods of the Service with the same address and port, as on the host network: kube-proxy makes one endpoint of them. */
  readonly otherPods: readonly ChainPod[];
  /** The endpoint in the EndpointSlices of its Service; null where it is in none of them. */
  readonly endpoint: EndpointRecord | null;
}

export type ResolvedBy = 'comment' | 'hash' | 'address';

export interface ChainIdentity {
  readonly role: ChainRole;
  readonly info: RoleInfo;
  readonly service: ChainService | null;
  readonly endpoint: ChainEndpoint | null;
  readonly by: ResolvedBy | null;
  /** In a sentence, where comment and hash disagree; null otherwise. Information, as people rename things before they paste a dump. */
  readonly mismatch: string | null;
}

/** Names for the chains of one ruleset. */
export interface Resolution {
  readonly ruleset: Ruleset;
  /** What names and details are taken from; it knows nothing where the dump cannot be of the cluster at hand. */
  readonly cluster: Cluster;
  readonly index: ChainIndex;
  /** Where the rules come from, besides their text. */
  readonly origin: DumpOrigin;
  chain(chain: Chain): ChainIdentity;
}

/** A chain of which only its role is known. */
export function onlyRole(info: RoleInfo): ChainIdentity {
  return { role: info.role, info, service: null, endpoint: null, by: null, mismatch: null };
}
