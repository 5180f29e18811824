/** What kube-proxy's comments say, in the words of all its versions. */

export interface PortName {
  readonly namespace: string;
  readonly service: string;
  /** Empty for an unnamed port; versions before about 1.20 wrote "namespace/name:" for it. */
  readonly port: string;
}

export type CommentUse =
  | 'plain'
  | 'cluster-ip'
  | 'external-ip'
  | 'load-balancer-ip'
  | 'endpoint'
  | 'health-check'
  | 'no-endpoints'
  | 'no-local-endpoints'
  | 'external-traffic';

export interface ServiceComment extends PortName {
  readonly use: CommentUse;
  /** "10.244.0.11:8080" of "shop/web:http -> 10.244.0.11:8080"; empty otherwise. */
  readonly endpoint: string;
}

// Names need not be valid ones: people redact them before they paste a dump.
const name = String.raw`([^\s/:"]+)/([^\s/:"]+)(?::([^\s:"]*))?`;

const patterns: readonly (readonly [pattern: RegExp, use: CommentUse])[] = [
  [new RegExp(`^${name} -> (\\S+)$`), 'endpoint'],
  [new RegExp(`^${name} cluster IP$`), 'cluster-ip'],
  [new RegExp(`^${name} external IP$`), 'external-ip'],
  [new RegExp(`^${name} load-?balancer IP$`), 'load-balancer-ip'],
  [new RegExp(`^${name}$`), 'plain'],
  [
    new RegExp(`^(?:masquerade|pod|masquerade LOCAL|route LOCAL) traffic for ${name} (?:external destinations|LB IP)`),
    'external-traffic',
  ],
  [new RegExp(`^${name} has no endpoints$`), 'no-endpoints'],
  [new RegExp(`^${name} has no local endpoints$`), 'no-local-endpoints'],
  [new RegExp(`^${name} health check node port$`), 'health-check'],
  [new RegExp(`^${name} traffic not accepted by \\S+$`), 'load-balancer-ip'],
  [new RegExp(`^other traffic to ${name} will be dropped by \\S+$`), 'load-balancer-ip'],
  [new RegExp(`^Balancing rule \\d+ for ${name}$`), 'plain'],
];

/** The Service port that a comment of kube-proxy's names; undefined for any other comment. */
export function serviceComment(comment: string): ServiceComment | undefined {
  // Two names of 253 and a port of 15 characters, with some words: what is longer is none.
  if (comment.length > 600 || !comment.includes('/')) return undefined;
  for (const [pattern, use] of patterns) {
    const match = pattern.exec(comment);
    if (match?.[1] === undefined || match[2] === undefined) continue;
    return { namespace: match[1], service: match[2], port: match[3] ?? '', use, endpoint: match[4] ?? '' };
  }
  return undefined;
}
