/** Debug pods that nobody reads any longer: whoever made them was killed, or could not reach the cluster to remove them. */
import { fieldsAt, textAt, timeAt } from '../fields.ts';
import type { Api } from './api.ts';
import { lifetimeSeconds } from './debug-pod.ts';
import { debugPodLabels, isGone, markAnnotation } from './debug-pod-mark.ts';
import { listPages } from './list-pages.ts';
import { inNamespace, isObjectName, pods } from './resources.ts';

export interface LeftPod {
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  /** Milliseconds since 1970; null where the object does not say. */
  readonly createdAt: number | null;
}

/** No Pod is read for longer: the program that waits for it gives up before. */
const longestUse = (lifetimeSeconds + 60) * 1_000;

/** The debug pods in a namespace that were left behind. @throws ApiError where they may not be listed */
export async function findLeftPods(api: Api, namespace: string, signal: AbortSignal): Promise<readonly LeftPod[]> {
  const resource = inNamespace(pods, namespace);
  if (resource === undefined) return [];
  let found: LeftPod[] = [];
  const labelSelector = Object.entries(debugPodLabels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  await listPages(
    api,
    resource,
    signal,
    (items) => {
      for (const item of items) {
        const metadata = fieldsAt(item, 'metadata');
        const name = textAt(metadata, 'name');
        const createdAt = timeAt(metadata, 'creationTimestamp');
        const isOld = createdAt !== null && Date.now() - createdAt > longestUse;
        const isLeft = isOld || isGone(textAt(fieldsAt(metadata, 'annotations'), markAnnotation));
        if (!isLeft || !isObjectName(name) || timeAt(metadata, 'deletionTimestamp') !== null) continue;
        found.push({ namespace, name, node: textAt(fieldsAt(item, 'spec'), 'nodeName'), createdAt });
      }
    },
    () => {
      found = [];
    },
    { labelSelector },
  );
  return found;
}
