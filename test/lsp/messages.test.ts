import { afterEach, expect, it } from 'vitest';
import { filesOf, type InProcessServer, startInProcessServer } from '../support/in-process-server.ts';

let server: InProcessServer;

afterEach(() => server.dispose());

it('a message about a snapshot holds no link, whatever the file says', async () => {
  const refusal = {
    apiVersion: 'v1',
    kind: 'Status',
    status: 'Failure',
    message: '[x](command:y)\u202e',
    note: { kind: 'ServiceList' },
  };
  server = startInProcessServer(filesOf({ 'file:///work/cluster.json': JSON.stringify(refusal) }));
  await server.initialize({ workspaceFolders: [{ uri: 'file:///work', name: 'work' }] });
  await server.open('file:///work/a.iptables', '*filter\nCOMMIT\n');
  const { message } = await server.notified<{ readonly message: string }>('window/showMessage', () => true);
  expect(message).toContain('[x] (command:y)');
  expect(message).not.toContain('\u202e');
});
