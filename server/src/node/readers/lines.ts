/** The lines of a text one by one, so that a long one is never taken apart as a whole. */

/** A line without its end; `line` is 1-based. */
export interface NumberedLine {
  readonly line: number;
  readonly text: string;
}

/** A longer line than this is nothing that the commands of a bundle print. */
const mostCharacters = 100_000;

/** Whether a line is one of which `numberedLines` gives the beginning alone. */
export function isCutLine(text: string): boolean {
  return text.length >= mostCharacters;
}

/** The word behind another one; empty where that is the last or not there. */
export function wordAfter(words: readonly string[], word: string): string {
  const at = words.indexOf(word);
  return at < 0 ? '' : (words[at + 1] ?? '');
}

/** All lines, those that are too long cut. The empty text behind the last line end is none. */
export function* numberedLines(text: string): Generator<NumberedLine, void, void> {
  let line = 1;
  for (let start = 0; start < text.length; line += 1) {
    const found = text.indexOf('\n', start);
    const end = found < 0 ? text.length : found;
    const last = end > start && text.charCodeAt(end - 1) === 13 ? end - 1 : end;
    yield { line, text: text.slice(start, Math.min(last, start + mostCharacters)) };
    start = end + 1;
  }
}
