/** Rows of trees that lead to a line of a dump. */
import { commands, type Disposable, l10n, Position, Range, Uri, window } from 'vscode';
import type { TreeRow } from './show.ts';

/** Opens a dump at a line of it: the command behind a row, with the dump's URI and the 0-based line. */
const showLineCommand = 'iptables.showDumpLine';

/** The row, and a click on it goes to a line of the dump, 0-based, where there is one. */
export function leadingToLine(row: TreeRow, dump: Uri, line: number | null): TreeRow {
  if (line === null) return row;
  return { ...row, command: { command: showLineCommand, title: l10n.t('Go to the Rule'), arguments: [dump, line] } };
}

/** Has rows lead to their lines. */
export function registerShowLine(): Disposable {
  return commands.registerCommand(showLineCommand, (dump: unknown, line: unknown) =>
    dump instanceof Uri && typeof line === 'number' ? showLine(dump, line) : undefined,
  );
}

async function showLine(dump: Uri, line: number): Promise<void> {
  const start = new Position(line, 0);
  await window.showTextDocument(dump, { selection: new Range(start, start), preserveFocus: false });
}
