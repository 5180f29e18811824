import { describe, expect, it } from 'vitest';
import { answerStatus } from './api-server.ts';
import { api, connectAs, statusOf, synced } from './watched-server.ts';

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
