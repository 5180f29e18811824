/** Debug pods that nobody reads any longer: whoever made them was killed, or could not reach the cluster to remove them. */
import { type Fields, fieldsAt, textAt, timeAt } from '../fields.ts';
import type { Api } from './api.ts';
import { lifetimeSeconds } from './debug-pod.ts';
import { debugPodLabels, isGone, markAnnotation } from './debug-pod-mark.ts';
import { listAll } from './list-pages.ts';
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
  const labelSelector = Object.entries(debugPodLabels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  return listAll(api, resource, signal, (pod) => leftPod(pod, namespace), { labelSelector });
}

/** A Pod that was left behind; undefined for one that somebody may still read, or that is going. */
function leftPod(pod: Fields, namespace: string): LeftPod | undefined {
  const metadata = fieldsAt(pod, 'metadata');
  const name = textAt(metadata, 'name');
  const createdAt = timeAt(metadata, 'creationTimestamp');
  const isOld = createdAt !== null && Date.now() - createdAt > longestUse;
  const isLeft = isOld || isGone(textAt(fieldsAt(metadata, 'annotations'), markAnnotation));
  if (!isLeft || !isObjectName(name) || timeAt(metadata, 'deletionTimestamp') !== null) return undefined;
  return { namespace, name, node: textAt(fieldsAt(pod, 'spec'), 'nodeName'), createdAt };
}
