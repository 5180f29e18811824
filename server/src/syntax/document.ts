import { runToEnd, type Steps, statementsBetweenPauses } from '../base/steps.ts';
import { contextAfter } from './context-after.ts';
import { contextBefore, type Line, type LineContext, lineContext, sameContext } from './line.ts';
import { Lines } from './lines.ts';
import { type BrokenLine, brokenLines, mostLinesOfPaste } from './pasted/broken-lines.ts';
import { readBelow, readColumnsBelow } from './read-below.ts';
import { readAgain, readLine } from './read-line.ts';
import { scanLines } from './scan-lines.ts';
import type { Statement } from './statement.ts';
import { carryUnusualLines } from './unusual-lines.ts';

/** A dump's text as lines. Immutable; an edit makes a new one that shares all untouched lines. */
export interface SourceDocument {
  readonly lines: Lines;
  /** What holds before the first line says anything: the family that the file's name or content implies. */
  readonly start: LineContext;
  /** Whether the text began with a byte order mark, which is in no line. */
  readonly byteOrderMark: boolean;
  /** Whether some of its lines go on in those below them. */
  readonly hasBrokenLines: boolean;
  /** Where its lines stand in the text, where several of them stood on one and were put apart (`apart.ts`). */
  readonly apart?: LinesApart | undefined;
}

/** A line of a document (0-based) in the text that it is of. */
export interface PlaceInText {
  /** The text's line, 0-based. */
  readonly line: number;
  /** UTF-16 offset in it, 0-based. */
  readonly start: number;
  /** How far behind `start` each character stands; undefined where they stand as in the document. */
  readonly offsets: readonly number[] | undefined;
}

/** Lines that stood on one, put apart. */
export interface LinesApart {
  /** For each line of the document. */
  readonly places: readonly PlaceInText[];
  /** How long each line of the text is, in UTF-16 units. */
  readonly lengths: readonly number[];
}

/** A place in a document: 0-based line, 0-based UTF-16 offset in it. */
export interface Position {
  readonly line: number;
  readonly character: number;
}

/** A change as LSP sends it: the text between two places becomes another; without a range, the whole text does. */
export interface TextChange {
  readonly range?: { readonly start: Position; readonly end: Position };
  readonly text: string;
  /** How many lines the text has, where that is known. */
  readonly lines?: number;
}

/** The whole statement of a line, read again from its text (about 2 µs). */
export function statementOf(line: Line): Statement {
  return readAgain(line);
}

const piecesBetweenPauses = 32_768;

interface SplitText {
  readonly texts: readonly string[];
  readonly endsInCr: (index: number) => boolean;
}

const charactersBetweenPauses = 200_000;

/** Pieces between newlines, and which of them ended in CR LF. The last piece has no line end: a CR there stands alone and stays. Pauses every few hundred thousand characters. */
function* splitLines(text: string): Steps<SplitText> {
  const texts: string[] = [];
  for (let from = 0, end = -1; end < text.length; from = end + 1) {
    const next = text.indexOf('\n', from + charactersBetweenPauses);
    end = next < 0 ? text.length : next;
    for (const piece of text.slice(from, end).split('\n')) texts.push(piece);
    if (end === text.length) break;
    yield;
  }
  if (!text.includes('\r')) return { texts, endsInCr: () => false };
  const cr = new Uint8Array(texts.length);
  for (let index = 0; index < texts.length - 1; index += 1) {
    const piece = texts[index] ?? '';
    if (index % piecesBetweenPauses === piecesBetweenPauses - 1) yield;
    if (!piece.endsWith('\r')) continue;
    cr[index] = 1;
    texts[index] = piece.slice(0, -1);
  }
  return { texts, endsInCr: (index) => cr[index] === 1 };
}

/** The family that a file's name implies: `*.ip6tables`, `rules.v6`, `ip6tables-save.txt`. */
export function familyOfName(fileName: string): LineContext['family'] {
  const base = fileName.slice(Math.max(fileName.lastIndexOf('/'), fileName.lastIndexOf('\\')) + 1).toLowerCase();
  if (base.includes('ip6tables') || base.endsWith('.v6')) return 'ipv6';
  if (base.includes('iptables-save') || base.endsWith('.v4')) return 'ipv4';
  return undefined;
}

