import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerStatus } from './api-server.ts';
import { node, service } from './objects.ts';
import { api, changes, connectAs, countChangesAnew, quick, services, statusOf, synced, until } from './watched-server.ts';

setFlagsFromString('--expose-gc');
const collect: unknown = runInNewContext('gc');

function heapAfterCollection(): number {
  if (typeof collect !== 'function') throw new Error('no garbage collection on demand');
  collect();
  return process.memoryUsage().heapUsed;
}

describe('a live cluster', () => {
  it('lists Services, EndpointSlices and Nodes, and no Pods', async () => {
    const of = connectAs({ token: 'secret' });
    await synced(of);
    const cluster = of.cluster();
    expect(cluster?.servicesAt('10.96.20.10').map((found) => found.service.name)).toEqual(['web']);
    expect(cluster?.endpointsAt('10.244.0.11').map((found) => found.endpoint.targetRef?.name)).toEqual(['web-1']);
    expect(cluster?.nodeAt('192.0.2.1')?.name).toBe('node-a');
    expect([...(cluster?.kinds ?? [])]).toEqual(['Service', 'EndpointSlice', 'Node']);
    expect(cluster?.source).toMatchObject({ kind: 'live', label: 'test' });
    expect(api.seen.some(({ path }) => path.includes('pods'))).toBe(false);
    expect(api.seen.every(({ authorization }) => authorization === 'Bearer secret')).toBe(true);
  });

  it('gives a new cluster for a change, and leaves the old one as it was', async () => {
    const of = connectAs({});
    await synced(of);
    const before = of.cluster();
    api.put(service('shop', 'cart', '10.96.20.30'));
    await until(() => of.cluster()?.service('shop', 'cart') !== undefined);
    expect(before?.service('shop', 'cart')).toBeUndefined();
    api.remove('Service', 'shop', 'web');
    await until(() => of.cluster()?.service('shop', 'web') === undefined);
    expect(before?.service('shop', 'web')).toBeDefined();
  });

  it('keeps the same cluster where nothing that is read has changed', async () => {
    const of = connectAs({});
    await synced(of);
    const before = of.cluster();
    const heartbeat = node('node-a', '192.0.2.1');
    api.put({ ...heartbeat, metadata: { ...heartbeat.metadata, annotations: { beat: '2' } } });
    api.put(service('shop', 'cart', '10.96.20.30'));
    await until(() => of.cluster()?.service('shop', 'cart') !== undefined);
    expect(of.cluster()?.nodes[0]).toBe(before?.nodes[0]);
  });

  it('lists in pages', async () => {
    api.largestPage = 7;
    for (let index = 0; index < 40; index += 1) api.put(service('many', `s${index}`, `10.96.1.${index}`));
    const of = connectAs({});
    await synced(of);
    expect(of.cluster()?.services).toHaveLength(41);
    expect(api.count(services, false)).toBe(6);
  });

  it('begins a list again when it expires between two pages', async () => {
    api.largestPage = 10;
    for (let index = 0; index < 40; index += 1) api.put(service('many', `s${index}`, `10.96.1.${index}`));
    let expired = 0;
    api.intercept = ({ path, query }) => {
      if (path === services && query.has('continue') && expired === 0) {
        expired += 1;
        api.compact();
      }
      return false;
    };
    const of = connectAs({});
    await synced(of);
    expect(expired).toBe(1);
    expect(of.cluster()?.services).toHaveLength(41);
  });

  it.each(['clean', 'broken'] as const)('goes on where it was after a %s end of its watches, without a new list', async (how) => {
    const of = connectAs({});
    await synced(of);
    const lists = api.count(services, false);
    const watches = api.count(services, true);
    api.endWatches(how);
    await until(() => api.count(services, true) > watches);
    api.put(service('shop', 'cart', '10.96.20.30'));
    await until(() => of.cluster()?.service('shop', 'cart') !== undefined);
    await synced(of);
    expect(api.count(services, false)).toBe(lists);
  });

  it('lists again when the server has forgotten where it was (410)', async () => {
    const of = connectAs({});
    await synced(of);
    api.intercept = ({ query }, response) => {
      // Gone while nobody watched: deleted without an event that anybody could still see.
      if (!query.has('watch') || of.cluster()?.service('shop', 'web') === undefined) return false;
      return api.watches('services') > 0 ? false : answerStatus(response, 503, 'ServiceUnavailable', 'starting');
    };
    api.endWatches('broken');
    await until(() => api.watches('services') === 0);
    api.remove('Service', 'shop', 'web');
    api.put(service('shop', 'cart', '10.96.20.30'));
    api.compact();
    api.intercept = undefined;
    await until(() => of.cluster()?.service('shop', 'cart') !== undefined);
    expect(of.cluster()?.service('shop', 'web')).toBeUndefined();
    await synced(of);
  });

  it('lists anew at once when the server has forgotten where it was after an outage, and is soon live', async () => {
    const of = connectAs({}, { ...quick, firstRetry: 10, longestRetry: 60_000, longestOffline: 50 });
    await synced(of);
    await api.stop();
    await until(() => statusOf(of, 'Service').state === 'offline');
    // Long enough for failures to add up.
    const failed = Date.now() + 500;
    await until(() => Date.now() > failed);
    const problems = new Set<string>();
    api.put(service('shop', 'cart', '10.96.20.30'));
    api.compact();
    await api.start();
    await until(() => {
      for (const { problem } of of.status().resources) problems.add(problem);
      return of.cluster()?.service('shop', 'cart') !== undefined && statusOf(of, 'Service').state === 'live';
    });
    expect([...problems].filter((problem) => problem.includes('(410)'))).toEqual([]);
  });

  it('does not list again and again without a pause where each watch is answered by a 410', async () => {
    const of = connectAs({}, { ...quick, firstRetry: 200, longestRetry: 200 });
    await synced(of);
    api.intercept = ({ query }, response) => query.has('watch') && answerStatus(response, 410, 'Expired', 'too old');
    const lists = api.count(services, false);
    api.endWatches('broken');
    await until(() => statusOf(of, 'Service').state === 'stale');
    expect(api.count(services, false) - lists).toBeLessThanOrEqual(2);
    expect(statusOf(of, 'Service').problem).toBe(
      'The server no longer knows what changed since the last look (410): all is read anew.',
    );
    api.intercept = undefined;
    await synced(of);
  });

  it('keeps the same cluster where a new list says the same', async () => {
    const of = connectAs({});
    await synced(of);
    const before = of.cluster();
    const lists = api.count(services, false);
    of.refresh();
    await until(() => api.count(services, false) > lists && api.watches('services') === 1);
    await synced(of);
    expect(of.cluster()).toBe(before);
  });

  it('lists again when a line of a watch is no JSON', async () => {
    const of = connectAs({});
    await synced(of);
    const lists = api.count(services, false);
    api.sayToWatches('services', '<html>gateway</html>\n');
    await until(() => api.count(services, false) > lists);
    await synced(of);
    expect(of.cluster()?.services).toHaveLength(1);
  });

  it('survives whatever a watch says, and is right again afterwards', async () => {
    const of = connectAs({});
    await synced(of);
    const event = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({
          type: fc.constantFrom('ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR', 'OTHER', '__proto__'),
          object: fc.oneof(
            fc.jsonValue(),
            fc.record({
              kind: fc.constantFrom('Service', 'Status', 'Pod'),
              code: fc.constantFrom(410, 500, 'x', -1),
              metadata: fc.record({ name: fc.string(), namespace: fc.string(), resourceVersion: fc.constantFrom('', 'x', '1') }),
              spec: fc.jsonValue(),
            }),
          ),
        })
        .map((value) => JSON.stringify(value)),
    );
    for (const text of fc.sample(event, { seed: 11, numRuns: 60 })) {
      const watches = api.count(services, true);
      api.sayToWatches('services', `${text.replaceAll('\n', ' ')}\n`);
      api.endWatches('broken');
      await until(() => api.count(services, true) > watches && api.watches('services') > 0);
    }
    of.refresh();
    await until(() => of.cluster()?.services.length === 1 && statusOf(of, 'Service').state === 'live');
    expect(of.cluster()?.services[0]?.name).toBe('web');
  }, 30_000);

  it('takes 10,000 events with few clusters, few requests, and no more records than objects', async () => {
    const of = connectAs({});
    await synced(of);
    countChangesAnew();
    const requests = api.seen.length;
    const heap = heapAfterCollection();
    const note = 'x'.repeat(4_000);
    for (let event = 0; event < 10_000; event += 1) {
      const changed = service('shop', `s${event % 50}`, `10.96.${event % 200}.${event % 50}`);
      api.put({ ...changed, metadata: { ...changed.metadata, annotations: { note } } });
      // As a real server does, let the client read now and then.
      if (event % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    api.put(service('shop', 'last', '10.96.20.99'));
    await until(() => of.cluster()?.service('shop', 'last') !== undefined);
    api.compact();
    // 40 MB went over the wire.
    expect(heapAfterCollection() - heap).toBeLessThan(8_000_000);
    expect(of.cluster()?.services).toHaveLength(52);
    expect(statusOf(of, 'Service').count).toBe(52);
    expect(api.seen.length).toBe(requests);
    expect(changes).toBeLessThan(2_000);
  });

  it('makes no more than a few requests over many dropped connections', async () => {
    const of = connectAs({}, { ...quick, firstRetry: 20, longestRetry: 200, longestOffline: 200 });
    await synced(of);
    api.intercept = (request, response) => {
      if (!request.query.has('watch')) return false;
      response.writeHead(200).end();
      return true;
    };
    const started = Date.now();
    const before = api.count(services, true);
    api.endWatches('clean');
    await until(() => api.count(services, true) >= before + 8);
    // 20, 40, 80, 160, 200, 200, 200 ms, each by three quarters.
    expect(Date.now() - started).toBeGreaterThanOrEqual(600);
    await until(() => statusOf(of, 'Service').state === 'stale');
    expect(statusOf(of, 'Service').problem).toMatch(/ends the watch of services again and again\.$/);
    api.intercept = undefined;
    await synced(of);
  });

  it('is silent after it was closed', async () => {
    const of = connectAs({});
    await synced(of);
    of.close();
    await until(() => api.watches('services') + api.watches('nodes') + api.watches('endpointslices') === 0);
    const before = changes;
    const requests = api.seen.length;
    api.put(service('shop', 'cart', '10.96.20.30'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(of.cluster()?.service('shop', 'cart')).toBeUndefined();
    expect([changes, api.seen.length]).toEqual([before, requests]);
  });
});
