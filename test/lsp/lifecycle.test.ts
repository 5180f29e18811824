import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ErrorCodes, type Message } from 'vscode-languageserver';
import { findingCodes } from '../../server/src/lint/registry.ts';
import { createLifecycle } from '../../server/src/lsp/lifecycle.ts';
import { readSettings } from '../../server/src/lsp/settings.ts';
import { type InProcessServer, startInProcessServer } from '../support/in-process-server.ts';

const uri = 'file:///node-a.iptables';
const dump = '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j NOWHERE\nCOMMIT\n';
const hover = { textDocument: { uri }, position: { line: 1, character: 3 } };

let server: InProcessServer;

beforeEach(() => {
  server = startInProcessServer();
});
afterEach(() => server.dispose());

/** The code of the protocol's error that a request gets; undefined for an answer. */
async function codeOf(method: string, params?: object | null): Promise<unknown> {
  try {
    await server.client.sendRequest(method, params);
    return undefined;
  } catch (error) {
    return (error as { readonly code: unknown }).code;
  }
}

describe("a server's life", () => {
  it.each(['textDocument/hover', 'iptables/flow', 'shutdown'])(
    'answers %s before "initialize" as not initialized',
    async (method) => {
      expect(await codeOf(method, hover)).toBe(ErrorCodes.ServerNotInitialized);
      await server.initialize();
      expect(await codeOf('textDocument/hover', hover)).toBeUndefined();
    },
  );

  it.each([null, 7, [], 'x'])('hands %j, which is no message, to the library, which says so', (value) => {
    const handed: unknown[] = [];
    createLifecycle().handleMessage(value as unknown as Message, (message) => {
      handed.push(message);
    });
    expect(handed).toEqual([value]);
  });

  it('drops what is said before "initialize"', async () => {
    await server.open(uri, dump);
    await server.initialize();
    expect(await server.client.sendRequest('textDocument/documentSymbol', { textDocument: { uri } })).toEqual([]);
  });

  it('is initialized once', async () => {
    await server.initialize();
    expect(await codeOf('initialize', { processId: null, rootUri: null, capabilities: {} })).toBe(ErrorCodes.InvalidRequest);
  });

  it('answers nothing after "shutdown"', async () => {
    await server.initialize();
    expect(await codeOf('shutdown')).toBeUndefined();
    expect(await codeOf('textDocument/hover', hover)).toBe(ErrorCodes.InvalidRequest);
    expect(await codeOf('shutdown')).toBe(ErrorCodes.InvalidRequest);
  });

  it('is initialized by a client that says nothing of what it can do', async () => {
    expect(await server.initialize({ capabilities: undefined })).toMatchObject({ capabilities: { hoverProvider: true } });
  });

  it.each([
    { workspace: null, textDocument: null, window: null, general: null },
    { workspace: 7, textDocument: 'x', window: [], general: true },
    { textDocument: { hover: { contentFormat: 7 }, foldingRange: [], definition: null, semanticTokens: { requests: 3 } } },
    { textDocument: { hover: { contentFormat: { includes: 1 } }, completion: 'x', publishDiagnostics: 0, diagnostic: 0 } },
    { workspace: { configuration: 'yes', workspaceFolders: {}, inlayHint: null, didChangeWatchedFiles: 1, codeLens: [] } },
  ])('is initialized by a client that says it in wrong types: %j', async (capabilities) => {
    expect(await server.initialize({ capabilities: capabilities as never })).toMatchObject({
      capabilities: { hoverProvider: true },
    });
  });
});

