import {
  CancellationTokenSource,
  commands,
  type Disposable,
  EventEmitter,
  l10n,
  Range,
  Selection,
  TextEditorRevealType,
  Uri,
  window,
  workspace,
} from 'vscode';
import { type RulesetChangedParams, rulesetChangedNotification } from '../../../server/src/protocol/requests.ts';
import { fileNameOf } from '../file-name.ts';
import type { ServerAccess } from '../server-access.ts';
import { createTree, messageOf, showInStatusBar, type Tree } from '../show.ts';
import type { DrawnTrace } from './drawn-trace.ts';
import type { ShownPaths, ShownStep } from './shown-paths.ts';
import { createTraceLights, type TraceLights } from './trace-lights.ts';
import { below, type TraceNode, type TraceSubject } from './trace-nodes.ts';
import { traceRow } from './trace-rows.ts';

const viewId = 'iptables.trace';
/** Commands that go through a trace are there once there is one. */
const contextKey = 'iptables.hasTrace';
const statusTime = 5_000;

/** The trace that is looked at: its tree, the lit path in the dump, and where the user is on it. */
export interface TraceView extends Disposable {
  /** Shows what `open` gives, and follows edits; the sentence of a refusal where there is nothing. */
  look(open: () => Promise<ShownPaths | string>): Promise<string | undefined>;
  /** Goes a step forward, or back (-1). */
  walk(by: 1 | -1): Promise<void>;
  /** Goes to a line of the dump; with an outcome and a step of it, counted from 1, the path is that outcome's from here on. */
  goTo(uri: Uri, line: number, outcome: number, step: number): Promise<void>;
  clear(): void;
  current(): ShownPaths | undefined;
  /** The steps of the outcome that is looked at; none without a trace. */
  steps(): readonly ShownStep[];
}

/** Rows below which steps are. */
const deep: ReadonlySet<TraceSubject['kind']> = new Set(['outcome', 'stage', 'rule', 'seen-packet']);

class View implements TraceView {
  readonly #tree: Tree<TraceNode>;
  readonly #drawn: (trace: DrawnTrace | undefined) => void;
  readonly #lights: TraceLights = createTraceLights();
  readonly #changed = new EventEmitter<TraceNode | undefined>();
  readonly #listeners: readonly Disposable[];
  #session: ShownPaths | undefined;
  /** The rows that were shown, by the row above them: the tree knows a row by its object. */
  #rows = new Map<TraceNode | undefined, Promise<readonly TraceNode[]>>();
  #outcome = 0;
  /** 0-based; -1 before the first. */
  #step = -1;
  #running: CancellationTokenSource | undefined;

  constructor(server: ServerAccess, drawn: (trace: DrawnTrace | undefined) => void) {
    this.#drawn = drawn;
    this.#tree = createTree<TraceNode>(viewId, {
      changed: this.#changed.event,
      row: (node) => traceRow(node, this.#session?.uri ?? Uri.parse('untitled:')),
      children: (node) => this.#children(node),
      parent: ({ parent }) => parent,
    });
    this.#listeners = [
      server.onNotification<RulesetChangedParams>(rulesetChangedNotification, ({ uri }) => {
        if (uri === this.#session?.uri.toString()) void this.#again();
      }),
      workspace.onDidCloseTextDocument(({ uri }) => {
        if (uri.toString() === this.#session?.uri.toString()) this.#sayClosed(uri);
      }),
    ];
  }

  current(): ShownPaths | undefined {
    return this.#session;
  }

  steps(): readonly ShownStep[] {
    return this.#session?.paths[this.#outcome] ?? [];
  }

  async look(open: () => Promise<ShownPaths | string>): Promise<string | undefined> {
    const opened = await this.#open(open);
    if (typeof opened === 'string') return opened;
    if (opened === undefined) return undefined;
    this.#outcome = 0;
    this.#step = -1;
    this.#show(opened);
    await commands.executeCommand(`${viewId}.focus`);
    return undefined;
  }

  async walk(by: 1 | -1): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    const lines = this.#lines();
    let step = this.#step + by;
    // A policy that the dump does not say has no line.
    while (step >= 0 && step < lines.length && lines[step] === null) step += by;
    const line = lines[step];
    if (line === undefined || line === null) {
      showInStatusBar(by === 1 ? l10n.t('That was the last step.') : l10n.t('That was the first step.'), statusTime);
      return;
    }
    await this.goTo(session.uri, line, this.#outcome, step + 1);
  }

