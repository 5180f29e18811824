import { runToEnd, type Steps } from '../base/steps.ts';
import { longLineProblem } from './checks/long-line.ts';
import { contextAfter } from './context-after.ts';
import { learnShape, readShaped, type ShapedLine } from './known-line-cache.ts';
import { type Line, type LineContext, lineContext, sameContext } from './line.ts';
import { createStatementReader, type StatementReader } from './parser.ts';
import { firstJoin, joinedProblem } from './pasted/joined-lines.ts';
import { isPlainLine, readPastedLine } from './pasted/paste.ts';
import { notUnderstood, type Statement } from './statement.ts';

/** A dump's text as lines. Immutable; an edit makes a new one that shares all untouched lines. */
export interface SourceDocument {
  readonly lines: readonly Line[];
  /** What holds before the first line says anything: the family that the file's name or content implies. */
  readonly start: LineContext;
  /** Whether the text began with a byte order mark, which is in no line. */
  readonly byteOrderMark: boolean;
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
}

let sharedReader: StatementReader | undefined;

function reader(): StatementReader {
  sharedReader ??= createStatementReader();
  return sharedReader;
}

function readRestoreLine(text: string, context: LineContext): Statement {
  const statement = reader().read(text, context);
  if (statement.problems.length === 0) return statement;
  // Of several lines on one the first is read; the others are said to be there.
  const end = firstJoin(text);
  if (end < 0) return statement;
  const first = reader().read(text.slice(0, end).trimEnd(), context);
  return { ...first, problems: [...first.problems, joinedProblem(text, end)] };
}

/** The whole statement of a line, read again from its text (about 2 µs). */
export function statementOf(line: Line): Statement {
  if (!isPlainLine(line.text)) return readPastedLine(line.text, line.context, readRestoreLine).statement;
  // Most lines have nothing wrong with them, and it is known by now.
  return line.problems.length === 0
    ? reader().readAgain(line.text, line.context, line.problems)
    : readRestoreLine(line.text, line.context);
}

function readLine(text: string, context: LineContext, carriageReturn: boolean): Line {
  if (isPlainLine(text)) {
    const shaped = readShaped(text, context);
    if (shaped !== undefined) return shapedLine(text, context, carriageReturn, shaped);
    const statement = readRestoreLine(text, context);
    learnShape(text, context, statement);
    return toLine(text, context, carriageReturn, statement, 0, false);
  }
  const { statement, prefix, listing } = readPastedLine(text, context, readRestoreLine);
  return toLine(text, context, carriageReturn, statement, prefix, listing);
}

const names = new Map<string, string>();
const mostNames = 1 << 18;

/**
 * One string object for each chain's name, however many lines hold it: a ruleset looks names up by the hundred thousand, and an engine
 * compares one object with itself at once. Forgotten when there are too many; equal strings of two objects are equal all the same.
 */
function shared(name: string): string {
  const known = names.get(name);
  if (known !== undefined) return known;
  if (names.size >= mostNames) names.clear();
  // A part of a string keeps the whole of it in memory: of a dump of 16 MB, for one name.
  const copy = ` ${name}`.slice(1);
  names.set(copy, copy);
  return copy;
}

const noProblems: readonly never[] = Object.freeze([]);

let lastName = '';
let lastTarget = '';

/** A line of a known shape; its properties are those that `toLine` sets, in the same order. */
function shapedLine(text: string, context: LineContext, carriageReturn: boolean, shaped: ShapedLine): Line {
  const { kind, command } = shaped;
  // The rules of a chain stand together, and those of many chains jump to the same one: to compare is quicker than to look up.
  if (shaped.name !== lastName) lastName = shared(shaped.name);
  if (shaped.target !== lastTarget) lastTarget = shared(shaped.target);
  const name = lastName;
  const target = lastTarget;
  return {
    text,
    context,
    kind,
    name,
    target,
    command,
    isGoto: false,
    problems: noProblems,
    carriageReturn,
    prefix: 0,
    listing: false,
    isUnsure: false,
  };
}

/** What a ruleset needs of a statement. */
function toLine(
  text: string,
  context: LineContext,
  carriageReturn: boolean,
  statement: Statement,
  prefix: number,
  listing: boolean,
): Line {
  const { kind } = statement;
  const long = listing ? undefined : longLineProblem(text);
  const problems = long === undefined ? statement.problems : [...statement.problems, long];
  let name = '';
  let target = '';
  let command: Line['command'];
  let isGoto = false;
  let isUnsure = false;
  switch (statement.kind) {
    case 'rule':
      name = shared(statement.chain.text);
      target = statement.target === undefined ? '' : shared(statement.target.text);
      command = statement.command;
      isGoto = statement.isGoto;
      // A word that is not understood is a problem as well, but in a listing.
      isUnsure =
        statement.hidden.length > 0 ||
        ((listing || problems.length > 0) && statement.options.some(({ instance }) => instance === notUnderstood));
      break;
    case 'chain':
      name = shared(statement.name.text);
      command = statement.policy === undefined || statement.policy.text === '-' ? 'new' : 'policy';
      break;
    case 'chain-command':
      name = statement.chain?.text ?? '';
      target = statement.argument?.text ?? '';
      command = statement.command;
      break;
    case 'table':
    case 'set':
      name = statement.name.text;
      break;
    case 'set-entry':
      name = statement.set.text;
      break;
    default:
  }
  return { text, context, kind, name, target, command, isGoto, problems, carriageReturn, prefix, listing, isUnsure };
}

