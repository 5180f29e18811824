/** A server with a Service, a node and a Pod, made anew for each test, and a connection to it that waits briefly. */
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { connect } from '../../server/src/cluster/live/live.ts';
import type { LiveCluster } from '../../server/src/cluster/live/live-cluster.ts';
import type { ResourceStatus } from '../../server/src/cluster/live/live-status.ts';
import { defaultTiming, type Timing } from '../../server/src/cluster/live/timing.ts';
import { startApiServer, type TestApiServer } from './api-server.ts';
import { environmentOf, type Folder, kubeconfigText, temporaryFolder } from './kubeconfigs.ts';
import { node, pod, service, slice } from './objects.ts';

export const quick: Timing = {
  ...defaultTiming,
  firstRetry: 4,
  longestRetry: 40,
  longestOffline: 40,
  gather: 5,
  longestGather: 20,
  podLasts: 60_000,
};
export const services = '/api/v1/services';
export const wait = { timeout: 8_000, interval: 5 };

export let api: TestApiServer;
export let folder: Folder;
export let live: LiveCluster | undefined;
export let changes = 0;

beforeEach(async () => {
  api = await startApiServer();
  folder = temporaryFolder();
  changes = 0;
  api.put(service('shop', 'web', '10.96.20.10'));
  api.put(slice('shop', 'web', [['10.244.0.11', 'web-1']]));
  api.put(node('node-a', '192.0.2.1'));
  api.put(pod('shop', 'web-1', 'node-a'));
});

afterEach(async () => {
  live?.close();
  live = undefined;
  await api.close();
  folder.remove();
});

export function connectAs(user: object, timing: Timing = quick): LiveCluster {
  return connectWith(folder.write('config', kubeconfigText(api, user)), timing);
}

/** Connects with a kubeconfig; closed when the test is over. */
export function connectWith(file: string, timing: Timing = quick): LiveCluster {
  live = connect('test', {
    environment: environmentOf(folder, [file]),
    timing,
    random: () => 0.5,
    onChange: () => {
      changes += 1;
    },
  });
  return live;
}

export function statusOf(of: LiveCluster, kind: ResourceStatus['kind']): ResourceStatus {
  const found = of.status().resources.find((resource) => resource.kind === kind);
  if (found === undefined) throw new Error(`no status of ${kind}`);
  return found;
}

export async function synced(of: LiveCluster): Promise<void> {
  await vi.waitFor(() => {
    expect(of.cluster()?.services.length).toBeGreaterThan(0);
    expect(
      of
        .status()
        .resources.slice(0, 3)
        .map(({ state }) => state),
    ).toEqual(['live', 'live', 'live']);
  }, wait);
}

export async function until(condition: () => boolean): Promise<void> {
  await vi.waitFor(() => expect(condition()).toBe(true), wait);
}

/** Forgets how many changes there were. */
export function countChangesAnew(): void {
  changes = 0;
}
