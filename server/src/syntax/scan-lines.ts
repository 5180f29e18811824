/** A whole text as lines, those of known shapes from its bytes: a string for each line, and one for each name on it, take longer than to tell what they say. */
import { type Steps, statementsBetweenPauses } from '../base/steps.ts';
import { contextAfter } from './context-after.ts';
import type { HashedNames } from './hashed-names.ts';
import { knownShape } from './known-line-cache.ts';
import type { Line, LineContext } from './line.ts';
import { LineBytes } from './line-bytes.ts';
import { currentNames, forgetBytes, told, useNames } from './line-shape.ts';
import { declares, Lines, mostOfLength } from './lines.ts';
import { readNewLine } from './read-line.ts';
import { isFaultyShape, rememberOddLines } from './unusual-lines.ts';

const charactersOfPart = 100_000;
/** A line that makes a part longer than this is of no known shape. */
const mostCharacters = 1_000_000;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** A text while its lines are read. */
interface Reading {
  readonly text: string;
  readonly names: HashedNames;
  /** Lines of no known shape, and their numbers. Not a map of them: to enlarge one of a million stops all else for a tenth of a second. */
  readonly objects: Line[];
  numbers: Int32Array;
  /** As `unusualLines` has them, in parts. */
  readonly unusual: number[][];
  /** As `faultyLines` has them, likewise. */
  readonly faulty: number[][];
  /** What holds before the next line. */
  context: LineContext;
  /** How many lines were read. */
  length: number;
  starts: Int32Array;
  lengths: Uint16Array;
  shapes: Uint16Array;
  chains: Int32Array;
  targets: Int32Array;
}

const numbersOfPart = 65_536;

/** Adds to a list in parts: an array of a million that is enlarged stops all else for some ten milliseconds, and those of one length are enlarged together. */
function addTo(parts: number[][], number: number): void {
  const last = parts.at(-1);
  if (last === undefined || last.length === numbersOfPart) parts.push([number]);
  else last.push(number);
}

function* inOneArray(parts: readonly (readonly number[])[]): Steps<readonly number[]> {
  if (parts.length < 2) return parts[0] ?? [];
  const all = new Array<number>((parts.length - 1) * numbersOfPart + (parts.at(-1)?.length ?? 0));
  let length = 0;
  for (const part of parts) {
    yield;
    for (const number of part) {
      all[length] = number;
      length += 1;
    }
  }
  return all;
}

/** Adds a line of no known shape. @param end where its line feed is, or the end of the text */
function addNew(reading: Reading, start: number, end: number): void {
  const { text, context } = reading;
  // The last line has no line end: a CR there stands alone.
  const hasCr = end < text.length && end > start && text.charCodeAt(end - 1) === carriageReturn;
  const line = readNewLine(text.slice(start, hasCr ? end - 1 : end), context, hasCr);
  if (!line.isPlain) addTo(reading.unusual, reading.length);
  reading.chains[reading.length] = -1;
  reading.targets[reading.length] = -1;
  reading.numbers[reading.objects.length] = reading.length;
  reading.objects.push(line);
  reading.length += 1;
  reading.context = contextAfter(line);
}

/** Adds the number of the next line, which is of this shape and more than others. */
function addOdd({ unusual, faulty, length }: Reading, shape: number): void {
  addTo(isFaultyShape(shape) ? faulty : unusual, length);
}

/** Makes room for as many lines more. Of a million lines that takes some milliseconds for each column, between which it pauses. */
function* makeRoom(reading: Reading): Steps<void> {
  const length = Math.max(reading.starts.length * 2, fewestLines);
  const pauses = length >= linesWithPauses;
  reading.lengths = enlarged(new Uint16Array(length), reading.lengths);
  reading.shapes = enlarged(new Uint16Array(length), reading.shapes);
  if (pauses) yield;
  reading.chains = enlarged(new Int32Array(length), reading.chains);
  if (pauses) yield;
  reading.targets = enlarged(new Int32Array(length), reading.targets);
  if (pauses) yield;
  // A dump has few lines of no known shape, whose numbers are no more than these.
  reading.numbers = enlarged(new Int32Array(length), reading.numbers.subarray(0, reading.objects.length));
  if (pauses) yield;
  reading.starts = enlarged(new Int32Array(length), reading.starts);
  useNames(reading.names);
}

