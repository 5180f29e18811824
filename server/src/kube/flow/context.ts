/** What making the parts of a flow looks at. */
import { hostPort } from '../../base/ip.ts';
import type { Resolution } from '../identity/chain-identity.ts';
import type { Disagreements } from './disagreements.ts';
import type { Frontend } from './frontends.ts';
import type { FlowEntry } from './graph.ts';
import type { PacketSource } from './packet-sources.ts';
import { type CollectedPaths, chainId } from './path-collector.ts';

/** A packet that was sent: from where, to which entry. */
export interface Sample {
  readonly entry: string;
  readonly frontend: Frontend;
  readonly source: PacketSource;
}

export interface FlowContext {
  readonly resolution: Resolution;
  readonly samples: readonly Sample[];
  /** The sample that stands for an entry in shares, by entry. */
  readonly primary: ReadonlyMap<string, number>;
  readonly entries: readonly FlowEntry[];
  readonly frontendsById: ReadonlyMap<string, Frontend>;
  readonly matched: ReadonlySet<number>;
  readonly disagreements: Disagreements;
}

/** The same for the same address after an edit. */
export function entryId(frontend: Frontend): string {
  if (frontend.kind === 'chain' && frontend.target !== null) return `entry:chain:${chainId(frontend.target)}`;
  const dump = frontend.dump.index === 0 ? '' : `${frontend.dump.index}:`;
  return `entry:${dump}${frontend.kind}:${frontend.ip === null ? `*:${frontend.port}` : hostPort(frontend.ip, frontend.port)}/${frontend.protocol}`;
}

/** The first place whose packets reach an address: a Pod for a clusterIP, outside for what is meant for outside. */
export function primarySamples(samples: readonly Sample[], collected: CollectedPaths): ReadonlyMap<string, number> {
  const reached = new Set<number>();
  for (const node of collected.nodes.values()) {
    if (node.kind !== 'address') continue;
    for (const [sample, weight] of node.weights.entries()) if (weight) reached.add(sample);
  }
  const rank = ({ frontend, source }: Sample): number => {
    const order = frontend.kind === 'cluster-ip' ? ['pod', 'node', 'outside'] : ['outside', 'pod', 'node'];
    return order.indexOf(source.kind);
  };
  const primary = new Map<string, number>();
  for (const [index, sample] of samples.entries()) {
    const known = primary.get(sample.entry);
    const best = known === undefined ? undefined : samples[known];
    const better =
      known === undefined ||
      best === undefined ||
      (reached.has(index) && !reached.has(known)) ||
      (reached.has(index) === reached.has(known) && rank(sample) < rank(best));
    if (better) primary.set(sample.entry, index);
  }
  return primary;
}
