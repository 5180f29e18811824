/** An edit that takes the COMMIT of a table away, or puts one there: nothing that the table says is another, but for where it ends. */
import { readHeader } from '../syntax/header.ts';
import type { Line } from '../syntax/line.ts';
import type { Lines } from '../syntax/lines.ts';
import { hostNamed } from '../syntax/pasted/host-named.ts';
import { type LineEdit, movedLine } from './line-edit.ts';
import type { Dump, Ruleset, Table } from './ruleset.ts';

/** How a table ends after an edit. */
export interface ChangedEnd {
  readonly table: Table;
  /** Without lines that only stand in other circumstances now. */
  readonly edit: LineEdit;
  readonly commitLine: number | undefined;
  readonly endLine: number;
}

/** With more lines behind a table than these it is as well to build anew. */
const mostBehind = 64;

/** Whether a line says nothing to a ruleset in a table that the text opens, nor behind one. */
export function saysNothing({ kind, text, prefix }: Line): boolean {
  const isWords = kind === 'comment' || kind === 'other' || kind === 'foreign';
  return kind === 'blank' || (isWords && !isHeader({ kind, text, prefix }) && hostNamed(text) === undefined);
}

function isHeader({ kind, text, prefix }: Pick<Line, 'kind' | 'text' | 'prefix'>): boolean {
  return kind === 'comment' && readHeader(text.slice(prefix)) !== undefined;
}

/** Whether a line begins what belongs to no table above it. */
export function beginsAnew(line: Line): boolean {
  return line.kind === 'table' || isHeader(line);
}

function withoutEqualEnd({ at, removed, added }: LineEdit): LineEdit {
  let equal = 0;
  for (; equal < Math.min(removed.length, added.length); equal += 1) {
    const old = removed[removed.length - 1 - equal];
    const now = added[added.length - 1 - equal];
    if (old === undefined || now === undefined || old.text !== now.text || old.kind !== now.kind) break;
    if (!saysNothing(now) && !beginsAnew(now)) break;
  }
  return { at, removed: removed.slice(0, removed.length - equal), added: added.slice(0, added.length - equal) };
}

/** The line from which on a table without COMMIT holds no more; undefined where something stands there that it may hold. */
function endBehind(lines: Lines, from: number): number | undefined {
  for (let number = from; number < lines.length; number += 1) {
    const line = lines.at(number);
    if (line === undefined || number - from > mostBehind) return undefined;
    if (beginsAnew(line)) return number;
    if (!saysNothing(line)) return undefined;
  }
  return lines.length;
}

/** Whether a dump has its header above its first table: one that stands further down may be its own only behind a COMMIT. */
function hasHeaderAbove(lines: Lines, { tables }: Dump): boolean {
  const first = tables[0]?.firstLine ?? 0;
  for (let number = first - 1; number >= Math.max(first - mostBehind, 0); number -= 1) {
    const line = lines.at(number);
    if (line === undefined || isHeader(line)) return line !== undefined;
    if (!saysNothing(line)) return false;
  }
  return false;
}

/**
 * How the table ends whose COMMIT an edit brings or takes; undefined for any other edit.
 * @param lines those after the edit
 */
export function changedEnd(before: Ruleset, whole: LineEdit, lines: Lines): ChangedEnd | undefined {
  const edit = withoutEqualEnd(whole);
  const { at, removed, added } = edit;
  const commit = [removed, added].map((list) => list.findIndex(({ kind }) => kind === 'commit'));
  const [gone = -1, come = -1] = commit;
  const others = [...removed.filter((_, index) => index !== gone), ...added.filter((_, index) => index !== come)];
  if (gone < 0 === come < 0 || !others.every(saysNothing)) return undefined;
  const table = before.tables.find(({ firstLine, endLine }) => at > firstLine && at < endLine + (come < 0 ? 0 : 1));
  if (table?.declared !== true || !hasHeaderAbove(before.lines, table.dump)) return undefined;
  const end = endBehind(lines, at + (come < 0 ? 0 : come + 1));
  if (end === undefined) return undefined;
  if (come < 0) return table.commitLine === at + gone ? { table, edit, commitLine: undefined, endLine: end } : undefined;
  const isOpen = table.commitLine === undefined && movedLine(table.endLine, edit) === end;
  return isOpen ? { table, edit, commitLine: at + come, endLine: at + come + 1 } : undefined;
}
