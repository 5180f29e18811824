import type { SourceDocument } from '../../syntax/document.ts';
import type { Line } from '../../syntax/line.ts';
import { firstJoin, isEscapedText, joinedCode, splitJoined } from '../../syntax/pasted/joined-lines.ts';
import type { Change } from '../mending/change.ts';

/** Ways to mend a whole file: what its transport did to it, or several lines that stand on one. */
export type Repair = 'transport' | 'plain-dump';

/**
 * The edits that mend a whole file, in text order, none touching another. 'transport' makes line ends LF and takes indents and trailing blanks
 * away; 'plain-dump' puts each line of a dump on a line of its own.
 */
export function repairEdits(document: SourceDocument, repair: Repair): readonly Change[] {
  return repair === 'transport' ? transportEdits(document) : plainDumpEdits(document);
}

function transportEdits({ lines }: SourceDocument): readonly Change[] {
  const edits: Change[] = [];
  for (const [number, line] of lines.entries()) {
    const { text } = line;
    const indent = text.length - text.trimStart().length;
    const end = Math.max(text.trimEnd().length, indent);
    const place = (character: number): Change['start'] => ({ line: number, character });
    if (indent > 0) edits.push({ start: place(0), end: place(indent), text: '' });
    const behind = line.carriageReturn && number + 1 < lines.length ? { line: number + 1, character: 0 } : place(text.length);
    if (end < text.length || line.carriageReturn) {
      edits.push({ start: place(end), end: behind, text: behind.line > number ? '\n' : '' });
    }
  }
  return edits;
}

/** Makes every line end LF, and changes nothing else. */
export function lineEndChanges({ lines }: SourceDocument): readonly Change[] {
  const changes: Change[] = [];
  for (const [line, { text, carriageReturn }] of lines.entries()) {
    if (carriageReturn && line + 1 < lines.length)
      changes.push({ start: { line, character: text.length }, end: { line: line + 1, character: 0 }, text: '\n' });
  }
  return changes;
}

/** Writes each line as it is read, where something was done to all of them (`syntax/apart.ts`). */
export function wholeLineEdits({ lines, apart }: SourceDocument): readonly Change[] {
  return Array.from(lines, ({ text }, line): Change => {
    const end = { line, character: apart?.lengths[line] ?? text.length };
    return { start: { line, character: 0 }, end, text };
  });
}

function isJoined({ text, problems }: Line): boolean {
  return problems.some(({ code }) => code === joinedCode) || firstJoin(text, false) !== -1;
}

function plainDumpEdits({ lines }: SourceDocument): readonly Change[] {
  const edits: Change[] = [];
  for (let number = 0; number < lines.length; number += 1) {
    const line = lines.at(number);
    if (line === undefined || !isJoined(line)) continue;
    let last = number;
    let text = line.text;
    // A JSON string has no line ends of its own: those in it were put there by whoever wrapped it.
    while (isEscapedText(text) && isEscapedText(lines.at(last + 1)?.text ?? '')) {
      last += 1;
      text += lines.at(last)?.text ?? '';
    }
    const end = { line: last, character: lines.at(last)?.text.length ?? 0 };
    edits.push({ start: { line: number, character: 0 }, end, text: splitJoined(text).join('\n') });
    number = last;
  }
  return edits;
}
