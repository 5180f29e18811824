import { type Cluster, createCluster } from '../cluster.ts';
import type { ClusterKind, ClusterRecord, EndpointSliceRecord, NodeRecord, PodRecord, ServiceRecord } from '../objects.ts';
import { readObject } from '../read-object.ts';
import type { Api } from './api.ts';
import { ApiError } from './api-error.ts';
import { isForbidden, listAllowed } from './list-allowed.ts';
import { listAll } from './list-pages.ts';
import { endpointSlices, nodes, pods, type Resource, services } from './resources.ts';

export interface ListClusterOptions {
  /** For all of it but the credentials, in milliseconds. */
  readonly timeoutMs: number;
}

/** What came of one kind. */
interface Listed {
  readonly kind: ClusterKind;
  /** undefined where it may not be listed. */
  readonly records: readonly ClusterRecord[] | undefined;
  readonly refused?: ApiError;
  /** The one namespace that was read. */
  readonly onlyIn?: string;
  readonly warning?: string;
}

/**
 * The cluster as it is now: Services, EndpointSlices, Nodes and Pods, listed once. What may not be listed of all namespaces is listed of the
 * context's; what may not be listed at all is left out. Warnings say both.
 * @throws ApiError with a sentence that says what is missing: where nothing may be listed, a list failed, or the time is over
 */
export async function listCluster(context: string, api: Api, { timeoutMs }: ListClusterOptions): Promise<Cluster> {
  const { namespace } = api;
  // Whoever signs in may take longer than all of the lists.
  await api.signIn();
  const signal = AbortSignal.timeout(timeoutMs);
  const readAt = Date.now();
  const deadline = performance.now() + timeoutMs;
  let waited: ApiError | undefined;

  async function list(resource: Resource): Promise<readonly ClusterRecord[]> {
    try {
      return await listAll(api, resource, signal, (object) => readObject(resource.kind, object), {
        deadline,
        onWait: (error) => {
          waited = error;
        },
      });
    } catch (error) {
      if (!signal.aborted) throw error;
      const why = waited === undefined ? '' : ` ${waited.message}`;
      throw new ApiError('unreachable', `${api.server} did not give all ${resource.plural} within ${timeoutMs / 1_000} s.${why}`);
    }
  }

  async function listIfAllowed(resource: Resource): Promise<Listed> {
    const { kind } = resource;
    try {
      const { result, namespace: onlyIn, limit } = await listAllowed(resource, namespace, list);
      return onlyIn === '' ? { kind, records: result } : { kind, records: result, onlyIn, warning: limit };
    } catch (error) {
      if (!isForbidden(error)) throw error;
      return { kind, records: undefined, refused: error, warning: lackingText(resource, error) };
    }
  }

  const lists = await Promise.all([services, endpointSlices, nodes, pods].map(listIfAllowed));
  const known = lists.filter(({ records }) => records !== undefined);
  const [first] = lists;
  if (known.length === 0 && first?.refused !== undefined) throw first.refused;
  const all = lists.flatMap(({ records = [] }) => records);
  return createCluster({
    source: { kind: 'live', label: context, readAt },
    warnings: lists.flatMap(({ warning = [] }) => warning),
    kinds: known.map(({ kind }) => kind),
    onlyIn: new Map(lists.flatMap((listed) => (listed.onlyIn === undefined ? [] : [[listed.kind, listed.onlyIn] as const]))),
    services: all.filter((record): record is ServiceRecord => record.kind === 'Service'),
    slices: all.filter((record): record is EndpointSliceRecord => record.kind === 'EndpointSlice'),
    nodes: all.filter((record): record is NodeRecord => record.kind === 'Node'),
    pods: all.filter((record): record is PodRecord => record.kind === 'Pod'),
  });
}

/** What is not known without a kind, and why it is not. */
function lackingText({ kind }: Resource, { message }: ApiError): string {
  const effect = kind === 'Node' ? ' What depends on zones and node addresses (hints, source ranges) may be off.' : '';
  return `No ${kind}s: ${message}${effect}`;
}
