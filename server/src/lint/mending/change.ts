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
  const at = { line, character: lines.at(line)?.text.length ?? 0 };
  return [{ start: at, end: at, text: `\n${text}` }];
}

/** Each once, ascending. Tens of thousands of lines mostly come so, and a set of them takes as long as all else that is made of them. */
function inOrder(numbers: number[]): number[] {
  const isSo = numbers.every((number, at) => at === 0 || number > (numbers[at - 1] as number));
  return isSo ? numbers : [...new Set(numbers)].sort((a, b) => a - b);
}

/** Whole lines (0-based, in any order) are taken away, each once. */
export function removedLines({ lines }: SourceDocument, numbers: Iterable<number>): readonly Change[] {
  const gone = inOrder([...numbers]);
  // The last line has no line end behind it: with it goes the one in front of all that go there.
  let last = lines.length - 1;
  while (gone.at(-1) === last) {
    gone.pop();
    last -= 1;
  }
  const changes = gone.map((line) => ({ start: { line, character: 0 }, end: { line: line + 1, character: 0 }, text: '' }));
  if (last === lines.length - 1) return changes;
  const endOf = (line: number): Position => ({ line, character: lines.at(line)?.text.length ?? 0 });
  return [...changes, { start: last < 0 ? { line: 0, character: 0 } : endOf(last), end: endOf(lines.length - 1), text: '' }];
}

function compare(a: Position, b: Position): number {
  return a.line - b.line || a.character - b.character;
}

/** Changes in the order of their places; those at one place are alike. */
export function compareChanges(a: Change, b: Change): number {
  return compare(a.start, b.start) || compare(a.end, b.end);
}

/** Whether two changes are about the same text; two that only touch, or put something at one place, are not. */
export function overlaps(a: Change, b: Change): boolean {
  return compare(a.start, b.end) < 0 && compare(b.start, a.end) < 0;
}
