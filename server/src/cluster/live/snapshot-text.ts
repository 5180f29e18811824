/**
 * A cluster's objects as a snapshot file: a v1 List as `kubectl get -o json` prints it, but only with the fields that say something
 * of Services, endpoints and where they run. What may hold a secret (a container's environment and arguments, annotations, volumes) and
 * managedFields are not in it, because people hand such files on.
 */
import { type Fields, fieldsAt, isFields, objectsAt } from '../fields.ts';
import type { ClusterKind } from '../objects.ts';
import { onlyInKey } from '../snapshot-objects.ts';
import type { Api } from './api.ts';
import { ApiError } from './api-error.ts';
import { listAllowed } from './list-allowed.ts';
import { listAll } from './list-pages.ts';
import { endpointSlices, nodes, pods, type Resource, services } from './resources.ts';

export interface SnapshotText {
  readonly text: string;
  /** How many objects of each kind there are. */
  readonly counts: Readonly<Record<ClusterKind, number>>;
  /** Kinds that could not be listed, in sentences. */
  readonly problems: readonly string[];
}

/** Some 400,000 Pods; a string cannot hold more than 512 MB. */
const mostCharacters = 400_000_000;

const apiVersions: Readonly<Record<ClusterKind, string>> = {
  Service: 'v1',
  EndpointSlice: 'discovery.k8s.io/v1',
  Pod: 'v1',
  Node: 'v1',
};

function pick(object: Fields, keys: readonly string[]): Fields {
  return Object.fromEntries(keys.filter((key) => Object.hasOwn(object, key)).map((key) => [key, object[key]]));
}

function pickAll(object: Fields, list: string, keys: readonly string[]): Fields {
  return Array.isArray(object[list]) ? { [list]: objectsAt(object, list).map((entry) => pick(entry, keys)) } : {};
}

function metadataOf(object: Fields): Fields {
  const metadata = fieldsAt(object, 'metadata');
  // Annotations hold whole objects (kubectl's last-applied-configuration) and tools' secrets; kube-proxy heeds these few.
  const annotations = Object.entries(fieldsAt(metadata, 'annotations')).filter(([name]) =>
    /^(?:service|endpoints|endpointslice|discovery)\.kubernetes\.io\//.test(name),
  );
  return {
    ...pick(metadata, [
      'name',
      'namespace',
      'uid',
      'resourceVersion',
      'creationTimestamp',
      'deletionTimestamp',
      'labels',
      'ownerReferences',
    ]),
    ...(annotations.length === 0 ? {} : { annotations: Object.fromEntries(annotations) }),
  };
}

const conditionKeys = ['type', 'status', 'reason', 'lastTransitionTime'];

const contents: Readonly<Record<ClusterKind, (object: Fields) => Fields>> = {
  Service: (object) => ({
    spec: fieldsAt(object, 'spec'),
    status: pick(fieldsAt(object, 'status'), ['loadBalancer']),
  }),
  EndpointSlice: (object) => pick(object, ['addressType', 'endpoints', 'ports']),
  Pod: (object) => {
    const spec = fieldsAt(object, 'spec');
    const status = fieldsAt(object, 'status');
    return {
      spec: {
        ...pick(spec, ['nodeName', 'hostNetwork', 'restartPolicy', 'serviceAccountName', 'terminationGracePeriodSeconds']),
        ...pickAll(spec, 'containers', ['name', 'image', 'ports']),
      },
      status: {
        ...pick(status, ['phase', 'hostIP', 'hostIPs', 'podIP', 'podIPs', 'startTime']),
        ...pickAll(status, 'conditions', conditionKeys),
      },
    };
  },
  Node: (object) => {
    const status = fieldsAt(object, 'status');
    return {
      spec: pick(fieldsAt(object, 'spec'), ['podCIDR', 'podCIDRs', 'taints', 'unschedulable']),
      status: {
        ...pick(status, ['addresses']),
        nodeInfo: pick(fieldsAt(status, 'nodeInfo'), [
          'kubeletVersion',
          'kubeProxyVersion',
          'kernelVersion',
          'operatingSystem',
          'osImage',
          'architecture',
          'containerRuntimeVersion',
        ]),
        ...pickAll(status, 'conditions', conditionKeys),
      },
    };
  },
};

/** An object with only the fields that go into a snapshot. */
export function slimObject(kind: ClusterKind, object: unknown): Fields | undefined {
  if (!isFields(object)) return undefined;
  return { apiVersion: apiVersions[kind], kind, metadata: metadataOf(object), ...contents[kind](object) };
}

/** All objects of a resource as texts. */
async function listTexts(api: Api, resource: Resource, signal: AbortSignal): Promise<readonly string[]> {
  return listAll(api, resource, signal, (object) => {
    const slim = slimObject(resource.kind, object);
    return slim === undefined ? undefined : JSON.stringify(slim);
  });
}

/**
 * Lists Nodes, Services, EndpointSlices and Pods, and writes them; of those that may not be listed in all namespaces the ones of the context's,
 * and says in the file that it is so.
 * @throws ApiError where Services cannot be listed
 */
export async function snapshotText(api: Api, signal: AbortSignal): Promise<SnapshotText> {
  const problems: string[] = [];
  const counts: Record<ClusterKind, number> = { Node: 0, Service: 0, EndpointSlice: 0, Pod: 0 };
  const onlyIn: Partial<Record<ClusterKind, string>> = {};
  const pieces: string[] = [];
  let size = 0;
  for (const resource of [nodes, services, endpointSlices, pods]) {
    try {
      const { result, namespace, limit } = await listAllowed(resource, api.namespace, (wanted) => listTexts(api, wanted, signal));
      if (namespace !== '') onlyIn[resource.kind] = namespace;
      if (limit !== '') problems.push(limit);
      counts[resource.kind] = result.length;
      for (const item of result) size += item.length + 2;
      if (size > mostCharacters) throw new ApiError('garbage', 'The cluster is too large for one snapshot file.');
      for (const item of result) pieces.push(item);
    } catch (error) {
      if (!(error instanceof ApiError) || error.failure !== 'refused' || resource.kind === 'Service') throw error;
      problems.push(`No ${resource.kind}s: ${error.message}`);
    }
  }
  const metadata = Object.keys(onlyIn).length === 0 ? {} : { [onlyInKey]: onlyIn };
  const head = JSON.stringify({ apiVersion: 'v1', kind: 'List', metadata }).slice(0, -1);
  return { text: `${head},"items":[\n${pieces.join(',\n')}\n]}\n`, counts, problems };
}
