import { CodeAction, type Command, type Diagnostic, EndOfLine, type TextDocument, TextEdit } from 'vscode';

const aboutLineEnds = new Set(['transport-damage', 'carriage-return']);

function codeOf({ code }: Diagnostic): unknown {
  return typeof code === 'object' ? code.value : code;
}

/**
 * Quick fixes that make line ends LF do so in VS Code, too, where line ends belong to the document: whatever a text edit puts in, the document's
 * own line end is written. The actions are changed in place.
 */
export function makeLineEndsStick(document: TextDocument, actions: readonly (Command | CodeAction)[] | null | undefined): void {
  if (document.eol !== EndOfLine.CRLF) return;
  for (const action of actions ?? []) {
    if (!(action instanceof CodeAction) || action.edit === undefined) continue;
    if (action.diagnostics?.some((diagnostic) => aboutLineEnds.has(String(codeOf(diagnostic)))) !== true) continue;
    action.edit.set(document.uri, [...action.edit.get(document.uri), TextEdit.setEndOfLine(EndOfLine.LF)]);
  }
}
