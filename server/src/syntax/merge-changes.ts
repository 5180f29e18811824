import type { Steps } from '../base/steps.ts';
import { clamp, type Position, rawText, type SourceDocument, type TextChange } from './document.ts';

/** Fewer are as quickly made one by one. */
const fewestMerged = 16;
const changesBetweenPauses = 512;
const linesBetweenPauses = 4_096;

function isBefore(one: Position, other: Position): boolean {
  return one.line < other.line || (one.line === other.line && one.character <= other.character);
}

/** A place behind the end of a line is another one when the line has grown. */
function isThere(document: SourceDocument, position: Position): boolean {
  const { line, character } = clamp(document, position);
  return line === position.line && character === position.character;
}

/** How many changes from one on each end before the one above begins, so that all of them name places of this document. */
function runLength(document: SourceDocument, changes: readonly TextChange[], from: number): number {
  let at = from;
  for (let above: Position | undefined; at < changes.length; at += 1) {
    const range = changes[at]?.range;
    if (range === undefined || !isBefore(range.start, range.end) || (above !== undefined && !isBefore(range.end, above))) break;
    if (!isThere(document, range.start) || !isThere(document, range.end)) break;
    above = range.start;
  }
  return at - from;
}

/** The text between two places of a document. */
function* textBetween(document: SourceDocument, start: Position, end: Position): Steps<string> {
  const from = clamp(document, start);
  const to = clamp(document, end);
  const pieces: string[] = [];
  for (let line = from.line; line <= to.line; line += 1) {
    if ((line - from.line) % linesBetweenPauses === linesBetweenPauses - 1) yield;
    const text = rawText(document, line);
    const isLast = line === to.line;
    const lineEnd = isLast ? '' : document.lines.at(line)?.carriageReturn === true ? '\r\n' : '\n';
    pieces.push(text.slice(line === from.line ? from.character : 0, isLast ? to.character : undefined) + lineEnd);
  }
  return pieces.join('');
}

/**
 * The next change to make of a list, and how many of the list it stands for: where an editor replaces thousands of places at once, from the last to
 * the first, all of them become one, as each by itself would go through all lines of the document. Pauses every few hundred changes.
 */
export function* nextChange(
  document: SourceDocument,
  changes: readonly TextChange[],
  from: number,
): Steps<{ readonly change: TextChange | undefined; readonly count: number }> {
  const count = runLength(document, changes, from);
  if (count < fewestMerged) return { change: changes[from], count: 1 };
  const pieces: string[] = [];
  for (let at = from + count - 1; at >= from; at -= 1) {
    if ((at - from) % changesBetweenPauses === 0) yield;
    const range = changes[at]?.range;
    const before = changes[at + 1]?.range;
    if (range === undefined) continue;
    if (at < from + count - 1 && before !== undefined) pieces.push(yield* textBetween(document, before.end, range.start));
    pieces.push(changes[at]?.text ?? '');
  }
  const start = changes[from + count - 1]?.range?.start;
  const end = changes[from]?.range?.end;
  if (start === undefined || end === undefined) return { change: changes[from], count: 1 };
  return { change: { range: { start, end }, text: pieces.join('') }, count };
}
