import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ClusterStatusParams } from '../../server/src/protocol/requests.ts';
import { startTestServer, type TestServer } from '../support/language-server.ts';
import { startApiServer, type TestApiServer } from './api-server.ts';
import { type Folder, kubeconfigText, temporaryFolder } from './kubeconfigs.ts';
import { node, service, slice } from './objects.ts';

// The built server in a process of its own, which ends in every way that a process can end while a debug pod runs.

let api: TestApiServer;
let folder: Folder;
let server: TestServer;
let kubeconfig = '';

beforeEach(async () => {
  api = await startApiServer();
  api.put(service('shop', 'web', '10.96.20.10'));
  api.put(slice('shop', 'web', [['10.244.0.11', 'web-1']]));
  api.put(node('node-a', '192.0.2.1'));
  folder = temporaryFolder();
  kubeconfig = folder.write('config', kubeconfigText(api, { token: 'secret' }));
});

afterEach(async () => {
  server.process.kill('SIGKILL');
  await api.close();
  folder.remove();
});

async function start(isByChannel = false): Promise<TestServer> {
  server = await startTestServer({
    isByChannel,
    folder: 'file:///nowhere',
    initializationOptions: { context: 'test' },
    settings: () => ({ cluster: { kubeconfig } }),
  });
  await server.notified<ClusterStatusParams>('iptables/clusterStatus', ({ label }) => label === 'test (live)');
  return server;
}

function debugPods(): readonly string[] {
  return api.names('Pod').filter((name) => name.includes('iptables-dump'));
}

/** Has the server read a node in a debug pod that never ends. */
async function read(): Promise<void> {
  const reader = { kind: 'debug-pod', namespace: 'kube-system', image: 'example/kube-proxy' };
  server.request('iptables/nodeDump', { context: 'test', node: 'node-a', reader }).catch(() => undefined);
  await server.notified<{ readonly text: string }>('iptables/nodeDumpProgress', ({ text }) => text.includes('pick it up'));
  expect(debugPods()).toHaveLength(1);
}

async function ended(): Promise<void> {
  await vi.waitFor(() => expect(server.process.exitCode ?? server.process.signalCode).not.toBeNull(), { timeout: 10_000 });
}

describe('a debug pod goes', () => {
  it.each([
    ['SIGTERM', (of: TestServer) => of.process.kill('SIGTERM')],
    ['SIGINT', (of: TestServer) => of.process.kill('SIGINT')],
    ['SIGHUP', (of: TestServer) => of.process.kill('SIGHUP')],
    ['the end of its input', (of: TestServer) => of.process.stdin?.end()],
    ['a break of its input and output', (of: TestServer) => [of.process.stdin?.destroy(), of.process.stdout?.destroy()]],
    ['"exit" without "shutdown"', (of: TestServer) => of.connection.sendNotification('exit')],
    ['"shutdown" and "exit"', (of: TestServer) => of.stop()],
  ])('when the server is ended by %s', async (_how, end) => {
    await start();
    await read();
    end(server);
    await ended();
    expect(debugPods()).toEqual([]);
  });

  it('when the channel to its parent is closed, which is what a window that is gone leaves', async () => {
    await start(true);
    await read();
    server.process.disconnect();
    await ended();
    expect(debugPods()).toEqual([]);
  });

  it('when another context is chosen, or none', async () => {
    await start();
    await read();
    await server.request('iptables/selectContext', { context: '' });
    await vi.waitFor(() => expect(debugPods()).toEqual([]), { timeout: 10_000 });
  });

  it('that a killed server left is offered for removal the next time, and removed by a yes', async () => {
    await start();
    await read();
    server.process.kill('SIGKILL');
    await ended();
    expect(debugPods()).toHaveLength(1);
    let asked = '';
    const connecting = start();
    // The question comes as soon as the cluster is known.
    await connecting;
    server.connection.onRequest('window/showMessageRequest', ({ message, actions }) => {
      asked = message;
      return actions[0];
    });
    await server.request('iptables/nodeReaders', { node: 'node-a' });
    await vi.waitFor(() => expect(debugPods()).toEqual([]), { timeout: 10_000 });
    expect(asked).toMatch(/^A debug pod of an earlier session is still in test, .*: kube-system\/iptables-dump-\w+ on node-a\.$/);
  });
});
