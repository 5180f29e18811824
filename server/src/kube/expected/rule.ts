import type { ProxiedPort } from './service-ports.ts';

/** What a rule of kube-proxy's does for its Service port. */
export type RulePurpose =
  /** Leads a clusterIP's traffic to the port's chain. */
  | 'cluster-ip'
  /** Masquerades what comes to a clusterIP from outside the Pod network. */
  | 'masquerade'
  | 'external-ip'
  | 'load-balancer-ip'
  | 'node-port'
  | 'health-check'
  /** Lets in, or drops, by loadBalancerSourceRanges. */
  | 'source-ranges'
  /** What traffic from outside goes through: masquerade, and policy Local's short cuts. */
  | 'external-policy'
  /** Sends a known client to the endpoint it had. */
  | 'affinity'
  /** Sends a share of the clients to an endpoint. */
  | 'balance'
  /** Masquerades an endpoint that reaches itself. */
  | 'hairpin'
  | 'dnat'
  /** Rejects or drops, for want of an endpoint. */
  | 'refuse';

/** A rule as iptables-save would print it, its comment apart: large clusters leave that out, and people do. */
export interface ExpectedRule {
  readonly table: 'nat' | 'filter';
  readonly chain: string;
  /** Up to where the comment stands: "-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp". */
  readonly head: string;
  /** Plain text; empty for none. */
  readonly comment: string;
  /** What follows: " -m tcp --dport 443 -j KUBE-SVC-NPX46M4PTMTKRN6Y". */
  readonly tail: string;
  /** The Service port it is for; null for rules that are kube-proxy's own. */
  readonly port: ProxiedPort | null;
  /** null for rules that are kube-proxy's own. */
  readonly purpose: RulePurpose | null;
}

/** Quoted as iptables-save does it. Names of sound objects hold nothing that needs it; a snapshot may hold anything. */
function quoted(comment: string): string {
  return `"${comment.replaceAll(/\p{Cc}/gu, ' ').replaceAll(/["'\\]/g, '\\$&')}"`;
}

/** The rule's whole text, with its comment. */
export function ruleText({ head, comment, tail }: ExpectedRule): string {
  return comment === '' ? head + tail : `${head} -m comment --comment ${quoted(comment)}${tail}`;
}
