import type { Position, TextDocument } from 'vscode';
import type { Highlight } from '../../webview/src/messages.ts';

interface TableStart {
  readonly line: number;
  readonly table: string;
}

const starts = new WeakMap<TextDocument, { readonly version: number; readonly starts: readonly TableStart[] }>();

/** Where the tables of a dump begin, looked up once for each version of it. */
function tableStarts(document: TextDocument): readonly TableStart[] {
  const known = starts.get(document);
  if (known?.version === document.version) return known.starts;
  const found: TableStart[] = [];
  for (let line = 0; line < document.lineCount; line += 1) {
    const { text } = document.lineAt(line);
    if (text.startsWith('*')) found.push({ line, table: text.slice(1).trim() });
  }
  starts.set(document, { version: document.version, starts: found });
  return found;
}

/** The place of the cursor, for the panel to light up: the line, its table, and the chain under the cursor or else the one the line is of. */
export function cursorPlace(document: TextDocument, position: Position): Highlight {
  const { text } = document.lineAt(position.line);
  const word = document.getWordRangeAtPosition(position);
  const chain = (word === undefined ? undefined : chainAt(text, word.start.character, word.end.character)) ?? chainOf(text);
  const table = tableStarts(document).findLast((start) => start.line <= position.line)?.table;
  return { kind: 'highlight', line: position.line + 1, table: table ?? null, chain: chain ?? null };
}

/** The chain that a word names by where it stands: after a jump, or in a declaration. */
function chainAt(text: string, start: number, end: number): string | undefined {
  return /(?:^:|\s(?:-j|-g|--jump|--goto)\s+)$/.test(text.slice(0, start)) ? text.slice(start, end).replace(/^:/, '') : undefined;
}

/** The chain that a line declares or adds a rule to. */
function chainOf(text: string): string | undefined {
  return /^(?::|(?:\[\d+:\d+\]\s+)?(?:-[AIDR]|--append|--insert|--delete|--replace)\s+)(\S+)/.exec(text)?.[1];
}