  async goTo(uri: Uri, line: number, outcome: number, step: number): Promise<void> {
    const session = this.#session;
    const isStep = step > 0 && uri.toString() === session?.uri.toString();
    if (isStep) {
      this.#outcome = outcome;
      this.#step = step - 1;
      this.#light();
    }
    const shown = window.visibleTextEditors.find(({ document }) => document.uri.toString() === uri.toString());
    const editor = shown ?? (await window.showTextDocument(uri, { preserveFocus: true, preview: false }));
    const at = Math.min(line, editor.document.lineCount - 1);
    editor.selection = new Selection(at, 0, at, 0);
    editor.revealRange(new Range(at, 0, at, 0), TextEditorRevealType.InCenterIfOutsideViewport);
    if (!isStep || session === undefined) return;
    const words = session.paths[outcome]?.[step - 1]?.words ?? '';
    showInStatusBar(l10n.t('Step {0} of {1}: {2}', step, this.#lines().length, words), statusTime);
    await this.#reveal(outcome, step);
  }

  clear(): void {
    this.#running?.cancel();
    this.#session = undefined;
    this.#refresh();
    this.#tree.setMessage('');
    void commands.executeCommand('setContext', contextKey, false);
  }

  dispose(): void {
    this.#running?.cancel();
    for (const each of [...this.#listeners, this.#tree, this.#changed, this.#lights]) each.dispose();
  }

  /** The answer, unless another question came meanwhile. */
  async #open(open: () => Promise<ShownPaths | string>): Promise<ShownPaths | string | undefined> {
    this.#running?.cancel();
    const mine = new CancellationTokenSource();
    this.#running = mine;
    try {
      const opened = await open();
      return this.#running === mine ? opened : undefined;
    } catch (error) {
      if (this.#running !== mine) return undefined;
      throw error;
    } finally {
      if (this.#running === mine) this.#running = undefined;
      mine.dispose();
    }
  }

  /** Follows the same packet through the dump as it is now. */
  async #again(): Promise<void> {
    const before = this.#session;
    if (before === undefined) return;
    try {
      const opened = await this.#open(() => before.again());
      if (opened === undefined || this.#session !== before) return;
      if (typeof opened === 'string') {
        this.#tree.setMessage(l10n.t('{0} What is shown is of the dump as it was.', opened));
        return;
      }
      const { paths } = opened;
      this.#outcome = Math.min(this.#outcome, Math.max(paths.length - 1, 0));
      this.#step = Math.min(this.#step, (paths[this.#outcome]?.length ?? 0) - 1);
      this.#show(opened);
    } catch (error) {
      this.#tree.setMessage(messageOf(error));
    }
  }

  /** The server knows the dump no more; once it is open again the packet is followed anew. */
  #sayClosed(dump: Uri): void {
    this.#running?.cancel();
    this.#running = undefined;
    const name = fileNameOf(dump);
    this.#tree.setMessage(
      l10n.t('{0} was closed: this is the way through it as it was. Open it to follow the packet again.', name),
    );
  }

  #show(session: ShownPaths): void {
    this.#session = session;
    this.#tree.setMessage(session.title);
    void commands.executeCommand('setContext', contextKey, true);
    this.#refresh();
  }

  #refresh(): void {
    this.#rows = new Map();
    this.#changed.fire(undefined);
    this.#light();
  }

  /** The 0-based lines of the steps of the outcome that is looked at. */
  #lines(): readonly (number | null)[] {
    return this.steps().map(({ line }) => line);
  }

  #light(): void {
    const session = this.#session;
    this.#lights.show(session === undefined ? undefined : { uri: session.uri, lines: this.#lines(), current: this.#step });
    this.#drawn(
      session === undefined ? undefined : { uri: session.uri, title: session.title, steps: this.steps(), current: this.#step },
    );
  }

  /** Brings a step's row into sight, where the tree is on the screen. */
  async #reveal(outcome: number, step: number): Promise<void> {
    if (!this.#tree.isVisible()) return;
    const top = (await this.#children(undefined))[outcome];
    const found = top === undefined ? undefined : await this.#find(top, step);
    // The tree may be another one by now.
    if (found !== undefined) await this.#tree.reveal(found).catch(() => undefined);
  }

  async #find(node: TraceNode, step: number): Promise<TraceNode | undefined> {
    const { subject } = node;
    if ((subject.kind === 'rule' || subject.kind === 'policy') && subject.part.step === step) return node;
    if (subject.kind === 'seen-step' && subject.number === step) return node;
    if (!deep.has(subject.kind)) return undefined;
    for (const child of await this.#children(node)) {
      const found = await this.#find(child, step);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #children(node: TraceNode | undefined): Promise<readonly TraceNode[]> {
    const known = this.#rows.get(node);
    if (known !== undefined) return known;
    const session = this.#session;
    const rows = (session === undefined ? Promise.resolve([]) : session.rows(node?.subject)).then((subjects) =>
      below(node, subjects),
    );
    this.#rows.set(node, rows);
    return rows;
  }
}

/**
 * The view of the packet that was followed last. It follows edits of its dump, and says why where it cannot. `drawn` is told of each path and
 * step that is looked at, and of none.
 */
export function createTraceView(server: ServerAccess, drawn: (trace: DrawnTrace | undefined) => void): TraceView {
  return new View(server, drawn);
}
