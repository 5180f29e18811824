import { commands, type ExtensionContext, type TextDocument, window, workspace } from 'vscode';
import { type BaseLanguageClient, type LanguageClientOptions, RevealOutputChannelOn } from 'vscode-languageclient';
import type { InitializationOptions } from '../../server/src/protocol/requests.ts';
import { registerClusterCommands } from './cluster-commands.ts';
import { showClusterStatus } from './cluster-status.ts';
import { registerCommands } from './commands.ts';
import { registerCompareCommands } from './compare-commands.ts';
import { createCompareView } from './compare-view.ts';
import { createComparedDumps } from './compared-dumps.ts';
import { pickedContext } from './context-choice.ts';
import { registerDiagnose } from './diagnose/diagnose-command.ts';
import { createDriftView } from './drift-view.ts';
import { createDumpAtHand } from './dump-at-hand.ts';
import { registerDumpCommands } from './dump-commands.ts';
import { createExpandedChains } from './expanded-chains.ts';
import { createPacketTests } from './expectations/packet-tests.ts';
import { withPage } from './finding-page.ts';
import { createFlowPanels } from './flow-panels.ts';
import { safeConnection } from './incoming-text.ts';
import { makeLineEndsStick } from './line-ends.ts';
import { registerShowLine } from './line-rows.ts';
import { createNodeDumps } from './node-dumps.ts';
import { recognizeDumps } from './recognition.ts';
import { createServerAccess, type ServerAccess } from './server-access.ts';
import { createServicesView } from './services-view.ts';
import { registerTraceCommands } from './trace/trace-commands.ts';
import { createTraceView } from './trace/trace-view.ts';
import { isUsersDocument } from './users-document.ts';

/**
 * Wires the extension; `createClient` is what differs between Node.js and the browser. Everything is disposed of with the context.
 * @returns what to wait for when the window closes: it ends the server, which may have something to take back in a cluster
 */
export function activateExtension(
  context: ExtensionContext,
  createClient: (options: LanguageClientOptions) => BaseLanguageClient,
): () => Promise<void> {
  const log = window.createOutputChannel('iptables', { log: true });
  const options: LanguageClientOptions = {
    // Any scheme: a dump may come from a remote machine, a Git revision or an unsaved editor.
    documentSelector: [{ language: 'iptables' }],
    outputChannel: log,
    traceOutputChannel: log,
    // What fails is told by who asked for it, and stands in the log.
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    initializationFailedHandler: () => false,
    connectionOptions: safeConnection,
    middleware: {
      provideCodeActions: async (document, range, context, token, next) => {
        const actions = await next(document, range, context, token);
        makeLineEndsStick(document, actions);
        return actions;
      },
      handleDiagnostics: (uri, diagnostics, next) =>
        next(uri, isUsersDocument(uri) ? diagnostics.map((diagnostic) => withPage(diagnostic, context.extensionUri)) : []),
    },
    initializationOptions: (): InitializationOptions => ({
      trusted: workspace.isTrusted,
      hasShowFlow: true,
      hasCopyNodeCommands: true,
      pushesDiagnostics: true,
      hasTracePacket: true,
      hasShowReach: true,
      ...pickedContext(context.workspaceState),
    }),
  };
  const server = createServerAccess((errorHandler) => createClient({ ...options, errorHandler }), log);
  const panels = createFlowPanels(context, server);
  const trace = createTraceView(server, (path) => panels.light(path));
  const expanded = createExpandedChains(server);
  const dumps = createNodeDumps();
  const atHand = createDumpAtHand();
  const comparedDumps = createComparedDumps();
  const compareView = createCompareView();
  context.subscriptions.push(
    log,
    server,
    panels,
    trace,
    expanded,
    commands.registerCommand('iptables.expandChain', () => expanded.open()),
    dumps,
    atHand,
    comparedDumps,
    compareView,
    showClusterStatus(server),
    registerShowLine(),
    createServicesView(server),
    createDriftView(server),
    registerDiagnose(server),
    createPacketTests(server),
    // Before the server is up: a command that comes early waits for it.
    ...registerCommands(server, panels, log, atHand),
    ...registerTraceCommands({ server, view: trace, memento: context.workspaceState, panels, atHand }),
    ...registerClusterCommands(server, dumps, context.workspaceState),
    ...registerCompareCommands(server, comparedDumps, compareView),
  );
  startWithFirstDump(context, server);
  context.subscriptions.push(...registerDumpCommands(context), recognizeDumps(context));
  return () => server.stop();
}

/** A text file may have brought the extension up: the server starts with the first dump, or with the first question. */
function startWithFirstDump({ subscriptions }: ExtensionContext, server: ServerAccess): void {
  const isDump = ({ languageId }: TextDocument): boolean => languageId === 'iptables';
  if (workspace.textDocuments.some(isDump)) {
    server.start();
    return;
  }
  const waiting = workspace.onDidOpenTextDocument((document) => {
    if (!isDump(document)) return;
    waiting.dispose();
    server.startUnlessStarted();
  });
  subscriptions.push(waiting);
}
