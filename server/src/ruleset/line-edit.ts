/** An edit of a few lines, and the numbers of lines behind it. */
import type { Line } from '../syntax/line.ts';
import type { Lines } from '../syntax/lines.ts';
import { changedLines } from './changed-lines.ts';
import { type NumberLists, withLists } from './number-lists.ts';

/** With more lines than these it is as well to build anew. */
const mostLines = 64;

export interface LineEdit {
  /** The first line that is another, 0-based. */
  readonly at: number;
  readonly removed: readonly Line[];
  readonly added: readonly Line[];
}

/** The lines that differ; undefined where there are many. */
export function editBetween(old: Lines, now: Lines): LineEdit | undefined {
  const { at, removed, added } = changedLines(old, now);
  if (removed + added > mostLines) return undefined;
  return { at, removed: old.slice(at, at + removed), added: now.slice(at, at + added) };
}

/** The number of a line after the edit, which did not remove it. */
export function movedLine(number: number, edit: LineEdit): number {
  return number < edit.at ? number : number + edit.added.length - edit.removed.length;
}

/** The numbers of lines after the edit; those of removed lines are left out. */
export function movedLines(numbers: readonly number[], edit: LineEdit): readonly number[] {
  const end = edit.at + edit.removed.length;
  const moved: number[] = [];
  for (const number of numbers) if (number < edit.at || number >= end) moved.push(movedLine(number, edit));
  return moved;
}

/** Lists of lines after the edit, where none of them is a line that was removed. */
export function movedLists(lists: NumberLists, edit: LineEdit): NumberLists {
  return lists.moved(edit.at, edit.added.length - edit.removed.length);
}

/** Without the lines that the edit removes from the lists of some chains. */
export function withoutRemoved(lists: NumberLists, count: number, chains: Iterable<number>, edit: LineEdit): NumberLists {
  const end = edit.at + edit.removed.length;
  const others = new Map<number, readonly number[]>();
  for (const chain of chains) {
    const numbers = lists.at(chain);
    const kept = numbers.filter((number) => number < edit.at || number >= end);
    if (kept.length < numbers.length) others.set(chain, kept);
  }
  return withLists(lists, count, others);
}
