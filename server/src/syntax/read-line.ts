/** A line of text as a `Line`: plain restore input, or whatever else people paste. */
import { NameIndex } from '../base/name-index.ts';
import { longLineProblem } from './checks/long-line.ts';
import { knownShape, learnShape, nameStartOf, type Shape } from './known-line-cache.ts';
import { contextBefore, isRestoreInput, type Line, type LineContext } from './line.ts';
import { FormedLine, lineForm, plainForm } from './line-form.ts';
import { createStatementReader, type StatementReader } from './parser.ts';
import { firstJoin, joinedProblem } from './pasted/joined-lines.ts';
import { cutStatement } from './pasted/move-spans.ts';
import { isSpoiled, mayBeSpoiled, type PastedLine, readPastedLine, readSpoiledLine } from './pasted/paste.ts';
import { isPlainLine } from './pasted/plain-line.ts';
import { notUnderstood, type Statement } from './statement.ts';

let sharedReader: StatementReader | undefined;

function reader(): StatementReader {
  sharedReader ??= createStatementReader();
  return sharedReader;
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
  const spoiled = isSpoiled(text, statement, context) ? readSpoiledLine(text, context, readRestoreLine) : undefined;
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

/** The same for a line of a shape that was seen before, behind which circumstances are what they were before it; undefined for another line. */
export function readKnownLine(text: string, context: LineContext, carriageReturn: boolean): Line | undefined {
  const shape = knownShape(text, context);
  return shape === undefined ? undefined : shapedLine(text, carriageReturn, shape);
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
function shared(text: string, start = 0, end = text.length): string {
  return names.names[placeOf(text, start, end)] ?? '';
}

/** The place of a name among those that are known. */
function placeOf(text: string, start: number, end: number): number {
  if (names.names.length >= mostNames) names = new NameIndex();
  return names.addWithin(text, start, end);
}

const blank = 0x20;

function isWordAt(text: string, start: number, word: string | undefined): word is string {
  return word !== undefined && text.charCodeAt(start + word.length) === blank && text.startsWith(word, start);
}

let lastPlace = 0;
let lastTarget = '';

/** The name that begins here. The rules of a chain stand together, chains in the order of their declarations: to compare is quicker than to look up. */
function nameAt(text: string, start: number): string {
  const known = names.names;
  const last = known[lastPlace];
  if (isWordAt(text, start, last)) return last;
  const next = known[lastPlace + 1];
  if (isWordAt(text, start, next)) {
    lastPlace += 1;
    return next;
  }
  lastPlace = placeOf(text, start, text.indexOf(' ', start));
  return names.names[lastPlace] ?? '';
}

/** How long most names of kube-proxy's are. */
const usualLength = 'KUBE-SEP-AAAAAAAAAAAAAAAA'.length;

/** The last word. */
function targetOf(text: string): string {
  const start = text.length - lastTarget.length;
  if (text.charCodeAt(start - 1) === blank && text.endsWith(lastTarget)) return lastTarget;
  const usual = text.length - usualLength;
  const isUsual = text.charCodeAt(usual - 1) === blank && !text.includes(' ', usual);
  lastTarget = shared(text, isUsual ? usual : text.lastIndexOf(' ') + 1);
  return lastTarget;
}

/** A line of a known shape. */
function shapedLine(text: string, carriageReturn: boolean, shape: Shape): Line {
  const { context, kind, command } = shape.form;
  const form = carriageReturn ? plainForm(context, kind, command, true) : shape.form;
  const name = nameAt(text, nameStartOf(text, shape));
  return new FormedLine(text, name, shape.target ?? targetOf(text), form);
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
      isUnsure = statement.hidden.length > 0 || statement.options.some(({ instance }) => instance === notUnderstood);
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
  return new FormedLine(text, name, target, form);
}
