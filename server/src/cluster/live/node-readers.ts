/** Which container on a node can be asked for the node's own iptables rules. */
import { booleanAt, type Fields, fieldsAt, objectsAt, textAt, textsAt } from '../fields.ts';
import type { Api } from './api.ts';
import { listAll } from './list-pages.ts';
import { isObjectName, pods } from './resources.ts';
import type { PodContainer } from './run-in-pod.ts';

export type NodeReader =
  /** A container that runs already, by `exec`. */
  | ({ readonly kind: 'pod'; readonly isKubeProxy: boolean } & PodContainer)
  /** A Pod that is made for it and removed afterwards. */
  | { readonly kind: 'debug-pod'; readonly namespace: string; readonly image: string };

/** Containers of network plugins that share the node's network and bring iptables along. */
const networkContainers = new Set([
  'antrea-agent',
  'aws-node',
  'calico-node',
  'cilium-agent',
  'kube-flannel',
  'kube-router',
  'weave',
]);

function isRunning(pod: Fields, container: string): boolean {
  const status = fieldsAt(pod, 'status');
  if (textAt(status, 'phase') !== 'Running') return false;
  return objectsAt(status, 'containerStatuses').some(
    (entry) => textAt(entry, 'name') === container && Object.hasOwn(fieldsAt(entry, 'state'), 'running'),
  );
}

function mayReadRules(container: Fields): boolean {
  const context = fieldsAt(container, 'securityContext');
  return booleanAt(context, 'privileged') === true || textsAt(fieldsAt(context, 'capabilities'), 'add').includes('NET_ADMIN');
}

function isKubeProxyPod(metadata: Fields): boolean {
  const labels = fieldsAt(metadata, 'labels');
  return (
    textAt(labels, 'k8s-app') === 'kube-proxy' ||
    // GKE's static Pods.
    textAt(labels, 'component') === 'kube-proxy' ||
    textAt(labels, 'app.kubernetes.io/name') === 'kube-proxy'
  );
}

/** The container of a Pod that can be asked; undefined where there is none. */
export function readerOf(pod: Fields): (NodeReader & { readonly kind: 'pod' }) | undefined {
  const metadata = fieldsAt(pod, 'metadata');
  const spec = fieldsAt(pod, 'spec');
  const name = textAt(metadata, 'name');
  const namespace = textAt(metadata, 'namespace');
  if (booleanAt(spec, 'hostNetwork') !== true || !isObjectName(name) || !isObjectName(namespace)) return undefined;
  const isKubeProxy = isKubeProxyPod(metadata);
  for (const container of objectsAt(spec, 'containers')) {
    const containerName = textAt(container, 'name');
    const isKnown = isKubeProxy
      ? containerName.startsWith('kube-proxy')
      : networkContainers.has(containerName) && mayReadRules(container);
    if (!isKnown || !isRunning(pod, containerName)) continue;
    return { kind: 'pod', isKubeProxy, namespace, pod: name, container: containerName };
  }
  return undefined;
}

/** The readers on a node, kube-proxy's first. @throws ApiError */
export async function findReaders(
  api: Api,
  node: string,
  signal: AbortSignal,
): Promise<readonly (NodeReader & { kind: 'pod' })[]> {
  const found = await listAll(api, pods, signal, readerOf, { fieldSelector: `spec.nodeName=${node}` });
  return found.toSorted((a, b) => Number(b.isKubeProxy) - Number(a.isKubeProxy));
}
