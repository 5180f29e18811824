/** JSON texts as people save them: one value, several behind each other, or cut off. */
import { runToEnd, type Steps } from '../base/steps.ts';

export type JsonPiece =
  | { readonly kind: 'value'; readonly start: number; readonly end: number }
  /** A value that the text ends within. */
  | { readonly kind: 'open'; readonly start: number; readonly depth: number };

const quote = 34;
const backslash = 92;

/** The offset behind the string that starts at `start`, or -1 where the text ends within it. */
export function stringEnd(text: string, start: number): number {
  let at = start;
  for (;;) {
    at = text.indexOf('"', at + 1);
    if (at < 0) return -1;
    let escapes = 0;
    while (text.charCodeAt(at - 1 - escapes) === backslash) escapes += 1;
    if (escapes % 2 === 0) return at + 1;
  }
}

/**
 * Where each value that is an object or a list starts and ends, told by its brackets alone; what stands between them is left out.
 * A cut-off value is the last piece. Linear in the text's length.
 */
export function jsonPieces(text: string): readonly JsonPiece[] {
  return runToEnd(jsonPiecesSteps(text));
}

const charactersBetweenPauses = 1_000_000;

/** The same; pauses now and then. */
export function* jsonPiecesSteps(text: string): Steps<readonly JsonPiece[]> {
  let pauseAt = charactersBetweenPauses;
  const pieces: JsonPiece[] = [];
  let depth = 0;
  let start = 0;
  let at = 0;
  while (at < text.length) {
    if (at >= pauseAt) {
      pauseAt = at + charactersBetweenPauses;
      yield;
    }
    const code = text.charCodeAt(at);
    if (code === quote) {
      const end = stringEnd(text, at);
      if (end < 0) return depth > 0 ? [...pieces, { kind: 'open', start, depth }] : pieces;
      at = end;
      continue;
    }
    // { and [ differ from } and ] by two.
    if (code === 123 || code === 91) {
      if (depth === 0) start = at;
      depth += 1;
    } else if ((code === 125 || code === 93) && depth > 0) {
      depth -= 1;
      if (depth === 0) pieces.push({ kind: 'value', start, end: at + 1 });
    }
    at += 1;
  }
  return depth > 0 ? [...pieces, { kind: 'open', start, depth }] : pieces;
}
