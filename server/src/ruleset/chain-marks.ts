/**
 * What was found of single chains and depends on nothing but the texts of their rules: it holds after an edit for all chains but those whose rules the edit
 * changes. A table of a large cluster has 50,000 chains, which need not be looked at again for one line.
 */
import { createMemory } from '../base/memory.ts';
import type { Ruleset, Table } from './ruleset.ts';

/** By the index of a table, and by the place of a chain in it, all marks of the chain, a bit each. */
const known = createMemory<Ruleset, Map<number, Uint8Array>>();

const mostMarks = 8;
let marks = 0;

/** A mark of its own, which chains have or not: one bit. */
export function newChainMark(): number {
  if (marks === mostMarks) throw new Error('too many kinds of marks for a byte');
  marks += 1;
  return 1 << (marks - 1);
}

/** The marks of a table's chains by their places, to be read and added to. */
export function marksOf(ruleset: Ruleset, { index, chains }: Table): Uint8Array {
  let ofTables = known.get(ruleset);
  if (ofTables === undefined) {
    ofTables = new Map();
    known.set(ruleset, ofTables);
  }
  let ofChains = ofTables.get(index);
  if (ofChains === undefined) {
    ofChains = new Uint8Array(chains.size);
    ofTables.set(index, ofChains);
  }
  return ofChains;
}

/** Where the chains of a table were before an edit. */
export interface PlacesBefore {
  /** By the place of a chain, its place before; -1 for a new one. */
  readonly before: Int32Array;
  /** How many chains at the beginning have the places that they had. */
  readonly kept: number;
}

/** What an edit did to the chains of a table. */
export interface ChangedChains {
  /** The index of the table, which is the same in both versions. */
  readonly table: number;
  /** The names of those whose rules are others now. */
  readonly names: Iterable<string>;
  /** Where chains were before; undefined where all have the same places. */
  readonly before: PlacesBefore | undefined;
}

/** Keeps the marks of chains for the ruleset that came of an edit, which has the same tables. */
export function carryMarks(from: Ruleset, to: Ruleset, changed: readonly ChangedChains[]): void {
  for (const [index, ofChains] of known.get(from) ?? []) {
    const table = to.tables[index];
    const edit = changed.find((each) => each.table === index);
    if (table === undefined) continue;
    const carried = marksOf(to, table);
    if (edit?.before === undefined) carried.set(ofChains);
    else carryInOrder(ofChains, carried, edit.before);
    for (const name of edit?.names ?? []) {
      const place = table.chains.places.get(name);
      if (place !== undefined) carried[place] = 0;
    }
  }
}

function carryInOrder(from: Uint8Array, to: Uint8Array, { before, kept }: PlacesBefore): void {
  to.set(from.subarray(0, kept));
  for (let place = kept; place < to.length; place += 1) {
    const old = before[place] as number;
    if (old >= 0) to[place] = from[old] as number;
  }
}

/** Keeps the marks of the chains of a table for one of another ruleset that says the same. */
export function carryMarksOf(from: Ruleset, table: Table, to: Ruleset, now: Table): void {
  const marks = known.get(from)?.get(table.index);
  if (marks !== undefined) marksOf(to, now).set(marks);
}

/**
 * The same of a table that was made of the lines of one or more others: of the chains that have all of their rules from one of them.
 * @param before by the place of a chain, its place in that one; -1 where it was not in it
 */
export function carryMarksOfParts(from: Ruleset, table: Table, before: Int32Array, to: Ruleset, now: Table): void {
  const marks = known.get(from)?.get(table.index);
  if (marks === undefined) return;
  const carried = marksOf(to, now);
  const { rules } = now.lists;
  for (let place = 0; place < before.length; place += 1) {
    const old = before[place] as number;
    const count = old < 0 ? 0 : rules.lengthOf(place);
    if (count > 0 && count === table.lists.rules.lengthOf(old)) carried[place] = marks[old] as number;
  }
}
