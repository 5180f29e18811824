import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fixturePath } from '../support/fixtures.ts';
import { type ApiObject, answerStatus, startApiServer, type TestApiServer } from './api-server.ts';
import { type Folder, kubeconfigText, temporaryFolder } from './kubeconfigs.ts';

const inspect = resolve(import.meta.dirname, '../../dist/cli/iptables-inspect.cjs');
const dump = fixturePath('sample/worker-1.iptables');
const { items } = JSON.parse(readFileSync(fixturePath('sample/cluster.json'), 'utf8')) as {
  readonly items: readonly ApiObject[];
};

let api: TestApiServer;
let folder: Folder;
let kubeconfig = '';

beforeEach(async () => {
  api = await startApiServer();
  for (const item of items) api.put(item);
  folder = temporaryFolder();
  kubeconfig = folder.write('config', kubeconfigText(api, { token: 'secret' }));
});

afterEach(async () => {
  await api.close();
  folder.remove();
});

function run(...args: readonly string[]): Promise<{ readonly status: number; readonly stdout: string; readonly stderr: string }> {
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      [inspect, ...args],
      { env: { ...process.env, KUBECONFIG: kubeconfig, HOME: folder.path } },
      (_error, stdout, stderr) => done({ status: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

describe('iptables-inspect --context', () => {
  it('names chains by the live cluster, and ends', async () => {
    const { status, stdout, stderr } = await run('resolve', dump, '--context', 'test', '--format', 'json');
    expect([status, stderr]).toEqual([0, '']);
    const { chains } = JSON.parse(stdout) as {
      readonly chains: readonly {
        readonly chain: string;
        readonly endpoint: { readonly pod: { readonly name: string } | null } | null;
      }[];
    };
    expect(chains.find(({ chain }) => chain === 'KUBE-SEP-QWFXKANDF3TMYGQH')?.endpoint?.pod?.name).toBe(
      'frontend-6c8f7b9d45-2lqzr',
    );
  });

  it('says in a line what is in the way', async () => {
    const unknown = await run('resolve', dump, '--context', 'other');
    expect(unknown.status).toBe(2);
    expect(unknown.stderr).toMatch(/^[^\n]*context other: There is no context "other" in [^\n]*There are: test\.\n$/);
    api.intercept = (_request, response) => answerStatus(response, 401, 'Unauthorized', 'Unauthorized');
    const refused = await run('resolve', dump, '--context', 'test');
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(/^[^\n]*context test: The credentials are not accepted \(401\)[^\n]*\n$/);
    kubeconfig = '/none';
    const none = await run('resolve', dump, '--context', 'test');
    expect(none.stderr).toMatch(/There is no kubeconfig\. None of these files exists: \/none\./);
  });

  it('says what it could not read and goes on', async () => {
    api.intercept = ({ path }, response) => path.endsWith('/pods') && answerStatus(response, 403, 'Forbidden', 'no');
    const { status, stderr } = await run('resolve', dump, '--context', 'test', '--format', 'json');
    expect(status).toBe(0);
    expect(stderr).toBe(
      'iptables-inspect: context test: No Pods: Permission to list pods in all namespaces is missing (403). no. Nor may they be listed in namespace default.\n',
    );
  });
});
