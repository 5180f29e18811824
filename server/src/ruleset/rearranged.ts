/** The lists of a table and the places of its chains after an edit, in one go over each: what no edit touches is copied with the numbers of lines moved. */
import type { NameIndex } from '../base/name-index.ts';
import type { EditedChain, Piece } from './edited-chains.ts';
import type { LineEdit } from './line-edit.ts';
import { NumberLists } from './number-lists.ts';

/** The chains of a table in another order. */
export interface Reordered {
  readonly places: NameIndex;
  /** By the place of a chain, its place before; -1 for a new one. */
  readonly before: Int32Array;
  /** By the place of a chain before, its place; -1 for one that is gone. */
  readonly after: Int32Array;
  /** How many chains at the beginning have the places that they had: all but a few, where a jump to no chain is typed. */
  readonly kept: number;
}

/** Numbers from 0 on, to be copied: to write them one by one takes longer where that is done for the first time. */
let ascending = new Int32Array(0);

/** Numbers from 0 up to, but not including, a count: to be read alone. */
export function ascendingUpTo(count: number): Int32Array {
  if (ascending.length < count) ascending = Int32Array.from({ length: count * 2 }, (_, number) => number);
  return ascending.subarray(0, count);
}

/** How many chains there are in pieces. */
function countOf(pieces: readonly Piece[]): number {
  return pieces.reduce((count, piece) => count + (piece.chain === undefined ? piece.to - piece.from : 1), 0);
}

/** The places of chains that an edit has put in other places. */
export function reorderedPlaces(old: NameIndex, pieces: readonly Piece[]): Reordered {
  const before = new Int32Array(countOf(pieces));
  const after = new Int32Array(old.names.length).fill(-1);
  const kept = keptBy(pieces);
  before.set(ascendingUpTo(kept));
  after.set(ascendingUpTo(kept));
  const names = old.names.slice(0, kept);
  for (const piece of pieces) {
    if (piece.chain !== undefined) {
      const known = piece.chain.before ?? -1;
      before[names.length] = known;
      if (known >= 0) after[known] = names.length;
      names.push(piece.chain.name);
      continue;
    }
    for (let known = Math.max(piece.from, kept); known < piece.to; known += 1) {
      before[names.length] = known;
      after[known] = names.length;
      names.push(old.names[known] as string);
    }
  }
  return { places: old.reordered(names, before, after, kept), before, after, kept };
}

/** How many chains at the beginning have the places that they had. */
function keptBy([first]: readonly Piece[]): number {
  return first?.chain === undefined && first?.from === 0 ? first.to : 0;
}

/** What a number becomes that stands in a list: a line behind an edit, a chain in another place. */
type Renumber = (values: Uint32Array, from: number, to: number) => void;

/** Lists with those of edited chains in the place of theirs. */
function rearranged(
  lists: NumberLists,
  pieces: readonly Piece[],
  listOf: (chain: EditedChain) => ArrayLike<number>,
  renumber: Renumber,
): NumberLists {
  const hasLists = lists.starts.length > 1;
  const startOf = (place: number): number => (hasLists ? (lists.starts[place] as number) : 0);
  let numbers = 0;
  for (const piece of pieces)
    numbers += piece.chain === undefined ? startOf(piece.to) - startOf(piece.from) : listOf(piece.chain).length;
  const starts = new Uint32Array(countOf(pieces) + 1);
  const values = new Uint32Array(numbers);
  let place = 0;
  let length = 0;
  for (const piece of pieces) {
    if (piece.chain !== undefined) {
      const list = listOf(piece.chain);
      values.set(list, length);
      length += list.length;
      place += 1;
      starts[place] = length;
      continue;
    }
    const { from, to } = piece;
    const [start, end] = [startOf(from), startOf(to)];
    values.set(lists.values.subarray(start, end), length);
    renumber(values, length, length + end - start);
    const by = length - start;
    if (hasLists && by === 0) starts.set(lists.starts.subarray(from + 1, to + 1), place + 1);
    else if (hasLists)
      for (let known = from; known < to; known += 1) starts[place + known - from + 1] = (lists.starts[known + 1] as number) + by;
    else starts.fill(length, place + 1, place + to - from + 1);
    place += to - from;
    length += end - start;
  }
  return new NumberLists(starts, values);
}

/** Lists of lines after an edit. */
export function rearrangedLines(
  lists: NumberLists,
  pieces: readonly Piece[],
  edit: LineEdit,
  listOf: (chain: EditedChain) => ArrayLike<number>,
): NumberLists {
  const by = edit.added.length - edit.removed.length;
  return rearranged(lists, pieces, listOf, (values, from, to) => {
    if (by === 0) return;
    for (let at = from; at < to; at += 1) if ((values[at] as number) >= edit.at) (values[at] as number) += by;
  });
}

/** Lists of the places of chains. */
export function rearrangedPlaces(
  lists: NumberLists,
  pieces: readonly Piece[],
  reordered: Pick<Reordered, 'after' | 'kept'> | undefined,
  listOf: (chain: EditedChain) => ArrayLike<number>,
): NumberLists {
  return rearranged(lists, pieces, listOf, (values, from, to) => {
    if (reordered === undefined) return;
    const { after, kept } = reordered;
    for (let at = from; at < to; at += 1) {
      const place = values[at] as number;
      if (place >= kept) values[at] = after[place] as number;
    }
  });
}
