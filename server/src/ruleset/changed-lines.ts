import type { Lines } from '../syntax/lines.ts';

/** Where two versions of a dump differ. */
export interface ChangedLines {
  /** The first line that is another, 0-based. */
  readonly at: number;
  /** How many lines from there on only the old version has, and how many only the new one. */
  readonly removed: number;
  readonly added: number;
}

/** The one stretch of lines that differs; nothing removed and nothing added where none does. */
export function changedLines(old: Lines, now: Lines): ChangedLines {
  const most = Math.min(old.length, now.length);
  const at = now.countSame(old, 1, most);
  const tail = now.countSame(old, -1, most - at);
  return { at, removed: old.length - at - tail, added: now.length - at - tail };
}

/**
 * The same of any two lists.
 * @param isSame whether what stands at a place of the old one stands at a place of the new one
 */
export function changedBetween(old: number, now: number, isSame: (old: number, now: number) => boolean): ChangedLines {
  const most = Math.min(old, now);
  let at = 0;
  while (at < most && isSame(at, at)) at += 1;
  let tail = 0;
  while (tail < most - at && isSame(old - 1 - tail, now - 1 - tail)) tail += 1;
  return { at, removed: old - at - tail, added: now - at - tail };
}
