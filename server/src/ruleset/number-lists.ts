/**
 * Many short lists of numbers side by side: a table of a large cluster has 50,000 chains with five lists each, which are too many objects. An array is read
 * within its length (`as number`), but for lists of which there are none (`noLists`): of these none has a start.
 */

import type { Steps } from '../base/steps.ts';

const none: readonly number[] = Object.freeze([]);
/** A list of more numbers than these is kept once it was asked for, so that whoever asks within a loop does not pay for all of it each time. */
const few = 32;

/**
 * What moved numbers: from each `moves[at]` on, an even place, up to the next of them, numbers are greater by `moves[at + 1]` now. Ascending. Where they are
 * read this is looked up in place: a function for it would be called for every line of a dump.
 */
type Moves = readonly number[];

const noMoves: Moves = Object.freeze([]);
/** With more of them it takes longer to read the numbers than to write them anew. */
const mostMoves = 8;

/** The moves, and then one more: of numbers that are `at` or above now. None of them became what is between. */
function withMove(moves: Moves, at: number, by: number): Moves {
  const now: number[] = [];
  let isMoved = false;
  const add = (from: number, sum: number): void => {
    if (now.at(-2) === from) now.splice(-2);
    if (sum !== (now.at(-1) ?? 0)) now.push(from, sum);
  };
  for (let place = -2; place < moves.length; place += 2) {
    const from = moves[place] ?? 0;
    const sum = moves[place + 1] ?? 0;
    const first = Math.max(from, at - sum);
    if (place >= 0) add(from, isMoved ? sum + by : sum);
    if (isMoved || first >= (moves[place + 2] ?? Number.POSITIVE_INFINITY)) continue;
    isMoved = true;
    add(first, sum + by);
  }
  return now.length === 0 ? noMoves : now;
}

/**
 * List `index` holds `values[starts[index]]` up to, but not including, `values[starts[index + 1]]`. After an edit that moves lines the numbers stay as
 * they are, and what moves them is kept beside them: to write hundreds of thousands anew takes longer, and leaves as many behind.
 */
export class NumberLists {
  readonly starts: Uint32Array;
  #values: Uint32Array;
  #moves: Moves;
  #long: Map<number, readonly number[]> | undefined;

  /** @param starts one more than there are lists */
  constructor(starts: Uint32Array, values: Uint32Array, moves = noMoves) {
    this.starts = starts;
    this.#values = values;
    this.#moves = moves;
  }

  /** All numbers, of one list after the other. */
  get values(): Uint32Array {
    const moves = this.#moves;
    if (moves.length > 0) {
      const values = this.#values.slice();
      for (let at = 0; at < values.length; at += 1) {
        const value = values[at] as number;
        let move = moves.length - 2;
        while (move >= 0 && value < (moves[move] as number)) move -= 2;
        if (move >= 0) values[at] = value + (moves[move + 1] as number);
      }
      this.#values = values;
      this.#moves = noMoves;
    }
    return this.#values;
  }

  /** How many numbers all lists have. */
  get count(): number {
    return this.#values.length;
  }

