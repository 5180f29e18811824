import type { Family } from '../../catalog/types.ts';

/** How a Service's rules in a dump relate to the cluster: `missing` what the cluster has and the dump does not, `stale` the reverse. */
export type DriftStatus = 'in-sync' | 'missing' | 'stale' | 'differs';

export type DriftKind =
  /** The Service, or one of its ports, has no rules. */
  | 'service-missing'
  | 'port-missing'
  /** Rules for a Service or a port that the cluster no longer has, or that is no longer kube-proxy's. */
  | 'service-gone'
  | 'port-gone'
  /** An endpoint has no rules. */
  | 'endpoint-missing'
  /** Rules for an endpoint that is none any more, is not ready, or whose address is another Pod's now. */
  | 'endpoint-gone'
  | 'endpoint-not-ready'
  | 'endpoint-reused'
  /** Rules for an endpoint that another node or zone is to use. */
  | 'endpoint-elsewhere'
  /** There is no endpoint left, yet traffic is still sent to some. */
  | 'no-endpoints'
  | 'cluster-ip'
  | 'port'
  | 'internal-policy'
  | 'external-policy'
  | 'external-ip'
  | 'load-balancer-ip'
  | 'node-port'
  | 'health-check'
  | 'source-ranges'
  | 'affinity'
  | 'shares'
  | 'masquerade'
  | 'endpoint-rules'
  /** Traffic is refused that should not be, or the reverse. */
  | 'refusal'
  /** A chain that nothing leads to any more. */
  | 'unused-chain';

export interface DriftFinding {
  readonly kind: DriftKind;
  readonly status: Exclude<DriftStatus, 'in-sync'>;
  /** One sentence, plain text. */
  readonly message: string;
  /** Its cause, where it can be told; empty otherwise. */
  readonly cause: string;
  readonly namespace: string;
  readonly service: string;
  /** The Service port's name, empty for an unnamed one. */
  readonly port: string;
  readonly family: Family;
  /** The rule or chain concerned; for what is missing, where it would stand. 0-based; null where the dump has no such place. */
  readonly line: number | null;
  /** For rules of what is gone: all that lead to it or refuse its traffic, 0-based; absent for others. */
  readonly lines?: readonly number[];
  /** The endpoint concerned, "10.244.1.11:8080"; null where it is none or its address does not show. */
  readonly endpoint: string | null;
  /** The endpoint that came where this one went; null where none did. */
  readonly replacedBy: string | null;
  /** A rule as kube-proxy would write it; null where there should be none. */
  readonly expected: string | null;
  /** The rule or chain as the dump has it; null where it has none. */
  readonly actual: string | null;
}

const ranks: Readonly<Record<DriftStatus, number>> = { 'in-sync': 0, missing: 1, differs: 2, stale: 3 };

/** Said of chains that kube-proxy itself leaves for a while. */
export const leftByLargeCluster = 'left by large-cluster mode, cleaned at the next sync';

/**
 * What a Service's findings make of it: what sends traffic astray counts more than what is not there yet. Chains that
 * large-cluster mode leaves for a while are no drift.
 */
export function worstStatus(findings: readonly DriftFinding[]): DriftStatus {
  let worst: DriftStatus = 'in-sync';
  for (const { kind, status, cause } of findings) {
    if (kind === 'service-missing') return 'missing';
    if (cause !== leftByLargeCluster && ranks[status] > ranks[worst]) worst = status;
  }
  return worst;
}
