import {
  type CancellationToken,
  CodeLensRefreshRequest,
  type Connection,
  DidChangeConfigurationNotification,
  DidChangeWatchedFilesNotification,
  ErrorCodes,
  type InitializeResult,
  LSPErrorCodes,
  MessageType,
  ResponseError,
  ShowMessageNotification,
  TextDocumentSyncKind,
} from 'vscode-languageserver';
import { Cancelled, runInSlices } from '../base/scheduler.ts';
import type { Steps } from '../base/steps.ts';
import { codeActions } from '../features/code-actions.ts';
import { codeLenses, lensUri, resolveCodeLens } from '../features/code-lenses.ts';
import { definition, definitionLocations } from '../features/definition.ts';
import { chainGraphAt, flowAt, flowFor, flowTargetsOf } from '../features/flow.ts';
import { folding } from '../features/folding.ts';
import { hover } from '../features/hover/hover.ts';
import { inlayHints } from '../features/inlay-hints.ts';
import { highlights, references } from '../features/references.ts';
import { selectionRange } from '../features/selection-ranges.ts';
import { semanticTokens, tokenModifiers, tokenTypes } from '../features/semantic-tokens.ts';
import { type PodName, podWantedAt } from '../features/support/pod-wanted.ts';
import type { DumpState } from '../features/support/state.ts';
import { documentSymbols, workspaceSymbols } from '../features/symbols.ts';
import { clusterOfDump } from '../kube/drift/other-cluster.ts';
import { resolveChains } from '../kube/identity/resolve.ts';
import {
  type ClusterStatusParams,
  clusterStatusNotification,
  type FlowParams,
  type FlowResult,
  type FlowTargetsParams,
  type FlowTargetsResult,
  flowRequest,
  flowTargetsRequest,
  type RulesetChangedParams,
  rulesetChangedNotification,
} from '../protocol.ts';
import { createClusters } from './clusters/sources.ts';
import { registerDriftRequests } from './drift-requests.ts';
import { registerLiveRequests } from './live-requests.ts';
import { type OpenDump, openDump, type ReadDump } from './open-documents.ts';
import { createDiagnosticsPublisher } from './publish-diagnostics.ts';
import type { Runtime } from './runtime.ts';
import { readInitializationOptions, readSettings } from './settings.ts';

