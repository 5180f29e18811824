import { PassThrough } from 'node:stream';
import { createConnection, type PublishDiagnosticsParams } from 'vscode-languageserver/node';
import {
  createProtocolConnection,
  type ProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver-protocol/node';
import { createLifecycle } from '../../server/src/lsp/lifecycle.ts';
import type { FileAccess, KeptTexts } from '../../server/src/lsp/runtime.ts';
import { startServer } from '../../server/src/lsp/server.ts';
import { createInbox } from './inbox.ts';

/** The server in this very process, spoken to as a client does. */
export interface InProcessServer {
  readonly client: ProtocolConnection;
  /** All diagnostics that were published, in order. */
  readonly published: readonly PublishDiagnosticsParams[];
  /** All messages of the log, in order. */
  readonly log: readonly string[];
  /** The next notification of a method that fits, those that came before included. */
  notified<T>(method: string, fits: (params: T) => boolean): Promise<T>;
  /** The diagnostics of a version of a document, once they are published. */
  diagnostics(uri: string, version: number): Promise<PublishDiagnosticsParams>;
  initialize(params?: object): Promise<unknown>;
  open(uri: string, text: string, version?: number): Promise<void>;
  /** Closes what is open, so that nothing is under way, and then the connection. */
  dispose(): Promise<void>;
}

/** Files in memory: a path below `file:///` and its text. */
export function filesOf(texts: Readonly<Record<string, string>>): FileAccess {
  const uris = Object.keys(texts);
  return {
    hasFolder: (uri) => uri.startsWith('file:'),
    async list(directoryUri) {
      const start = directoryUri.endsWith('/') ? directoryUri : `${directoryUri}/`;
      const names = new Set(
        uris.filter((uri) => uri.startsWith(start)).map((uri) => uri.slice(start.length).split('/', 1)[0] ?? ''),
      );
      return Array.from(names, (name) => ({ uri: start + name, name, kind: uris.includes(start + name) ? 'file' : 'folder' }));
    },
    async readHead(uri, bytes) {
      return texts[uri]?.slice(0, bytes);
    },
    async changedAt(uri) {
      return texts[uri] === undefined ? undefined : 0;
    },
    async read(uri) {
      const text = texts[uri];
      if (text === undefined) throw new Error('there is no such file');
      return { text, modifiedAt: 0 };
    },
    async readBytes(uri) {
      const text = texts[uri];
      if (text === undefined) throw new Error('there is no such file');
      return Buffer.from(text);
    },
  };
}

/** Starts a server; nothing is sent yet, "initialize" neither. */
export function startInProcessServer(files: FileAccess = filesOf({}), kept?: KeptTexts): InProcessServer {
  const [toServer, toClient] = [new PassThrough(), new PassThrough()];
  const connection = createConnection(new StreamMessageReader(toServer), new StreamMessageWriter(toClient), {
    messageStrategy: createLifecycle(),
  });
  startServer(connection, {
    pause: () => new Promise((done) => setImmediate(done)),
    files,
    kept,
    live: undefined,
    beforeExit: undefined,
    afterOpening: undefined,
  });

  const client = createProtocolConnection(new StreamMessageReader(toClient), new StreamMessageWriter(toServer));
  const { receive, notified } = createInbox();
  const published: PublishDiagnosticsParams[] = [];
  const log: string[] = [];
  const opened = new Set<string>();
  client.onUnhandledNotification(({ method, params }) => {
    if (method === 'textDocument/publishDiagnostics') published.push(params as PublishDiagnosticsParams);
    if (method === 'window/logMessage') log.push((params as { readonly message: string }).message);
    receive(method, params);
  });
  client.onRequest('client/registerCapability', () => null);
  client.onRequest('workspace/configuration', ({ items }: { items: readonly unknown[] }) => items.map(() => ({})));
  client.listen();

  return {
    client,
    published,
    log,
    notified,
    diagnostics: (uri, version) =>
      notified('textDocument/publishDiagnostics', (params) => params.uri === uri && params.version === version),
    async initialize(params = {}) {
      const result = await client.sendRequest('initialize', { processId: null, rootUri: null, capabilities: {}, ...params });
      await client.sendNotification('initialized', {});
      return result;
    },
    open: (uri, text, version = 1) => {
      opened.add(uri);
      return client.sendNotification('textDocument/didOpen', { textDocument: { uri, languageId: 'iptables', version, text } });
    },
    async dispose() {
      for (const uri of opened) await client.sendNotification('textDocument/didClose', { textDocument: { uri } });
      // Whatever the answer, the server has seen what came before.
      await client.sendRequest('workspace/symbol', { query: '' }).catch(() => undefined);
      client.dispose();
      connection.dispose();
    },
  };
}
