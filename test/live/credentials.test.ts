import { readFileSync, writeFileSync } from 'node:fs';
import { generate } from 'selfsigned';
import { describe, expect, it, vi } from 'vitest';
import { loadOnce } from '../../server/src/cluster/live/live.ts';
import type { LiveCluster } from '../../server/src/cluster/live/live-cluster.ts';
import { answerStatus } from './api-server.ts';
import { environmentOf, kubeconfigText } from './kubeconfigs.ts';
import { service } from './objects.ts';
import { api, connectAs, connectWith, folder, quick, synced } from './watched-server.ts';

async function until(condition: () => boolean): Promise<void> {
  await vi.waitFor(() => expect(condition()).toBe(true), { timeout: 8_000, interval: 5 });
}

function states(of: LiveCluster): readonly string[] {
  return of
    .status()
    .resources.slice(0, 3)
    .map(({ state }) => state);
}

/** A credential plugin that notes its runs and what it was told, and prints what `answer` holds. */
function plugin(answer: string, exitCode = 0): { readonly exec: object; runs(): readonly string[]; say(text: string): void } {
  const answerFile = folder.write('answer.json', answer);
  const runs = folder.write('runs', '');
  const script = folder.write(
    'plugin.cjs',
    `const fs = require('node:fs');
fs.appendFileSync(${JSON.stringify(runs)}, process.env.KUBERNETES_EXEC_INFO + ' ' + process.env.EXTRA + '\\n');
process.stdout.write(fs.readFileSync(${JSON.stringify(answerFile)}, 'utf8'));
if (${exitCode}) process.stderr.write('warming up\\nno session, log in first\\n');
process.exitCode = ${exitCode};`,
  );
  return {
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1',
      interactiveMode: 'Never',
      command: process.execPath,
      args: [script],
      env: [{ name: 'EXTRA', value: 'more' }],
      provideClusterInfo: true,
    },
    runs: () =>
      readFileSync(runs, 'utf8')
        .split('\n')
        .filter((line) => line !== ''),
    say: (text) => writeFileSync(answerFile, text),
  };
}

function credential(token: string, expirationTimestamp?: string): string {
  return JSON.stringify({ kind: 'ExecCredential', status: { token, expirationTimestamp } });
}

