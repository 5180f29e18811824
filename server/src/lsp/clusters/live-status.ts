import type { ClusterResourceStatus, ClusterStatusParams } from '../../protocol.ts';
import type { LiveView } from './live-source.ts';

type Overall = 'connecting' | 'live' | 'stale' | 'forbidden' | 'offline';

const words: Readonly<Record<Overall, string>> = {
  connecting: 'connecting',
  live: 'live',
  stale: 'not current',
  forbidden: 'no permission',
  offline: 'offline',
};

function overallOf(watched: readonly ClusterResourceStatus[]): Overall {
  const has = (state: ClusterResourceStatus['state']): boolean => watched.some((resource) => resource.state === state);
  if (has('syncing')) return 'connecting';
  if (has('offline')) return 'offline';
  if (has('stale')) return 'stale';
  if (has('forbidden')) return 'forbidden';
  return 'live';
}

function countText({ kind, count }: ClusterResourceStatus): string {
  return `${count} ${count === 1 ? kind : `${kind}s`}`;
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
  return {
    kind: 'live',
    label: `${context} (${words[overall]})`,
    detail: [counts.length === 0 ? '' : `${counts.join(', ')}.`, ...problems, ...meanwhile]
      .filter((text) => text !== '')
      .join(' '),
    severity: overall === 'live' || overall === 'connecting' ? 'ok' : isKnown ? 'warning' : 'error',
    ...(overall !== 'live' && isKnown ? { asOf: Math.min(...ages) } : {}),
    ...(overall === 'connecting' ? { busy: true } : {}),
    resources,
  };
}
