import { describe, expect, it } from 'vitest';
import { answerStatus, startApiServer } from './api-server.ts';
import { kubeconfigText } from './kubeconfigs.ts';
import { service } from './objects.ts';
import { api, connectAs, connectWith, folder, quick, services, statusOf, synced, until } from './watched-server.ts';

describe('a live cluster that is refused, or whose server does not answer', () => {
  it('is of the namespace of the context where the others may not be listed', async () => {
    api.put(service('other', 'hidden', '10.96.20.77'));
    api.intercept = ({ path }, response) =>
      !path.includes('/namespaces/shop/') && answerStatus(response, 403, 'Forbidden', 'services is forbidden');
    const file = folder.write('config', kubeconfigText(api, {}, 'shop'));
    const of = connectWith(file);
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
    const of = connectWith(file);
    await until(() => statusOf(of, 'Service').state === 'offline');
    expect(statusOf(of, 'Service').problem).toMatch(/^The certificate of https:.* is not trusted/);
    expect(api.seen).toHaveLength(0);
  });
});
