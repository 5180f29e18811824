/**
 * A part of a table as a table, and two tables as one: what becomes of them where an edit puts a COMMIT, `*name` or header among their lines, or takes it away.
 * What their lines say is known, and no name but those of new chains is looked up.
 */
import { createMemory } from '../base/memory.ts';
import type { NameIndex } from '../base/name-index.ts';
import type { Steps } from '../base/steps.ts';
import type { Lines } from '../syntax/lines.ts';
import { placeOf } from '../syntax/unusual-lines.ts';
import type { ChainLists } from './chain-lists.ts';
import { ChainMap } from './chain-map.ts';
import { jumpsOf } from './jumps-of.ts';
import { NumberLists, noLists } from './number-lists.ts';
import { ascendingUpTo } from './rearranged.ts';
import type { Chain, Table } from './ruleset.ts';
import { TableChain } from './table-chain.ts';

/** Where the chains of a table were in another one, by their places; -1 for those that were not in it. */
export interface PlacesIn {
  readonly table: Table;
  readonly before: Int32Array;
}

/** A table that was made of the lines of others. */
export interface Regrouped {
  readonly table: Table;
  readonly of: readonly PlacesIn[];
  /** How many chains at the beginning have the places that they had in the first of these. */
  readonly kept: number;
  /** A table of an earlier version that said the same: they are parts of it. */
  readonly whole?: Table | undefined;
}

/** Lines of a table, from one up to, but not including, another; and how many of the new version stand above them that did not. */
export interface LineRange {
  readonly from: number;
  readonly to: number;
  readonly by: number;
}

/** Of what lines of which table a part was made. */
interface Parted extends LineRange {
  readonly whole: Table;
  readonly before: Int32Array;
}

/** By what a part says, for the edit that is undone. */
const parted = createMemory<ChainLists, Parted>();

/**
 * What some lines of a table say. No chain of it is called like a target, as it is not known then from which line on it is a chain. Pauses between its parts,
 * of which each goes through all chains.
 * @param lines those of the new version
 */
export function* partOf(table: Table, lines: Lines, range: LineRange): Steps<Regrouped> {
  const isFirst = range.from <= table.firstLine;
  const before = isFirst ? ascendingUpTo(countUpTo(table, range.to)) : mentionedIn(table, range);
  yield;
  const kept = isFirst ? before.length : 0;
  const { names } = table.chains.places;
  const after = new Int32Array(names.length).fill(-1);
  for (let place = 0; place < before.length; place += 1) after[before[place] as number] = place;
  let { places } = table.chains;
  if (kept < names.length) {
    const own = names.slice(0, kept);
    for (let place = kept; place < before.length; place += 1) own.push(names[before[place] as number] as string);
    places = places.reordered(own, before, after, kept);
  }
  yield;
  const targets = targetsIn(table.targets, range);
  const { declarations, references, mentions } = table.lists;
  const rules = listsIn(table.lists.rules, before, range);
  yield;
  const lists: ChainLists = {
    declarations: listsIn(declarations, before, range),
    rules,
    references: listsIn(references, before, range),
    mentions: listsIn(mentions, before, range),
    jumps: jumpsIn(table, before, after, rules, (own) => jumpsOf(lines, own, places, targets)),
  };
  yield;
  parted.set(lists, { ...range, whole: table, before });
  return { table: versionOf(table, places, lists, targets, range), of: [{ table, before }], kept };
}

function versionOf(
  table: Table,
  places: NameIndex,
  lists: ChainLists,
  targets: Table['targets'],
  { from, to, by }: LineRange,
): Table {
  const { commitLine } = table;
  const version: Table = {
    ...table,
    firstLine: from + by,
    endLine: to + by,
    commitLine: commitLine === to ? to + by : undefined,
    chains: new ChainMap<Chain>(places, (place, name) => new TableChain(version, place, name)),
    lists,
    targets,
  };
  return version;
}

const none = Number.POSITIVE_INFINITY;

