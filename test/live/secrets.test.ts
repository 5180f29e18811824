import { execFile, execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApi } from '../../server/src/cluster/live/api.ts';
import { loadKubeconfig } from '../../server/src/cluster/live/kubeconfig.ts';
import { runInPod } from '../../server/src/cluster/live/run-in-pod.ts';
import { fixturePath } from '../support/fixtures.ts';
import { inspectBundle } from '../support/inspect.ts';
import { type ApiObject, type Intercept, startApiServer, type TestApiServer } from './api-server.ts';
import { environmentOf, type Folder, kubeconfigText, temporaryFolder } from './kubeconfigs.ts';

// The built program: what it was given to sign in with is on no way out, and what a kubeconfig names is read with an end.

const dump = fixturePath('sample/worker-1.iptables');
const { items } = JSON.parse(readFileSync(fixturePath('sample/cluster.json'), 'utf8')) as {
  readonly items: readonly ApiObject[];
};

const proxyPod: ApiObject = {
  kind: 'Pod',
  metadata: { namespace: 'kube-system', name: 'kube-proxy-1', labels: { 'k8s-app': 'kube-proxy' } },
  spec: { nodeName: 'worker-1', hostNetwork: true, containers: [{ name: 'kube-proxy', securityContext: { privileged: true } }] },
  status: { phase: 'Running', containerStatuses: [{ name: 'kube-proxy', state: { running: {} } }] },
};

/** Arguments of every command that asks a cluster, beside `--context`; the folder of `collect` is not there. */
const commandLines: Readonly<Record<string, readonly string[]>> = {
  check: [dump],
  'check --format json': ['check', dump, '--format', 'json'],
  'check --format sarif': ['check', dump, '--format', 'sarif'],
  resolve: [dump],
  flow: [dump, '--to', 'booking/frontend'],
  trace: [dump, '--from', '10.244.9.9', '--to', '10.96.0.1:443'],
  reach: [dump, '--to', 'booking/frontend'],
  test: [dump, '--write', 'expectations.packets.yaml', '--to', 'booking/frontend', '--force'],
  diagnose: [dump],
  'diagnose --format json': ['diagnose', dump, '--format', 'json'],
  drift: [dump],
  expected: ['--node', 'worker-1', '--cluster-cidr', '10.244.0.0/16'],
  diff: [dump, dump],
  map: [dump],
  collect: ['--node', 'worker-1', '-o', 'bundle'],
};

let api: TestApiServer;
let folder: Folder;

beforeAll(async () => {
  api = await startApiServer();
  for (const item of items) api.put(item);
  api.put(proxyPod);
  folder = temporaryFolder();
});

afterAll(async () => {
  await api.close();
  folder.remove();
});

interface Ended {
  readonly command: string;
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(command: string, given: readonly string[], kubeconfig: string): Promise<Ended> {
  const args = command.includes(' ') ? given : [command, ...given];
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      [inspectBundle, ...args, '--context', 'test'],
      {
        cwd: folder.path,
        env: {
          ...process.env,
          NO_COLOR: '1',
          KUBECONFIG: kubeconfig,
          HOME: folder.path,
          IPTABLES_INSPECT_PIPE_SECONDS: '0.2',
          NODE_DEBUG: '',
        },
      },
      (_error, stdout, stderr) => done({ command, status: child.exitCode, stdout, stderr }),
    );
  });
}

function everyCommand(kubeconfig: string): Promise<readonly Ended[]> {
  rmSync(join(folder.path, 'bundle'), { recursive: true, force: true });
  return Promise.all(Object.entries(commandLines).map(([command, args]) => run(command, args, kubeconfig)));
}

const token = 'eyJhbGciOiJub25lIn0.never-to-be-seen/with+signs&<more>.c2lnbmF0dXJl';
const user = 'jane';
const password = 'pass"word\\&<never>\'/seen';
const basic = Buffer.from(`${user}:${password}`).toString('base64');

/** As Go writes JSON, and as those do who escape slashes. */
function escapedJson(value: unknown): string {
  const escapes: Readonly<Record<string, string>> = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026', '/': '\\/' };
  return JSON.stringify(value).replace(/[<>&/]/g, (character) => escapes[character] ?? character);
}

/** A server that tells again all that it was sent, with every status that is a refusal. */
function telling(code: number, path: RegExp): Intercept {
  return ({ authorization, path: asked }, response) => {
    if (!path.test(asked)) return false;
    const words = `you sent ${authorization} as ${encodeURIComponent(authorization)}, which is ${Buffer.from(authorization.slice(6), 'base64')}`;
    const body = {
      kind: 'Status',
      status: 'Failure',
      message: words,
      reason: words,
      code,
      details: { causes: [{ message: words }] },
    };
    const told = authorization.replace(/[^\x20-\x7e]/g, '');
    response.writeHead(code, told, {
      'Content-Type': 'application/json',
      'WWW-Authenticate': `Bearer realm="${told}"`,
      Location: `https://127.0.0.1:1/?t=${encodeURIComponent(told)}`,
      'Set-Cookie': told,
      Warning: `299 - "${told}"`,
      'Retry-After': told,
      'X-Told-Again': told,
    });
    response.end(escapedJson(body));
    return true;
  };
}

function expectUnseen({ command, stdout, stderr }: Ended): void {
  for (const secret of [token, token.slice(-20), password, basic, encodeURIComponent(token)])
    expect([command, `${stdout}${stderr}`.includes(secret)]).toEqual([command, false]);
}

