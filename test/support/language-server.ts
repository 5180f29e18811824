import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { devNull } from 'node:os';
import {
  createProtocolConnection,
  type Diagnostic,
  type InitializeParams,
  InitializeRequest,
  IPCMessageReader,
  IPCMessageWriter,
  type ProtocolConnection,
  PublishDiagnosticsNotification,
  type PublishDiagnosticsParams,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver-protocol/node';
import { createInbox } from './inbox.ts';
import { serverBundle } from './server-bundle.ts';

/** A language server in a process of its own, spoken to over its standard input and output as any editor does. */
export interface TestServer {
  readonly connection: ProtocolConnection;
  readonly process: ChildProcess;
  open(uri: string, text: string, version?: number): Promise<void>;
  change(uri: string, version: number, changes: readonly { readonly range?: TextRange; readonly text: string }[]): Promise<void>;
  /** The diagnostics of a version of a document, once they have been published. */
  diagnostics(uri: string, version: number): Promise<readonly Diagnostic[]>;
  /** The next notification of a method that fits, those that came before included. */
  notified<T>(method: string, fits: (params: T) => boolean): Promise<T>;
  request<T>(method: string, params: object): Promise<T>;
  /** Shuts the server down as the protocol says, and resolves to its exit status. */
  stop(): Promise<number | null>;
}

interface TextRange {
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };
}

export interface ServerOptions {
  /** Spoken to over a channel between processes, as VS Code does, in place of standard input and output. */
  readonly isByChannel?: boolean;
  readonly folder?: string;
  readonly initializationOptions?: object;
  /** What `workspace/configuration` answers for the section `iptables`. */
  readonly settings?: () => object;
  readonly capabilities?: InitializeParams['capabilities'];
  /** The program to start in place of the bundle that was built last. */
  readonly program?: string;
  /** The folder that the user's caches are in; there is none without it, so that every server reads for itself. */
  readonly caches?: string;
}

const defaultCapabilities: InitializeParams['capabilities'] = {
  workspace: { configuration: true, didChangeWatchedFiles: { dynamicRegistration: true }, workspaceFolders: true },
  textDocument: {
    definition: { linkSupport: true },
    hover: { contentFormat: ['markdown', 'plaintext'] },
    publishDiagnostics: { versionSupport: true },
  },
};

interface Started {
  readonly child: ChildProcess;
  readonly connection: ProtocolConnection;
}

function startByStreams(program: string, env: NodeJS.ProcessEnv): Started {
  const child = spawn(process.execPath, [program, '--stdio'], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const { stdin, stdout } = child;
  return { child, connection: createProtocolConnection(new StreamMessageReader(stdout), new StreamMessageWriter(stdin)) };
}

function startByChannel(program: string, env: NodeJS.ProcessEnv): Started {
  const child = spawn(process.execPath, [program, '--node-ipc'], { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  return { child, connection: createProtocolConnection(new IPCMessageReader(child), new IPCMessageWriter(child)) };
}

/** Starts the built server and initializes it. */
export async function startTestServer(options: ServerOptions = {}): Promise<TestServer> {
  const program = options.program ?? serverBundle;
  if (!existsSync(program)) throw new Error(`${program} is not there: npm run build`);
  const caches = options.caches ?? devNull;
  const env = { ...process.env, XDG_CACHE_HOME: caches, LOCALAPPDATA: caches };
  const { child, connection } = options.isByChannel === true ? startByChannel(program, env) : startByStreams(program, env);
  const { receive, notified } = createInbox();
  connection.onUnhandledNotification(({ method, params }) => receive(method, params));
  connection.onNotification(PublishDiagnosticsNotification.type, (params) => receive('textDocument/publishDiagnostics', params));
  connection.onRequest('workspace/configuration', ({ items }: { items: readonly unknown[] }) =>
    items.map(() => options.settings?.() ?? {}),
  );
  connection.onRequest('client/registerCapability', () => null);
  connection.onRequest('workspace/inlayHint/refresh', () => receive('workspace/inlayHint/refresh', {}));
  connection.onRequest('workspace/codeLens/refresh', () => receive('workspace/codeLens/refresh', {}));
  connection.listen();
  const exited = new Promise<number | null>((done) => {
    child.on('exit', (code) => done(code));
  });

  const folders = options.folder === undefined ? null : [{ uri: options.folder, name: 'workspace' }];
  await connection.sendRequest(InitializeRequest.type, {
    processId: process.pid,
    rootUri: options.folder ?? null,
    workspaceFolders: folders,
    capabilities: options.capabilities ?? defaultCapabilities,
    ...(options.initializationOptions === undefined ? {} : { initializationOptions: options.initializationOptions }),
  });
  await connection.sendNotification('initialized', {});

  return {
    connection,
    process: child,
    notified,
    open: (uri, text, version = 1) =>
      connection.sendNotification('textDocument/didOpen', { textDocument: { uri, languageId: 'iptables', version, text } }),
    change: (uri, version, contentChanges) =>
      connection.sendNotification('textDocument/didChange', { textDocument: { uri, version }, contentChanges }),
    diagnostics: async (uri, version) => {
      const method = 'textDocument/publishDiagnostics';
      return (await notified<PublishDiagnosticsParams>(method, (params) => params.uri === uri && params.version === version))
        .diagnostics;
    },
    request: (method, params) => connection.sendRequest(method, params),
    stop: async () => {
      await connection.sendRequest('shutdown');
      await connection.sendNotification('exit');
      const status = await exited;
      connection.dispose();
      return status;
    },
  };
}
