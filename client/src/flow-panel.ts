import {
  CancellationTokenSource,
  type Disposable,
  l10n,
  Selection,
  TabInputText,
  type TextEditor,
  type Uri,
  ViewColumn,
  type WebviewPanel,
  window,
  workspace,
} from 'vscode';
import { type HostMessage, readPageMessage } from '../../webview/src/messages.ts';
import { pickChainDepth } from './chain-depth-pick.ts';
import { cursorPlace } from './cursor-place.ts';
import { copyText, printPage, saveFile } from './flow-exports.ts';
import { pickFlowTarget } from './flow-target-pick.ts';
import type { ServerAccess } from './server-access.ts';
import { messageOf, setPanelTitle, showError } from './show.ts';

/** One drawing of one dump's flow. */
export interface FlowPanel {
  readonly panel: WebviewPanel;
  readonly uri: Uri;
  /** What it shows now, as asked for. */
  to(): string;
  /** Draws another flow of the same dump, or the same one as it is now. */
  show(to: string): Promise<void>;
}

// Long enough to let a held arrow key pass, short enough to feel like following.
const cursorDelay = 80;
// What is drawn stays this long before the page says that it waits.
const patience = 200;

/** The column that shows the dump; else the one that has it behind another tab. */
function columnOf(uri: Uri): ViewColumn | undefined {
  const isOfDump = (candidate: Uri): boolean => candidate.toString() === uri.toString();
  const visible = window.visibleTextEditors.find((editor) => isOfDump(editor.document.uri))?.viewColumn;
  if (visible !== undefined) return visible;
  const tabs = window.tabGroups.all.flatMap((group) => group.tabs);
  return tabs.find(({ input }) => input instanceof TabInputText && isOfDump(input.uri))?.group.viewColumn;
}

/** Whether a chain's graph was asked for and not a Service's flow. */
function isChain(to: string): boolean {
  return to.startsWith('chain:');
}

function titleOf(to: string, title: string): string {
  return isChain(to) ? l10n.t('Chains: {0}', title) : l10n.t('NAT flow: {0}', title);
}

/** Takes a panel over: listens to its page, follows the cursor, and shows `to`. `storage` is a folder for pages to print. */
export function createFlowPanel(panel: WebviewPanel, uri: Uri, initial: string, server: ServerAccess, storage: Uri): FlowPanel {
  const file = uri.path.slice(uri.path.lastIndexOf('/') + 1);
  const disposables: Disposable[] = [];
  let to = initial;
  let isReady = false;
  let shown: HostMessage | undefined;
  let running: CancellationTokenSource | undefined;
  let cursorTimer: ReturnType<typeof setTimeout> | undefined;

  const post = (message: HostMessage): void => {
    if (isReady) void panel.webview.postMessage(message);
  };
  const draw = (message: HostMessage): void => {
    shown = message;
    post(message);
  };

  const show = async (wanted: string): Promise<void> => {
    to = wanted;
    running?.cancel();
    const mine = new CancellationTokenSource();
    running = mine;
    const source = { uri: uri.toString(), file, to: wanted };
    const waiting = setTimeout(() => post({ kind: 'loading', ...source }), patience);
    let message: HostMessage;
    try {
      const result = await server.flow({ textDocument: { uri: source.uri }, to: wanted }, mine.token);
      message =
        result.kind === 'flow'
          ? { kind: 'flow', ...source, graph: result.graph }
          : { kind: 'nothing', ...source, reason: result.reason };
    } catch (error) {
      message = { kind: 'nothing', ...source, reason: messageOf(error) };
    } finally {
      clearTimeout(waiting);
      mine.dispose();
    }
    if (running !== mine) return;
    running = undefined;
    if (message.kind === 'flow') setPanelTitle(panel, titleOf(wanted, message.graph.title));
    draw(message);
  };

  const follow = (editor: TextEditor): void => {
    if (editor.document.uri.toString() !== uri.toString()) return;
    clearTimeout(cursorTimer);
    cursorTimer = setTimeout(() => post(cursorPlace(editor.document, editor.selection.active)), cursorDelay);
  };

  const openLine = async (line: number, focus: boolean): Promise<void> => {
    const document = await workspace.openTextDocument(uri);
    // A line of a dump that was edited since may be gone.
    const { range } = document.lineAt(Math.min(line, document.lineCount) - 1);
    await window.showTextDocument(document, {
      viewColumn: columnOf(uri) ?? ViewColumn.Beside,
      preserveFocus: !focus,
      selection: new Selection(range.start, range.start),
    });
  };

  const listen = async (raw: unknown): Promise<void> => {
    const message = readPageMessage(raw);
    switch (message?.kind) {
      case 'ready': {
        isReady = true;
        if (shown !== undefined) post(shown);
        const editor = window.visibleTextEditors.find((candidate) => candidate.document.uri.toString() === uri.toString());
        if (editor !== undefined) follow(editor);
        return;
      }
      case 'open-line':
        return openLine(message.line, message.focus);
      case 'request-flow':
        return show(message.to);
      case 'pick-flow': {
        const pickService = (): Promise<string | undefined> => pickFlowTarget(server, uri);
        const picked = isChain(to) ? await pickChainDepth(to, pickService) : await pickService();
        return picked === undefined ? undefined : show(picked);
      }
      case 'copy':
        return copyText(message.text, message.what);
      case 'save':
        return saveFile(message, uri);
      case 'print':
        return printPage(message, uri, storage);
      case undefined:
        return;
    }
  };

  disposables.push(
    panel.webview.onDidReceiveMessage((raw: unknown) => {
      listen(raw).catch((error: unknown) => {
        void showError(messageOf(error));
      });
    }),
    // A hidden page is gone; it says `ready` when it is back.
    panel.onDidChangeViewState(() => {
      if (!panel.visible) isReady = false;
    }),
    window.onDidChangeTextEditorSelection(({ textEditor }) => follow(textEditor)),
    window.onDidChangeActiveTextEditor((editor) => {
      if (editor !== undefined) follow(editor);
    }),
  );
  panel.onDidDispose(() => {
    clearTimeout(cursorTimer);
    running?.cancel();
    for (const disposable of disposables) disposable.dispose();
  });

  void show(initial);
  return { panel, uri, to: () => to, show };
}
