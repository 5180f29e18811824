/** An edit of a few lines, and the numbers of lines behind it. */
import type { Line } from '../syntax/line.ts';
import type { Lines } from '../syntax/lines.ts';
import { placeOf } from '../syntax/unusual-lines.ts';
import { changedLines } from './changed-lines.ts';
import type { NumberLists } from './number-lists.ts';

/** With more lines than these that come it is as well to build anew. */
const mostAdded = 64;
/** Lines that go cost less: those that stay need no other look. */
const mostRemoved = 256;

export interface LineEdit {
  /** The first line that is another, 0-based. */
  readonly at: number;
  readonly removed: readonly Line[];
  readonly added: readonly Line[];
}

/** The lines that differ; undefined where there are many. */
export function editBetween(old: Lines, now: Lines): LineEdit | undefined {
  const { at, removed, added } = changedLines(old, now);
  if (removed > mostRemoved || added > mostAdded) return undefined;
  return { at, removed: old.slice(at, at + removed), added: now.slice(at, at + added) };
}

/** The number of a line after the edit, which did not remove it. */
export function movedLine(number: number, edit: LineEdit): number {
  return number < edit.at ? number : number + edit.added.length - edit.removed.length;
}

/** Numbers of lines, which ascend, after the edit; those of removed lines are left out. */
export function movedLines(numbers: readonly number[], edit: LineEdit): readonly number[] {
  const above = placeOf(numbers, edit.at);
  const below = placeOf(numbers, edit.at + edit.removed.length);
  const by = edit.added.length - edit.removed.length;
  if (above === below && (by === 0 || below === numbers.length)) return numbers;
  const moved = numbers.slice(0, numbers.length - below + above);
  for (let at = below, to = above; at < numbers.length; at += 1, to += 1) moved[to] = (numbers[at] as number) + by;
  return moved;
}

/** Lists of lines after the edit, where none of them is a line that was removed. */
export function movedLists(lists: NumberLists, edit: LineEdit): NumberLists {
  return lists.moved(edit.at, edit.added.length - edit.removed.length);
}
