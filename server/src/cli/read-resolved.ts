import { emptyCluster } from '../cluster/cluster.ts';
import { clusterOfDump } from '../kube/drift/other-cluster.ts';
import type { Resolution } from '../kube/identity/chain-identity.ts';
import { resolveChains } from '../kube/identity/resolve.ts';
import { type ClusterOptions, readCluster } from './read-cluster.ts';
import { type CliDump, originOf, readDump } from './read-dump.ts';
import { UsageError } from './usage-error.ts';

export interface NodeOptions extends ClusterOptions {
  /** The node that the dump is of. */
  readonly node?: string;
}

/** A dump with the names of its chains. */
export interface ResolvedDump extends CliDump {
  readonly resolution: Resolution;
}

/** A dump, and whose its chains are by the cluster that the options name. Throws UsageError. */
export async function readResolved(path: string, options: NodeOptions): Promise<ResolvedDump> {
  const dump = readDump(path);
  const cluster = await readCluster(options, [], dump.facts);
  const { ruleset } = dump;
  if (options.node !== undefined && cluster !== emptyCluster && cluster.node(options.node) === undefined)
    throw new UsageError(`--node ${JSON.stringify(options.node)} is no node of the cluster`);
  const resolution = resolveChains(ruleset, clusterOfDump(ruleset, cluster), originOf(dump, options.node));
  return { ...dump, resolution };
}