describe('credentials', () => {
  it('that are not accepted stop everything until the user refreshes', async () => {
    api.tokens = ['right'];
    const of = connectAs({ token: 'wrong' });
    await until(() => states(of).every((state) => state === 'unauthorized'));
    expect(of.status().resources[0]?.problem).toMatch(
      /^The credentials are not accepted \(401\) to list services in all namespaces/,
    );
    // Each kind asks, and once more with the kubeconfig read anew.
    const requests = api.seen.length;
    expect(requests).toBeLessThanOrEqual(6);
    folder.write('config', kubeconfigText(api, { token: 'right' }));
    of.refresh();
    await until(() => states(of).every((state) => state === 'live') && of.cluster()?.services.length === 1);
  });

  it('that a server tells again are not shown', async () => {
    api.tokens = ['never-to-be-seen'];
    api.intercept = ({ authorization }, response) => answerStatus(response, 403, 'Forbidden', `you sent ${authorization}`);
    const of = connectAs({ token: 'never-to-be-seen' });
    await until(() => states(of).every((state) => state === 'forbidden'));
    const problem = of.status().resources[0]?.problem;
    expect(problem).toContain('you sent Bearer (credentials).');
    expect(problem).not.toContain('never-to-be-seen');
  });

  it('that a watch tells again are not shown either', async () => {
    api.tokens = ['never-to-be-seen'];
    const of = connectAs({ token: 'never-to-be-seen' }, { ...quick, firstRetry: 60_000, longestRetry: 60_000 });
    await synced(of);
    const object = { kind: 'Status', code: 500, message: 'you sent Bearer never-to-be-seen' };
    api.sayToWatches('services', `${JSON.stringify({ type: 'ERROR', object })}\n`);
    await until(() => of.status().resources.some(({ problem }) => problem.includes('you sent')));
    const problems = of.status().resources.map(({ problem }) => problem);
    expect(problems.join()).toContain('you sent Bearer (credentials)');
    expect(problems.join()).not.toContain('never-to-be-seen');
  });

  it('from a token file are read again when the token has rotated', async () => {
    api.tokens = ['first'];
    const tokenFile = folder.write('token', 'first');
    const of = connectAs({ tokenFile });
    await until(() => states(of).every((state) => state === 'live'));
    api.tokens = ['second'];
    writeFileSync(tokenFile, 'second');
    api.endWatches('broken');
    api.put(service('shop', 'cart', '10.96.20.30'));
    await until(() => of.cluster()?.service('shop', 'cart') !== undefined && states(of).every((state) => state === 'live'));
    expect(api.seen.at(-1)?.authorization).toBe('Bearer second');
  });

  it('come from a plugin, which is run once and told of the cluster', async () => {
    api.tokens = ['from-plugin'];
    const program = plugin(credential('from-plugin'));
    const of = connectAs({ exec: program.exec });
    await until(() => states(of).every((state) => state === 'live'));
    expect(program.runs()).toHaveLength(1);
    const [info = '', extra] = (program.runs()[0] ?? '').split(/ (?=more$)/);
    expect(extra).toBe('more');
    expect(JSON.parse(info)).toMatchObject({
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      spec: { interactive: false, cluster: { server: api.url } },
    });
  });

  it('from a plugin are asked for again when the server no longer takes them', async () => {
    api.tokens = ['first'];
    const program = plugin(credential('first'));
    const of = connectAs({ exec: program.exec });
    await until(() => states(of).every((state) => state === 'live'));
    program.say(credential('second'));
    api.tokens = ['second'];
    api.endWatches('clean');
    await until(() => api.seen.at(-1)?.authorization === 'Bearer second' && states(of).every((state) => state === 'live'));
    expect(program.runs()).toHaveLength(2);
  });

  it.each([
    ['', 1, /failed with exit code 1: no session, log in first/],
    ['hello', 0, /printed no JSON/],
    ['{}', 0, /gave neither a token nor a certificate/],
  ])('that a plugin does not give (%j, exit code %i) are not asked for again by a timer', async (answer, code, message) => {
    const program = plugin(answer, code);
    const of = connectAs({ exec: program.exec });
    await until(() => states(of).every((state) => state === 'unauthorized'));
    expect(of.status().resources[0]?.problem).toMatch(message);
    expect(program.runs()).toHaveLength(1);
    expect(api.seen).toHaveLength(0);
  });

  it('from a plugin that is not installed: says how to get it', async () => {
    const exec = {
      command: 'no-such-plugin',
      interactiveMode: 'Never',
      installHint: 'Get it from example.test.',
      apiVersion: 'client.authentication.k8s.io/v1',
    };
    const of = connectAs({ exec });
    await until(() => states(of).every((state) => state === 'unauthorized'));
    expect(of.status().resources[0]?.problem).toBe(
      'The credential plugin no-such-plugin of user "test-user" is not installed, or not in PATH. Get it from example.test.',
    );
  });

  it('may be a certificate of the client, and a file may name the authority of the server', async () => {
    const client = await generate([{ name: 'commonName', value: 'dev' }], { algorithm: 'sha256', keyType: 'ec' });
    const config = JSON.parse(
      kubeconfigText(api, {
        'client-certificate-data': Buffer.from(client.cert).toString('base64'),
        'client-key': 'client.key',
      }),
    ) as { clusters: { cluster: Record<string, string> }[] };
    folder.write('client.key', client.private);
    folder.write('ca.crt', api.certificate);
    for (const { cluster } of config.clusters) {
      delete cluster['certificate-authority-data'];
      cluster['certificate-authority'] = 'ca.crt';
    }
    const file = folder.write('config', JSON.stringify(config));
    const of = connectWith(file);
    await until(() => states(of).every((state) => state === 'live'));
    expect(new Set(api.seen.map(({ certificate }) => certificate))).toEqual(new Set(['dev']));
  });

  it('of an identity provider are sent while they are valid', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const token = `${part({ alg: 'none' })}.${part({ exp: 4_000_000_000 })}.x`;
    api.tokens = [token];
    const of = connectAs({
      'auth-provider': {
        name: 'oidc',
        config: { 'id-token': token, 'client-id': 'kubectl', 'idp-issuer-url': 'https://issuer.test' },
      },
    });
    await until(() => states(of).every((state) => state === 'live'));
  });

  it('of an identity provider that have expired are not renewed behind the back of kubectl', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const config = {
      'id-token': `${part({ alg: 'none' })}.${part({ exp: 1_700_000_000 })}.x`,
      'refresh-token': 'once',
      'client-id': 'kubectl',
      // Whoever asked there would be seen.
      'idp-issuer-url': api.url,
    };
    const of = connectAs({ 'auth-provider': { name: 'oidc', config } });
    await until(() => states(of).every((state) => state === 'unauthorized'));
    expect(of.status().resources[0]?.problem).toMatch(
      /^The sign-in \(oidc\) for https:.* has expired and is not renewed here: run kubectl/,
    );
    expect(api.seen).toEqual([]);
  });
});