const linesBetweenPauses = 256;

/** Pieces between newlines, and which of them ended in CR LF. The last piece has no line end: a CR there stands alone and stays. */
function splitLines(text: string): { readonly texts: readonly string[]; readonly endsInCr: (index: number) => boolean } {
  const texts = text.split('\n');
  if (!text.includes('\r')) return { texts, endsInCr: () => false };
  const cr = texts.map((piece, index) => index < texts.length - 1 && piece.endsWith('\r'));
  return {
    texts: texts.map((piece, index) => (cr[index] ? piece.slice(0, -1) : piece)),
    endsInCr: (index) => cr[index] === true,
  };
}

/** The family that a file's name implies: `*.ip6tables`, `rules.v6`, `ip6tables-save.txt`. */
function familyOfName(fileName: string): LineContext['family'] {
  const base = fileName.slice(Math.max(fileName.lastIndexOf('/'), fileName.lastIndexOf('\\')) + 1).toLowerCase();
  if (base.includes('ip6tables') || base.endsWith('.v6')) return 'ipv6';
  if (base.includes('iptables-save') || base.endsWith('.v4')) return 'ipv4';
  return undefined;
}

/**
 * A text as a document. Pauses every few hundred lines; never throws.
 * @param fileName a path or URI, for the family of dumps that have no header
 */
export function* readDocument(text: string, fileName = ''): Steps<SourceDocument> {
  const byteOrderMark = text.charCodeAt(0) === 0xfeff;
  const raw = splitLines(byteOrderMark ? text.slice(1) : text);
  const start = lineContext(familyOfName(fileName), undefined, undefined);
  const lines: Line[] = [];
  let context = start;
  for (const [index, piece] of raw.texts.entries()) {
    const line = readLine(piece, context, raw.endsInCr(index));
    lines.push(line);
    context = contextAfter(line);
    if (lines.length % linesBetweenPauses === 0) yield;
  }
  return { lines, start, byteOrderMark };
}

/** The same, without pauses. */
export function readWholeDocument(text: string, fileName = ''): SourceDocument {
  return runToEnd(readDocument(text, fileName));
}

function clamp(document: SourceDocument, position: Position): Position {
  const line = Math.min(Math.max(position.line, 0), document.lines.length - 1);
  const length = document.lines[line]?.text.length ?? 0;
  if (position.line > line) return { line, character: length };
  return { line, character: Math.min(Math.max(position.character, 0), length) };
}

/**
 * The document after a change. Reads only the lines that the change touches, and those below whose circumstances it changes
 * (another `*table` or header above them); all others are shared with the document before.
 */
export function* changeDocument(document: SourceDocument, change: TextChange, fileName = ''): Steps<SourceDocument> {
  if (change.range === undefined) return yield* readDocument(change.text, fileName);
  const start = clamp(document, change.range.start);
  const end = clamp(document, change.range.end);
  const before = document.lines.slice(0, start.line);
  const head = (document.lines[start.line]?.text ?? '').slice(0, start.character);
  const tail = (document.lines[end.line]?.text ?? '').slice(end.character);
  const raw = splitLines(head + change.text + tail);
  const lines = before;
  const previous = lines.at(-1);
  let context = previous === undefined ? document.start : contextAfter(previous);
  let read = 0;
  for (const [index, piece] of raw.texts.entries()) {
    // The last piece keeps the line end that stood behind the change.
    const isLast = index === raw.texts.length - 1;
    const carriageReturn = isLast ? document.lines[end.line]?.carriageReturn === true : raw.endsInCr(index);
    const old = document.lines[isLast ? end.line : start.line + index];
    const line =
      old?.text === piece && old.carriageReturn === carriageReturn && sameContext(old.context, context)
        ? old
        : readLine(piece, context, carriageReturn);
    lines.push(line);
    context = contextAfter(line);
    read += 1;
    if (read % linesBetweenPauses === 0) yield;
  }
  for (let index = end.line + 1; index < document.lines.length; index += 1) {
    const old = document.lines[index];
    if (old === undefined) break;
    if (sameContext(old.context, context)) {
      // Circumstances are as they were: from here on nothing has changed.
      for (let rest = index; rest < document.lines.length; rest += 1) {
        const line = document.lines[rest];
        if (line !== undefined) lines.push(line);
      }
      break;
    }
    const line = readLine(old.text, context, old.carriageReturn);
    lines.push(line);
    context = contextAfter(line);
    read += 1;
    if (read % linesBetweenPauses === 0) yield;
  }
  return { ...document, lines };
}