  /** The same lists with all numbers from `from` on greater by `by`, or less: then none is between. */
  moved(from: number, by: number): NumberLists {
    if (by === 0 || this.count === 0) return this;
    const moves = withMove(this.#moves, from, by);
    if (moves.length <= 2 * mostMoves) return new NumberLists(this.starts, this.#values, moves);
    return new NumberLists(this.starts, new NumberLists(this.starts, this.#values, moves).values);
  }

  /** How many numbers a list has. */
  lengthOf(index: number): number {
    const { starts } = this;
    // To read behind the end of an array takes many times as long.
    return index + 1 < starts.length ? (starts[index + 1] as number) - (starts[index] ?? 0) : 0;
  }

  /** How many of some lists, by their indices, are not empty. */
  countFilled(indices: readonly number[]): number {
    const { starts } = this;
    if (this.count === 0) return 0;
    let filled = 0;
    for (const index of indices) if ((starts[index + 1] as number) > (starts[index] as number)) filled += 1;
    return filled;
  }

  /** The first number of a list; undefined where it has none. */
  firstOf(index: number): number | undefined {
    if (index + 1 >= this.starts.length) return undefined;
    const start = this.starts[index] as number;
    if (!(start < (this.starts[index + 1] as number))) return undefined;
    const value = this.#values[start] as number;
    const moves = this.#moves;
    let move = moves.length - 2;
    while (move >= 0 && value < (moves[move] as number)) move -= 2;
    return move < 0 ? value : value + (moves[move + 1] as number);
  }

  /** Whether something holds for a number of a list, of which no array is made. */
  some(index: number, is: (number: number) => boolean): boolean {
    const { starts } = this;
    const values = this.#values;
    const moves = this.#moves;
    const end = starts[index + 1] as number;
    for (let at = starts[index] as number; at < end; at += 1) {
      const value = values[at] as number;
      let move = moves.length - 2;
      while (move >= 0 && value < (moves[move] as number)) move -= 2;
      if (is(move < 0 ? value : value + (moves[move + 1] as number))) return true;
    }
    return false;
  }

  /** A list as an array, which for a short one is made each time. */
  at(index: number): readonly number[] {
    const { starts } = this;
    const values = this.#values;
    const moves = this.#moves;
    const start = starts[index] as number;
    const length = (starts[index + 1] as number) - start;
    // No number where a list is asked for that is not there.
    if (!(length > 0)) return none;
    if (length <= 2 && moves === noMoves) {
      const first = values[start] as number;
      return length === 1 ? [first] : [first, values[start + 1] as number];
    }
    const known = length > few ? this.#long?.get(index) : undefined;
    if (known !== undefined) return known;
    const list = new Array<number>(length);
    for (let at = 0; at < length; at += 1) {
      const value = values[start + at] as number;
      let move = moves.length - 2;
      while (move >= 0 && value < (moves[move] as number)) move -= 2;
      list[at] = move < 0 ? value : value + (moves[move + 1] as number);
    }
    if (length > few) {
      this.#long ??= new Map();
      this.#long.set(index, list);
    }
    return list;
  }
}

/** As many lists as are asked for, all empty. */
export const noLists = new NumberLists(new Uint32Array(1), new Uint32Array(0));

const noPairs = new Uint32Array(0);
/** Numbers that are looked at between two pauses. Even. */
const atOnce = 65_536;

/** Pairs of a list's index and a number, while they are collected. */
export class NumberPairs {
  #pairs = noPairs;
  #length = 0;

  add(index: number, number: number): void {
    if (this.#length + 2 > this.#pairs.length) {
      const larger = new Uint32Array(Math.max(this.#pairs.length * 2, 16));
      larger.set(this.#pairs);
      this.#pairs = larger;
    }
    this.#pairs[this.#length] = index;
    this.#pairs[this.#length + 1] = number;
    this.#length += 2;
  }

  /** Makes room for so many pairs more, and gives what holds all: an index and a number each, from `end` on. To be told of by `added`. */
  room(more: number): Uint32Array {
    const needed = this.#length + more * 2;
    if (needed > this.#pairs.length) {
      const larger = new Uint32Array(Math.max(this.#pairs.length * 2, needed, 16));
      larger.set(this.#pairs);
      this.#pairs = larger;
    }
    return this.#pairs;
  }

  /** Where the next pair goes. */
  get end(): number {
    return this.#length;
  }

  /** Says that there are pairs up to here, which whoever asked for room has put there. */
  added(end: number): void {
    this.#length = end;
  }

  /** So many lists, each with its numbers in the order in which they were added. Pauses every few ten thousand. */
  *toLists(count: number): Steps<NumberLists> {
    const pairs = this.#pairs;
    const length = this.#length;
    if (length === 0) return noLists;
    const starts = new Uint32Array(count + 1);
    for (let from = 0; from < length; from += atOnce) {
      if (from > 0) yield;
      countPairs(pairs, from, Math.min(from + atOnce, length), starts);
    }
    for (let index = 1; index < count; index += 1) (starts[index + 1] as number) += starts[index] as number;
    if (count > atOnce) yield;
    const next = starts.slice(0, count);
    const values = new Uint32Array(length / 2);
    for (let from = 0; from < length; from += atOnce) {
      if (from > 0) yield;
      placePairs(pairs, from, Math.min(from + atOnce, length), next, values);
    }
    return new NumberLists(starts, values);
  }
}

function countPairs(pairs: Uint32Array, from: number, to: number, starts: Uint32Array): void {
  for (let at = from; at < to; at += 2) (starts[(pairs[at] as number) + 1] as number) += 1;
}

/** @param next where the next number of each list goes */
function placePairs(pairs: Uint32Array, from: number, to: number, next: Uint32Array, values: Uint32Array): void {
  for (let at = from; at < to; at += 2) {
    const index = pairs[at] as number;
    const place = next[index] as number;
    values[place] = pairs[at + 1] as number;
    next[index] = place + 1;
  }
}

/** Each number once in its list, where it stands first. Numbers are indices of lists. Pauses every few ten thousand. */
export function* withoutRepeats(lists: NumberLists): Steps<NumberLists> {
  if (lists === noLists) return lists;
  const count = lists.starts.length - 1;
  const starts = new Uint32Array(count + 1);
  const { values: all } = lists;
  const values = new Uint32Array(all.length);
  // In which list, counted from 1, a number was seen last.
  const seen = new Uint32Array(count);
  let length = 0;
  let looked = 0;
  for (let index = 0; index < count; index += 1) {
    const start = lists.starts[index] as number;
    const end = lists.starts[index + 1] as number;
    looked += 1 + end - start;
    if (looked >= atOnce) {
      looked = 0;
      yield;
    }
    for (let at = start; at < end; at += 1) {
      const value = all[at] as number;
      if (seen[value] === index + 1) continue;
      seen[value] = index + 1;
      values[length] = value;
      length += 1;
    }
    starts[index + 1] = length;
  }
  return new NumberLists(starts, length === values.length ? values : values.slice(0, length));
}

/**
 * The same lists with others in the place of some, by their indices.
 * @param count how many lists there are
 */
export function withLists(lists: NumberLists, count: number, others: ReadonlyMap<number, readonly number[]>): NumberLists {
  if (others.size === 0) return lists;
  let more = 0;
  for (const [index, list] of others) more += list.length - lists.lengthOf(index);
  const starts = new Uint32Array(count + 1);
  const { values: all } = lists;
  const values = new Uint32Array(all.length + more);
  let length = 0;
  let from = 0;
  // What lies between two lists that are others is copied at once.
  const copyUpTo = (index: number): void => {
    const start = lists.starts[from] ?? 0;
    const end = lists.starts[index] ?? 0;
    values.set(all.subarray(start, end), length);
    const moved = length - start;
    for (let at = from; at <= index; at += 1) starts[at] = (lists.starts[at] ?? 0) + moved;
    length += end - start;
  };
  for (const [index, list] of [...others].sort(([a], [b]) => a - b)) {
    copyUpTo(index);
    values.set(list, length);
    length += list.length;
    from = index + 1;
  }
  copyUpTo(count);
  return new NumberLists(starts, values);
}
