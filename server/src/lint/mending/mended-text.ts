/** A text under repair: its lines, each with the line of the text as given that it still is. */
import { joinedSteps, lineSteps, type Steps } from '../../base/steps.ts';
import type { SourceDocument } from '../../syntax/document.ts';
import { type Change, inTextOrder } from './change.ts';

export interface MendedLine {
  /** With a CR where it ends in CR LF. */
  readonly text: string;
  /** The line (0-based) of the text as given that it is; undefined for one that is new or was changed. */
  readonly origin: number | undefined;
}

/** The lines of a text as given. A byte order mark is in none. */
export function* unmendedLines(text: string): Steps<readonly MendedLine[]> {
  const lines = yield* lineSteps(text);
  return lines.map((line, origin) => ({ text: line, origin }));
}

/** The text of lines. */
export function* textOf(lines: readonly MendedLine[]): Steps<string> {
  const texts = lines.map(({ text }) => text);
  yield;
  return yield* joinedSteps(texts, '\n');
}

/** Changes as the document's own line ends have them: lines that are put among lines that end in CR LF end so, too. */
export function withOwnLineEnds({ lines }: SourceDocument, changes: readonly Change[]): readonly Change[] {
  return changes.map((change) => {
    if (!change.text.includes('\n') || !isCrLf(lines, change.start.line)) return change;
    return { ...change, text: change.text.replaceAll('\n', '\r\n') };
  });
}

/** The last line of a text has no line end of its own: the one above it tells. */
function isCrLf(lines: SourceDocument['lines'], line: number): boolean {
  return lines.at(line + 1 < lines.length ? line : line - 1)?.carriageReturn === true;
}

/** Lines after changes, none of which overlaps another. Those that no change touches stay the same objects. Linear in both. */
export function changedLines(lines: readonly MendedLine[], changes: readonly Change[]): readonly MendedLine[] {
  const result: MendedLine[] = [];
  let next = 0;
  let group: Change[] = [];
  let last = -1;
  const close = (): void => {
    const first = group[0]?.start.line;
    if (first === undefined) return;
    for (; next < first; next += 1) push(lines[next]);
    for (const line of regionAfter(lines, first, last, group)) result.push(line);
    next = last + 1;
    group = [];
  };
  const push = (line: MendedLine | undefined): void => {
    if (line !== undefined) result.push(line);
  };
  for (const change of inTextOrder(changes)) {
    if (group.length > 0 && change.start.line > last) close();
    group.push(change);
    last = Math.max(last, change.end.line);
  }
  close();
  for (; next < lines.length; next += 1) push(lines[next]);
  return result;
}

/** The lines from `first` to `last` after the changes within them; equal lines at the beginning and the end of them stay what they are. */
function regionAfter(
  lines: readonly MendedLine[],
  first: number,
  last: number,
  changes: readonly Change[],
): readonly MendedLine[] {
  const before = lines.slice(first, last + 1);
  // What stands between two changes, as pieces of lines.
  let text = '';
  let line = first;
  let character = 0;
  const take = (toLine: number, toCharacter: number): void => {
    for (; line < toLine; line += 1) {
      text += `${lines[line]?.text.slice(character) ?? ''}\n`;
      character = 0;
    }
    text += lines[line]?.text.slice(character, toCharacter) ?? '';
  };
  for (const change of changes) {
    take(change.start.line, change.start.character);
    text += change.text;
    line = change.end.line;
    character = change.end.character;
  }
  take(last, lines[last]?.text.length ?? 0);
  const after = text.split('\n');
  let same = 0;
  while (same < before.length && same < after.length && before[same]?.text === after[same]) same += 1;
  let sameAtEnd = 0;
  while (
    sameAtEnd < Math.min(before.length, after.length) - same &&
    before[before.length - 1 - sameAtEnd]?.text === after[after.length - 1 - sameAtEnd]
  )
    sameAtEnd += 1;
  return [
    ...before.slice(0, same),
    ...after.slice(same, after.length - sameAtEnd).map((changed) => ({ text: changed, origin: undefined })),
    ...before.slice(before.length - sameAtEnd),
  ];
}

/** Lines of the text as given, from one up to another (0-based, exclusive), became these. */
export interface Hunk {
  readonly from: number;
  readonly to: number;
  readonly texts: readonly string[];
}

/**
 * What is different in mended lines, in text order.
 * @param count how many lines the text as given has
 */
export function hunksOf(lines: readonly MendedLine[], count: number): readonly Hunk[] {
  const hunks: Hunk[] = [];
  let from = 0;
  let texts: string[] = [];
  const close = (to: number): void => {
    if (to > from || texts.length > 0) hunks.push({ from, to, texts });
    texts = [];
    from = to + 1;
  };
  for (const { text, origin } of lines) {
    if (origin === undefined) texts.push(text);
    else close(origin);
  }
  close(count);
  return hunks;
}