describe('loadOnce', () => {
  function environment(user: object, namespace = '') {
    return environmentOf(folder, [folder.write('config', kubeconfigText(api, user, namespace))]);
  }

  it('gives the cluster with its Pods, and no watch', async () => {
    api.largestPage = 1;
    api.put(service('shop', 'cart', '10.96.20.30'));
    const cluster = await loadOnce('test', { timeoutMs: 10_000, environment: environment({}) });
    expect(cluster.services.map(({ name }) => name)).toEqual(['web', 'cart']);
    expect(cluster.pod('shop', 'web-1')?.node).toBe('node-a');
    expect(cluster.nodes).toHaveLength(1);
    expect(cluster.source).toMatchObject({ kind: 'live', label: 'test' });
    expect(api.seen.some(({ query }) => query.has('watch'))).toBe(false);
  });

  it.skipIf(process.platform === 'win32')('does not count the time in which somebody signs in', async () => {
    const exec = (script: string): object => ({
      exec: {
        apiVersion: 'client.authentication.k8s.io/v1',
        interactiveMode: 'Never',
        command: '/bin/sh',
        args: ['-c', script],
      },
    });
    const credential = '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t"}}';
    const given = exec(`sleep 2; echo '${credential}'`);
    expect((await loadOnce('test', { timeoutMs: 1_500, environment: environment(given) })).services).toHaveLength(1);
    const failed = exec('sleep 1; echo nobody confirmed >&2; exit 3');
    await expect(loadOnce('test', { timeoutMs: 300, environment: environment(failed) })).rejects.toThrow(
      /failed with exit code 3: nobody confirmed$/,
    );
  });

  it.skipIf(process.platform !== 'linux').each([
    ['token', { tokenFile: '/proc/kmsg' }],
    ['certificate', { 'client-certificate': '/proc/kmsg', 'client-key': '/proc/kmsg' }],
  ])('reads no %s from a file without an end', async (_, user) => {
    await expect(loadOnce('test', { timeoutMs: 10_000, environment: environment(user) })).rejects.toThrow(
      /has no end: the kernel writes to it while it is read\.$|denied/,
    );
  });

  it('does without Pods that may not be listed, and says so', async () => {
    api.intercept = ({ path }, response) =>
      path.endsWith('/pods') && answerStatus(response, 403, 'Forbidden', 'pods is forbidden');
    const cluster = await loadOnce('test', { timeoutMs: 10_000, environment: environment({}) });
    expect(cluster.kinds.has('Pod')).toBe(false);
    expect(cluster.warnings).toEqual([
      'No Pods: Permission to list pods in all namespaces is missing (403). pods is forbidden. Nor may they be listed in namespace default.',
    ]);
  });

  it('takes the namespace of the context where the others may not be listed', async () => {
    api.put(service('other', 'hidden', '10.96.20.77'));
    api.intercept = ({ path }, response) => !path.includes('/namespaces/shop/') && answerStatus(response, 403, 'Forbidden', 'no');
    const cluster = await loadOnce('test', { timeoutMs: 10_000, environment: environment({}, 'shop') });
    expect(cluster.services.map(({ name }) => name)).toEqual(['web']);
    expect(cluster.pods.map(({ name }) => name)).toEqual(['web-1']);
    expect(cluster.kinds.has('Node')).toBe(false);
    expect([cluster.knows('Service', 'shop'), cluster.knows('Service', 'other')]).toEqual([true, false]);
    expect(cluster.warnings).toEqual([
      'Services of namespace shop alone: Permission to list services in all namespaces is missing (403). no.',
      'EndpointSlices of namespace shop alone: Permission to list endpointslices.discovery.k8s.io in all namespaces is missing (403). no.',
      'No Nodes: Permission to list nodes is missing (403). no. What depends on zones and node addresses (hints, source ranges) may be off.',
      'Pods of namespace shop alone: Permission to list pods in all namespaces is missing (403). no.',
    ]);
  });

  it('takes Services alone where that is all that may be listed', async () => {
    api.intercept = ({ path }, response) => path !== '/api/v1/services' && answerStatus(response, 403, 'Forbidden', 'no');
    const cluster = await loadOnce('test', { timeoutMs: 10_000, environment: environment({}) });
    expect([...cluster.kinds]).toEqual(['Service']);
    expect(cluster.warnings.map((warning) => warning.split(':')[0])).toEqual(['No EndpointSlices', 'No Nodes', 'No Pods']);
  });

  it('fails where nothing may be listed', async () => {
    api.intercept = (_request, response) => answerStatus(response, 403, 'Forbidden', 'no');
    await expect(loadOnce('test', { timeoutMs: 10_000, environment: environment({}) })).rejects.toThrow(
      /^Permission to list services in all namespaces is missing/,
    );
  });

  it('fails with a sentence when nothing listens, when the time is over, and without the context', async () => {
    const known = environment({});
    await expect(loadOnce('other', { timeoutMs: 10_000, environment: known })).rejects.toThrow(/There is no context "other"/);
    api.intercept = () => true;
    await expect(loadOnce('test', { timeoutMs: 50, environment: known })).rejects.toThrow(/did not give all .* within 0.05 s/);
    await api.stop();
    await expect(loadOnce('test', { timeoutMs: 10_000, environment: known })).rejects.toThrow(/^Nothing listens at https:/);
  });

  it('reads what a broken server says without falling over', async () => {
    for (const answer of ['', '{', '[]', 'null', '{"kind":"List"}', '{"kind":"ServiceList","items":[1,null,{}]}']) {
      api.intercept = (_request, response) => {
        response.writeHead(200, { 'Content-Type': 'application/json' }).end(answer);
        return true;
      };
      const loaded = loadOnce('test', { timeoutMs: 10_000, environment: environment({}) });
      await expect(loaded).rejects.toThrow(/is no JSON object|is no list of|is a list of services of which some have no name/);
    }
  });
});
