import {
  type Connection,
  DidChangeConfigurationNotification,
  DidChangeWatchedFilesNotification,
  type InitializeParams,
  type InitializeResult,
  TextDocumentSyncKind,
} from 'vscode-languageserver';
import { runBehind } from '../base/scheduler.ts';
import { prepareToRead } from '../syntax/prepare-to-read.ts';
import { registerAnnotateRequests } from './annotate-requests.ts';
import { abilitiesOf } from './client-capabilities.ts';
import { registerCompareRequests } from './compare-requests.ts';
import { registerDiagnoseRequests } from './diagnose-requests.ts';
import { registerDocuments } from './documents.ts';
import { registerDriftRequests } from './drift-requests.ts';
import { registerExpectationRequests } from './expectation-requests.ts';
import { featureCapabilities, registerFeatures } from './features.ts';
import { registerFlowRequests } from './flow-requests.ts';
import { registerRefusals } from './lifecycle.ts';
import { registerLiveRequests } from './live-requests.ts';
import { onNotified } from './notifications.ts';
import type { Runtime } from './runtime.ts';
import { registerServiceRequests } from './service-requests.ts';
import { configure, createSession, describeError, logError, lookForDiagnostics, type Session } from './session.ts';
import { readInitializationOptions } from './settings.ts';
import { registerTraceRequests } from './trace-requests.ts';

/**
 * Serves the Language Server Protocol on a connection until it closes. Knows nothing of Node.js or the browser but the runtime.
 * The connection is made with `createLifecycle` as its message strategy.
 */
export function startServer(connection: Connection, runtime: Runtime): void {
  const session = createSession(connection, runtime);
  connection.onInitialize((params) => initialize(session, params));
  connection.onInitialized(() => initialized(session));
  registerRefusals(connection);
  registerWorkspace(session);
  registerDocuments(session);
  registerFeatures(session);
  registerFlowRequests(session);
  registerCompareRequests(session);
  registerDriftRequests(session);
  registerAnnotateRequests(session);
  registerTraceRequests(session);
  registerExpectationRequests(session);
  registerServiceRequests(session);
  registerDiagnoseRequests(session);
  registerLiveRequests(connection, session.clusters, () => session.settings);
  // Before the process ends, in whatever way, what was made in a cluster is taken back, and what is written is written to its end.
  runtime.beforeExit?.(async () => {
    await Promise.all([session.clusters.live.close(), runtime.kept?.settled()]);
  });
  connection.listen();
}

/** The URIs of what a client lists: folders, or files that changed. What is none, or has none, is left out. */
function urisIn(list: unknown): readonly string[] {
  return objectsIn(list).flatMap(({ uri }) => (typeof uri === 'string' && uri !== '' ? [uri] : []));
}

function objectsIn(list: unknown): readonly { readonly uri?: unknown }[] {
  return Array.isArray(list) ? list.filter((item: unknown) => typeof item === 'object' && item !== null) : [];
}

function initialize(session: Session, params: InitializeParams): InitializeResult {
  session.options = readInitializationOptions(params.initializationOptions);
  session.folders = urisIn(params.workspaceFolders ?? [{ uri: params.rootUri }]);
  session.client = abilitiesOf(params.capabilities ?? {});
  session.isPulled = session.client.canPullDiagnostics && !session.options.pushesDiagnostics;
  return {
    serverInfo: { name: 'iptables-language-server' },
    capabilities: {
      textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
      ...featureCapabilities(session),
      workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
    },
  };
}

function initialized(session: Session): void {
  const { connection, client } = session;
  if (client.canAskConfiguration)
    void connection.client.register(DidChangeConfigurationNotification.type, { section: 'iptables' });
  if (client.canWatchFiles) {
    void connection.client.register(DidChangeWatchedFilesNotification.type, {
      watchers: [{ globPattern: '**/*.{json,yaml,yml}' }],
    });
  }
  // The library hands its own event on without a look at it, and prints a stack trace where it is none.
  if (client.canChangeFolders)
    onNotified(session, 'workspace/didChangeWorkspaceFolders', ['changedFolders'], ({ changedFolders }) => {
      const gone = new Set(urisIn(changedFolders.removed));
      session.folders = [...session.folders.filter((folder) => !gone.has(folder)), ...urisIn(changedFolders.added)];
      void configure(session);
    });
  void configure(session);
  // A client sends its documents now: until the first one has come there is nothing else to do.
  void session.runtime.pause().then(() => runBehind(prepareToRead(), session.runtime.pause, () => false));
}

function registerWorkspace(session: Session): void {
  const { connection, clusters, states } = session;
  connection.onDidChangeConfiguration(async () => {
    await configure(session);
    for (const state of states.values()) void lookForDiagnostics(session, state);
    if (session.client.canRefreshHints) void connection.languages.inlayHint.refresh();
  });
  onNotified(session, 'workspace/didChangeWatchedFiles', ['changedFiles'], ({ changedFiles }) => {
    clusters.filesChanged(urisIn(changedFiles)).catch((error: unknown) => logError(connection, describeError(error)));
  });
  connection.onNotification('iptables/trust', () => {
    session.options = { ...session.options, trusted: true };
    void configure(session);
  });
}
