import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fixturePath } from '../support/fixtures.ts';
import { startApiServer, type TestApiServer } from './api-server.ts';
import { type Folder, kubeconfigText, temporaryFolder } from './kubeconfigs.ts';
import { node } from './objects.ts';

// The built command line, which is told to end while it waits for an API server.

const inspect = resolve(import.meta.dirname, '../../dist/cli/iptables-inspect.cjs');
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

let api: TestApiServer;
let folder: Folder;

beforeEach(async () => {
  api = await startApiServer();
  api.put(node('node-a', '192.0.2.1'));
  folder = temporaryFolder();
});

afterEach(async () => {
  await api.close();
  folder.remove();
});

interface Run {
  readonly child: ChildProcess;
  readonly said: () => string;
}

function start(...args: readonly string[]): Run {
  const env = { ...process.env, KUBECONFIG: folder.write('config', kubeconfigText(api, { token: 'secret' })), HOME: folder.path };
  const child = spawn(process.execPath, [inspect, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  }
  return { child, said: () => said };
}

async function ended({ child }: Run, signal: NodeJS.Signals): Promise<unknown> {
  const end = once(child, 'close');
  child.kill(signal);
  return (await end)[1];
}

describe.skipIf(process.platform === 'win32')('a program that is told to end', () => {
  it.each(signals)('removes its debug pod before it ends by %s, and writes nothing', async (signal) => {
    const bundle = join(folder.path, 'bundle');
    const run = start('collect', '--node', 'node-a', '--context', 'test', '--debug-pod', 'example/image', '-o', bundle);
    await vi.waitFor(() => expect(api.names('Pod')).toHaveLength(1), { timeout: 30_000 });
    expect(await ended(run, signal)).toBe(signal);
    expect(api.names('Pod')).toEqual([]);
    expect(existsSync(bundle)).toBe(false);
    expect(run.said()).toMatch(/^iptables-inspect: context test: [^\n]* given up[^\n]*\n$/);
  });

  it.each(signals)('ends by %s while a server hangs, and says nothing', async (signal) => {
    let requests = 0;
    api.intercept = () => {
      requests += 1;
      return true;
    };
    const run = start('resolve', fixturePath('sample/worker-1.iptables'), '--context', 'test');
    await vi.waitFor(() => expect(requests).toBeGreaterThan(0), { timeout: 30_000 });
    expect(await ended(run, signal)).toBe(signal);
    expect(run.said()).toBe('');
  });
});
