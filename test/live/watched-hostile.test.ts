import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Api } from '../../server/src/cluster/live/api.ts';
import { ApiError } from '../../server/src/cluster/live/api-error.ts';
import { gather } from '../../server/src/cluster/live/gather.ts';
import { startHeartbeat } from '../../server/src/cluster/live/heartbeat.ts';
import { createPodCache } from '../../server/src/cluster/live/pod-cache.ts';
import { createReflector } from '../../server/src/cluster/live/reflector.ts';
import { services } from '../../server/src/cluster/live/resources.ts';
import { defaultTiming } from '../../server/src/cluster/live/timing.ts';
import { service } from './objects.ts';

const pauses = vi.hoisted((): number[] => []);

vi.mock('../../server/src/cluster/live/timing.ts', async (original) => ({
  ...(await original<typeof import('../../server/src/cluster/live/timing.ts')>()),
  pause: async (milliseconds: number) => {
    pauses.push(milliseconds);
    await Promise.resolve();
  },
}));

beforeEach(() => pauses.splice(0));

const hour = 3_600_000;

interface Hostile {
  /** What a list says: the version of its answers, one after the other, the last for ever. */
  readonly versions?: readonly string[];
  readonly kind?: string;
  /** What the n-th watch says, from `version` on, and how it ends. */
  readonly watch: (n: number, version: string) => { readonly lines?: readonly object[]; readonly error?: ApiError };
}

/** What a reflector of Services made of a server until it had watched so often. */
async function watched(times: number, { versions = ['7'], kind = 'ServiceList', watch }: Hostile) {
  let lists = 0;
  let watches = 0;
  let done: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    done = resolve;
  });
  const asked: string[] = [];
  const api = {
    server: 'https://cluster.test',
    namespace: 'default',
    heardAt: () => 0,
    async json() {
      const resourceVersion = versions[Math.min(lists, versions.length - 1)];
      lists += 1;
      if (lists > times) done();
      return { kind, metadata: { resourceVersion }, items: [service('shop', 'web', '10.96.20.10')] };
    },
    async lines({ path }: { readonly path: string }, _quiet: number, onOpen: () => void, onLine: (line: string) => void) {
      const version = new URLSearchParams(path.split('?')[1]).get('resourceVersion') ?? '';
      asked.push(version);
      watches += 1;
      if (watches >= times) done();
      const { lines = [], error } = watch(watches, version);
      onOpen();
      for (const line of lines) onLine(JSON.stringify(line));
      if (error !== undefined) throw error;
    },
  } as Partial<Api> as Api;
  const problems = new Set<string>();
  const reflector = createReflector(services, api, {
    timing: defaultTiming,
    random: () => 0.5,
    onChange: () => problems.add(reflector.status().problem),
  });
  reflector.restart();
  await ended;
  await Promise.resolve();
  reflector.close();
  return { lists, asked, names: reflector.records().map(({ name }) => name), problems: [...problems] };
}

const bookmark = { type: 'BOOKMARK', object: { kind: 'Service', metadata: { resourceVersion: '8' } } };

describe('a watch', () => {
  it.each([
    ['400', 400],
    ['504, as where the data was restored from a backup', 504],
  ])('begins with a list where the server does not know its version (%s)', async (_, status) => {
    const refused = new ApiError('server', 'The server failed.', status);
    const { lists, asked } = await watched(4, {
      versions: ['900', '5'],
      watch: (_n, version) => (version === '900' ? { error: refused } : {}),
    });
    expect(lists).toBe(2);
    expect(asked.slice(0, 2)).toEqual(['900', '5']);
  });

  it('goes on where it was where the server only fails', async () => {
    const failed = new ApiError('server', 'The server failed.', 500);
    expect((await watched(4, { watch: () => ({ error: failed }) })).lists).toBe(1);
  });

  it.each([
    ['a bookmark and a 410', new ApiError('gone', 'Gone.', 410)],
    ['a bookmark and no JSON', new ApiError('garbage', 'No JSON.')],
  ])('lists ever more rarely where each says %s', async (_, error) => {
    await watched(12, { watch: () => ({ lines: [bookmark], error }) });
    const waits = pauses.slice(1, 11);
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
    expect(waits.at(-1)).toBeGreaterThan(30_000);
  });

  it('takes no object of another kind', async () => {
    const pod = { type: 'ADDED', object: { ...service('shop', 'cart', '10.96.20.11'), kind: 'Pod' } };
    const { names, lists, problems } = await watched(3, { watch: () => ({ lines: [pod] }) });
    expect(names).toEqual(['web']);
    expect(lists).toBeGreaterThan(1);
    expect(problems).toContain('The watch of services told of a Pod.');
  });

  it('takes no list of another kind', async () => {
    const { names, problems } = await watched(3, { kind: 'PodList', watch: () => ({}) });
    expect(names).toEqual([]);
    expect(problems).toContain('The answer of https://cluster.test is no list of services.');
  });

  it('sends no version that no server gives', async () => {
    const { asked, names } = await watched(3, {
      watch: () => ({ lines: [{ type: 'BOOKMARK', object: { metadata: { resourceVersion: '9'.repeat(100_000) } } }] }),
    });
    expect(new Set(asked)).toEqual(new Set(['7']));
    expect(names).toEqual(['web']);
  });

  it('forgets nothing where one is told deleted that never was', async () => {
    const deleted = { type: 'DELETED', object: service('shop', 'cart', '10.96.20.11') };
    expect((await watched(3, { watch: () => ({ lines: [deleted, bookmark] }) })).names).toEqual(['web']);
  });
});

describe('where the clock of the machine is set back', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  it('a Pod is asked for anew', async () => {
    let asked = 0;
    const json: Api['json'] = async () => {
      asked += 1;
      return { kind: 'Pod', metadata: { namespace: 'shop', name: 'web-1' } };
    };
    const pods = createPodCache({ json } as Partial<Api> as Api, 30_000, () => undefined);
    await pods.fetch('shop', 'web-1');
    vi.setSystemTime(Date.now() - hour);
    vi.advanceTimersByTime(31_000);
    await pods.fetch('shop', 'web-1');
    expect(asked).toBe(2);
  });

  it('changes are gathered for no longer than before', () => {
    let runs = 0;
    const { schedule } = gather(defaultTiming, () => {
      runs += 1;
    });
    schedule();
    vi.advanceTimersByTime(defaultTiming.gather);
    vi.setSystemTime(Date.now() - hour);
    vi.advanceTimersByTime(defaultTiming.longestGather);
    schedule();
    vi.advanceTimersByTime(defaultTiming.gather);
    expect(runs).toBe(2);
  });

  it('a server that hangs is noticed', async () => {
    const heardAt = Date.now();
    const heard = performance.now();
    let changes = 0;
    const api = { heardAt: () => heardAt, silentFor: () => performance.now() - heard, answers: async () => false };
    const heartbeat = startHeartbeat(
      api as Partial<Api> as Api,
      defaultTiming,
      () => true,
      () => {
        changes += 1;
      },
    );
    vi.setSystemTime(Date.now() - hour);
    await vi.advanceTimersByTimeAsync(defaultTiming.heartbeat + 1);
    expect(heartbeat.silentSince()).toBe(heardAt);
    expect(changes).toBe(1);
    heartbeat.stop();
  });
});
