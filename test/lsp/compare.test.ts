import { afterEach, beforeEach, expect, it } from 'vitest';
import type { CompareResult } from '../../server/src/protocol/compare.ts';
import { type InProcessServer, startInProcessServer } from '../support/in-process-server.ts';

const uri = 'file:///work/node-a.iptables';
const text = '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\nCOMMIT\n';

let server: InProcessServer;

beforeEach(async () => {
  server = startInProcessServer();
  await server.initialize();
  await server.open(uri, text);
});
afterEach(() => server.dispose());

const compare = (params: object): Promise<CompareResult> => server.client.sendRequest('iptables/compare', params);

it('an open document is compared with a text that comes with the question', async () => {
  const before = { uri: 'git:/work/node-a.iptables', text: text.replace('22', '23').replace('[0:0]', '[5:300]') };
  const result = await compare({ before, after: { uri } });
  expect(result).toMatchObject({
    kind: 'compared',
    tables: [
      { name: 'filter', chains: [{ name: 'INPUT', change: 'changed', rules: [{ change: 'removed' }, { change: 'added' }] }] },
    ],
  });
});

it('what cannot be compared is told in a sentence', async () => {
  expect(await compare({ before: null, after: { uri } })).toEqual({
    kind: 'nothing',
    reason: 'No cluster is known: choose a snapshot or a context first.',
  });
  expect(await compare({ before: { uri: 'file:///none' }, after: { uri } })).toMatchObject({ kind: 'nothing' });
});

it('a question of a wrong form is the protocol’s error', async () => {
  await expect(compare({ before: 5, after: { uri } })).rejects.toThrow('"before"');
});

it('a side of a comparison has no diagnostics', async () => {
  await server.open('iptables-compared:/1/after/node-a.iptables', '*filter\n-A INPUT -j NOWHERE\nCOMMIT\n');
  await server.open('file:///work/other.iptables', '*filter\n-A INPUT -j NOWHERE\nCOMMIT\n');
  await server.diagnostics('file:///work/other.iptables', 1);
  expect(server.published.map(({ uri: of }) => of)).not.toContain('iptables-compared:/1/after/node-a.iptables');
});
