import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { type Cluster, emptyCluster } from '../cluster/cluster.ts';
import type { ClusterKind } from '../cluster/objects.ts';
import { snapshotSteps } from '../cluster/snapshot.ts';
import type { NodeFacts } from '../node/facts.ts';
import { decodeBytes } from './decode-bytes.ts';
import { say } from './output.ts';
import { nameOfInput, readText } from './read-text.ts';
import { runSteps } from './run-steps.ts';
import { UsageError } from './usage-error.ts';

export interface ClusterOptions {
  readonly cluster?: string;
  readonly context?: string;
}

const liveTimeoutMilliseconds = 30_000;

/**
 * The cluster that `--cluster` or `--context` names; without either, that of a bundle, else one that knows nothing. Throws UsageError, also where it lacks one of
 * the kinds without which the question has no answer.
 * @param given the bytes of the snapshot, where they were read already
 */
export async function readCluster(
  options: ClusterOptions,
  needed: readonly ClusterKind[] = [],
  facts: Pick<NodeFacts, 'cluster'> = { cluster: null },
  given?: Buffer,
): Promise<Cluster> {
  if (options.cluster !== undefined && options.context !== undefined) {
    throw new UsageError('--cluster and --context exclude each other: a snapshot file or a live cluster');
  }
  if (options.cluster !== undefined) return readSnapshotFile(options.cluster, needed, given);
  if (options.context !== undefined) return readLive(options.context, needed);
  if (facts.cluster !== null) return clusterOfText(facts.cluster.file, facts.cluster.text, 0, needed);
  return emptyCluster;
}

function checkKinds(cluster: Cluster, needed: readonly ClusterKind[], where: string): void {
  const lacking = needed.find((kind) => !cluster.kinds.has(kind));
  if (lacking === undefined) return;
  const why = cluster.warnings.find((warning) => warning.startsWith(`No ${lacking}s: `));
  throw new UsageError(
    `${where}: ${why ?? `has no ${lacking}s, without which nothing can be compared; expected Services and EndpointSlices`}`,
  );
}

function readSnapshotFile(path: string, needed: readonly ClusterKind[], given: Buffer | undefined): Cluster {
  const text = given === undefined ? readText(path) : decodeBytes(given);
  const file = nameOfInput(path);
  const changedAt = path === '-' ? 0 : statSync(path).mtimeMs;
  return clusterOfText(file, text, changedAt, needed);
}

function clusterOfText(file: string, text: string, changedAt: number, needed: readonly ClusterKind[]): Cluster {
  const result = runSteps(snapshotSteps(text, basename(file), changedAt), `reading ${file}`);
  if (!result.ok) {
    const place = result.error.line === null ? '' : ` line ${result.error.line}:`;
    throw new UsageError(`${file}:${place} ${result.error.message}`);
  }
  checkKinds(result.cluster, needed, file);
  for (const warning of result.cluster.warnings) say(`${file}: ${warning}`);
  return result.cluster;
}

async function readLive(context: string, needed: readonly ClusterKind[]): Promise<Cluster> {
  // A bundle of its own: its API client is 2 MB that most calls do without.
  const { loadOnce } = await import('../cluster/live/live.ts');
  try {
    const cluster = await loadOnce(context, { timeoutMs: liveTimeoutMilliseconds });
    checkKinds(cluster, needed, `context ${context}`);
    // Everything that a dump has would be told as gone from the cluster.
    if (cluster.kinds.has('Service') && !cluster.onlyIn.has('Service') && cluster.services.length === 0) {
      const expected = 'expected the API of a Kubernetes cluster';
      throw new UsageError(
        `context ${context}: has no Service, not even default/kubernetes, which every cluster has; ${expected}`,
      );
    }
    for (const warning of cluster.warnings) say(`context ${context}: ${warning}`);
    return cluster;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`context ${context}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
