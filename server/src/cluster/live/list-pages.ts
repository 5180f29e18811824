import { type Fields, fieldsAt, isFields, textAt } from '../fields.ts';
import type { Api } from './api.ts';
import { ApiError, shown } from './api-error.ts';
import { isOfOtherKind, type Resource } from './resources.ts';
import { pause } from './timing.ts';

/** As kubectl asks: small enough for the server's memory, few enough requests. */
export const pageSize = 500;
/** More than the largest clusters have; beyond it a server is broken or malicious. */
const mostObjects = 300_000;
const mostThrottled = 10;
/** Milliseconds that a server may answer, without the waits that it asks for. etcd forgets what a list goes on from after five minutes, a quarter of an hour at most. */
const longestList = 1_800_000;

export interface ListQuery {
  /** "spec.nodeName=node-a"; empty for all. */
  readonly fieldSelector?: string;
  /** "app=web,tier=front"; empty for all. */
  readonly labelSelector?: string;
  /** Told that the server asks to wait, and until when that is done, in milliseconds since 1970. */
  readonly onWait?: (error: ApiError, until: number) => void;
  /** Nobody waits for an answer after this, as `performance.now` counts: a longer wait is not begun, the server's refusal is thrown. */
  readonly deadline?: number;
}

function isNamed(item: unknown): item is Fields {
  return isFields(item) && textAt(fieldsAt(item, 'metadata'), 'name') !== '';
}

/**
 * Lists all objects of a resource page by page and gives each page to `onPage`. Where the list expires on the way it begins again,
 * after `onRestart`; the last attempt is in one piece. A server that asks to wait is waited for.
 * @returns the list's resourceVersion, from which a watch can go on
 * @throws ApiError
 */
export async function listPages(
  api: Api,
  resource: Resource,
  signal: AbortSignal,
  onPage: (items: readonly Fields[]) => void,
  onRestart: () => void,
  query: ListQuery = {},
): Promise<string> {
  let token = '';
  let objects = 0;
  let restarts = 0;
  let throttled = 0;
  let answering = 0;
  for (;;) {
    const parameters = new URLSearchParams();
    if (query.fieldSelector !== undefined) parameters.set('fieldSelector', query.fieldSelector);
    if (query.labelSelector !== undefined) parameters.set('labelSelector', query.labelSelector);
    if (restarts < 2) parameters.set('limit', String(pageSize));
    if (token !== '') parameters.set('continue', token);
    try {
      const path = `${resource.path}?${parameters.toString()}`;
      const began = performance.now();
      const page = await api.json({ path, what: `list ${resource.where}`, signal });
      answering += performance.now() - began;
      if (textAt(page, 'kind') !== `${resource.kind}List` || !Array.isArray(page['items'])) {
        throw new ApiError('garbage', `The answer of ${api.server} is no list of ${resource.plural}.`);
      }
      const items = page['items'].filter(isNamed);
      // What is left out would be told as gone from the cluster.
      if (items.length < page['items'].length) {
        throw new ApiError('garbage', `The answer of ${api.server} is a list of ${resource.plural} of which some have no name.`);
      }
      const other = items.find((item) => isOfOtherKind(item, resource));
      if (other !== undefined) {
        throw new ApiError(
          'garbage',
          `The answer of ${api.server} is a list of ${resource.plural} with a ${shown(textAt(other, 'kind'), 60)}.`,
        );
      }
      objects += items.length;
      if (objects > mostObjects) throw new ApiError('garbage', `There are more than ${mostObjects} ${resource.plural}.`);
      const metadata = fieldsAt(page, 'metadata');
      const next = textAt(metadata, 'continue');
      if (next !== '' && (next === token || items.length === 0 || answering > longestList)) {
        throw new ApiError('garbage', `The list of ${resource.plural} does not end.`);
      }
      onPage(items);
      if (next === '') return textAt(metadata, 'resourceVersion');
      token = next;
    } catch (error) {
      if (!(error instanceof ApiError) || signal.aborted) throw error;
      if (error.failure === 'gone' && token !== '' && restarts < 2) {
        restarts += 1;
        token = '';
        objects = 0;
        onRestart();
      } else if (error.failure === 'throttled' && error.retryAfter > 0 && throttled < mostThrottled) {
        if (performance.now() + error.retryAfter >= (query.deadline ?? Number.POSITIVE_INFINITY)) throw error;
        throttled += 1;
        query.onWait?.(error, Date.now() + error.retryAfter);
        await pause(error.retryAfter, signal);
      } else {
        throw error;
      }
    }
  }
}

/** Lists all objects of a resource, and gives what `read` makes of each; undefined is left out. @throws ApiError */
export async function listAll<T>(
  api: Api,
  resource: Resource,
  signal: AbortSignal,
  read: (object: Fields) => T | undefined,
  query: ListQuery = {},
): Promise<readonly T[]> {
  let all: T[] = [];
  await listPages(
    api,
    resource,
    signal,
    (page) => {
      for (const object of page) {
        const made = read(object);
        if (made !== undefined) all.push(made);
      }
    },
    () => {
      all = [];
    },
    query,
  );
  return all;
}
