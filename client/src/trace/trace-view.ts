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
} from 'vscode';
import { type RulesetChangedParams, rulesetChangedNotification } from '../../../server/src/protocol.ts';
import type { TraceQuestion } from '../../../server/src/trace-protocol.ts';
import type { ServerAccess } from '../server-access.ts';
import { createTree, messageOf, showInStatusBar, type Tree } from '../show.ts';
import { createTraceLights, type TraceLights } from './trace-lights.ts';
import { below, rangesOf, subjectsOfParts, type TraceNode, type TraceSubject } from './trace-nodes.ts';
import { traceRow } from './trace-rows.ts';
import { openTrace, type TraceSession } from './trace-session.ts';

const viewId = 'iptables.trace';
/** Commands that go through a trace are there once there is one. */
const contextKey = 'iptables.hasTrace';
const statusTime = 5_000;

/** The trace that is looked at: its tree, the lit path in the dump, and where the user is on it. */
export interface TraceView extends Disposable {
  /** Follows a packet and shows what becomes of it; the sentence of a refusal where that cannot be done. */
  trace(uri: Uri, question: TraceQuestion): Promise<string | undefined>;
  /** Goes a step forward, or back (-1). */
  walk(by: 1 | -1): Promise<void>;
  /** Goes to a line of the dump; with an outcome and a step of it, counted from 1, the path is that outcome's from here on. */
  goTo(uri: Uri, line: number, outcome: number, step: number): Promise<void>;
  clear(): void;
  current(): TraceSession | undefined;
}

class View implements TraceView {
  readonly #server: ServerAccess;
  readonly #tree: Tree<TraceNode>;
  readonly #lights: TraceLights = createTraceLights();
  readonly #changed = new EventEmitter<TraceNode | undefined>();
  readonly #listener: Disposable;
  #session: TraceSession | undefined;
  /** The rows that were shown, by the row above them: the tree knows a row by its object. */
  #rows = new Map<TraceNode | undefined, Promise<readonly TraceNode[]>>();
  #outcome = 0;
  /** 0-based; -1 before the first. */
  #step = -1;
  #running: CancellationTokenSource | undefined;

