/** The cluster that some reflectors know, as one immutable value after the other. */
import { type Cluster, type ClusterSource, createCluster } from '../cluster.ts';
import type { ClusterKind, ClusterRecord } from '../objects.ts';
import type { ResourceStatus } from './live-status.ts';
import type { Reflector } from './reflector.ts';

/** A cluster, and what it was made of. */
export interface Assembled {
  readonly cluster: Cluster;
  readonly lists: readonly (readonly ClusterRecord[])[];
  readonly warnings: string;
}

function isDecided(reflector: Reflector): boolean {
  return reflector.hasData() || reflector.status().state !== 'syncing';
}

function only<K extends ClusterKind>(kind: K, records: readonly ClusterRecord[]): readonly Extract<ClusterRecord, { kind: K }>[] {
  return records.filter((record): record is Extract<ClusterRecord, { kind: K }> => record.kind === kind);
}

/** What is missing altogether. What is only old is told by its age. */
function warningOf(reflector: Reflector): readonly string[] {
  const { kind, problem, namespace } = reflector.status();
  if (!reflector.hasData()) return [`No ${kind}s: ${problem === '' ? 'not read yet.' : problem}`];
  return namespace === '' ? [] : [`${kind}s of namespace ${namespace} alone.`];
}

/** Where a live cluster comes from; its age is that of the oldest kind, as answers are made of all of them. */
export function liveSource(
  label: string,
  reflectors: readonly Reflector[],
  statusOf: (reflector: Reflector) => ResourceStatus,
): ClusterSource {
  return {
    kind: 'live',
    label,
    get readAt() {
      const known = reflectors.filter((reflector) => reflector.hasData()).map((reflector) => statusOf(reflector).currentAt);
      return known.length === 0 ? 0 : Math.min(...known);
    },
  };
}

/** The cluster as it is known now; the one before where nothing has changed, undefined until all was listed that can be. */
export function assemble(
  reflectors: readonly Reflector[],
  source: ClusterSource,
  before: Assembled | undefined,
): Assembled | undefined {
  const known = reflectors.filter((reflector) => reflector.hasData()).map((reflector) => reflector.status());
  if (known.length === 0 || !reflectors.every(isDecided)) return before;
  const lists = reflectors.map((reflector) => reflector.records());
  const warnings = reflectors.flatMap(warningOf);
  const text = warnings.join('\n');
  if (before !== undefined && text === before.warnings && lists.every((list, at) => list === before.lists[at])) return before;
  const all = lists.flat();
  const limited = known.filter((status) => status.namespace !== '');
  const cluster = createCluster({
    source,
    warnings,
    kinds: known.map(({ kind }) => kind),
    onlyIn: new Map(limited.map((status) => [status.kind, status.namespace])),
    services: only('Service', all),
    slices: only('EndpointSlice', all),
    nodes: only('Node', all),
  });
  return { cluster, lists, warnings: text };
}
