/** Lines below an edit that changed what holds of them, another `*table` or header: they are read again. */
import type { Steps } from '../base/steps.ts';
import { contextAfter } from './context-after.ts';
import { contextBefore, type Line, type LineContext, sameContext } from './line.ts';
import { numberedShapes, takesTheSame } from './line-shape.ts';
import type { Lines } from './lines.ts';
import { readLine, shapeOf } from './read-line.ts';

const linesBetweenPauses = 256;
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
  for (let number = index; number < old.length; number += 1) {
    const line = old.at(number);
    if (line === undefined) break;
    if (sameContext(contextBefore(line), above)) return { kept: number, circumstances: undefined };
    if (number - index >= mostAsObjects) return { kept: number, circumstances: above };
    const again = readLine(line.text, above, line.carriageReturn);
    lines.push(again);
    above = contextAfter(again);
    if ((number - index) % linesBetweenPauses === linesBetweenPauses - 1) yield;
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

/**
 * The lines of a text with those from `from` on read again, until their circumstances are as they were. Of lines of one shape one is read. Pauses every few
 * hundred lines that are read.
 */
export function* readColumnsBelow(lines: Lines, from: number, circumstances: LineContext): Steps<Lines> {
  const { places, shapes: before } = lines.columns;
  const shapes = before.slice();
  const numbers: number[] = [];
  const others: Line[] = [];
  // By the number of a shape, what it is in the circumstances of the lines that are gone through.
  const inThem = new Int32Array(numberedShapes.length).fill(unknown);
  const { length } = lines;
  let above = circumstances;
  for (let number = from; number < length; number += 1) {
    if (number % columnsBetweenPauses === columnsBetweenPauses - 1) yield;
    const place = places[number] as number;
    const shape = place < 0 ? 0 : (before[place] as number);
    const known = inThem[shape] as number;
    if (known > 0) {
      shapes[place] = known;
      continue;
    }
    const line = lines.at(number);
    if (line === undefined) continue;
    if (sameContext(contextBefore(line), above)) break;
    // By this a shape becomes known in these circumstances, too.
    const again = readLine(line.text, above, line.carriageReturn);
    if (shape > 0 && known === unknown) {
      const found = shapeIn(line, shape, above);
      inThem[shape] = found;
      if (found > 0) {
        shapes[place] = found;
        continue;
      }
    }
    numbers.push(number);
    others.push(again);
    if (others.length % linesBetweenPauses === 0) yield;
    const after = contextAfter(again);
    if (after === above) continue;
    above = after;
    inThem.fill(unknown);
  }
  return lines.readAnew(shapes, numbers, others);
}
