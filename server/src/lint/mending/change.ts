/** A text between two places of a document becomes another: what every fix is made of. */
import type { Position, SourceDocument } from '../../syntax/document.ts';

/** Lines are 0-based, characters 0-based UTF-16 offsets in them, the end is exclusive. Line ends in `text` are `\n`. */
export interface Change {
  readonly start: Position;
  readonly end: Position;
  readonly text: string;
}

/** A part of one line becomes another text. */
export function replaced(
  { line, start, end }: { readonly line: number; readonly start: number; readonly end: number },
  text: string,
): Change {
  return { start: { line, character: start }, end: { line, character: end }, text };
}

/** New lines behind a line (0-based); before the first one where that is -1. None where there is nothing to insert. */
export function insertedBehind({ lines }: SourceDocument, line: number, texts: readonly string[]): readonly Change[] {
  if (texts.length === 0) return [];
  const text = texts.join('\n');
  if (line < 0) return [{ start: { line: 0, character: 0 }, end: { line: 0, character: 0 }, text: `${text}\n` }];
  const at = { line, character: lines[line]?.text.length ?? 0 };
  return [{ start: at, end: at, text: `\n${text}` }];
}

/** Whole lines (0-based, in any order) are taken away, each once. */
export function removedLines({ lines }: SourceDocument, numbers: Iterable<number>): readonly Change[] {
  return [...new Set(numbers)]
    .sort((a, b) => a - b)
    .map((line) => {
      const end = { line, character: lines[line]?.text.length ?? 0 };
      if (line + 1 < lines.length) return { start: { line, character: 0 }, end: { line: line + 1, character: 0 }, text: '' };
      return line === 0
        ? { start: { line, character: 0 }, end, text: '' }
        : { start: { line: line - 1, character: lines[line - 1]?.text.length ?? 0 }, end, text: '' };
    });
}

function compare(a: Position, b: Position): number {
  return a.line - b.line || a.character - b.character;
}

/** Changes in the order of their places; those at one place stay in theirs. */
export function inTextOrder(changes: readonly Change[]): readonly Change[] {
  return changes.toSorted((a, b) => compare(a.start, b.start) || compare(a.end, b.end));
}

/** Whether two changes are about the same text; two that only touch, or put something at one place, are not. */
export function overlaps(a: Change, b: Change): boolean {
  return compare(a.start, b.end) < 0 && compare(b.start, a.end) < 0;
}
