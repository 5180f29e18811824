/** Pods one by one, as somebody looks at them: a cluster has too many to watch them all for a few hovers. */
import type { PodRecord } from '../objects.ts';
import { readObject } from '../read-object.ts';
import type { Api } from './api.ts';
import { ApiError } from './api-error.ts';
import type { ResourceStatus } from './live-status.ts';
import { isObjectName, namespacedPath } from './resources.ts';

export interface PodCache {
  /** The Pod as it is now or was a moment ago; the last known one where it cannot be asked for. Undefined where there is none. */
  fetch(namespace: string, name: string): Promise<PodRecord | undefined>;
  status(): ResourceStatus;
  /** Forgets what was refused, and that anything is current. */
  refresh(): void;
  close(): void;
}

interface Known {
  readonly pod: PodRecord | undefined;
  /** As `performance.now` counts. */
  readonly at: number;
}

const mostPods = 1_000;
const mostRefused = 1_000;
const mostRequests = 8;
/** Milliseconds; a hover that is not answered soon is of no use. */
const patience = 5_000;

/** Keeps a Pod as the one that was used last, and forgets those that were not used for longest. */
function remember(known: Map<string, Known>, key: string, { pod, at }: Known): void {
  known.delete(key);
  known.set(key, { pod, at });
  for (const oldest of known.keys()) {
    if (known.size <= mostPods) break;
    known.delete(oldest);
  }
}

/** What an answer that could not be had says of the connection. */
function stateAfter({ failure, status }: ApiError): ResourceStatus['state'] {
  if (failure === 'refused') return status === 403 ? 'forbidden' : 'unauthorized';
  return failure === 'unreachable' ? 'offline' : 'stale';
}

/** @param lasts milliseconds for which a Pod counts as current */
export function createPodCache(api: Api, lasts: number, onChange: () => void): PodCache {
  // In order of use: the first one is the one to forget.
  const known = new Map<string, Known>();
  const asked = new Map<string, Promise<PodRecord | undefined>>();
  const refused = new Set<string>();
  let abort = new AbortController();
  let state: ResourceStatus['state'] = 'off';
  let problem = '';
  let currentAt = 0;

  async function ask(key: string, namespace: string, name: string): Promise<PodRecord | undefined> {
    const before = state;
    const { signal: refreshed } = abort;
    const signal = AbortSignal.any([refreshed, AbortSignal.timeout(patience)]);
    try {
      const what = `get pods in namespace ${namespace}`;
      const object = await api.json({ path: namespacedPath(namespace, 'pods', name), what, signal });
      const record = readObject('Pod', object);
      const pod = record?.kind === 'Pod' && record.name === name ? record : undefined;
      remember(known, key, { pod, at: performance.now() });
      state = 'live';
      problem = '';
      currentAt = Date.now();
      return pod;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (refreshed.aborted) return undefined;
      if (error.failure === 'not-found') {
        remember(known, key, { pod: undefined, at: performance.now() });
        return undefined;
      }
      if (error.failure === 'refused' && refused.size < mostRefused) refused.add(namespace);
      state = stateAfter(error);
      problem = error.message;
      return known.get(key)?.pod;
    } finally {
      if (state !== before) onChange();
    }
  }

  return {
    async fetch(namespace, name) {
      if (!isObjectName(namespace) || !isObjectName(name)) return undefined;
      const key = `${namespace}/${name}`;
      const present = known.get(key);
      if (present !== undefined && performance.now() - present.at < lasts) {
        remember(known, key, present);
        return present.pod;
      }
      if (refused.has(namespace)) return present?.pod;
      const running = asked.get(key);
      if (running !== undefined) return running;
      if (asked.size >= mostRequests) return present?.pod;
      const mine = ask(key, namespace, name).finally(() => asked.delete(key));
      asked.set(key, mine);
      return mine;
    },
    status: () => ({ kind: 'Pod', state, count: known.size, currentAt, problem, namespace: '' }),
    refresh() {
      abort.abort();
      abort = new AbortController();
      refused.clear();
      for (const [key, { pod }] of known) known.set(key, { pod, at: Number.NEGATIVE_INFINITY });
      if (state === 'forbidden' || state === 'unauthorized') {
        state = 'off';
        problem = '';
      }
    },
    close: () => abort.abort(),
  };
}