/** Serves the Language Server Protocol on a connection until it closes. Knows nothing of Node or the browser but the runtime. */
export function startServer(connection: Connection, runtime: Runtime): void {
  const dumps = new Map<string, OpenDump>();
  // The state of a read version, made again when the cluster behind it changes.
  const states = new Map<string, DumpState>();
  let settings = readSettings(undefined);
  let options = readInitializationOptions(undefined);
  let folders: readonly string[] = [];
  let canAskConfiguration = false;
  let canWatchFiles = false;
  let canChangeFolders = false;
  let hasLinkSupport = false;
  let hasMarkdown = true;
  let canRefreshHints = false;
  let canRefreshLenses = false;

  const clusters = createClusters(runtime, clusterChanged, (message) => {
    connection.console.warn(message);
    // Not the request of that name, which a client need not know.
    void connection.sendNotification(ShowMessageNotification.type, {
      type: MessageType.Warning,
      message: `Cluster snapshot ${message}`,
    });
  });

  const diagnostics = createDiagnosticsPublisher(
    runtime,
    () => settings,
    (state) => dumps.get(state.uri)?.version === state.version,
    (uri, version, found) =>
      connection.sendDiagnostics({ uri, ...(version === undefined ? {} : { version }), diagnostics: found }),
    (state, error) => connection.console.error(`lint of ${state.uri}: ${describeError(error)}`),
  );

  function makeState(uri: string, read: ReadDump): DumpState {
    const { cluster } = clusters.statusFor(uri);
    let resolution: ReturnType<typeof resolveChains> | undefined;
    return {
      uri,
      version: read.version,
      document: read.document,
      ruleset: read.ruleset,
      cluster,
      podDetails: clusters.podDetails,
      resolution: () => {
        resolution ??= resolveChains(read.ruleset, clusterOfDump(read.ruleset, cluster), { fileName: uri });
        return resolution;
      },
    };
  }

  function dumpRead(uri: string, read: ReadDump): void {
    const state = makeState(uri, read);
    states.set(uri, state);
    sendRulesetChanged(state);
    void diagnostics.publish(state);
  }

  function clusterChanged(): void {
    let hasNewNames = false;
    for (const [uri, old] of states) {
      const { cluster, status } = clusters.statusFor(uri);
      sendClusterStatus(status);
      if (cluster === old.cluster) continue;
      const state = makeState(uri, old);
      states.set(uri, state);
      hasNewNames = true;
      sendRulesetChanged(state);
      void diagnostics.publish(state);
    }
    if (hasNewNames && canRefreshHints) void connection.languages.inlayHint.refresh();
    if (hasNewNames && canRefreshLenses) void connection.sendRequest(CodeLensRefreshRequest.type);
    if (states.size === 0 && folders.length > 0) sendClusterStatus(clusters.statusFor(folders[0] ?? '').status);
  }

  function sendRulesetChanged(state: DumpState): void {
    const params: RulesetChangedParams = { uri: state.uri, version: state.version };
    void connection.sendNotification(rulesetChangedNotification, params);
  }

  function sendClusterStatus(status: ClusterStatusParams): void {
    void connection.sendNotification(clusterStatusNotification, status);
  }

  /** Runs a feature on the newest state of a document; an unknown document gets the empty answer. */
  async function withState<T>(
    uri: string,
    token: CancellationToken,
    empty: T,
    feature: (state: DumpState) => T | Steps<T>,
  ): Promise<T | ResponseError<void>> {
    const dump = dumps.get(uri);
    if (dump === undefined) return empty;
    try {
      await dump.current();
      const state = states.get(uri);
      if (token.isCancellationRequested) throw new Cancelled();
      if (state === undefined) return empty;
      const result = feature(state);
      return isSteps(result) ? await runInSlices(result, runtime.pause, () => token.isCancellationRequested) : result;
    } catch (error) {
      if (error instanceof Cancelled) return new ResponseError(LSPErrorCodes.RequestCancelled, 'cancelled');
      connection.console.error(describeError(error));
      return new ResponseError(ErrorCodes.InternalError, describeError(error));
    }
  }

  async function configure(): Promise<void> {
    if (canAskConfiguration) settings = readSettings(await connection.workspace.getConfiguration('iptables'));
    await clusters.configure(folders, settings, options);
  }

  connection.onInitialize((params): InitializeResult => {
    options = readInitializationOptions(params.initializationOptions);
    folders = params.workspaceFolders?.map((folder) => folder.uri) ?? (params.rootUri ? [params.rootUri] : []);
    const { capabilities } = params;
    canAskConfiguration = capabilities.workspace?.configuration === true;
    canWatchFiles = capabilities.workspace?.didChangeWatchedFiles?.dynamicRegistration === true;
    canChangeFolders = capabilities.workspace?.workspaceFolders === true;
    hasLinkSupport = capabilities.textDocument?.definition?.linkSupport === true;
    canRefreshHints = capabilities.workspace?.inlayHint?.refreshSupport === true;
    canRefreshLenses = capabilities.workspace?.codeLens?.refreshSupport === true;
    hasMarkdown = capabilities.textDocument?.hover?.contentFormat?.includes('markdown') ?? true;
    return {
      serverInfo: { name: 'iptables-language-server' },
      capabilities: {
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
        definitionProvider: true,
        referencesProvider: true,
        documentHighlightProvider: true,
        documentSymbolProvider: true,
        workspaceSymbolProvider: true,
        foldingRangeProvider: true,
        selectionRangeProvider: true,
        hoverProvider: true,
        inlayHintProvider: true,
        ...(options.hasShowFlow ? { codeLensProvider: { resolveProvider: true } } : {}),
        codeActionProvider: { codeActionKinds: ['quickfix'] },
        semanticTokensProvider: {
          legend: { tokenTypes: [...tokenTypes], tokenModifiers: [...tokenModifiers] },
          range: true,
        },
        workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
      },
    };
  });

  connection.onInitialized(() => {
    if (canAskConfiguration) void connection.client.register(DidChangeConfigurationNotification.type, { section: 'iptables' });
    if (canWatchFiles && runtime.files !== undefined) {
      void connection.client.register(DidChangeWatchedFilesNotification.type, {
        watchers: [{ globPattern: '**/*.{json,yaml,yml}' }],
      });
    }
    if (canChangeFolders) {
      connection.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
        const gone = new Set(removed.map((folder) => folder.uri));
        folders = [...folders.filter((folder) => !gone.has(folder)), ...added.map((folder) => folder.uri)];
        void configure();
      });
    }
    void configure();
  });

  connection.onDidChangeConfiguration(async () => {
    await configure();
    for (const state of states.values()) void diagnostics.publish(state);
  });
  connection.onDidChangeWatchedFiles(({ changes }) => clusters.filesChanged(changes.map((change) => change.uri)));
  connection.onNotification('iptables/trust', () => {
    options = { ...options, trusted: true };
    void configure();
  });

  connection.onDidOpenTextDocument(({ textDocument }) => {
    const { uri } = textDocument;
    dumps.get(uri)?.close();
    const dump = openDump(
      textDocument,
      runtime.pause,
      (read) => {
        if (dumps.get(uri) === dump) dumpRead(uri, read);
      },
      (error) => connection.console.error(`reading ${uri}: ${describeError(error)}`),
    );
    dumps.set(uri, dump);
    void clusters.addDump(uri);
    sendClusterStatus(clusters.statusFor(uri).status);
  });
  connection.onDidChangeTextDocument(({ textDocument, contentChanges }) => {
    dumps.get(textDocument.uri)?.change(contentChanges, textDocument.version);
  });
  connection.onDidCloseTextDocument(({ textDocument: { uri } }) => {
    dumps.get(uri)?.close();
    dumps.delete(uri);
    states.delete(uri);
    diagnostics.close(uri);
  });

  connection.onDefinition(({ textDocument, position }, token) =>
    hasLinkSupport
      ? withState(textDocument.uri, token, [], (state) => definition(state, position))
      : withState(textDocument.uri, token, [], (state) => definitionLocations(state, position)),
  );
  connection.onReferences(({ textDocument, position, context }, token) =>
    withState(textDocument.uri, token, [], (state) => references(state, position, context.includeDeclaration)),
  );
  connection.onDocumentHighlight(({ textDocument, position }, token) =>
    withState(textDocument.uri, token, [], (state) => highlights(state, position)),
  );
  connection.onDocumentSymbol(({ textDocument }, token) => withState(textDocument.uri, token, [], documentSymbols));
  connection.onWorkspaceSymbol(async ({ query }, token) => {
    await Promise.allSettled(Array.from(dumps.values(), (dump) => dump.current()));
    try {
      return await runInSlices(workspaceSymbols([...states.values()], query), runtime.pause, () => token.isCancellationRequested);
    } catch (error) {
      if (error instanceof Cancelled) return new ResponseError<void>(LSPErrorCodes.RequestCancelled, 'cancelled');
      throw error;
    }
  });
  connection.onFoldingRanges(({ textDocument }, token) => withState(textDocument.uri, token, [], folding));
  connection.onSelectionRanges(({ textDocument, positions }, token) =>
    withState(textDocument.uri, token, [], (state) => positions.map((position) => selectionRange(state, position))),
  );
  connection.onHover(async ({ textDocument, position }, token) => {
    const wanted = await withState<PodName | undefined>(textDocument.uri, token, undefined, (state) =>
      podWantedAt(state, position),
    );
    // Without an answer the hover says what is known.
    const pod =
      wanted === undefined || wanted instanceof ResponseError
        ? undefined
        : await clusters.podDetails(wanted.namespace, wanted.name).catch(() => undefined);
    return withState(textDocument.uri, token, null, (state) => hover(state, position, Date.now(), hasMarkdown, pod));
  });
  connection.onCodeAction(({ textDocument, context }, token) =>
    withState(textDocument.uri, token, [], (state) => codeActions(state, context.diagnostics)),
  );
  connection.languages.inlayHint.on(({ textDocument, range }, token) =>
    withState(textDocument.uri, token, [], (state) => inlayHints(state, range, settings.inlayHints)),
  );
  connection.onCodeLens(({ textDocument }, token) => withState(textDocument.uri, token, [], codeLenses));
  connection.onCodeLensResolve((lens, token) => {
    const uri = lensUri(lens);
    return uri === undefined ? lens : withState(uri, token, lens, (state) => resolveCodeLens(state, lens));
  });
  connection.languages.semanticTokens.onRange(({ textDocument, range }, token) =>
    withState(textDocument.uri, token, { data: [] }, (state) => ({ data: semanticTokens(state, range) })),
  );
  connection.onRequest<FlowTargetsResult, void>(
    flowTargetsRequest,
    ({ textDocument }: FlowTargetsParams, token: CancellationToken) =>
      withState<FlowTargetsResult>(textDocument.uri, token, { targets: [], reason: notOpen }, flowTargetsOf),
  );
  connection.onRequest<FlowResult, void>(flowRequest, (params: FlowParams, token: CancellationToken) =>
    withState<FlowResult>(params.textDocument.uri, token, { kind: 'nothing', reason: notOpen }, (state) => {
      const { to, position = { line: 0, character: 0 }, chain } = params;
      if (to !== undefined) return flowFor(state, to);
      return chain === true ? chainGraphAt(state, position) : flowAt(state, position);
    }),
  );

  registerLiveRequests(connection, clusters, () => settings);
  registerDriftRequests(connection, withState);
  connection.listen();
}

const notOpen = 'This document is not open as an iptables dump.';

function isSteps<T>(value: T | Steps<T>): value is Steps<T> {
  return typeof value === 'object' && value !== null && 'next' in value && typeof value.next === 'function';
}

function describeError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