describe('a server that tells again what it was sent', () => {
  it.each([
    ['a token', { token }],
    ['a password', { username: user, password }],
  ])(
    '(%s) has nothing of it shown by any command, whatever it refuses with',
    async (_what, credentials) => {
      const kubeconfig = folder.write('told', kubeconfigText(api, credentials));
      api.intercept = telling(403, /./);
      for (const ended of await everyCommand(kubeconfig)) {
        expect([ended.command, ended.status, ended.stdout]).toEqual([ended.command, 2, '']);
        // The server's words are shown, without them.
        expect(ended.stderr).toContain('(credentials)');
        expectUnseen(ended);
      }
      for (const code of [400, 401, 404, 410, 500, 503]) {
        api.intercept = telling(code, /./);
        expectUnseen(await run('resolve', [dump], kubeconfig));
      }
    },
    120_000,
  );

  it('at the exec of a program has nothing shown either, and has an end', async () => {
    const kubeconfig = folder.write('told', kubeconfigText(api, { token }));
    api.intercept = undefined;
    rmSync(join(folder.path, 'bundle'), { recursive: true, force: true });
    api.exec = () => ({
      stdout: [],
      status: { status: 'Failure', message: `you sent ${token}: executable file not found in $PATH` },
    });
    expectUnseen(await run('collect', ['--node', 'worker-1', '-o', 'bundle'], kubeconfig));
    for (const name of readdirSync(join(folder.path, 'bundle'))) {
      const path = join(folder.path, 'bundle', name);
      if (statSync(path).isFile()) expect([name, readFileSync(path, 'utf8').includes(token)]).toEqual([name, false]);
    }
    api.refuseExec = ({ authorization }, socket) => {
      const body = escapedJson({ kind: 'Status', message: `you sent ${authorization}` });
      socket.end(`HTTP/1.1 403 ${authorization}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    };
    const refused = await run('collect', ['--node', 'worker-1', '-o', 'refused'], kubeconfig);
    expect([refused.status, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toContain('you sent Bearer (credentials)');
    expectUnseen(refused);
    api.refuseExec = undefined;
  }, 60_000);

  it('at the exec of a program may not go on for ever with its words', async () => {
    const kubeconfig = loadKubeconfig(environmentOf(folder, [folder.write('told', kubeconfigText(api, { token }))]));
    const asked = createApi(() => kubeconfig.configFor('test'));
    api.refuseExec = (_request, socket) => {
      socket.write('HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n');
      const timer = setInterval(() => socket.write('1\r\n \r\n'), 5);
      socket.on('close', () => clearInterval(timer)).on('error', () => undefined);
    };
    const target = { namespace: 'shop', pod: 'web', container: 'web' };
    await expect(runInPod(asked, target, ['true'], new AbortController().signal, 300)).rejects.toThrow(
      'Permission to create pods/exec in namespace shop is missing (403).',
    );
    const given = new AbortController();
    const never = runInPod(asked, target, ['true'], given.signal);
    const isRefused = expect(never).rejects.toThrow('The command was given up.');
    setTimeout(() => given.abort(), 300);
    await isRefused;
    api.refuseExec = undefined;
    asked.close();
  });

  it('where some may be listed, has nothing shown in what was not', async () => {
    const kubeconfig = folder.write('told', kubeconfigText(api, { token }));
    api.intercept = telling(403, /nodes$/);
    for (const ended of await everyCommand(kubeconfig)) expectUnseen(ended);
  }, 120_000);
});

describe.skipIf(process.platform !== 'linux')('a file that a kubeconfig names', () => {
  let nextConfig = 0;
  const cluster = (field: object) => ({ server: api.url, ...field });
  const config = (clusterFields: object, userFields: object): string =>
    folder.write(
      `special-${nextConfig++}`,
      JSON.stringify({
        contexts: [{ name: 'test', context: { cluster: 'c', user: 'u' } }],
        clusters: [{ name: 'c', cluster: cluster(clusterFields) }],
        users: [{ name: 'u', user: userFields }],
      }),
    );

  const places: readonly (readonly [string, (path: string) => string])[] = [
    ['certificate-authority', (path) => config({ 'certificate-authority': path }, { token })],
    ['client-certificate', (path) => config({}, { 'client-certificate': path, 'client-key': path })],
    ['client-key', (path) => config({}, { 'client-certificate': fixturePath('sample/cluster.json'), 'client-key': path })],
    ['tokenFile', (path) => config({ 'insecure-skip-tls-verify': true }, { tokenFile: path })],
    ['KUBECONFIG', (path) => path],
  ];

  it.each(places)(
    'as %s is refused in one line where it is a pipe, a device or has no end',
    async (_field, written) => {
      api.intercept = undefined;
      const pipe = join(folder.path, `pipe-${_field}`);
      execFileSync('mkfifo', [pipe]);
      const endless = ['/proc/kmsg', '/proc/self/mem', '/proc/kcore'];
      const devices = ['/dev/kmsg', '/dev/zero', '/dev/stdin', '/dev/null'];
      const ended = await Promise.all([pipe, ...endless, ...devices, '/'].map((path) => run('resolve', [dump], written(path))));
      for (const { status, stdout, stderr } of ended) {
        expect([status, stdout]).toEqual([2, '']);
        expect(stderr).toMatch(/^iptables-inspect: context test: [^\n]{1,1000}\n$/);
      }
    },
    60_000,
  );

  it('is refused by every command alike', async () => {
    const pipe = join(folder.path, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const path of ['/proc/kmsg', pipe]) {
      const kubeconfig = config({ 'certificate-authority': path }, { token });
      for (const { command, status, stdout, stderr } of await everyCommand(kubeconfig)) {
        expect([command, status, stdout]).toEqual([command, 2, '']);
        expect(stderr).toMatch(/^iptables-inspect: context test: [^\n]*(?:has no end|is no file|cannot be read|denied)[^\n]*\n$/);
      }
    }
  }, 60_000);
});
