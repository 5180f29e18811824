import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connect } from '../../server/src/cluster/live/live.ts';
import type { LiveCluster } from '../../server/src/cluster/live/live-cluster.ts';
import type { ResourceStatus } from '../../server/src/cluster/live/live-status.ts';
import { defaultTiming, type Timing } from '../../server/src/cluster/live/timing.ts';
import { answerStatus, startApiServer, type TestApiServer } from './api-server.ts';
import { environmentOf, type Folder, kubeconfigText, temporaryFolder } from './kubeconfigs.ts';
import { node, pod, service, slice } from './objects.ts';

setFlagsFromString('--expose-gc');
const collect: unknown = runInNewContext('gc');

function heapAfterCollection(): number {
  if (typeof collect !== 'function') throw new Error('no garbage collection on demand');
  collect();
  return process.memoryUsage().heapUsed;
}

const quick: Timing = {
  ...defaultTiming,
  firstRetry: 4,
  longestRetry: 40,
  longestOffline: 40,
  gather: 5,
  longestGather: 20,
  podLasts: 60_000,
};
const services = '/api/v1/services';
const wait = { timeout: 8_000, interval: 5 };

let api: TestApiServer;
let folder: Folder;
let live: LiveCluster | undefined;
let changes = 0;

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

function connectAs(user: object, timing: Timing = quick): LiveCluster {
  const file = folder.write('config', kubeconfigText(api, user));
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

function statusOf(of: LiveCluster, kind: ResourceStatus['kind']): ResourceStatus {
  const found = of.status().resources.find((resource) => resource.kind === kind);
  if (found === undefined) throw new Error(`no status of ${kind}`);
  return found;
}

async function synced(of: LiveCluster): Promise<void> {
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

async function until(condition: () => boolean): Promise<void> {
  await vi.waitFor(() => expect(condition()).toBe(true), wait);
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
    expect([...problems].filter((problem) => problem.includes('410'))).toEqual([]);
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

  it('is of the namespace of the context where the others may not be listed', async () => {
    api.put(service('other', 'hidden', '10.96.20.77'));
    api.intercept = ({ path }, response) =>
      !path.includes('/namespaces/shop/') && answerStatus(response, 403, 'Forbidden', 'services is forbidden');
    const file = folder.write('config', kubeconfigText(api, {}, 'shop'));
    live = connect('test', { environment: environmentOf(folder, [file]), timing: quick, onChange: () => undefined });
    const of = live;
    await until(() => of.cluster() !== undefined && statusOf(of, 'EndpointSlice').state === 'live');
    expect(of.cluster()?.services.map(({ name }) => name)).toEqual(['web']);
    expect(of.cluster()?.knows('Service', 'other')).toBe(false);
    expect(statusOf(of, 'Service')).toMatchObject({ state: 'live', namespace: 'shop' });
    expect(statusOf(of, 'Service').problem).toMatch(/^Services of namespace shop alone: Permission to list services in all/);
    api.put(service('shop', 'cart', '10.96.20.30'));
    await until(() => of.cluster()?.service('shop', 'cart') !== undefined);
    api.intercept = undefined;
    of.refresh();
    await until(() => of.cluster()?.service('other', 'hidden') !== undefined);
    expect(of.cluster()?.knows('Service', 'other')).toBe(true);
  });

  it('outlives a refusal by a server that has just started', async () => {
    const of = connectAs({});
    await synced(of);
    let refusals = 0;
    api.intercept = ({ path, query }, response) => {
      if (path !== services || !query.has('watch') || refusals >= 2) return false;
      refusals += 1;
      return answerStatus(response, 403, 'Forbidden', 'RBAC: clusterrole "view" not found');
    };
    api.endWatches('broken');
    await until(() => refusals === 2);
    await synced(of);
  });

  it('says since when it waits for a busy server, and until when', async () => {
    api.intercept = ({ path }, response) =>
      path === services && answerStatus(response, 429, 'TooManyRequests', 'busy', { 'Retry-After': '100' });
    const before = Date.now();
    const of = connectAs({});
    await until(() => statusOf(of, 'Service').state === 'waiting');
    const { problem, wait: waiting = { since: 0, until: 0 } } = statusOf(of, 'Service');
    expect(problem).toBe('The server is busy and asks to wait 100 s (429).');
    expect(waiting.since).toBeGreaterThanOrEqual(before);
    expect(waiting.until - waiting.since).toBeGreaterThanOrEqual(99_000);
  });

  it('tells credentials that have expired from permission that is missing', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    api.tokens = ['another'];
    const of = connectAs({ token: `${part({ alg: 'none' })}.${part({ exp: 1_700_000_000 })}.x` });
    await until(() => statusOf(of, 'Service').state === 'unauthorized');
    expect(statusOf(of, 'Service').problem).toBe(
      'The credentials are not accepted (401). The token was valid until 2023-11-14 22:13 UTC.',
    );
  });

  it('says since when a server that hangs has not answered', async () => {
    const of = connectAs({}, { ...quick, heartbeat: 50, heartbeatPatience: 100 });
    await synced(of);
    // It answers what it is asked, so all is well.
    await until(() => api.seen.filter(({ path }) => path === '/version').length >= 2);
    expect(statusOf(of, 'Service').state).toBe('live');
    api.intercept = () => true;
    await until(() => statusOf(of, 'Service').state === 'offline');
    expect(statusOf(of, 'Service').problem).toMatch(/ has not answered since \d\d:\d\d:\d\d\.$/);
    expect(of.cluster()?.source.readAt).toBeLessThanOrEqual(Date.now() - 50);
    api.intercept = undefined;
    await until(() => statusOf(of, 'Service').state === 'live');
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

  it('says what a server that answers with a page of HTML is', async () => {
    api.intercept = (_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html><h1>Sign in</h1></html>');
      return true;
    };
    const of = connectAs({});
    await until(() => statusOf(of, 'Service').state === 'stale');
    expect(statusOf(of, 'Service').problem).toMatch(/is no JSON object: list services/);
    expect(of.cluster()).toBeUndefined();
  });

  it('names the verb and resource that are forbidden, shows the rest, and does not ask again by itself', async () => {
    api.intercept = ({ path }, response) =>
      path === '/api/v1/nodes' &&
      answerStatus(
        response,
        403,
        'Forbidden',
        'nodes is forbidden: User "dev" cannot list resource "nodes" in API group "" at the cluster scope',
      );
    const of = connectAs({});
    await until(() => of.cluster() !== undefined && statusOf(of, 'Node').state === 'forbidden');
    expect(statusOf(of, 'Node').problem).toBe(
      'Permission to list nodes is missing (403). nodes is forbidden: User "dev" cannot list resource "nodes" in API group "" at the cluster scope.',
    );
    expect(of.cluster()?.warnings).toEqual([expect.stringContaining('No Nodes: Permission to list nodes is missing')]);
    expect(of.cluster()?.kinds.has('Node')).toBe(false);
    // Whatever was due after a failure has passed once another resource has come back from several.
    for (let round = 0; round < 5; round += 1) {
      const watches = api.count(services, true);
      api.endWatches('broken');
      await until(() => api.count(services, true) > watches && api.watches('services') === 1);
    }
    expect(api.count('/api/v1/nodes', false)).toBe(1);
    api.intercept = undefined;
    of.refresh();
    await until(() => of.cluster()?.nodes.length === 1);
    expect(of.cluster()?.warnings).toEqual([]);
  });

  it('tells a forbidden watch from a forbidden list, and keeps what it listed', async () => {
    api.intercept = ({ path, query }, response) =>
      path === services && query.has('watch') && answerStatus(response, 403, 'Forbidden', 'services is forbidden');
    const of = connectAs({});
    await until(() => statusOf(of, 'Service').state === 'forbidden');
    expect(statusOf(of, 'Service').problem).toMatch(/^Permission to watch services in all namespaces is missing/);
    await until(() => of.cluster()?.services.length === 1);
  });

  it('waits as long as a busy server asks for (429)', async () => {
    const at: number[] = [];
    api.intercept = ({ path, query }, response) => {
      if (path !== services || query.has('watch')) return false;
      at.push(Date.now());
      return at.length === 1 && answerStatus(response, 429, 'TooManyRequests', 'busy', { 'Retry-After': '1' });
    };
    const of = connectAs({});
    await synced(of);
    expect(at).toHaveLength(2);
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(990);
  });

  it('is offline while nothing listens, with the last good data and its age, and comes back', async () => {
    const of = connectAs({});
    await synced(of);
    const before = of.cluster();
    await api.stop();
    await until(() => statusOf(of, 'Service').state === 'offline');
    expect(statusOf(of, 'Service').problem).toMatch(/Nothing listens at|broke the connection/);
    expect(of.cluster()).toBe(before);
    const age = of.cluster()?.source.readAt ?? 0;
    expect(age).toBeGreaterThan(0);
    expect(statusOf(of, 'Service').currentAt).toBeLessThanOrEqual(Date.now());
    api.put(service('shop', 'cart', '10.96.20.30'));
    await api.start();
    await until(() => of.cluster()?.service('shop', 'cart') !== undefined);
    await synced(of);
    expect(of.cluster()?.source.readAt).toBeGreaterThanOrEqual(age);
  });

  it('does not trust a certificate that the kubeconfig does not name, and says so', async () => {
    const other = await startApiServer();
    const file = folder.write('config', kubeconfigText({ url: api.url, certificate: other.certificate }, {}));
    await other.close();
    live = connect('test', { environment: environmentOf(folder, [file]), timing: quick, onChange: () => undefined });
    const of = live;
    await until(() => statusOf(of, 'Service').state === 'offline');
    expect(statusOf(of, 'Service').problem).toMatch(/^The certificate of https:.* is not trusted/);
    expect(api.seen).toHaveLength(0);
  });

  it('takes 10,000 events with few clusters, few requests, and no more records than objects', async () => {
    const of = connectAs({});
    await synced(of);
    changes = 0;
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

describe('a Pod', () => {
  it('is fetched when it is asked for, once for many questions', async () => {
    const of = connectAs({});
    const found = await Promise.all([of.fetchPod('shop', 'web-1'), of.fetchPod('shop', 'web-1')]);
    expect(found.map((record) => record?.podIPs)).toEqual([['10.244.0.11'], ['10.244.0.11']]);
    await of.fetchPod('shop', 'web-1');
    expect(api.seen.filter(({ path }) => path.endsWith('/pods/web-1'))).toHaveLength(1);
    expect(statusOf(of, 'Pod')).toMatchObject({ state: 'live', count: 1 });
  });

  it('that is not there is none, and not asked for again at once', async () => {
    const of = connectAs({});
    expect(await of.fetchPod('shop', 'gone')).toBeUndefined();
    expect(await of.fetchPod('shop', 'gone')).toBeUndefined();
    expect(api.seen.filter(({ path }) => path.endsWith('/pods/gone'))).toHaveLength(1);
  });

  it('that may not be read is asked for once a namespace, until a refresh', async () => {
    api.intercept = ({ path }, response) =>
      path.includes('/pods/') && answerStatus(response, 403, 'Forbidden', 'pods "web-1" is forbidden');
    const of = connectAs({});
    expect(await of.fetchPod('shop', 'web-1')).toBeUndefined();
    expect(await of.fetchPod('shop', 'web-2')).toBeUndefined();
    expect(api.seen.filter(({ path }) => path.includes('/pods/'))).toHaveLength(1);
    expect(statusOf(of, 'Pod').problem).toMatch(/^Permission to get pods in namespace shop is missing \(403\)/);
    api.intercept = undefined;
    of.refresh();
    expect((await of.fetchPod('shop', 'web-1'))?.name).toBe('web-1');
  });

  it('whose name is no name is never put into a URL', async () => {
    const of = connectAs({});
    await synced(of);
    const requests = api.seen.length;
    expect(await of.fetchPod('shop', '../../../api/v1/secrets')).toBeUndefined();
    expect(await of.fetchPod('shop/pods', 'web-1')).toBeUndefined();
    expect(api.seen.length).toBe(requests);
  });

  it('is kept for a bounded number of names', async () => {
    const of = connectAs({});
    for (let index = 0; index < 1_100; index += 1) await of.fetchPod('shop', `p${index}`);
    expect(statusOf(of, 'Pod').count).toBe(1_000);
  });
});
