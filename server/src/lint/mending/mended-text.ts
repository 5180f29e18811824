/** A text under repair: its lines, each with the line of the text as given that it still is. */
import { joinedSteps, lineSteps, mappedSteps, type Steps, sortedSteps } from '../../base/steps.ts';
import type { SourceDocument } from '../../syntax/document.ts';
import { type Change, compareChanges } from './change.ts';

export interface MendedLine {
  /** With a CR where it ends in CR LF. */
  readonly text: string;
  /** The line (0-based) of the text as given that it is; undefined for one that is new or was changed. */
  readonly origin: number | undefined;
}

/** The lines of a text as given. A byte order mark is in none. */
export function* unmendedLines(text: string): Steps<readonly MendedLine[]> {
  let origin = 0;
  return yield* mappedSteps(yield* lineSteps(text), (line) => ({ text: line, origin: origin++ }));
}

/** The text of lines. */
export function* textOf(lines: readonly MendedLine[]): Steps<string> {
  return yield* joinedSteps(yield* mappedSteps(lines, ({ text }) => text), '\n');
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

/** A change takes a line or two, and what is between is copied. */
const linesBetweenPauses = 4_096;

/** Lines after changes, none of which overlaps another. Those that no change touches stay the same objects. Linear in both. Pauses every few thousand lines. */
export function* changedLines(lines: readonly MendedLine[], changes: readonly Change[]): Steps<readonly MendedLine[]> {
  const result: MendedLine[] = [];
  let next = 0;
  let group: Change[] = [];
  let last = -1;
  function* append(more: readonly MendedLine[], from: number, to: number): Steps<void> {
    for (let at = from; at < to; at += 1) {
      result.push(more[at] as MendedLine);
      if (result.length % linesBetweenPauses === 0) yield;
    }
  }
  function* close(): Steps<void> {
    const first = group[0]?.start.line;
    if (first === undefined) return;
    yield* append(lines, next, Math.min(first, lines.length));
    const region = yield* regionAfter(lines, first, last, group);
    yield* append(region, 0, region.length);
    next = last + 1;
    group = [];
  }
  for (const [at, change] of (yield* sortedSteps(changes, compareChanges)).entries()) {
    if (group.length > 0 && change.start.line > last) yield* close();
    group.push(change);
    last = Math.max(last, change.end.line);
    if (at % linesBetweenPauses === linesBetweenPauses - 1) yield;
  }
  yield* close();
  yield* append(lines, next, lines.length);
  return result;
}

/** The lines from `first` to `last` after the changes within them; equal lines at the beginning and the end of them stay what they are. */
function* regionAfter(
  lines: readonly MendedLine[],
  first: number,
  last: number,
  changes: readonly Change[],
): Steps<readonly MendedLine[]> {
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
  for (const [at, change] of changes.entries()) {
    take(change.start.line, change.start.character);
    text += change.text;
    line = change.end.line;
    character = change.end.character;
    if (at % linesBetweenPauses === linesBetweenPauses - 1) yield;
  }
  take(last, lines[last]?.text.length ?? 0);
  const after = yield* lineSteps(text);
  let same = 0;
  while (same < before.length && same < after.length && before[same]?.text === after[same]) same += 1;
  yield;
  let sameAtEnd = 0;
  while (
    sameAtEnd < Math.min(before.length, after.length) - same &&
    before[before.length - 1 - sameAtEnd]?.text === after[after.length - 1 - sameAtEnd]
  )
    sameAtEnd += 1;
  yield;
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
 * What is different in mended lines, in text order. Pauses every few thousand lines.
 * @param count how many lines the text as given has
 */
export function* hunksOf(lines: readonly MendedLine[], count: number): Steps<readonly Hunk[]> {
  const hunks: Hunk[] = [];
  let from = 0;
  let texts: string[] = [];
  const close = (to: number): void => {
    if (to > from || texts.length > 0) hunks.push({ from, to, texts });
    texts = [];
    from = to + 1;
  };
  for (const [at, { text, origin }] of lines.entries()) {
    if (origin === undefined) texts.push(text);
    else close(origin);
    if (at % linesBetweenPauses === linesBetweenPauses - 1) yield;
  }
  close(count);
  return hunks;
}