  constructor(server: ServerAccess) {
    this.#server = server;
    this.#tree = createTree<TraceNode>(viewId, {
      changed: this.#changed.event,
      row: (node) => traceRow(node, this.#session?.uri ?? Uri.parse('untitled:')),
      children: (node) => this.#children(node),
      parent: ({ parent }) => parent,
    });
    this.#listener = server.onNotification<RulesetChangedParams>(rulesetChangedNotification, ({ uri }) => {
      if (uri === this.#session?.uri.toString()) void this.#again();
    });
  }

  current(): TraceSession | undefined {
    return this.#session;
  }

  async trace(uri: Uri, question: TraceQuestion): Promise<string | undefined> {
    const opened = await this.#open(uri, question);
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
    const { chain = '', action = '' } = session.result.report.outcomes[outcome]?.steps[step - 1] ?? {};
    showInStatusBar(l10n.t('Step {0} of {1}: {2}: {3}', step, this.#lines().length, chain, action), statusTime);
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
    for (const each of [this.#listener, this.#tree, this.#changed, this.#lights]) each.dispose();
  }

  /** The answer, unless another question came meanwhile. */
  async #open(uri: Uri, question: TraceQuestion): Promise<TraceSession | string | undefined> {
    this.#running?.cancel();
    const mine = new CancellationTokenSource();
    this.#running = mine;
    try {
      const opened = await openTrace(this.#server, uri, question, mine);
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
      const opened = await this.#open(before.uri, before.question);
      if (opened === undefined || this.#session?.question !== before.question) return;
      if (typeof opened === 'string') {
        this.#tree.setMessage(opened);
        return;
      }
      const { outcomes } = opened.result.report;
      this.#outcome = Math.min(this.#outcome, Math.max(outcomes.length - 1, 0));
      this.#step = Math.min(this.#step, (outcomes[this.#outcome]?.steps.length ?? 0) - 1);
      this.#show(opened);
    } catch (error) {
      this.#tree.setMessage(messageOf(error));
    }
  }

  #show(session: TraceSession): void {
    this.#session = session;
    this.#tree.setMessage(session.result.title);
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
    const steps = this.#session?.result.report.outcomes[this.#outcome]?.steps ?? [];
    return steps.map(({ line }) => (line === null ? null : line - 1));
  }

  #light(): void {
    const session = this.#session;
    this.#lights.show(session === undefined ? undefined : { uri: session.uri, lines: this.#lines(), current: this.#step });
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
    if (subject.kind !== 'outcome' && subject.kind !== 'stage' && subject.kind !== 'rule') return undefined;
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
    const rows = (session === undefined ? Promise.resolve([]) : subjectsBelow(session, node?.subject)).then((subjects) =>
      below(node, subjects),
    );
    this.#rows.set(node, rows);
    return rows;
  }
}

function outcomesOf({ result }: TraceSession): readonly TraceSubject[] {
  const { report, owners } = result;
  const outcomes = report.outcomes.map((outcome, at): TraceSubject => {
    const owner = outcome.packet.dst === null ? '' : (owners[outcome.packet.dst] ?? '');
    return { kind: 'outcome', at, outcome, owner };
  });
  return report.assumptions.length === 0 ? outcomes : [...outcomes, { kind: 'notes', notes: report.assumptions }];
}

async function belowOutcome(session: TraceSession, { at, outcome }: Extract<TraceSubject, { readonly kind: 'outcome' }>) {
  const { stages, reason } = await session.way(at);
  const rows: TraceSubject[] = outcome.assuming.map((text) => ({ kind: 'assuming', text }));
  const { verdict, steps } = outcome;
  const last = steps.at(-1);
  if (verdict !== 'accept' && last !== undefined) {
    const { chain, line, rule } = last;
    const stopped = { verdict, step: steps.length, chain, line: line === null ? null : line - 1, rule };
    rows.push({ kind: 'why-not', at, stopped });
  }
  rows.push(...stages.map((stage): TraceSubject => ({ kind: 'stage', at, stage })));
  if (reason !== '') rows.push({ kind: 'note', text: reason });
  return rows;
}

async function whatPasses(session: TraceSession, at: number): Promise<readonly TraceSubject[]> {
  const { changes } = await session.whyNot(at);
  if (changes.length === 0) return [{ kind: 'note', text: l10n.t('No change of one respect was found with which it passes.') }];
  return changes.map((change) => ({ kind: 'change', change }));
}

/** The rows below a row; those of all where there is none. */
async function subjectsBelow(session: TraceSession, subject: TraceSubject | undefined): Promise<readonly TraceSubject[]> {
  switch (subject?.kind) {
    case undefined:
      return outcomesOf(session);
    case 'outcome':
      return belowOutcome(session, subject);
    case 'stage':
      return subjectsOfParts(subject.at, subject.stage.parts);
    case 'rule': {
      const { part, at } = subject;
      const { reasons, before, after } = part;
      return [
        ...(reasons.length === 0 ? [] : [{ kind: 'reasons', reasons } as const]),
        ...(after === null ? [] : [{ kind: 'changed', before, after } as const]),
        ...subjectsOfParts(at, part.parts),
      ];
    }
    case 'passed': {
      const { at, first, count } = subject;
      const ranges = rangesOf(at, first, count);
      if (ranges.length > 0) return ranges;
      return (await session.rules(at, first, count)).rules.map((rule) => ({ kind: 'looked', rule }));
    }
    case 'reasons':
      return subject.reasons.map((reason) => ({ kind: 'reason', reason }));
    case 'why-not':
      return whatPasses(session, subject.at);
    case 'notes':
      return subject.notes.map((text) => ({ kind: 'note', text }));
    default:
      return [];
  }
}

/** The view of the packet that was followed last. It follows edits of its dump, and says why where it cannot. */
export function createTraceView(server: ServerAccess): TraceView {
  return new View(server);
}
