import { clockTime } from '../../base/clock-time.ts';
import type { ClusterResourceStatus, ClusterStatusParams } from '../../protocol/requests.ts';
import type { LiveView } from './live-source.ts';

type Overall = 'connecting' | 'live' | 'partial' | 'stale' | 'waiting' | 'forbidden' | 'unauthorized' | 'offline';

const words: Readonly<Record<Overall, string>> = {
  connecting: 'connecting',
  live: 'live',
  partial: 'live in part',
  stale: 'not current',
  waiting: 'waiting',
  forbidden: 'no permission',
  unauthorized: 'credentials expired or not accepted',
  offline: 'offline',
};

function overallOf(watched: readonly ClusterResourceStatus[]): Overall {
  const has = (state: ClusterResourceStatus['state']): boolean => watched.some((resource) => resource.state === state);
  for (const state of ['waiting', 'offline', 'unauthorized'] as const) if (has(state)) return state;
  if (has('syncing') || watched.length === 0) return 'connecting';
  if (has('stale')) return 'stale';
  if (has('forbidden')) return has('live') ? 'partial' : 'forbidden';
  return watched.some(({ namespace }) => namespace !== '') ? 'partial' : 'live';
}

function countText({ kind, count, namespace }: ClusterResourceStatus): string {
  return `${count} ${count === 1 ? kind : `${kind}s`}${namespace === '' ? '' : ` of namespace ${namespace}`}`;
}

/** Since when and until when a busy server is left alone; empty where it is not. */
function waitText(resources: readonly ClusterResourceStatus[]): string {
  const waits = resources.flatMap(({ wait }) => (wait === undefined ? [] : [wait]));
  if (waits.length === 0) return '';
  const since = Math.min(...waits.map((wait) => wait.since));
  const until = Math.min(...waits.map((wait) => wait.until));
  return `Waiting since ${clockTime(since)}, asked again at ${clockTime(until)}.`;
}

/**
 * A live cluster's state for the language status item.
 * @param instead where names come from meanwhile, while the cluster itself is not known: "cluster.json"
 */
export function describeLive({ context, live, cluster, problem }: LiveView, instead: string): ClusterStatusParams {
  const meanwhile = cluster === undefined ? [`Until it is known, names come from ${instead}.`] : [];
  if (problem !== '') {
    return { kind: 'live', label: `${context} (no connection)`, detail: [problem, ...meanwhile].join(' '), severity: 'error' };
  }
  const resources = live?.status().resources ?? [];
  const watched = resources.filter(({ kind }) => kind !== 'Pod');
  const overall = live === undefined ? 'connecting' : overallOf(watched);
  const pods = resources.find(({ kind, state }) => kind === 'Pod' && state !== 'off');
  const counts = watched.filter(({ currentAt }) => currentAt > 0).map(countText);
  if (pods !== undefined && pods.count > 0) counts.push(`${countText(pods)} looked at`);
  // A server that is away is away for all kinds: said once.
  const problems = new Set(resources.map((resource) => resource.problem).filter((text) => text !== ''));
  const ages = watched.map(({ currentAt }) => currentAt).filter((at) => at > 0);
  const isKnown = ages.length > 0;
  const isCurrent = overall === 'live' || overall === 'partial';
  return {
    kind: 'live',
    label: `${context} (${words[overall]})`,
    detail: [counts.length === 0 ? '' : `${counts.join(', ')}.`, ...problems, waitText(watched), ...meanwhile]
      .filter((text) => text !== '')
      .join(' '),
    severity: overall === 'live' || overall === 'connecting' ? 'ok' : isKnown ? 'warning' : 'error',
    ...(!isCurrent && isKnown ? { asOf: Math.min(...ages) } : {}),
    ...(overall === 'connecting' ? { busy: true } : {}),
    resources,
  };
}
