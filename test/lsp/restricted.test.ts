import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import {
  type ReachResult,
  reachRequest,
  type SeenResult,
  seenRequest,
  type TraceResult,
  traceRequest,
} from '../../server/src/protocol/trace.ts';
import { fixtureText } from '../support/fixtures.ts';
import { filesOf, type InProcessServer, startInProcessServer } from '../support/in-process-server.ts';

const uri = 'file:///work/worker-1.iptables';
const textDocument = { uri };
const elsewhere = 'file:///home/somebody/cluster.json';
const files = filesOf({ [elsewhere]: fixtureText('sample/cluster.json') });
const read = vi.fn(files.read);

let server: InProcessServer;

// Settings of the workspace name a file outside of it.
beforeEach(async () => {
  read.mockClear();
  server = startInProcessServer({ ...files, read });
  const settings = { cluster: { snapshot: '/home/somebody/cluster.json' } };
  server.client.onRequest('workspace/configuration', ({ items }: { items: readonly unknown[] }) => items.map(() => settings));
  await server.initialize({
    capabilities: { workspace: { configuration: true } },
    workspaceFolders: [{ uri: 'file:///work', name: 'work' }],
    initializationOptions: { trusted: false },
  });
  await server.open(uri, fixtureText('sample/worker-1.iptables'));
});
afterEach(() => server.dispose());

const ask = <T>(method: string, params: object): Promise<T> => server.client.sendRequest(method, { textDocument, ...params });

it('in Restricted Mode a packet is followed by what the dump says, and no path from settings is read', async () => {
  const byAddress = await ask<TraceResult>(traceRequest, { question: { from: '10.244.0.9', to: 'booking/tickets:grpc' } });
  expect(byAddress.kind === 'trace' && byAddress.report.outcomes.map(({ packet }) => packet.dst)).toContain('10.244.1.21');
  const byName = await ask<TraceResult>(traceRequest, {
    question: { from: 'booking/frontend-6c8f7b9d45-2lqzr', to: 'booking/tickets:grpc' },
  });
  expect(byName).toMatchObject({ kind: 'nothing', reason: expect.stringContaining('needs a cluster that knows its Pods') });
  const reach = await ask<ReachResult>(reachRequest, { to: 'booking/tickets' });
  expect(reach.text.replaceAll('\\', '')).toContain('10.96.40.20:9000/tcp');
  const seen = await ask<SeenResult>(seenRequest, { text: 'no trace' });
  expect(seen.packets).toEqual([]);
  expect(read).not.toHaveBeenCalled();
});

it('once the workspace is trusted the same question is answered by the names of the cluster', async () => {
  await server.client.sendNotification('iptables/trust');
  await server.notified<{ readonly kind: string }>('iptables/clusterStatus', ({ kind }) => kind === 'snapshot');
  const question = { from: 'booking/frontend-6c8f7b9d45-2lqzr', to: 'booking/tickets:grpc' };
  expect(await ask<TraceResult>(traceRequest, { question })).toMatchObject({ kind: 'trace' });
  expect(read.mock.calls.map(([file]) => file)).toContain(elsewhere);
});
