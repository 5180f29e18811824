/** Every request that docs/protocol.md says to be answered, each at a marker of one dump that says what comes of it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { featureMethods } from '../../server/src/lsp/features.ts';
import { filesOf, type InProcessServer, startInProcessServer } from '../support/in-process-server.ts';
import { markedDump, markedSnapshot, methodMarks, readers, saidAt } from '../support/method-marks.ts';

const uri = 'file:///work/marked.iptables';
const snapshot = 'file:///work/cluster.json';
let server: InProcessServer;

beforeAll(async () => {
  server = startInProcessServer(filesOf({ [snapshot]: markedSnapshot, [uri]: markedDump }));
  const capabilities = { textDocument: { diagnostic: {} } };
  await server.initialize({ capabilities, workspaceFolders: [{ uri: 'file:///work', name: 'work' }] });
  await server.open(uri, markedDump);
  await server.notified<{ readonly kind: string }>('iptables/clusterStatus', ({ kind }) => kind === 'snapshot');
});
afterAll(() => server.dispose());

describe('the requests of the protocol', () => {
  it('each have a marker', () => {
    expect(methodMarks.map(({ method }) => method).toSorted()).toEqual([...featureMethods].sort());
    expect(Object.keys(readers).sort()).toEqual([...featureMethods].sort());
  });

  it.each(methodMarks.map((mark): [string, typeof mark] => [mark.method, mark]))(
    '%s says at its marker what stands there',
    async (_, mark) => {
      const asking = { uri, send: <T>(method: string, params: object) => server.client.sendRequest<T>(method, params) };
      expect((await saidAt(asking, mark)).join('\n')).toContain(mark.text);
    },
  );
});
