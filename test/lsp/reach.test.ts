import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ReachResult, reachRequest } from '../../server/src/protocol/trace.ts';
import { fixtureText } from '../support/fixtures.ts';
import { filesOf, type InProcessServer, startInProcessServer } from '../support/in-process-server.ts';

const textDocument = { uri: 'file:///work/worker-1.iptables' };
let server: InProcessServer;

beforeEach(async () => {
  server = startInProcessServer(filesOf({ 'file:///work/cluster.json': fixtureText('sample/cluster.json') }));
  await server.initialize({ workspaceFolders: [{ uri: 'file:///work', name: 'work' }] });
  await server.open(textDocument.uri, fixtureText('sample/worker-1.iptables'));
  await server.notified<{ readonly kind: string }>('iptables/clusterStatus', ({ kind }) => kind === 'snapshot');
});
afterEach(() => server.dispose());

const ask = (params: object): Promise<ReachResult> => server.client.sendRequest(reachRequest, { textDocument, ...params });

describe('who reaches a Service, over the protocol', () => {
  it('is a table for each of its ports, as Markdown', async () => {
    const { text, reason } = await ask({ to: 'booking/gateway' });
    expect(reason).toBe('');
    const lines = text.replaceAll('\\', '').split('\n');
    expect(lines[0]).toBe('# Who reaches what: worker-1.iptables, worker-1');
    expect(lines).toContain('## booking/gateway:https (tcp)');
    expect(lines).toContain('| entry | from | outcome | source | endpoints, or what decides |');
    expect(lines).toContain(
      '|  | outside (203.0.113.0/24) | arrives | source kept | gateway-7f6d5c4b88-c5rhp 10.244.0.30:8443 |',
    );
  });

  it('is of every Service where none is named', async () => {
    const { text } = await ask({ to: '' });
    expect(text.match(/^## /gm)?.length).toBeGreaterThan(8);
  });

  it('says why there is none', async () => {
    expect(await ask({ to: 'booking/nobody' })).toEqual({ text: '', reason: expect.stringContaining('booking/nobody') });
    expect(await ask({ to: 'x' })).toEqual({ text: '', reason: expect.stringContaining('"x" is neither') });
    expect(await ask({ to: 'a/b', textDocument: { uri: 'file:///none' } })).toMatchObject({ text: '' });
    await expect(ask({ to: 7 })).rejects.toThrow('"to"');
  });
});
