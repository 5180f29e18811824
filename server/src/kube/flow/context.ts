/** What making the parts of a flow looks at. */
import { hostPort } from '../../base/ip.ts';
import type { Resolution } from '../identity/resolve.ts';
import type { Door } from './frontends.ts';
import type { FlowEntry } from './graph.ts';
import type { Origin } from './packet-sources.ts';
import type { FlowDraft } from './path-collector.ts';

/** A packet that was sent: from where, to which entry. */
export interface Sample {
  readonly entry: string;
  readonly door: Door;
  readonly origin: Origin;
}

export interface FlowContext {
  readonly resolution: Resolution;
  readonly samples: readonly Sample[];
  /** The sample that stands for an entry in shares, by entry. */
  readonly primary: ReadonlyMap<string, number>;
  readonly entries: readonly FlowEntry[];
  readonly doorsById: ReadonlyMap<string, Door>;
  readonly matched: ReadonlySet<number>;
}

/** The same for the same address after an edit. */
export function entryId(door: Door): string {
  const dump = door.dump.index === 0 ? '' : `${door.dump.index}:`;
  return `entry:${dump}${door.kind}:${door.ip === null ? `*:${door.port}` : hostPort(door.ip, door.port)}/${door.protocol}`;
}

/** The first place whose packets reach an address: a Pod for a clusterIP, outside for what is meant for outside. */
export function primarySamples(samples: readonly Sample[], draft: FlowDraft): ReadonlyMap<string, number> {
  const reached = new Set<number>();
  for (const node of draft.nodes.values()) {
    if (node.kind !== 'address') continue;
    for (const [sample, weight] of node.weights.entries()) if (weight) reached.add(sample);
  }
  const rank = ({ door, origin }: Sample): number => {
    const order = door.kind === 'cluster-ip' ? ['pod', 'node', 'outside'] : ['outside', 'pod', 'node'];
    return order.indexOf(origin.kind);
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
