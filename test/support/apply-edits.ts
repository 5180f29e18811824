import type { TextEdit } from 'vscode-languageserver-types';

/** A text after edits that do not overlap. Lines end in LF. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const lines = text.split('\n');
  const starts = [0];
  for (const line of lines) starts.push((starts.at(-1) ?? 0) + line.length + 1);
  const offset = ({ line, character }: { readonly line: number; readonly character: number }): number =>
    (starts[line] ?? text.length) + character;
  const inOrder = [...edits].sort((one, other) => offset(one.range.start) - offset(other.range.start));
  let changed = '';
  let end = 0;
  for (const { range, newText } of inOrder) {
    changed += text.slice(end, offset(range.start)) + newText;
    end = offset(range.end);
  }
  return changed + text.slice(end);
}
