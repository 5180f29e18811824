/** Entries of an outline that share their way: they stand beside each other above it, or close together with one line to it. */
import type { GraphIndex } from '../model/graph-index.ts';
import { naturalLineWidth, naturalWidth } from './box-content.ts';
import { joinRail } from './edge-path.ts';
import type { LabelText } from './merged-edges.ts';
import { type Box, type DrawnEdge, type EdgeLabel, type LayoutOptions, margin } from './model.ts';
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

/** Entries close together, one below the other, that all lead to the row below them on one rail at their right. */
export interface EntryStack {
  /** From top to bottom. */
  readonly links: readonly OutlineLink[];
  /** What each says, at most one label. */
  readonly labels: ReadonlyMap<OutlineLink, LabelText>;
  /** How wide the boxes are, and how far from the outline's left end the rail stands. */
  readonly box: number;
  readonly rail: number;
}

/** The space between two entries of a stack. */
export const stackGap = 3;
const railGap = 14;
const labelGap = 6;
/** What lanes at the right of an outline may take. */
const mostForLanes = 82;
/** What follows entries must be so much wider than their rail is far from the left. */
const beyondRail = 12;

/** The stacks of an outline that fit its room: of all entries in a row that lead to what comes next, and nowhere else. */
export function entryStacks(
  rows: readonly OutlineRow[],
  links: readonly OutlineLink[],
  labelsOf: (link: OutlineLink) => readonly LabelText[],
  { measure, room }: LayoutOptions,
): readonly EntryStack[] {
  const stacks: EntryStack[] = [];
  const outOf = new Map<string, OutlineLink[]>();
  const into = new Map<string, OutlineLink[]>();
  for (const link of links) {
    outOf.set(link.from, [...(outOf.get(link.from) ?? []), link]);
    into.set(link.to, [...(into.get(link.to) ?? []), link]);
  }
  let run: OutlineRow[] = [];
  for (const row of rows) {
    if (row.node?.kind === 'entry' && row.depth === 0) {
      run.push(row);
      continue;
    }
    const down = run.flatMap(({ id }) => outOf.get(id) ?? []);
    const sharing = run.filter(({ id }) => {
      const [only, ...others] = outOf.get(id) ?? [];
      return only?.to === row.id && others.length === 0;
    });
    // What else comes to it has its words where the rail is.
    const isQuiet = (into.get(row.id) ?? []).every((link) => down.includes(link) || labelsOf(link).length === 0);
    const labels = new Map(down.map((link) => [link, labelsOf(link)]));
    const isTold = [...labels.values()].every((texts) => texts.length <= 1 && texts.every(({ lines }) => lines.length === 1));
    if (run.length > 1 && sharing.length === run.length && isQuiet && isTold) {
      const box = Math.max(...run.map(({ node }) => (node === null ? 0 : naturalLineWidth(node, false, measure))));
      const widest = Math.max(0, ...[...labels.values()].flatMap((texts) => texts.map(({ width }) => width + 2 * labelGap)));
      const rail = box + widest + railGap;
      const told = [...labels].flatMap(([link, [text]]) => (text === undefined ? [] : [[link, text] as const]));
      const fits = room === null || rail + beyondRail <= room - 2 * margin - mostForLanes;
      if (fits) stacks.push({ links: down, labels: new Map(told), box, rail });
    }
    run = [];
  }
  return stacks;
}

/** The label of a stack's entry, on its line between box and rail; none where there is nothing to be said. */
export function stackLabels({ labels, box }: EntryStack, link: OutlineLink, { y, height }: Box): readonly EdgeLabel[] {
  const text = labels.get(link);
  return text === undefined ? [] : [{ ...text, x: margin + box + labelGap, y: y + (height - text.height) / 2 }];
}

/** The line from a stack's entry to what all of them lead to; the rail between two is that of the upper one. */
export function stackEdge(
  { links, rail }: EntryStack,
  link: OutlineLink,
  boxes: ReadonlyMap<string, Box>,
): Pick<DrawnEdge, 'path' | 'wholePath' | 'top' | 'bottom'> | null {
  const from = boxes.get(link.from);
  const to = boxes.get(link.to);
  if (from === undefined || to === undefined) return null;
  const next = boxes.get(links[links.indexOf(link) + 1]?.from ?? '');
  const middle = from.y + from.height / 2;
  const start = { x: from.x + from.width, y: middle };
  const wholePath = joinRail(start, margin + rail, to.y, true);
  if (next === undefined) return { path: wholePath, top: middle, bottom: to.y };
  const joined = next.y + next.height / 2 + 7;
  return { path: joinRail(start, margin + rail, joined, false), wholePath, top: middle, bottom: joined };
}
