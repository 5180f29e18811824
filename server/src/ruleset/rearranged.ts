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
}

const noNames: readonly string[] = [];

/** How many chains there are in pieces. */
function countOf(pieces: readonly Piece[]): number {
  return pieces.reduce((count, piece) => count + (piece.chain === undefined ? piece.to - piece.from : 1), 0);
}

/** The places of chains that an edit has put in other places. */
export function reorderedPlaces(old: NameIndex, pieces: readonly Piece[]): Reordered {
  const before = new Int32Array(countOf(pieces));
  const after = new Int32Array(old.names.length).fill(-1);
  const names: string[][] = [];
  let place = 0;
  for (const piece of pieces) {
    if (piece.chain !== undefined) {
      const known = piece.chain.before ?? -1;
      before[place] = known;
      if (known >= 0) after[known] = place;
      names.push([piece.chain.name]);
      place += 1;
      continue;
    }
    names.push(old.names.slice(piece.from, piece.to));
    for (let known = piece.from; known < piece.to; known += 1, place += 1) {
      before[place] = known;
      after[known] = place;
    }
  }
  return { places: old.reordered(noNames.concat(...names), before, after), before, after };
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
    if (hasLists)
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
  after: Int32Array | undefined,
  listOf: (chain: EditedChain) => ArrayLike<number>,
): NumberLists {
  return rearranged(lists, pieces, listOf, (values, from, to) => {
    if (after === undefined) return;
    for (let at = from; at < to; at += 1) values[at] = after[values[at] as number] as number;
  });
}
