/** Lines below an edit that changed what holds of them, another `*table` or header: they are read again. */
import { createMemory } from '../base/memory.ts';
import { type Steps, statementsBetweenPauses } from '../base/steps.ts';
import { contextAfter } from './context-after.ts';
import { contextBefore, type Line, type LineContext, sameContext } from './line.ts';
import { numberedShapes, takesTheSame } from './line-shape.ts';
import type { Lines } from './lines.ts';
import { readLine, shapeOf } from './read-line.ts';
import { isOddShape, OddLineList, rememberOddLines } from './unusual-lines.ts';

/** With more lines than these what all lines of a shape are is found out once for all of them. */
const mostAsObjects = 1_024;
const columnsBetweenPauses = 32_768;
/** Stands for a shape of which no line was read yet. */
const unknown = -1;

/** How far lines were read again. */
export interface ReadBelow {
  /** The first line that was not. */
  readonly kept: number;
  /** What holds before that line, where it is not what held there; undefined where all lines from there on are as they were. */
  readonly circumstances: LineContext | undefined;
}

/**
 * Adds the lines from `index` on whose circumstances are others now, which are read again, until they are as they were, or too many.
 * @param context what holds before the first of them
 */
export function* readBelow(old: Lines, index: number, context: LineContext, lines: Line[]): Steps<ReadBelow> {
  let above = context;
  // From the first of a known shape on they are read as columns where they are too many.
  let shaped: { readonly kept: number; readonly circumstances: LineContext } | undefined;
  for (let number = index; number < old.length; number += 1) {
    const line = old.at(number);
    if (line === undefined) break;
    if (sameContext(contextBefore(line), above)) return { kept: number, circumstances: undefined };
    if (shaped === undefined && old.shapeAt(number) > 0) shaped = { kept: number, circumstances: above };
    if (number - index >= mostAsObjects) {
      lines.length -= number - (shaped?.kept ?? number);
      return shaped ?? { kept: number, circumstances: above };
    }
    const again = readLine(line.text, above, line.carriageReturn);
    lines.push(again);
    above = contextAfter(again);
    if ((number - index) % statementsBetweenPauses === statementsBetweenPauses - 1) yield;
  }
  return { kept: old.length, circumstances: undefined };
}

/**
 * The number of the shape that all lines of a known shape have in these circumstances; 0 where they have to be read one by one.
 * @param line one of them, which was read in these circumstances
 * @param shape the number of the known shape
 */
function shapeIn(line: Line, shape: number, context: LineContext): number {
  const known = numberedShapes[shape];
  const other = shapeOf(line.text, context);
  if (known === undefined || other === undefined || !takesTheSame(known, other)) return 0;
  return line.carriageReturn ? other.number + 1 : other.number;
}

/** What an edit changed of lines that were read again in other circumstances; all others are as they were. */
export interface Reread {
  /** The first line that the edit itself changed, and how many from there on are in the place of others. */
  readonly at: number;
  readonly added: number;
  /** Shapes by their numbers, before and after, of which lines were. */
  readonly shapes: readonly { readonly before: number; readonly after: number }[];
  /** Lines that were read one by one, ascending. */
  readonly numbers: readonly number[];
}

/** Stands for the lines of a version, which are not kept for those that came of them. */
const versions = createMemory<Lines, object>();
const rereads = createMemory<Lines, Reread & { readonly of: object }>();

function versionOf(lines: Lines): object {
  let version = versions.get(lines);
  if (version === undefined) {
    version = {};
    versions.set(lines, version);
  }
  return version;
}

/** What the edit changed by which lines came of others; undefined where they came of them by another edit, or by several. */
export function rereadOf(lines: Lines, before: Lines): Reread | undefined {
  const reread = rereads.get(lines);
  return reread !== undefined && reread.of === versions.get(before) ? reread : undefined;
}

/** The lines of a text while those from a number on are read again. */
interface Reading {
  readonly places: Int32Array;
  readonly before: Uint16Array;
  readonly shapes: Uint16Array;
  /** By the number of a shape, what it is in the circumstances of the lines that are gone through. */
  readonly inThem: Int32Array;
  /** By the number that it has in them: 1 where its lines are more than others. */
  isOdd: Uint8Array;
  readonly odd: OddLineList;
}

/** Reads lines again of which one of the same shape was. @returns the first that has to be read by itself, or `to` */
function readShaped({ places, before, shapes, inThem, isOdd, odd }: Reading, from: number, to: number): number {
  for (let number = from; number < to; number += 1) {
    const place = places[number] as number;
    const shape = place < 0 ? unknown : (inThem[before[place] as number] as number);
    if (shape <= 0) return number;
    shapes[place] = shape;
    // Nearly none is, or tens of thousands are.
    if (isOdd[shape] === 1) odd.addShaped(number, shape);
  }
  return to;
}

/** Which shapes have lines that are more than others, by their numbers. */
function oddShapes(): Uint8Array {
  return Uint8Array.from(numberedShapes, (_, shape) => (isOddShape(shape) ? 1 : 0));
}

/**
 * The lines of a text with those from `from` on read again, until their circumstances are as they were. Of lines of one shape one is read. Pauses every few
 * hundred lines that are read.
 * @param old the lines before the edit
 * @param changed the first line that the edit changed; all from there to `from` are others
 */
export function* readColumnsBelow(
  lines: Lines,
  from: number,
  circumstances: LineContext,
  { old, changed }: { readonly old: Lines; readonly changed: number },
): Steps<Lines> {
  const { places, shapes: before } = lines.columns;
  const { length } = lines;
  const shapes = before.slice();
  const inThem = new Int32Array(numberedShapes.length).fill(unknown);
  const odd = new OddLineList(length);
  odd.addKnown(lines, 0, from);
  const reading: Reading = { places, before, shapes, inThem, isOdd: oddShapes(), odd };
  const numbers: number[] = [];
  const others: Line[] = [];
  const renumbered: Reread['shapes'][number][] = [];
  let above = circumstances;
  let number = from;
  for (; number < length; number += 1) {
    const most = Math.min(number + columnsBetweenPauses, length);
    number = readShaped(reading, number, most);
    if (number === most) {
      yield;
      number -= 1;
      continue;
    }
    const line = lines.at(number);
    if (line === undefined) continue;
    if (sameContext(contextBefore(line), above)) break;
    // By this a shape becomes known in these circumstances, too.
    const again = readLine(line.text, above, line.carriageReturn);
    const place = places[number] as number;
    const shape = place < 0 ? 0 : (before[place] as number);
    if (shape > 0 && inThem[shape] === unknown) {
      const found = shapeIn(line, shape, above);
      inThem[shape] = found;
      if (found > 0) {
        shapes[place] = found;
        // It may have been learned just now.
        if (found >= reading.isOdd.length) reading.isOdd = oddShapes();
        odd.addShaped(number, found);
        renumbered.push({ before: shape, after: found });
        continue;
      }
    }
    numbers.push(number);
    others.push(again);
    if (!again.isPlain) odd.unusual.push(number);
    if (others.length % statementsBetweenPauses === 0) yield;
    const after = contextAfter(again);
    if (after === above) continue;
    above = after;
    inThem.fill(unknown);
  }
  odd.addKnown(lines, number, length);
  const read = lines.readAnew(shapes, numbers, others);
  rememberOddLines(read, odd);
  const touched = Array.from({ length: from - changed }, (_, at) => changed + at);
  const edit = { at: changed, added: touched.length };
  rereads.set(read, { of: versionOf(old), ...edit, shapes: renumbered, numbers: [...touched, ...numbers] });
  return read;
}