/**
 * A text as a document. Pauses every few lines of no known shape; never throws.
 * @param fileName a path or URI, for the family of dumps that have no header
 * @param lines how many lines it has, where that is known
 */
export function* readDocument(text: string, fileName = '', lines?: number): Steps<SourceDocument> {
  const byteOrderMark = text.charCodeAt(0) === 0xfeff;
  const start = lineContext(familyOfName(fileName), undefined, undefined);
  const whole = byteOrderMark ? text.slice(1) : text;
  if (!hasMoreLines(whole, mostLinesOfPaste)) {
    const { texts, endsInCr } = yield* splitLines(whole);
    const broken = brokenLines(texts);
    if (broken !== undefined) return yield* readLines(texts, endsInCr, broken, { start, byteOrderMark });
  }
  return { start, byteOrderMark, lines: yield* scanLines(whole, start, lines), hasBrokenLines: false };
}

/** Whether a text has more lines than these. */
function hasMoreLines(text: string, most: number): boolean {
  let lines = 1;
  for (let at = text.indexOf('\n'); at >= 0 && lines <= most; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines > most;
}

/** Every line of a document, some of which go on in those below, from its first to its last. */
function* readLines(
  texts: readonly string[],
  endsInCr: (index: number) => boolean,
  broken: ReadonlyMap<number, BrokenLine> | undefined,
  document: Pick<SourceDocument, 'start' | 'byteOrderMark'>,
): Steps<SourceDocument> {
  const lines: Line[] = [];
  let context = document.start;
  // So many lines from here on belong to one above.
  let below = 0;
  for (let index = 0; index < texts.length; index += 1) {
    if (index % statementsBetweenPauses === statementsBetweenPauses - 1) yield;
    const piece = texts[index] ?? '';
    const start = broken?.get(index);
    const own = start === undefined && below === 0 ? context : wrapped(context, start?.more);
    below = start === undefined ? Math.max(below - 1, 0) : start.lines;
    const line = readLine(piece, own, endsInCr(index));
    lines.push(line);
    context = contextAfter(line);
  }
  return { ...document, lines: Lines.of(lines), hasBrokenLines: broken !== undefined };
}

function wrapped(before: LineContext, more: string | undefined): LineContext {
  const { family, backend, table } = before;
  return { family, backend, table, within: { kind: 'wrapped', more, before } };
}

/** The same, without pauses. */
export function readWholeDocument(text: string, fileName = ''): SourceDocument {
  return runToEnd(readDocument(text, fileName));
}

/** The text of a line as a client counts it: a byte order mark is its first character. */
export function rawText(document: SourceDocument, line: number): string {
  const text = document.lines.textAt(line);
  return line === 0 && document.byteOrderMark ? `\ufeff${text}` : text;
}

/** The place in a document that is nearest to a position. */
export function clamp(document: SourceDocument, position: Position): Position {
  const line = Math.min(Math.max(position.line, 0), document.lines.length - 1);
  const { length } = rawText(document, line);
  if (position.line > line) return { line, character: length };
  return { line, character: Math.min(Math.max(position.character, 0), length) };
}

/** What a change puts in the place of some lines. */
interface Splice {
  /** The first line that is replaced, and the last one. */
  readonly first: number;
  readonly last: number;
  readonly texts: readonly string[];
  readonly endsInCr: (index: number) => boolean;
  readonly byteOrderMark: boolean;
}

function spliceOf(document: SourceDocument, range: NonNullable<TextChange['range']>, text: string): Splice {
  const start = clamp(document, range.start);
  const end = clamp(document, range.end);
  const head = rawText(document, start.line).slice(0, start.character);
  const tail = rawText(document, end.line).slice(end.character);
  const whole = head + text + tail;
  const isFirst = start.line === 0;
  const byteOrderMark = isFirst ? whole.charCodeAt(0) === 0xfeff : document.byteOrderMark;
  const raw = runToEnd(splitLines(isFirst && byteOrderMark ? whole.slice(1) : whole));
  // The last piece has the line end that stood behind the change; a CR of its own joins it.
  const lastIndex = raw.texts.length - 1;
  const last = raw.texts[lastIndex] ?? '';
  const hadCr = document.lines.at(end.line)?.carriageReturn === true;
  const joinsCr = !hadCr && last.endsWith('\r') && end.line < document.lines.length - 1;
  return {
    first: start.line,
    last: end.line,
    texts: joinsCr ? raw.texts.with(lastIndex, last.slice(0, -1)) : raw.texts,
    endsInCr: (index) => (index === lastIndex ? hadCr || joinsCr : raw.endsInCr(index)),
    byteOrderMark,
  };
}

/**
 * The whole document read anew, where some of its lines go on below: which ones do depends on all of them. Undefined where none does, before
 * or after the change.
 */
function readBroken(document: SourceDocument, splice: Splice): Steps<SourceDocument> | undefined {
  const { lines } = document;
  const { first, last, texts, byteOrderMark } = splice;
  if (!document.hasBrokenLines && lines.length + texts.length > mostLinesOfPaste) return undefined;
  const above = lines.slice(0, first);
  const below = lines.slice(last + 1);
  const all = [...above.map(({ text }) => text), ...texts, ...below.map(({ text }) => text)];
  const broken = brokenLines(all);
  if (broken === undefined && !document.hasBrokenLines) return undefined;
  const endsInCr = (index: number): boolean => {
    if (index < first) return above[index]?.carriageReturn === true;
    const inside = index - first;
    return inside < texts.length ? splice.endsInCr(inside) : below[inside - texts.length]?.carriageReturn === true;
  };
  return readLines(all, endsInCr, broken, { start: document.start, byteOrderMark });
}

/**
 * The document after a change. Reads only the lines that the change touches, and those below whose circumstances it changes
 * (another `*table` or header above them); all others are shared with the document before.
 */
export function* changeDocument(document: SourceDocument, change: TextChange, fileName = ''): Steps<SourceDocument> {
  if (change.range === undefined) return yield* readDocument(change.text, fileName, change.lines);
  const splice = spliceOf(document, change.range, change.text);
  const broken = readBroken(document, splice);
  if (broken !== undefined) return yield* broken;
  const lines: Line[] = [];
  // Lines that are as they were at the beginning and at the end of the change.
  let above = 0;
  let atEnd = 0;
  const previous = document.lines.at(splice.first - 1);
  let context = previous === undefined ? document.start : contextAfter(previous);
  let read = 0;
  for (const [index, piece] of splice.texts.entries()) {
    const carriageReturn = splice.endsInCr(index);
    const isLast = index === splice.texts.length - 1;
    const number = isLast ? splice.last : splice.first + index;
    const old = document.lines.at(number);
    const isKept = old?.text === piece && old.carriageReturn === carriageReturn && sameContext(contextBefore(old), context);
    const line = isKept ? old : readLine(piece, context, carriageReturn);
    if (isKept && above === index && number === splice.first + index) above += 1;
    else if (isKept && isLast && splice.first + above <= number) atEnd = 1;
    lines.push(line);
    context = contextAfter(line);
    read += 1;
    if (read % statementsBetweenPauses === 0) yield;
  }
  const end = splice.last + 1;
  const { kept, circumstances } = yield* readBelow(document.lines, end, context, lines);
  const changed = lines.slice(above, lines.length - (kept === end ? atEnd : 0));
  const last = kept === end ? end - atEnd : kept;
  const from = splice.first + above;
  const spliced = document.lines.spliced(from, last, changed);
  if (spliced.length > piecesBetweenPauses) yield;
  yield* carryUnusualLines(document.lines, spliced, from, last, changed);
  const edit = { old: document.lines, changed: from };
  const below =
    circumstances === undefined ? spliced : yield* readColumnsBelow(spliced, from + changed.length, circumstances, edit);
  return { ...document, lines: below, byteOrderMark: splice.byteOrderMark };
}