/** How many chains of a table lines above one name: they are in the order first named. */
function countUpTo({ chains, lists }: Table, to: number): number {
  const all = [lists.declarations, lists.rules, lists.references, lists.mentions];
  let [low, high] = [0, chains.size];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (all.some((list) => (list.firstOf(middle) ?? none) < to)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The chains that some lines name, in the order in which they do. */
function mentionedIn({ chains, lists }: Table, { from, to }: LineRange): Int32Array {
  // A rule names its own chain before the one that it jumps to.
  const byMention = new Int32Array((to - from) * 2);
  const first = new Uint32Array(chains.size).fill(0xffffffff);
  for (const [list, more] of [
    [lists.declarations, 0],
    [lists.rules, 0],
    [lists.references, 1],
  ] as const) {
    if (list.count === 0) continue;
    const { starts, values } = list;
    for (let place = 0; place < chains.size; place += 1) {
      const at = firstFrom(values, starts[place] as number, starts[place + 1] as number, from);
      if (at < 0) continue;
      const mention = ((values[at] as number) - from) * 2 + more;
      if (mention < (first[place] as number)) first[place] = mention;
    }
  }
  let count = 0;
  for (let place = 0; place < first.length; place += 1) {
    const mention = first[place] as number;
    if (mention >= byMention.length) continue;
    byMention[mention] = place + 1;
    count += 1;
  }
  const order = new Int32Array(count);
  let next = 0;
  for (let mention = 0; mention < byMention.length; mention += 1) {
    const place = (byMention[mention] as number) - 1;
    if (place < 0) continue;
    order[next] = place;
    next += 1;
  }
  return order;
}

/** The place of the first of some ascending numbers that is not below a bound; -1 where all are. */
function firstFrom(values: Uint32Array, start: number, end: number, bound: number): number {
  if (end === start || (values[end - 1] as number) < bound) return -1;
  if ((values[start] as number) >= bound) return start;
  let [low, high] = [start, end];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Of lists of lines those of some chains, with the lines of a range alone. */
function listsIn(lists: NumberLists, before: Int32Array, { from, to, by }: LineRange): NumberLists {
  if (lists.count === 0) return noLists;
  const { starts: oldStarts, values: old } = lists;
  const isAll = before.length === oldStarts.length - 1 && before.every((known, place) => known === place);
  if (by === 0 && isAll && isWithin(old, from, to)) return lists;
  const starts = new Uint32Array(before.length + 1);
  const values = new Uint32Array(old.length);
  let length = 0;
  for (let place = 0; place < before.length; place += 1) {
    const known = before[place] as number;
    const end = oldStarts[known + 1] as number;
    let at = oldStarts[known] as number;
    if (at < end && (old[at] as number) < from) at = firstFrom(old, at, end, from);
    for (; at < end && at >= 0; at += 1) {
      const number = old[at] as number;
      if (number >= to) break;
      values[length] = number + by;
      length += 1;
    }
    starts[place + 1] = length;
  }
  return length === 0 ? noLists : new NumberLists(starts, values.slice(0, length));
}

function isWithin(numbers: Uint32Array, from: number, to: number): boolean {
  for (let at = 0; at < numbers.length; at += 1)
    if ((numbers[at] as number) < from || (numbers[at] as number) >= to) return false;
  return true;
}

function targetsIn(targets: Table['targets'], { from, to, by }: LineRange): Table['targets'] {
  const found: [string, readonly number[]][] = [];
  for (const [name, numbers] of targets) {
    const own = numbers.slice(placeOf(numbers, from), placeOf(numbers, to));
    if (own.length > 0) found.push([name, by === 0 ? own : own.map((number) => number + by)]);
  }
  return new Map(found.sort(([, a], [, b]) => (a[0] as number) - (b[0] as number)));
}

/** The jumps of chains of a part: those that they had, where all of their rules are in it. */
function jumpsIn(
  { lists }: Table,
  before: Int32Array,
  after: Int32Array,
  rules: NumberLists,
  jumpsOfRules: (rules: readonly number[]) => readonly number[],
): NumberLists {
  const { starts: oldStarts, values: old } = lists.jumps;
  if (old.length === 0 || rules.count === 0) return noLists;
  const starts = new Uint32Array(before.length + 1);
  const values = new Uint32Array(old.length);
  let length = 0;
  for (let place = 0; place < before.length; place += 1) {
    const known = before[place] as number;
    const count = rules.lengthOf(place);
    if (count > 0 && count === lists.rules.lengthOf(known)) {
      const end = oldStarts[known + 1] as number;
      for (let at = oldStarts[known] as number; at < end; at += 1) {
        values[length] = after[old[at] as number] as number;
        length += 1;
      }
    } else if (count > 0) {
      const jumps = jumpsOfRules(rules.at(place));
      values.set(jumps, length);
      length += jumps.length;
    }
    starts[place + 1] = length;
  }
  return length === 0 ? noLists : new NumberLists(starts, values.slice(0, length));
}

/**
 * What the lines of two tables say that stand one behind the other. No chain of them is called like a target. Pauses as above.
 * @param lower one that has no commands; all of its lines stand `by` lines further down then
 */
export function* joined(upper: Table, lower: Table, by: number): Steps<Regrouped> {
  const undone = partedBefore(upper, lower, by);
  if (undone !== undefined) return undone;
  const { places, toJoined } = joinedPlaces(upper.chains.places, lower.chains.places);
  yield;
  const { length } = places.names;
  const inUpper = new Int32Array(length).fill(-1);
  inUpper.set(ascendingUpTo(upper.chains.size));
  const inLower = new Int32Array(length).fill(-1);
  for (let place = 0; place < toJoined.length; place += 1) inLower[toJoined[place] as number] = place;
  const both = (upperLists: NumberLists, lowerLists: NumberLists): NumberLists =>
    joinedLists(upperLists, lowerLists, inUpper, inLower, by, undefined);
  const rules = both(upper.lists.rules, lower.lists.rules);
  yield;
  const lists: ChainLists = {
    declarations: both(upper.lists.declarations, lower.lists.declarations),
    rules,
    references: both(upper.lists.references, lower.lists.references),
    mentions: both(upper.lists.mentions, lower.lists.mentions),
    jumps: joinedLists(upper.lists.jumps, lower.lists.jumps, inUpper, inLower, 0, toJoined),
  };
  yield;
  const targets = new Map(upper.targets);
  for (const [name, numbers] of lower.targets)
    targets.set(name, (targets.get(name) ?? []).concat(numbers.map((number) => number + by)));
  const range: LineRange = { from: upper.firstLine, to: (lower.commitLine ?? lower.endLine) + by, by: 0 };
  const table = versionOf({ ...upper, commitLine: range.to }, places, lists, targets, range);
  return {
    table,
    of: [
      { table: upper, before: inUpper },
      { table: lower, before: inLower },
    ],
    kept: upper.chains.size,
  };
}

/** Two tables that are parts of one, with nothing between them. */
function partedBefore(upper: Table, lower: Table, by: number): Regrouped | undefined {
  const [one, other] = [parted.get(upper.lists), parted.get(lower.lists)];
  if (one === undefined || other === undefined || one.whole !== other.whole) return undefined;
  const { whole } = one;
  const isAll = one.from === whole.firstLine && one.to === other.from && other.to === whole.commitLine;
  // Its lines stand where they stood.
  if (!isAll || one.by !== 0 || other.by + by !== 0) return undefined;
  const inLower = new Int32Array(whole.chains.size).fill(-1);
  for (let place = 0; place < other.before.length; place += 1) inLower[other.before[place] as number] = place;
  const inUpper = new Int32Array(whole.chains.size).fill(-1);
  inUpper.set(ascendingUpTo(upper.chains.size));
  return {
    table: whole,
    of: [
      { table: upper, before: inUpper },
      { table: lower, before: inLower },
    ],
    kept: upper.chains.size,
    whole,
  };
}

/** The chains of two tables: those that the lower one alone has come behind. */
function joinedPlaces(upper: NameIndex, lower: NameIndex): { readonly places: NameIndex; readonly toJoined: Int32Array } {
  const names: string[] = [];
  const count = upper.names.length;
  const toJoined = Int32Array.from(lower.names, (name) => upper.get(name) ?? count + names.push(name) - 1);
  if (names.length === 0) return { places: upper, toJoined };
  const before = new Int32Array(count + names.length).fill(-1);
  before.set(ascendingUpTo(count));
  return { places: upper.reordered([...upper.names, ...names], before, before.slice(0, count), count), toJoined };
}

/**
 * Lists of two tables, one behind the other.
 * @param by how much greater the numbers of the lower ones are
 * @param toJoined what they are instead, by themselves, where each is to stand in a list once
 */
function joinedLists(
  upper: NumberLists,
  lower: NumberLists,
  inUpper: Int32Array,
  inLower: Int32Array,
  by: number,
  toJoined: Int32Array | undefined,
): NumberLists {
  if (upper.count + lower.count === 0) return noLists;
  const [{ starts: upperStarts, values: above }, { starts: lowerStarts, values: below }] = [upper, lower];
  const starts = new Uint32Array(inUpper.length + 1);
  const values = new Uint32Array(above.length + below.length);
  let length = 0;
  for (let place = 0; place < inUpper.length; place += 1) {
    const first = length;
    const [one, other] = [inUpper[place] as number, inLower[place] as number];
    if (one >= 0 && above.length > 0) {
      const end = upperStarts[one + 1] as number;
      for (let at = upperStarts[one] as number; at < end; at += 1, length += 1) values[length] = above[at] as number;
    }
    if (other >= 0 && below.length > 0) {
      const end = lowerStarts[other + 1] as number;
      const known = toJoined === undefined || length === first ? undefined : new Set(values.subarray(first, length));
      for (let at = lowerStarts[other] as number; at < end; at += 1) {
        const number = toJoined === undefined ? (below[at] as number) + by : (toJoined[below[at] as number] as number);
        if (known?.has(number) === true) continue;
        values[length] = number;
        length += 1;
      }
    }
    starts[place + 1] = length;
  }
  return new NumberLists(starts, length === values.length ? values : values.slice(0, length));
}
