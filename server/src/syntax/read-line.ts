/** A line of text as a `Line`: plain restore input, or whatever else people paste. */
import { NameIndex } from '../base/name-index.ts';
import { longLineProblem } from './checks/long-line.ts';
import { knownShape, learnShape, longestShaped, mayAskMore } from './known-line-cache.ts';
import { contextBefore, isRestoreInput, type Line, type LineContext } from './line.ts';
import { LineBytes } from './line-bytes.ts';
import { FormedLine, lineForm } from './line-form.ts';
import { currentNames, numberedShapes, type Shape, told, toldChain, toldTarget } from './line-shape.ts';
import { createStatementReader, type StatementReader } from './parser.ts';
import { firstJoin, joinedProblem } from './pasted/joined-lines.ts';
import { cutStatement } from './pasted/move-spans.ts';
import { isSpoiled, mayBeSpoiled, type PastedLine, readPastedLine, readSpoiledLine } from './pasted/paste.ts';
import { isPlainLine } from './pasted/plain-line.ts';
import { shapedLine } from './shaped-line.ts';
import type { Statement } from './statement.ts';

let sharedReader: StatementReader | undefined;

function reader(): StatementReader {
  sharedReader ??= createStatementReader();
  return sharedReader;
}

/** Makes what reads lines, which takes some milliseconds. */
export function prepareReader(): void {
  reader();
}

/** What a line of restore input would say that somebody may write, with every error of a rule. Nothing of it is remembered. */
export function readIfWritten(text: string, context: LineContext): Statement {
  return reader().readWithEveryError(text, context);
}

function readRestoreLine(text: string, context: LineContext): Statement {
  const statement = reader().read(text, context);
  // iptables takes a table's name and nothing behind it: what stands there is no mistake to it, and lost to whoever pasted it.
  const isFollowed = statement.kind === 'table' && text.length > statement.name.end + 1;
  if (statement.problems.length === 0 && !isFollowed) return statement;
  // Of several lines on one the first is read; the others are said to be there.
  const end = firstJoin(text, isFollowed || !isRestoreInput(context));
  if (end < 0) return statement;
  const first = reader().read(text.slice(0, end).trimEnd(), context);
  return { ...first, problems: [...first.problems, joinedProblem(text, end)] };
}

function readPlainLine(text: string, context: LineContext): PastedLine {
  const statement = readRestoreLine(text, context);
  const spoiled = isSpoiled(text, statement, context)
    ? readSpoiledLine(text, statement, { context, readRestore: readRestoreLine, depth: 0 })
    : undefined;
  return spoiled ?? { statement, prefix: 0, listing: false };
}

function readAnyLine(text: string, context: LineContext): PastedLine {
  return isPlainLine(text) ? readPlainLine(text, context) : readPastedLine(text, context, readRestoreLine);
}

/**
 * A line is read in one go, during which nothing else is answered: so many characters take some 30 ms. iptables-restore takes 10,239 bytes of
 * a line, so that a longer one is an error in any case, and its words need not be known.
 */
const mostRead = 1_000_000;
const unread: Statement = Object.freeze({ kind: 'other', problems: [] });

/** The whole statement of a line, read again from its text. */
export function readAgain(line: Line): Statement {
  const { text, context } = line;
  if (text.length > mostRead) return unread;
  const { within } = context;
  if (within?.kind === 'wrapped' || within?.kind === 'command') {
    if (within.more === undefined) return continuation;
    const { statement } = readAnyLine(text + within.more, within.before);
    return within.more === '' ? statement : cutStatement(statement, text.length);
  }
  if (!isPlainLine(text)) return readPastedLine(text, context, readRestoreLine).statement;
  // Most lines have nothing wrong with them, and it is known by now.
  if (line.problems.length === 0 && line.kind !== 'foreign' && !mayBeSpoiled(text))
    return reader().readAgain(text, context, line.problems);
  return readPlainLine(text, context).statement;
}

const continuation: Statement = Object.freeze({ kind: 'foreign', what: 'wrapped', problems: [] });

/**
 * The line of a text (without its line end) in its circumstances. Those that a command says of itself, or that it was broken, are in the line's
 * own `context`; `contextBefore` tells what was given.
 */
export function readLine(text: string, context: LineContext, carriageReturn: boolean): Line {
  return readKnownLine(text, context, carriageReturn) ?? readNewLine(text, context, carriageReturn);
}

const single = new LineBytes();

/** The same for a line of a shape that was seen before, behind which circumstances are what they were before it; undefined for another line. */
function readKnownLine(text: string, context: LineContext, carriageReturn: boolean): Line | undefined {
  const shape = shapeOf(text, context);
  return shape === undefined ? undefined : toldLine(text, shape, carriageReturn);
}

/** The shape that a line (without its line end) has in these circumstances, where lines of that shape were seen. */
export function shapeOf(text: string, context: LineContext): Shape | undefined {
  if (text.length > longestShaped) return undefined;
  currentNames();
  single.fill(text, 0, text.length);
  const shape = knownShape(single.bytes, 0, context);
  return told.end === text.length ? shape : undefined;
}

/** The line of a known shape that was told last. */
function toldLine(text: string, shape: Shape, carriageReturn: boolean): Line {
  const own = carriageReturn ? (numberedShapes[shape.number + 1] ?? shape) : shape;
  return shapedLine(own, text, 0, text.length, toldChain(shape), toldTarget(shape));
}

/** The same for a line of a shape that was not seen before. */
export function readNewLine(text: string, context: LineContext, carriageReturn: boolean): Line {
  if (text.length > mostRead) return toLine(text, context, carriageReturn, unread, 0, false);
  const { within } = context;
  if (within?.kind === 'wrapped') return readBrokenLine(text, context, within.more, carriageReturn);
  if (!isPlainLine(text)) return lineOf(text, context, carriageReturn, readPastedLine(text, context, readRestoreLine));
  const pasted = readPlainLine(text, context);
  if (pasted.prefix === 0) learnShape(text, context, pasted.statement);
  return lineOf(text, context, carriageReturn, pasted);
}

function readBrokenLine(text: string, context: LineContext, more: string | undefined, carriageReturn: boolean): Line {
  if (more === undefined) return toLine(text, context, carriageReturn, continuation, 0, false);
  const pasted = readAnyLine(text + more, contextBefore({ context }));
  const own = pasted.context;
  const within = own?.within?.kind === 'command' ? { ...own.within, more } : undefined;
  return lineOf(text, context, carriageReturn, {
    ...pasted,
    statement: cutStatement(pasted.statement, text.length),
    prefix: Math.min(pasted.prefix, text.length),
    context: own === undefined || within === undefined ? undefined : { ...own, within },
  });
}

function lineOf(text: string, context: LineContext, carriageReturn: boolean, pasted: PastedLine): Line {
  return toLine(text, pasted.context ?? context, carriageReturn, pasted.statement, pasted.prefix, pasted.listing);
}

let names = new NameIndex();
const mostNames = 1 << 18;

/**
 * One string object for each chain's name, however many lines hold it: an engine compares one object with itself at once. Forgotten when there
 * are too many; equal strings of two objects are equal all the same.
 */
function shared(text: string): string {
  if (names.names.length >= mostNames) names = new NameIndex();
  return names.names[names.addWithin(text, 0, text.length)] ?? '';
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
      isUnsure = mayAskMore(statement);
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
  const form = lineForm({ context, kind, command, isGoto, problems, carriageReturn, prefix, listing, isUnsure });
  return new FormedLine(text, 0, text.length, name, target, form);
}
