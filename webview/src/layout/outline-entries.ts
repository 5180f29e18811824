/** Entries of an outline that share their way: they stand beside each other above it. */
import type { GraphIndex } from '../model/graph-index.ts';
import { naturalWidth } from './box-content.ts';
import { type LayoutOptions, margin } from './model.ts';
import type { OutlineLink, OutlineRow } from './outline-rows.ts';

/** The first rows of an outline in one line, each with a line down to the row below. */
export interface EntryLine {
  readonly rows: readonly { readonly row: OutlineRow; readonly width: number }[];
  readonly links: ReadonlySet<OutlineLink>;
  /** All of it, in pixels. */
  readonly width: number;
}

/** The space between two entries. */
export const entryGap = 10;

/** The entries of a flow where there are several, all lead to the same chain and nowhere else, and they fit beside each other; else null. */
export function entryLine(
  index: GraphIndex,
  rows: readonly OutlineRow[],
  links: readonly OutlineLink[],
  { measure, room }: LayoutOptions,
): EntryLine | null {
  const count = rows.findIndex(({ node }) => node?.kind !== 'entry');
  const target = rows[count];
  if (count < 2 || target === undefined) return null;
  const entries = rows.slice(0, count);
  const ids = new Set(entries.map(({ id }) => id));
  const down = links.filter(({ from }) => ids.has(from));
  if (down.length !== count || down.some(({ to }) => to !== target.id)) return null;
  if (index.in(target.id).some(({ from }) => !ids.has(from))) return null;
  const placed = entries.map((row) => ({ row, width: row.node === null ? 0 : naturalWidth(row.node, false, measure) }));
  const width = placed.reduce((sum, entry) => sum + entry.width + entryGap, -entryGap);
  if (room !== null && width > room - 2 * margin) return null;
  return { rows: placed, links: new Set(down), width };
}
