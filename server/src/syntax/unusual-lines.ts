import { createMemory } from '../base/memory.ts';
import { runToEnd, type Steps } from '../base/steps.ts';
import type { Line } from './line.ts';
import { numberedShapes } from './line-shape.ts';
import type { Lines } from './lines.ts';

const linesBetweenPauses = 32_768;

/** The numbers (0-based) of lines that are more than others, in their order. */
interface OddLines {
  readonly unusual: readonly number[];
  readonly faulty: Uint32Array;
}

const known = createMemory<Lines, OddLines>();

/**
 * The numbers (0-based) of the lines that are more than a chain's declaration or a rule at its end, in their order, but for `faultyLines`: a dump of 200,000
 * lines has a few dozen. Looked for once for all that ask; lines are not changed.
 */
export function unusualLines(lines: Lines): readonly number[] {
  return (known.get(lines) ?? runToEnd(oddLineSteps(lines))).unusual;
}

/** The same; pauses every few thousand lines. */
export function* unusualLineSteps(lines: Lines): Steps<readonly number[]> {
  return (yield* oddLineSteps(lines)).unusual;
}

/**
 * The numbers (0-based) of the rules of known shapes that are nothing more, but with which something is wrong, as with all of their shape: a table under the name of another
 * has tens of thousands of them.
 */
export function faultyLines(lines: Lines): Uint32Array {
  return (known.get(lines) ?? runToEnd(oddLineSteps(lines))).faulty;
}

function* oddLineSteps(lines: Lines): Steps<OddLines> {
  const before = known.get(lines);
  if (before !== undefined) return before;
  const { length, columns } = lines;
  const { places, shapes } = columns;
  const found = new OddLineList(length);
  for (let number = lines.holes; number < length; number += 1) {
    const place = places[number] as number;
    if (place >= 0) found.addShaped(number, shapes[place] as number);
    // A hole is no line.
    else if (lines.formAt(number)?.isPlain === false) found.unusual.push(number);
    if (number % linesBetweenPauses === linesBetweenPauses - 1) yield;
  }
  const odd = { unusual: found.unusual, faulty: found.faulty };
  known.set(lines, odd);
  return odd;
}

const isPlain = 0;
const isUnusual = 1;
const isFaulty = 2;
/** By the number of a shape, which of these its lines are. */
const kinds: number[] = [];

function kindOf(shape: number): number {
  const known = kinds[shape];
  if (known !== undefined) return known;
  const kind = foundKind(shape);
  kinds[shape] = kind;
  return kind;
}

function foundKind(shape: number): number {
  const { form } = numberedShapes[shape] ?? {};
  if (form === undefined) return isPlain;
  if (!form.isFaulty) return form.isPlain ? isPlain : isUnusual;
  return form.carriageReturn ? isUnusual : isFaulty;
}

/** Whether lines of a shape, by its number, are more than others. */
export function isOddShape(shape: number): boolean {
  return kindOf(shape) !== isPlain;
}

/** Whether lines of a shape, by its number, are among `faultyLines`. */
export function isFaultyShape(shape: number): boolean {
  return kindOf(shape) === isFaulty;
}

/** Lines that are more than others, while they are gathered in their order. */
export class OddLineList implements OddLines {
  readonly unusual: number[] = [];
  readonly #faulty: Uint32Array;
  #count = 0;

  /** @param most how many there may be */
  constructor(most: number) {
    // Memory that is not written is not taken.
    this.#faulty = new Uint32Array(most);
  }

  get faulty(): Uint32Array {
    return this.#faulty.slice(0, this.#count);
  }

  /** Adds a line of a known shape where it is more than others. */
  addShaped(number: number, shape: number): void {
    const kind = kindOf(shape);
    if (kind === isPlain) return;
    if (kind === isUnusual) {
      this.unusual.push(number);
      return;
    }
    this.#faulty[this.#count] = number;
    this.#count += 1;
  }

  /** Adds those that are known of lines from one number up to, but not including, another. */
  addKnown(lines: Lines, from: number, to: number): void {
    const { unusual, faulty } = known.get(lines) ?? runToEnd(oddLineSteps(lines));
    for (let place = placeOf(unusual, from); place < placeOf(unusual, to); place += 1)
      this.unusual.push(unusual[place] as number);
    const others = faulty.subarray(placeOf(faulty, from), placeOf(faulty, to));
    this.#faulty.set(others, this.#count);
    this.#count += others.length;
  }
}

/** Keeps what whoever made the lines found on the way. */
export function rememberOddLines(lines: Lines, { unusual, faulty }: OddLines): void {
  known.set(lines, { unusual, faulty });
}

/** Keeps what is known of lines for those that came of an edit: `added` in the place of the lines from `from` up to, but not including, `to`. Pauses as above. */
export function* carryUnusualLines(old: Lines, now: Lines, from: number, to: number, added: readonly Line[]): Steps<void> {
  const before = known.get(old);
  if (before === undefined) return;
  const by = now.length - old.length;
  const unusual: number[] = [];
  for (const [offset, { isPlain }] of added.entries()) if (!isPlain) unusual.push(from + offset);
  const [above, below] = [placeOf(before.unusual, from), placeOf(before.unusual, to)];
  // Of a text of blank lines all lines are such.
  const numbers: number[] = [];
  for (let place = 0; place < above; place += 1) {
    numbers.push(before.unusual[place] as number);
    if (place % linesBetweenPauses === linesBetweenPauses - 1) yield;
  }
  for (const number of unusual) numbers.push(number);
  for (let place = below; place < before.unusual.length; place += 1) {
    numbers.push((before.unusual[place] as number) + by);
    if (place % linesBetweenPauses === linesBetweenPauses - 1) yield;
  }
  known.set(now, { unusual: numbers, faulty: movedFaulty(before.faulty, from, to, by) });
}

function movedFaulty(faulty: Uint32Array, from: number, to: number, by: number): Uint32Array {
  if (faulty.length === 0) return faulty;
  const [above, below] = [placeOf(faulty, from), placeOf(faulty, to)];
  const moved = new Uint32Array(above + faulty.length - below);
  moved.set(faulty.subarray(0, above));
  for (let place = below; place < faulty.length; place += 1) moved[above + place - below] = (faulty[place] as number) + by;
  return moved;
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
