import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeFiles } from '../../server/src/lsp/node/files.ts';
import { filesOf, type InProcessServer, startInProcessServer } from '../support/in-process-server.ts';

const dump = '*filter\n:INPUT ACCEPT [0:0]\n:WEB - [0:0]\n-A INPUT -j WEB\nCOMMIT\n';

let server: InProcessServer;

beforeEach(() => {
  server = startInProcessServer(filesOf({}));
});
afterEach(() => server.dispose());

const tableNames = async (uri: string): Promise<readonly string[]> =>
  (
    await server.client.sendRequest<readonly { readonly name: string }[]>('textDocument/documentSymbol', {
      textDocument: { uri },
    })
  ).map(({ name }) => name);

/** What vscode-uri refuses, and what it takes and no file has. */
const odd = [
  'file:////a',
  'untitled:////a',
  ' file:///a',
  'a b:/x',
  'é:/x',
  'file:///a%00b',
  'file:///a\u0000b',
  'file:///%',
  'file:///%zz',
  'file:///\ud800',
  'file:',
  'file://',
  '%',
  ':',
  '__proto__',
  'constructor',
  `file:///${'a'.repeat(100_000)}`,
];

describe('a document of an odd URI', () => {
  it.each(odd)('%.40s is read like any other', async (uri) => {
    await server.initialize();
    await server.open(uri, dump);
    expect(await tableNames(uri)).toEqual(['filter']);
    expect((await server.diagnostics(uri, 1)).diagnostics).toEqual([]);
  });

  it.each(odd)('%.40s as the folder of a workspace leaves the server usable', async (folder) => {
    await server.initialize({ workspaceFolders: [{ uri: folder, name: 'work' }] });
    await server.open('file:///nowhere/a.iptables', dump);
    expect(await tableNames('file:///nowhere/a.iptables')).toEqual(['filter']);
  });
});

it.each(['file:////a', 'untitled:////a', ' file:///a', 'a b:/x', 'é:/x'])(
  '%s is in no folder of this machine, and no file',
  async (uri) => {
    expect(nodeFiles.hasFolder(uri)).toBe(false);
    expect(await nodeFiles.list(uri)).toEqual([]);
    expect([await nodeFiles.readHead(uri, 1), await nodeFiles.changedAt(uri)]).toEqual([undefined, undefined]);
    await expect(nodeFiles.read(uri)).rejects.toThrow('there is no such file');
    await expect(nodeFiles.readBytes(uri)).rejects.toThrow('there is no such file');
  },
);

describe('settings that a client cannot give', () => {
  it.each([
    ['an error', () => Promise.reject(new Error('no settings here'))],
    ['no list', () => 7],
    ['a pattern that is too long', () => [{ cluster: { snapshot: `*${'a'.repeat(70_000)}` } }]],
    ['a path with NUL', () => [{ cluster: { snapshot: '/tmp/a\u0000b' } }]],
    ['a path of slashes', () => [{ cluster: { snapshot: '////' } }]],
  ])('%s: the server goes on', async (_, answer) => {
    server.client.onRequest('workspace/configuration', answer as () => unknown);
    server.client.onRequest('client/registerCapability', () => null);
    await server.initialize({
      capabilities: { workspace: { configuration: true } },
      workspaceFolders: [{ uri: 'vscode-vfs://github/x', name: 'work' }],
    });
    await server.open('file:///nowhere/a.iptables', dump);
    expect((await server.diagnostics('file:///nowhere/a.iptables', 1)).diagnostics).toEqual([]);
    await server.client.sendNotification('workspace/didChangeConfiguration', { settings: {} });
    expect(await tableNames('file:///nowhere/a.iptables')).toEqual(['filter']);
  });
});
