import {
  CancellationTokenSource,
  commands,
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
import { isChainRequest, isMapRequest } from '../../server/src/base/flow-request.ts';
import { type HostMessage, type Outdated, readPageMessage, type ShowFlow, type ShowNothing } from '../../webview/src/messages.ts';
import { pickChainDepth } from './chain-depth-pick.ts';
import { openObject } from './cluster-object.ts';
import { flowMessage, pendingMapMessage } from './compared-flow.ts';
import { cursorPlace } from './cursor-place.ts';
import { type DumpPlace, watchDump } from './dump-place.ts';
import { showFailure } from './failure.ts';
import { fileNameOf } from './file-name.ts';
import { copyText, printPage, saveFile } from './flow-exports.ts';
import { pickFlowTarget } from './flow-target-pick.ts';
import { type OtherDump, pickOtherDump } from './other-dump-pick.ts';
import { type ServerAccess, type ServerState, ServerStopped } from './server-access.ts';
import { messageOf } from './show.ts';
import type { DrawnTrace } from './trace/drawn-trace.ts';
import { tracePacketCommand } from './trace/trace-rows.ts';

/** What a panel shows at first. */
export interface FlowSubject {
  readonly uri: Uri;
  readonly to: string;
  /** What it is compared with. */
  readonly other?: OtherDump | undefined;
}

/** One drawing of one dump's flow. */
export interface FlowPanel {
  readonly panel: WebviewPanel;
  uri(): Uri;
  /** What it shows now, as asked for. */
  to(): string;
  /** "NAT flow: shop/web:http", before it is told from others. */
  title(): string;
  /** Whether it shows something of a dump, be it as what its own is compared with. */
  isOf(uri: string): boolean;
  /** Lights the path of a packet where it is of this dump; undefined for none. */
  light(trace: DrawnTrace | undefined): void;
  /** Has the user pick a dump, and draws its flow beside. */
  compare(): Promise<void>;
  /** Draws another flow of the same dump, or the same one as it is now. */
  show(to: string): Promise<void>;
}

// Long enough to let a held arrow key pass, short enough to feel like following.
const cursorDelay = 80;
// What is drawn stays this long before the page says that it waits.
const patience = 200;

function isOf(uri: Uri): (editor: TextEditor) => boolean {
  const wanted = uri.toString();
  return ({ document }) => document.uri.toString() === wanted;
}

/** The column that shows the dump; else the one that has it behind another tab. */
function columnOf(uri: Uri): ViewColumn | undefined {
  const visible = window.visibleTextEditors.find(isOf(uri))?.viewColumn;
  if (visible !== undefined) return visible;
  const tabs = window.tabGroups.all.flatMap((group) => group.tabs);
  return tabs.find(({ input }) => input instanceof TabInputText && input.uri.toString() === uri.toString())?.group.viewColumn;
}

function titleOf(to: string, title: string): string {
  if (isMapRequest(to)) return title;
  return isChainRequest(to) ? l10n.t('Chains: {0}', title) : l10n.t('NAT flow: {0}', title);
}

class PanelOfDump implements FlowPanel {
  readonly panel: WebviewPanel;
  readonly #server: ServerAccess;
  readonly #storage: Uri;
  readonly #titled: () => void;
  readonly #dump: DumpPlace;
  #to: string;
  #title: string = l10n.t('NAT flow');
  #isReady = false;
  #shown: ShowFlow | ShowNothing | undefined;
  #outdated: Outdated | undefined;
  #other: OtherDump | undefined;
  #trace: DrawnTrace | undefined;
  #running: CancellationTokenSource | undefined;
  #cursorTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(panel: WebviewPanel, subject: FlowSubject, server: ServerAccess, storage: Uri, titled: () => void) {
    const { uri, to, other } = subject;
    this.panel = panel;
    this.#to = to;
    this.#other = other;
    this.#server = server;
    this.#storage = storage;
    this.#titled = titled;
    this.#dump = watchDump(uri);
    const disposables: readonly Disposable[] = [
      this.#dump,
      this.#dump.onDidMove((moved) => this.#moved(moved)),
      this.#dump.onDidVanish((isGone) => (isGone ? this.#markOutdated(this.#goneText(), false) : void this.show(this.#to))),
      server.onDidChangeState((state) => this.#serverChanged(state)),
      panel.webview.onDidReceiveMessage((raw: unknown) => {
        this.#listen(raw).catch((error: unknown) => void showFailure(server, error));
      }),
      // A hidden page is gone; it says `ready` when it is back.
      panel.onDidChangeViewState(() => {
        if (!panel.visible) this.#isReady = false;
      }),
      window.onDidChangeTextEditorSelection(({ textEditor }) => this.#follow(textEditor)),
      window.onDidChangeActiveTextEditor((editor) => {
        if (editor !== undefined) this.#follow(editor);
      }),
    ];
    panel.onDidDispose(() => {
      clearTimeout(this.#cursorTimer);
      this.#running?.cancel();
      for (const disposable of disposables) disposable.dispose();
    });
  }

  uri(): Uri {
    return this.#dump.uri();
  }

  to(): string {
    return this.#to;
  }

  title(): string {
    return this.#title;
  }

  isOf(uri: string): boolean {
    return this.uri().toString() === uri || this.#other?.uri.toString() === uri;
  }

  light(trace: DrawnTrace | undefined): void {
    this.#trace = trace;
    this.#postTrace();
  }

  async compare(): Promise<void> {
    if (isMapRequest(this.#to)) {
      const picked = await pickFlowTarget(this.#server, this.uri());
      if (picked === undefined) return;
      this.#to = picked;
    }
    const other = await pickOtherDump(this.uri(), !isChainRequest(this.#to));
    if (other === undefined) return;
    this.#other = other;
    await this.show(this.#to);
  }

  async show(wanted: string): Promise<void> {
    this.#to = wanted;
    this.#running?.cancel();
    const mine = new CancellationTokenSource();
    this.#running = mine;
    const uri = this.uri();
    const source = { uri: uri.toString(), file: fileNameOf(uri), to: wanted };
    const waiting = setTimeout(() => this.#post({ kind: 'loading', ...source }), patience);
    let message: ShowFlow | ShowNothing;
    let outdated: Outdated | undefined;
    try {
      await this.#showPending(uri, wanted, mine);
      message = await flowMessage(this.#server, uri, wanted, this.#other, mine.token);
    } catch (error) {
      const isDown = error instanceof ServerStopped;
      const reason = this.#dump.isGone() ? this.#goneText() : messageOf(error);
      message = { kind: 'nothing', ...source, reason };
      if (isDown || this.#dump.isGone()) outdated = { kind: 'outdated', reason, canRestart: isDown };
    } finally {
      clearTimeout(waiting);
      mine.dispose();
    }
    if (this.#running !== mine) return;
    this.#running = undefined;
    // It was moved while it was read: the page knows it by its new place.
    if (uri.toString() !== this.uri().toString()) return;
    this.#outdated = outdated;
    // What is drawn stays, marked, where its dump or the server is away.
    const stays = outdated !== undefined && this.#shown?.kind === 'flow' && this.#shown.to === wanted;
    if (!stays) this.#draw(message);
    if (outdated !== undefined) this.#post(outdated);
  }

  /** A map that is not drawn yet is seen at once; the states of its Services come when all were looked at. */
  async #showPending(uri: Uri, wanted: string, mine: CancellationTokenSource): Promise<void> {
    if (!isMapRequest(wanted) || (this.#shown?.kind === 'flow' && this.#shown.to === wanted)) return;
    const pending = await pendingMapMessage(this.#server, uri, wanted, mine.token);
    if (pending !== undefined && this.#running === mine && uri.toString() === this.uri().toString()) this.#draw(pending);
  }

  #draw(message: ShowFlow | ShowNothing): void {
    if (message.kind === 'flow') {
      this.#title = titleOf(message.to, message.graph.title);
      this.#titled();
    }
    this.#shown = message;
    this.#post(message);
  }

  #goneText(): string {
    return l10n.t('{0} is gone: it was deleted, moved or closed unsaved. This is the flow as it was.', fileNameOf(this.uri()));
  }

  #markOutdated(reason: string, canRestart: boolean): void {
    this.#outdated = { kind: 'outdated', reason, canRestart };
    this.#post(this.#outdated);
  }

  #serverChanged(state: ServerState): void {
    if (state.kind === 'stopped') this.#markOutdated(state.reason, true);
    else if (state.kind === 'running') void this.show(this.#to);
  }

  #moved(uri: Uri): void {
    const place = { uri: uri.toString(), file: fileNameOf(uri) };
    if (this.#shown !== undefined) this.#shown = { ...this.#shown, ...place };
    this.#post({ kind: 'moved', ...place });
    this.#titled();
    void this.show(this.#to);
  }

  #post(message: HostMessage): void {
    if (this.#isReady) void this.panel.webview.postMessage(message);
  }

  #postTrace(): void {
    const trace = this.#trace?.uri.toString() === this.uri().toString() ? this.#trace : undefined;
    const steps = (trace?.steps ?? []).map(({ line, words }) => ({ line: line === null ? null : line + 1, words }));
    this.#post({ kind: 'traced', title: trace?.title ?? '', steps, current: trace?.current ?? -1 });
  }

  #follow(editor: TextEditor): void {
    if (!isOf(this.uri())(editor)) return;
    clearTimeout(this.#cursorTimer);
    this.#cursorTimer = setTimeout(() => this.#post(cursorPlace(editor.document, editor.selection.active)), cursorDelay);
  }

  #ready(): void {
    this.#isReady = true;
    if (this.#shown !== undefined) this.#post(this.#shown);
    if (this.#outdated !== undefined) this.#post(this.#outdated);
    if (this.#trace !== undefined) this.#postTrace();
    const editor = window.visibleTextEditors.find(isOf(this.uri()));
    if (editor !== undefined) this.#follow(editor);
  }

  async #openLine(line: number, focus: boolean, isOther: boolean): Promise<void> {
    const uri = isOther && this.#other !== undefined ? this.#other.uri : this.uri();
    if (
      !isOther &&
      this.#dump.isGone() &&
      !workspace.textDocuments.some((document) => document.uri.toString() === uri.toString())
    ) {
      throw new Error(this.#goneText());
    }
    const document = await workspace.openTextDocument(uri);
    // A line of a dump that was edited since may be gone.
    const { range } = document.lineAt(Math.min(line, document.lineCount) - 1);
    await window.showTextDocument(document, {
      viewColumn: columnOf(uri) ?? ViewColumn.Beside,
      preserveFocus: !focus,
      selection: new Selection(range.start, range.start),
    });
  }

  async #pick(): Promise<void> {
    const pickService = (): Promise<string | undefined> => pickFlowTarget(this.#server, this.uri());
    const picked = isChainRequest(this.#to) ? await pickChainDepth(this.#to, pickService) : await pickService();
    if (picked !== undefined) await this.show(picked);
  }

  async #listen(raw: unknown): Promise<void> {
    const message = readPageMessage(raw);
    switch (message?.kind) {
      case 'ready':
        this.#ready();
        return;
      case 'open-line':
        return this.#openLine(message.line, message.focus, message.isOther === true);
      case 'request-flow':
        return this.show(message.to);
      case 'pick-flow':
        return this.#pick();
      case 'compare':
        if (!message.stop) return this.compare();
        this.#other = undefined;
        return this.show(this.#to);
      case 'trace': {
        const { from, to, protocol } = message;
        const ends = { ...(from === null ? {} : { from }), ...(to === null ? {} : { to }) };
        await commands.executeCommand(tracePacketCommand, this.uri(), { ...ends, protocol });
        return;
      }
      case 'open-object':
        return openObject(this.uri(), message.line);
      case 'trace-step':
        await commands.executeCommand(message.by === 1 ? 'iptables.traceNextStep' : 'iptables.tracePreviousStep');
        return;
      case 'restart':
        return this.#server.restart();
      case 'copy':
        return copyText(message.text, message.what);
      case 'save':
        return saveFile(message, this.uri());
      case 'print':
        return printPage(message, this.uri(), this.#storage);
      case undefined:
        return;
    }
  }
}

/**
 * Takes a panel over: listens to its page, follows the cursor and the dump, and shows what it is about. `storage` is a folder for pages to print;
 * `titled` is told when the title is another.
 */
export function createFlowPanel(
  panel: WebviewPanel,
  subject: FlowSubject,
  server: ServerAccess,
  storage: Uri,
  titled: () => void,
): FlowPanel {
  const flow = new PanelOfDump(panel, subject, server, storage, titled);
  void flow.show(subject.to);
  return flow;
}
