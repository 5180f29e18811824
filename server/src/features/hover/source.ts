import type { Cluster } from '../../cluster/cluster.ts';
import type { ResolvedBy } from '../../kube/identity/chain-identity.ts';
import type { Block } from '../support/markup.ts';

function ageText(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return 'a moment ago';
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return minutes === 1 ? '1 minute ago' : `${minutes} minutes ago`;
  const hours = Math.round(minutes / 60);
  if (hours < 48) return hours === 1 ? '1 hour ago' : `${hours} hours ago`;
  return `${Math.round(hours / 24)} days ago`;
}

/**
 * "test, as of 3 minutes ago" for a live cluster; "cluster.json, whose newest time is 3 hours ago" for a snapshot, which says no time of its own;
 * "the dump's comments" where none is known.
 */
export function sourceText(cluster: Cluster, now: number): string {
  const { kind, label, readAt, fileChangedAt } = cluster.source;
  if (kind === 'none') return label;
  if (readAt > 0) {
    return kind === 'live'
      ? `${label}, as of ${ageText(now - readAt)}`
      : `${label}, whose newest time is ${ageText(now - readAt)}`;
  }
  return fileChangedAt === undefined ? label : `${label}, file changed ${ageText(now - fileChangedAt)}`;
}

const howNamed: Readonly<Record<ResolvedBy, string>> = {
  comment: 'Named by its comment',
  hash: "Named by kube-proxy's hash of the Service port's or endpoint's name",
  address: 'Named by its address',
};

/** The last line of a hover: how the name was found, and where what it says comes from. */
export function sourceBlock(cluster: Cluster, by: ResolvedBy | null, mismatch: string | null, now: number): Block {
  const from = cluster.source.kind === 'none' ? 'no cluster is known' : `details from ${sourceText(cluster, now)}`;
  const how = by === null ? `Not named: ${from}` : `${howNamed[by]}; ${from}`;
  // That the cluster at hand is another one than the dump's.
  const why = cluster.source.kind === 'none' ? cluster.warnings : [];
  return { kind: 'paragraph', text: [`${how}.`, ...why, ...(mismatch === null ? [] : [mismatch])].join(' ') };
}
