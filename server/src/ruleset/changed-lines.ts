import type { Line } from '../syntax/line.ts';

/** Where two versions of a dump differ: lines that an edit did not touch are the same objects in both. */
export interface ChangedLines {
  /** The first line that is another, 0-based. */
  readonly at: number;
  /** How many lines from there on only the old version has, and how many only the new one. */
  readonly removed: number;
  readonly added: number;
}

/** The one stretch of lines that differs; nothing removed and nothing added where none does. */
export function changedLines(old: readonly Line[], now: readonly Line[]): ChangedLines {
  const most = Math.min(old.length, now.length);
  let at = 0;
  while (at < most && old[at] === now[at]) at += 1;
  let tail = 0;
  while (tail < most - at && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail += 1;
  return { at, removed: old.length - at - tail, added: now.length - at - tail };
}
