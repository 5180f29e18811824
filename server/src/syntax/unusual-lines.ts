import { createMemory } from '../base/memory.ts';
import { runToEnd, type Steps } from '../base/steps.ts';
import type { Line } from './line.ts';
import { numberedShapes } from './line-shape.ts';
import type { Lines } from './lines.ts';

const linesBetweenPauses = 32_768;
const known = createMemory<Lines, readonly number[]>();

/**
 * The numbers (0-based) of the lines that are more than a chain's declaration or a rule at its end, in their order: a dump of 200,000 lines has a
 * few dozen. Looked for once for all that ask; lines are not changed.
 */
export function unusualLines(lines: Lines): readonly number[] {
  return known.get(lines) ?? runToEnd(unusualLineSteps(lines));
}

/** The same; pauses every few thousand lines. */
export function* unusualLineSteps(lines: Lines): Steps<readonly number[]> {
  const before = known.get(lines);
  if (before !== undefined) return before;
  const found: number[] = [];
  const { length, columns } = lines;
  const { places, shapes } = columns;
  for (let number = lines.holes; number < length; number += 1) {
    const place = places[number] as number;
    // A hole is no line.
    const form = place >= 0 ? numberedShapes[shapes[place] as number]?.form : lines.formAt(number);
    if (form?.isPlain === false) found.push(number);
    if (number % linesBetweenPauses === linesBetweenPauses - 1) yield;
  }
  known.set(lines, found);
  return found;
}

/** Keeps what whoever made the lines found on the way. */
export function rememberUnusualLines(lines: Lines, numbers: readonly number[]): void {
  known.set(lines, numbers);
}

/** Keeps what is known of lines for those that came of an edit: `added` in the place of the lines from `from` up to, but not including, `to`. Pauses as above. */
export function* carryUnusualLines(old: Lines, now: Lines, from: number, to: number, added: readonly Line[]): Steps<void> {
  const before = known.get(old);
  if (before === undefined) return;
  const by = now.length - old.length;
  const unusual: number[] = [];
  for (const [offset, { isPlain }] of added.entries()) if (!isPlain) unusual.push(from + offset);
  const [above, below] = [placeOf(before, from), placeOf(before, to)];
  // Of a text of blank lines all lines are such.
  const numbers: number[] = [];
  for (let place = 0; place < above; place += 1) {
    numbers.push(before[place] as number);
    if (place % linesBetweenPauses === linesBetweenPauses - 1) yield;
  }
  for (const number of unusual) numbers.push(number);
  for (let place = below; place < before.length; place += 1) {
    numbers.push((before[place] as number) + by);
    if (place % linesBetweenPauses === linesBetweenPauses - 1) yield;
  }
  known.set(now, numbers);
}

/** How many of some numbers, which ascend, are below a bound: the place of the first that is not. */
export function placeOf(numbers: ArrayLike<number>, bound: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] as number) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