const linesWithPauses = 500_000;

function enlarged<Column extends Int32Array | Uint16Array>(column: Column, old: Column): Column {
  column.set(old);
  return column;
}

/** The lines of a part of the text, which begins and ends where lines do. Pauses every few lines of no known shape. */
function* scanPart(reading: Reading, { bytes, length }: LineBytes, from: number): Steps<void> {
  for (let start = 0, end = 0; start <= length; start = end + 1) {
    if (reading.length === reading.starts.length) yield* makeRoom(reading);
    const shape = knownShape(bytes, start, reading.context);
    ({ end } = told);
    const hasCr = shape !== undefined && bytes[end] === carriageReturn;
    if (shape === undefined || end - start > mostOfLength || (hasCr && from + end + 1 === reading.text.length)) {
      end = bytes.indexOf(lineFeed, start);
      addNew(reading, from + start, from + end);
      if (reading.objects.length % statementsBetweenPauses > 0) continue;
      yield;
      useNames(reading.names);
      continue;
    }
    const number = reading.length;
    reading.lengths[number] = end - start;
    if (hasCr) end += 1;
    if (hasCr || shape.fault !== undefined) addOdd(reading, hasCr ? shape.number + 1 : shape.number);
    reading.starts[number] = from + start;
    reading.shapes[number] = hasCr ? shape.number + 1 : shape.number;
    reading.chains[number] = told.chain;
    reading.targets[number] = shape.form.kind === 'chain' ? declares : told.target;
    reading.length = number + 1;
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
 * @param lines how many lines there are, where that is known: for them there is room from the beginning
 */
export function* scanLines(text: string, start: LineContext, lines = fewestLines): Steps<Lines> {
  const reading: Reading = {
    text,
    names: currentNames(),
    objects: [],
    numbers: new Int32Array(lines),
    unusual: [],
    faulty: [],
    context: start,
    length: 0,
    starts: new Int32Array(lines),
    lengths: new Uint16Array(lines),
    shapes: new Uint16Array(lines),
    chains: new Int32Array(lines),
    targets: new Int32Array(lines),
  };
  const part = new LineBytes();
  for (let from = 0; from <= text.length; ) {
    const end = endOfPart(text, from);
    if (end - from > mostCharacters) {
      if (reading.length === reading.starts.length) yield* makeRoom(reading);
      addNew(reading, from, end);
    } else {
      part.fill(text, from, end);
      yield* scanPart(reading, part, from);
    }
    from = end + 1;
    yield;
    useNames(reading.names);
  }
  forgetBytes();
  const read = yield* linesOf(reading);
  rememberOddLines(read, {
    unusual: yield* inOneArray(reading.unusual),
    faulty: Uint32Array.from(yield* inOneArray(reading.faulty)),
  });
  return read;
}

function ofLength<Column extends Int32Array | Uint16Array>(column: Column, length: number): Column {
  return column.length === length ? column : (column.slice(0, length) as Column);
}

function* linesOf(reading: Reading): Steps<Lines> {
  const { text, names, objects, numbers, length, starts, lengths, shapes, chains, targets } = reading;
  const places = new Int32Array(length);
  for (let number = 0; number < length; number += 1) places[number] = number;
  for (let object = 0; object < objects.length; object += 1) places[numbers[object] ?? 0] = ~object;
  yield;
  const columns = {
    places,
    starts: ofLength(starts, length),
    lengths: ofLength(lengths, length),
    shapes: ofLength(shapes, length),
    chains: ofLength(chains, length),
    targets: ofLength(targets, length),
  };
  return Lines.scanned({ source: text, names: names.names }, columns, objects);
}

const fewestLines = 256;
