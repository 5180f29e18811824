import {
  type DecorationOptions,
  type Disposable,
  OverviewRulerLane,
  Range,
  type TextEditor,
  type TextEditorDecorationType,
  ThemeColor,
  type Uri,
  window,
} from 'vscode';

/** Where a path goes in a dump. */
export interface LitPath {
  readonly uri: Uri;
  /** The 0-based line of each step, in order; null for one without. */
  readonly lines: readonly (number | null)[];
  /** The step that was gone to last, 0-based; -1 for none. */
  readonly current: number;
}

/** Lights a path in the editors that show its dump. */
export interface TraceLights extends Disposable {
  /** undefined for none. */
  show(path: LitPath | undefined): void;
}

function numbersByLine(lines: readonly (number | null)[]): ReadonlyMap<number, readonly number[]> {
  const numbers = new Map<number, number[]>();
  for (const [at, line] of lines.entries()) {
    if (line === null) continue;
    const known = numbers.get(line);
    if (known === undefined) numbers.set(line, [at + 1]);
    else known.push(at + 1);
  }
  return numbers;
}

/** A line's numbers: a chain that is met twice has two. */
function decoration(editor: TextEditor, line: number, numbers: readonly number[]): DecorationOptions {
  return {
    range: editor.document.lineAt(line).range,
    renderOptions: { before: { contentText: `\u00a0${numbers.join(', ')}\u00a0` } },
  };
}

function light(
  editor: TextEditor,
  all: TextEditorDecorationType,
  here: TextEditorDecorationType,
  path: LitPath | undefined,
): void {
  const isOf = path !== undefined && path.uri.toString() === editor.document.uri.toString();
  const numbers = [...numbersByLine(isOf ? path.lines : [])].filter(([line]) => line < editor.document.lineCount);
  const current = isOf ? path.lines[path.current] : undefined;
  editor.setDecorations(
    all,
    numbers.map(([line, each]) => decoration(editor, line, each)),
  );
  const isThere = typeof current === 'number' && current < editor.document.lineCount;
  editor.setDecorations(here, isThere ? [new Range(current, 0, current, 0)] : []);
}

/** Lights for the lines of a path, none of which is on; they take the theme's colours. */
export function createTraceLights(): TraceLights {
  const all = window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new ThemeColor('iptables.tracedLineBackground'),
    overviewRulerColor: new ThemeColor('iptables.tracedStepBackground'),
    overviewRulerLane: OverviewRulerLane.Center,
    before: {
      color: new ThemeColor('iptables.tracedStepForeground'),
      backgroundColor: new ThemeColor('iptables.tracedStepBackground'),
      margin: '0 0.7em 0 0',
    },
  });
  const here = window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new ThemeColor('iptables.tracedCurrentLineBackground'),
    outlineColor: new ThemeColor('iptables.tracedStepBackground'),
    outlineWidth: '1px',
    outlineStyle: 'solid',
  });
  let path: LitPath | undefined;
  const lightAll = (): void => {
    for (const editor of window.visibleTextEditors) light(editor, all, here, path);
  };
  const listener = window.onDidChangeVisibleTextEditors(lightAll);
  return {
    show(next) {
      path = next;
      lightAll();
    },
    dispose() {
      for (const each of [listener, all, here]) each.dispose();
    },
  };
}
