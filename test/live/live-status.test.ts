import { describe, expect, it } from 'vitest';
import { emptyCluster } from '../../server/src/cluster/cluster.ts';
import type { LiveCluster } from '../../server/src/cluster/live/live-cluster.ts';
import type { ResourceStatus } from '../../server/src/cluster/live/live-status.ts';
import { describeLive } from '../../server/src/lsp/clusters/live-status.ts';
import type { ClusterStatusParams } from '../../server/src/protocol/requests.ts';

type Change = Partial<ResourceStatus>;

const at = Date.UTC(2026, 10, 25, 12);
const base = { state: 'live', count: 2, currentAt: at, problem: '', namespace: '' } as const;

/** The status item where the three watched kinds are in these states. */
function say(services: Change, slices: Change = services, nodes: Change = services): ClusterStatusParams {
  const resources: readonly ResourceStatus[] = [
    { ...base, kind: 'Service', ...services },
    { ...base, kind: 'EndpointSlice', ...slices },
    { ...base, kind: 'Node', ...nodes },
  ];
  const live = { status: () => ({ context: 'lab', server: 'https://lab', resources }) } as unknown as LiveCluster;
  return describeLive({ context: 'lab', live, cluster: emptyCluster, problem: '' }, '');
}

describe('the status of a live cluster', () => {
  it.each<[what: string, status: ClusterStatusParams, label: string, severity: string]>([
    ['all is watched', say({}), 'lab (live)', 'ok'],
    ['nothing was listed yet', say({ state: 'syncing', currentAt: 0 }), 'lab (connecting)', 'ok'],
    ['it is away', say({ state: 'offline' }), 'lab (offline)', 'warning'],
    ['it was never there', say({ state: 'offline', currentAt: 0 }), 'lab (offline)', 'error'],
    ['an answer was none', say({ state: 'stale' }, {}, {}), 'lab (not current)', 'warning'],
    ['nothing may be listed', say({ state: 'forbidden', currentAt: 0 }), 'lab (no permission)', 'error'],
    ['Nodes may not be listed', say({}, {}, { state: 'forbidden', currentAt: 0 }), 'lab (live in part)', 'warning'],
    ['one namespace may be listed', say({ namespace: 'shop' }, { namespace: 'shop' }, {}), 'lab (live in part)', 'warning'],
    ['credentials are not accepted', say({ state: 'unauthorized' }), 'lab (credentials expired or not accepted)', 'warning'],
    ['the server is busy', say({ state: 'waiting' }, {}, {}), 'lab (waiting)', 'warning'],
  ])('where %s', (_what, status, label, severity) => {
    expect([status.label, status.severity]).toEqual([label, severity]);
  });

  it('says since when it waits and until when, and what holds for all kinds once', () => {
    const problem = 'The server is busy and asks to wait 60 s (429).';
    const wait = { since: at, until: at + 60_000 };
    const { detail, asOf } = say({ state: 'waiting', problem, wait });
    const time = (of: number): string => new Date(of).toLocaleTimeString('en-GB');
    expect(detail).toBe(
      `2 Services, 2 EndpointSlices, 2 Nodes. ${problem} Waiting since ${time(at)}, asked again at ${time(at + 60_000)}.`,
    );
    expect(asOf).toBe(at);
  });

  it('names the namespace that is known', () => {
    const limit = (kind: string): string => `${kind}s of namespace shop alone: Permission is missing (403).`;
    const { detail } = say(
      { namespace: 'shop', problem: limit('Service') },
      { namespace: 'shop', problem: limit('EndpointSlice') },
      {},
    );
    expect(detail).toBe(
      `2 Services of namespace shop, 2 EndpointSlices of namespace shop, 2 Nodes. ${limit('Service')} ${limit('EndpointSlice')}`,
    );
  });
});
