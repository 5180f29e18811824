/** Some lines of a large text before the rest of it is read, each as it is in the whole: an editor shows a screenful of them at once. */
import { contextAfter } from './context-after.ts';
import { familyOfName, type SourceDocument } from './document.ts';
import { isRestoreInput, type Line, type LineContext, lineContext } from './line.ts';
import { Lines } from './lines.ts';
import { mostLinesOfPaste } from './pasted/broken-lines.ts';
import { throughoutOf } from './pasted/throughout.ts';
import { readLine } from './read-line.ts';

/** A dump has a few dozen lines that say something of those below them. */
const mostTelling = 1_000;
const linesAround = 200;
/** What was done to all lines of a text shows in as many at its start. */
const linesAtStart = 400;
/** A range of more lines is no screenful, and is read with the rest. */
const mostLinesAsked = 1_000;
const mostCharacters = 10_000;

const dash = 0x2d;
const letterA = 0x41;
const blank = 0x20;
const colon = 0x3a;
const carriageReturn = 0x0d;

/** Whether a line that begins so says nothing of those below it, where it stands in a table that the text opens: `-A ` or `:`. */
function isQuiet(text: string, start: number): boolean {
  const first = text.charCodeAt(start);
  if (first === colon) return true;
  return first === dash && text.charCodeAt(start + 1) === letterA && text.charCodeAt(start + 2) === blank;
}

/** A text as it is gone through from its start. */
interface Walk {
  readonly text: string;
  /** The number of the next line, 0-based, and where it begins. */
  number: number;
  start: number;
  /** What holds before it. */
  context: LineContext;
  telling: number;
}

function endOf(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  return end < 0 ? text.length : end;
}

/** What a saved dump has. */
const kindsOfDump: ReadonlySet<Line['kind']> = new Set(['blank', 'comment', 'table', 'chain', 'rule', 'chain-command', 'commit']);

/** The line at a walk's place, and the place behind it; undefined for one that is not as a program prints it. */
function nextLine(walk: Walk): Line | undefined {
  const { text, start } = walk;
  const end = endOf(text, start);
  const hasCr = end < text.length && end > start && text.charCodeAt(end - 1) === carriageReturn;
  if (end - start > mostCharacters) return undefined;
  const line = readLine(text.slice(start, hasCr ? end - 1 : end), walk.context, hasCr);
  // Several lines may stand on it, or it may have been changed as all others were.
  if (!kindsOfDump.has(line.kind) || line.problems.length > 0 || line.prefix > 0 || line.listing) return undefined;
  walk.number += 1;
  walk.start = end + 1;
  walk.context = contextAfter(line);
  return line;
}

/** Goes on to a line, reading only what says something of those below it. False where that cannot be told without reading all. */
function goTo(walk: Walk, number: number): boolean {
  const { text } = walk;
  while (walk.number < number && walk.start <= text.length) {
    if (isRestoreInput(walk.context) && isQuiet(text, walk.start)) {
      walk.start = endOf(text, walk.start) + 1;
      walk.number += 1;
      continue;
    }
    walk.telling += 1;
    if (walk.telling > mostTelling || nextLine(walk) === undefined) return false;
  }
  return walk.number === number && walk.start <= text.length;
}

/** The lines from a walk's place up to, but not including, another; fewer where the text ends. Undefined where one of them is not as a program prints it. */
function linesUpTo(walk: Walk, end: number): Line[] | undefined {
  const lines: Line[] = [];
  while (walk.number < end && walk.start <= walk.text.length) {
    const line = nextLine(walk);
    if (line === undefined) return undefined;
    lines.push(line);
  }
  return lines;
}

function isLargerThanPaste(text: string): boolean {
  let lines = 1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
    lines += 1;
    if (lines > mostLinesOfPaste) return true;
  }
  return false;
}

/** Whether something was done to all lines of a text, as far as its first ones show. */
function isChangedThroughout(text: string): boolean {
  const first: string[] = [];
  for (let start = 0; start <= text.length && first.length < linesAtStart; ) {
    const end = endOf(text, start);
    first.push(text.slice(start, end));
    start = end + 1;
  }
  return throughoutOf({ length: first.length, textAt: (number) => first[number] ?? '' }) !== undefined;
}

/**
 * The lines of a range of a large text and some around them, with their numbers; all others are holes (`Lines.at` is undefined). Each is as in the whole document.
 * Takes a millisecond for some 30,000 lines above it. Undefined where that cannot be told without reading all of the text, as of what people paste, and of a small one.
 * @param fileName as for `readDocument`
 * @param first the first line, 0-based
 * @param last the last one
 */
export function readLinesAround(text: string, fileName: string, first: number, last: number): SourceDocument | undefined {
  if (last - first > mostLinesAsked || !isLargerThanPaste(text)) return undefined;
  const byteOrderMark = text.charCodeAt(0) === 0xfeff;
  const whole = byteOrderMark ? text.slice(1) : text;
  if (isChangedThroughout(whole)) return undefined;
  const start = lineContext(familyOfName(fileName), undefined, undefined);
  const walk: Walk = { text: whole, number: 0, start: 0, context: start, telling: 0 };
  const from = Math.max(first - linesAround, 0);
  if (!goTo(walk, from)) return undefined;
  const lines = linesUpTo(walk, last + linesAround + 1);
  if (lines === undefined) return undefined;
  return { lines: Lines.withHoles(from, lines), start, byteOrderMark, hasBrokenLines: false };
}