describe('a request whose parameters are not as the protocol has them', () => {
  const position = { line: 0, character: 0 };
  const range = { start: position, end: position };

  it.each([
    ['textDocument/hover', { textDocument: { uri } }],
    ['textDocument/hover', { textDocument: { uri }, position: 3 }],
    ['textDocument/hover', { textDocument: { uri }, position: { line: -1, character: 0 } }],
    ['textDocument/hover', { textDocument: { uri }, position: { line: 0.5, character: 0 } }],
    ['textDocument/hover', { textDocument: { uri }, position: { line: 2 ** 40, character: 0 } }],
    ['textDocument/hover', { textDocument: uri, position }],
    ['textDocument/hover', { textDocument: { uri: 7 }, position }],
    ['textDocument/hover', { textDocument: null, position }],
    ['textDocument/hover', []],
    ['textDocument/definition', { position }],
    ['textDocument/references', { textDocument: { uri }, position: null, context: null }],
    ['textDocument/documentHighlight', { textDocument: { uri }, position: [] }],
    ['textDocument/documentSymbol', {}],
    ['textDocument/foldingRange', { textDocument: { uri: '' } }],
    ['textDocument/selectionRange', { textDocument: { uri }, positions: position }],
    ['textDocument/selectionRange', { textDocument: { uri }, positions: [position, 1] }],
    ['textDocument/inlayHint', { textDocument: { uri }, range: { start: position } }],
    ['textDocument/semanticTokens/range', { textDocument: { uri }, range: 'all' }],
    ['textDocument/codeAction', { textDocument: { uri }, range, context: {} }],
    ['textDocument/codeAction', { textDocument: { uri }, range, context: { diagnostics: [1] } }],
    ['workspace/symbol', { query: 1 }],
    ['codeLens/resolve', { range: 1 }],
    ['iptables/flow', { to: '10.0.0.1:80' }],
    ['iptables/flow', { textDocument: { uri } }],
    ['iptables/flow', null],
    ['iptables/flowTargets', { textDocument: 1 }],
    ['iptables/services', { textDocument: {} }],
    ['iptables/serviceStates', { textDocument: { uri }, targets: [1] }],
    ['iptables/serviceEntries', { textDocument: { uri } }],
    ['iptables/driftPorts', null],
    ['iptables/driftPorts', { textDocument: { uri }, namespace: {}, name: 1 }],
    ['iptables/selectContext', null],
    ['iptables/selectContext', { context: 1 }],
    ['iptables/pod', { namespace: 'x', name: ['y'] }],
    ['iptables/nodeReaders', { node: {} }],
    ['iptables/nodeDump', null],
    ['iptables/nodeDump', { context: 'c', node: 'n', reader: { kind: 'debug-pod', namespace: 1 } }],
    ['iptables/drift', {}],
  ])('%s %j gets the error of the protocol', async (method, params) => {
    await server.initialize();
    await server.open(uri, dump);
    expect(await codeOf(method, params)).toBe(ErrorCodes.InvalidParams);
    expect(await codeOf('textDocument/hover', hover)).toBeUndefined();
  });
});

describe('a notification whose parameters are not as the protocol has them', () => {
  it.each([
    ['workspace/didChangeWorkspaceFolders', 'event', {}],
    ['workspace/didChangeWorkspaceFolders', 'event', { event: null }],
    ['workspace/didChangeWorkspaceFolders', 'event', { event: { added: 1, removed: [] } }],
    ['workspace/didChangeWatchedFiles', 'changes', {}],
    ['workspace/didChangeWatchedFiles', 'changes', { changes: { uri } }],
  ])('%s is one plain line of the log, and of standard error none: "%s" of %j', async (method, field, params) => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    try {
      await server.initialize({ capabilities: { workspace: { workspaceFolders: true } } });
      await server.client.sendNotification(method, params);
      await server.open(uri, dump);
      expect(await codeOf('textDocument/hover', hover)).toBeUndefined();
      expect(server.log.filter((line) => line.startsWith(method))).toEqual([
        `${method}: The parameter "${field}" is missing or not of its type.`,
      ]);
      expect(printed).not.toHaveBeenCalled();
    } finally {
      printed.mockRestore();
    }
  });
});

describe('severities in the settings', () => {
  it('are those of codes that there are, however many are given', () => {
    const given = Object.fromEntries(Array.from({ length: 200_000 }, (_, at) => [`code-${at}`, 'off']));
    const severities = { ...given, 'orphaned-chain': 'off', 'repeated-rule': 7 };
    expect([...readSettings({ lint: { severity: severities } }).severities]).toEqual([['orphaned-chain', 'off']]);
    const all = Object.fromEntries([...findingCodes().keys()].map((code) => [code, 'hint']));
    expect(readSettings({ lint: { severity: all } }).severities.size).toBe(findingCodes().size);
  });
});
