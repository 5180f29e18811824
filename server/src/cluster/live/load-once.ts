import { type Cluster, createCluster } from '../cluster.ts';
import type { ClusterKind, ClusterRecord, EndpointSliceRecord, NodeRecord, PodRecord, ServiceRecord } from '../objects.ts';
import { readObject } from '../read-object.ts';
import type { Api } from './api.ts';
import { ApiError } from './api-error.ts';
import { listPages } from './list-pages.ts';
import { endpointSlices, nodes, pods, type Resource, services } from './resources.ts';

/**
 * The cluster as it is now: Services, EndpointSlices, Nodes and Pods, listed once. Without permission for Nodes or Pods there are
 * none, and a warning says so.
 * @param timeoutMs for all of it, in milliseconds
 * @throws ApiError with a sentence that says what is missing, also when the time is over
 */
export async function listCluster(context: string, api: Api, timeoutMs: number): Promise<Cluster> {
  const signal = AbortSignal.timeout(timeoutMs);
  const warnings: string[] = [];
  const kinds: ClusterKind[] = [];
  const readAt = Date.now();

  async function list(resource: Resource, isNeeded: boolean): Promise<readonly ClusterRecord[]> {
    let records: ClusterRecord[] = [];
    try {
      await listPages(
        api,
        resource,
        signal,
        (items) => {
          for (const item of items) {
            const record = readObject(resource.kind, item);
            if (record !== undefined) records.push(record);
          }
        },
        () => {
          records = [];
        },
      );
    } catch (error) {
      if (signal.aborted) {
        throw new ApiError('unreachable', `${api.server} did not give all ${resource.plural} within ${timeoutMs / 1_000} s.`);
      }
      if (isNeeded || !(error instanceof ApiError) || error.failure !== 'refused' || error.status !== 403) throw error;
      warnings.push(`No ${resource.kind}s: ${error.message}`);
      return [];
    }
    kinds.push(resource.kind);
    return records;
  }

  const lists = await Promise.all([list(services, true), list(endpointSlices, true), list(nodes, false), list(pods, false)]);
  const all = lists.flat();
  return createCluster({
    source: { kind: 'live', label: context, readAt },
    warnings,
    kinds,
    services: all.filter((record): record is ServiceRecord => record.kind === 'Service'),
    slices: all.filter((record): record is EndpointSliceRecord => record.kind === 'EndpointSlice'),
    nodes: all.filter((record): record is NodeRecord => record.kind === 'Node'),
    pods: all.filter((record): record is PodRecord => record.kind === 'Pod'),
  });
}
