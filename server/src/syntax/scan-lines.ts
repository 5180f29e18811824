/** A whole text as lines, those of known shapes from its bytes: a string for each line, and one for each name on it, take longer than to tell what they say. */
import type { Steps } from '../base/steps.ts';
import { contextAfter } from './context-after.ts';
import { knownShape } from './known-line-cache.ts';
import type { Line, LineContext } from './line.ts';
import { LineBytes } from './line-bytes.ts';
import { areCurrent, currentNames, told } from './line-shape.ts';
import { readNewLine, shapedLine } from './read-line.ts';
import { rememberUnusualLines } from './unusual-lines.ts';

/** What lines of known shapes are about, by their numbers: for whoever goes through all of them. */
export interface ScannedNames {
  /** The names of chains. */
  readonly names: readonly string[];
  /** For each line the place of its chain among `names`; -1 where the line itself says it, or is of no known shape. */
  readonly chains: Int32Array;
  /** For each line the place of its target; -1 where the line itself says it, `declares` where it declares its chain. */
  readonly targets: Int32Array;
}

/** Stands for the target of a line that declares a chain. */
export const declares = -2;

const scanned = new WeakMap<readonly Line[], ScannedNames>();

/** What was found out about lines when they were read; undefined where they came of an edit. */
export function scannedNames(lines: readonly Line[]): ScannedNames | undefined {
  return scanned.get(lines);
}

const charactersOfPart = 100_000;
/** A line that makes a part longer than this is of no known shape. */
const mostCharacters = 1_000_000;
const newLinesBetweenPauses = 256;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** A text while its lines are read. */
interface Reading {
  readonly text: string;
  readonly lines: Line[];
  /** As `unusualLines` has them. */
  readonly unusual: number[];
  /** What holds before the next line. */
  context: LineContext;
  chains: Int32Array;
  targets: Int32Array;
  /** How many lines were of no known shape. */
  newLines: number;
}

/** Adds a line of no known shape. @param end where its line feed is, or the end of the text */
function addNew(reading: Reading, start: number, end: number): void {
  const { text, context } = reading;
  // The last line has no line end: a CR there stands alone.
  const endsInCr = end < text.length && end > start && text.charCodeAt(end - 1) === carriageReturn;
  const line = readNewLine(text.slice(start, endsInCr ? end - 1 : end), context, endsInCr);
  if (!line.isPlain) reading.unusual.push(reading.lines.length);
  reading.lines.push(line);
  reading.context = contextAfter(line);
  reading.newLines += 1;
}

function withRoom(numbers: Int32Array): Int32Array {
  const larger = new Int32Array(numbers.length * 2).fill(-1, numbers.length);
  larger.set(numbers);
  return larger;
}

/** The lines of a part of the text, which begins and ends where lines do. Pauses every few hundred lines of no known shape. */
function* scanPart(reading: Reading, { bytes, length }: LineBytes, from: number): Steps<void> {
  const { lines, text } = reading;
  for (let start = 0, end = 0; start <= length; start = end + 1) {
    const number = lines.length;
    if (number === reading.chains.length) {
      reading.chains = withRoom(reading.chains);
      reading.targets = withRoom(reading.targets);
    }
    const shape = knownShape(bytes, start, reading.context);
    ({ end } = told);
    const endsInCr = shape !== undefined && bytes[end] === carriageReturn;
    if (shape === undefined || (endsInCr && from + end + 1 === text.length)) {
      end = bytes.indexOf(lineFeed, start);
      addNew(reading, from + start, from + end);
      if (reading.newLines % newLinesBetweenPauses === 0) yield;
      continue;
    }
    if (endsInCr) end += 1;
    reading.chains[number] = told.chain;
    reading.targets[number] = shape.form.kind === 'chain' ? declares : told.target;
    if (endsInCr) reading.unusual.push(number);
    lines.push(shapedLine(text, from + start, shape, endsInCr));
  }
}

/** Where a part that begins here ends: at a line feed, or at the end of the text. A line that is too long is a part of its own. */
function endOfPart(text: string, from: number): number {
  const next = text.indexOf('\n', from + charactersOfPart);
  const end = next < 0 ? text.length : next;
  if (end - from <= mostCharacters) return end;
  const before = text.lastIndexOf('\n', from + charactersOfPart);
  return before >= from ? before : end;
}

/**
 * The lines of a text, none of which goes on in those below it. Pauses often; never throws.
 * @param start what holds before the first line
 */
export function* scanLines(text: string, start: LineContext): Steps<readonly Line[]> {
  const names = currentNames();
  const reading: Reading = {
    text,
    lines: [],
    unusual: [],
    context: start,
    chains: new Int32Array(fewestNumbers).fill(-1),
    targets: new Int32Array(fewestNumbers).fill(-1),
    newLines: 0,
  };
  const part = new LineBytes();
  for (let from = 0; from <= text.length; ) {
    const end = endOfPart(text, from);
    if (end - from > mostCharacters) {
      addNew(reading, from, end);
    } else {
      part.fill(text, from, end);
      yield* scanPart(reading, part, from);
    }
    from = end + 1;
    yield;
  }
  const { lines, unusual, chains, targets } = reading;
  rememberUnusualLines(lines, unusual);
  // Where others were read in the pauses names may have been forgotten: then the numbers are of two lists.
  if (areCurrent(names)) scanned.set(lines, { names: names.names, chains, targets });
  return lines;
}

const fewestNumbers = 256;
