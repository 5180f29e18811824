/**
 * Tables below an edit that changes in which circumstances they stand, or how they begin: a header, `*name`, or a title that comes, goes or is typed. What their
 * lines say of chains need not be gathered again where it is the same.
 */
import type { Steps } from '../base/steps.ts';
import type { Line } from '../syntax/line.ts';
import { numberedShapes } from '../syntax/line-shape.ts';
import type { Lines } from '../syntax/lines.ts';
import { rereadOf } from '../syntax/read-below.ts';
import { placeOf, unusualLines } from '../syntax/unusual-lines.ts';
import { carryMarksOf, carryMarksOfParts } from './chain-marks.ts';
import { beginsAnew, saysNothing } from './changed-end.ts';
import { type ChangedLines, changedLines } from './changed-lines.ts';
import { carryProxyNames } from './proxy-names.ts';
import { keepReach, keepRenamedReach } from './reachable.ts';
import { isLineOfChains, isSaidOfChains } from './renamed-table.ts';
import { type Ruleset, type Table, tableAt } from './ruleset.ts';
import { joined, partOf, type Regrouped } from './table-parts.ts';
import { type KeptTables, movedTable, tablesBeside } from './tables-beside.ts';
import { hasChainLikeTarget } from './target-names.ts';

/** What an edit did to lines. */
interface Changed {
  /** Where the text is another. */
  readonly edit: ChangedLines;
  /** Shapes by their numbers, before and after, of which lines below it were read again. */
  readonly shapes: readonly { readonly before: number; readonly after: number }[];
  /** Lines that were read one by one, ascending. */
  readonly numbers: readonly number[];
}

/** Without lines at the end of it whose texts are as they were. */
function withoutEqualEnd({ at, removed, added }: ChangedLines, before: Lines, lines: Lines): ChangedLines {
  let equal = 0;
  while (equal < Math.min(removed, added)) {
    if (before.textAt(at + removed - 1 - equal) !== lines.textAt(at + added - 1 - equal)) break;
    equal += 1;
  }
  return { at, removed: removed - equal, added: added - equal };
}

function changedTo(lines: Lines, before: Lines): Changed | undefined {
  if (!lines.isReadAnewOf(before)) {
    const changed = changedLines(before, lines);
    const numbers = Array.from({ length: changed.added }, (_, offset) => changed.at + offset);
    return { edit: withoutEqualEnd(changed, before, lines), shapes: [], numbers };
  }
  const reread = rereadOf(lines, before);
  if (reread === undefined) return undefined;
  const { at, added, shapes, numbers } = reread;
  const removed = added - (lines.length - before.length);
  return { edit: withoutEqualEnd({ at, removed, added }, before, lines), shapes, numbers };
}

/** With more lines above the first rule or declaration of a table, or more unusual ones in it, it is as well to gather it again. */
const mostLooked = 1_024;

/** The first line from one on that says something to a ruleset; undefined where it is far away. */
function firstSaid(lines: Lines, from: number): number | undefined {
  for (let number = from; number < from + mostLooked; number += 1) {
    const line = lines.at(number);
    if (line === undefined) return undefined;
    if (!saysNothing(line)) return number;
  }
  return undefined;
}

/** Where the rules and declarations of a table begin. */
function bodyOf({ declared, firstLine }: Table, lines: Lines): number | undefined {
  return declared ? firstSaid(lines, firstLine + 1) : firstLine;
}

/** Whether a line is a rule or a declaration as restore input or `iptables -S` has it, or blank: wherever it stands, it begins no table. */
function isPlainEverywhere({ kind, listing, context: { within } }: Line): boolean {
  if (kind === 'blank') return true;
  return (kind === 'rule' || kind === 'chain') && !listing && (within === undefined || within.kind === 'output');
}

/** Whether a table that no `*name` opens may have all that one says: a chain that is declared twice, or has a policy behind a command, begins another one. */
function isOneExcerpt({ lists: { declarations, mentions } }: Table): boolean {
  if (mentions.count > 0) return false;
  const { starts } = declarations;
  for (let place = 1; place < starts.length; place += 1)
    if ((starts[place] as number) - (starts[place - 1] as number) > 1) return false;
  return true;
}

/** Whether lines from `from` up to `to` say of chains what they said before, when they stood so many lines further up. */
function saysTheSame(lines: Lines, before: Lines, changed: Changed, from: number, to: number): boolean {
  const by = changed.edit.added - changed.edit.removed;
  const areShapesAlike = changed.shapes.every((pair) => {
    const [form, old] = [numberedShapes[pair.after]?.form, numberedShapes[pair.before]?.form];
    return form !== undefined && old !== undefined && isSaidOfChains(form, old);
  });
  if (!areShapesAlike) return false;
  const { numbers } = changed;
  for (let place = placeOf(numbers, from); place < placeOf(numbers, to); place += 1) {
    const number = numbers[place] as number;
    const [line, old] = [lines.at(number), before.at(number - by)];
    if (line === undefined || old === undefined || !isLineOfChains(line, old)) return false;
  }
  const unusual = unusualLines(lines);
  const [first, end] = [placeOf(unusual, from), placeOf(unusual, to)];
  if (end - first > mostLooked) return false;
  return unusual.slice(first, end).every((number) => {
    const line = lines.at(number);
    return line !== undefined && isPlainEverywhere(line);
  });
}

/** A table that is known, and of what tables before the edit it was made. */
type Found = { readonly table: Table; readonly as: Table } | (Regrouped & { readonly as?: undefined });

/** What is asked of an edit, and of the ruleset before it. */
interface Edited {
  readonly before: Ruleset;
  readonly lines: Lines;
  readonly changed: Changed;
}

/** The first line that the edit brought and that says something. */
function firstAdded({ lines, changed: { edit } }: Edited): Line | undefined {
  const { at, added } = edit;
  for (let number = at; number < at + added; number += 1) {
    const line = lines.at(number);
    if (line !== undefined && !saysNothing(line)) return line;
  }
  return undefined;
}

/** The table that ends where the edit is, or goes on in the one that stood below. */
function* foundAbove(edited: Edited, firstLine: number): Steps<Found | undefined> {
  const { before, lines, changed } = edited;
  const { at, added, removed } = changed.edit;
  const table = tableAt(before, firstLine);
  if (table?.firstLine !== firstLine || (table.commitLine !== undefined && table.commitLine < at)) return undefined;
  if (hasChainLikeTarget(table)) return undefined;
  const isSure = table.declared || (isOneExcerpt(table) && saysTheSame(lines, before.lines, changed, firstLine, at));
  if (!isSure) return undefined;
  const next = firstAdded(edited);
  if (next !== undefined)
    return next.kind === 'commit' || beginsAnew(next)
      ? yield* partOf(table, lines, { from: firstLine, to: Math.min(at, table.endLine), by: 0 })
      : undefined;
  const by = added - removed;
  const lower = before.tables[table.index + 1];
  // What ends it stands among the lines that are gone.
  if (table.endLine < at || table.endLine > at + removed) return undefined;
  if (lower?.commitLine === undefined || lower.lists.mentions.count > 0) return undefined;
  const from = bodyOf(lower, before.lines);
  const to = lower.commitLine + by;
  if (from === undefined || from < at + removed || firstSaid(lines, at + added) !== from + by) return undefined;
  if (lines.kindAt(to) !== 'commit' || hasChainLikeTarget(lower)) return undefined;
  if (!saysTheSame(lines, before.lines, changed, from + by, to)) return undefined;
  const both = yield* joined(table, lower, by);
  return table.declared || isOneExcerpt(both.table) ? both : undefined;
}

/** The table that stood below the edit, or was a part of the one in which it is. */
function* foundBelow({ before, lines, changed }: Edited, firstLine: number): Steps<Found | undefined> {
  const { at, added, removed } = changed.edit;
  const by = added - removed;
  const isDeclared = lines.kindAt(firstLine) === 'table';
  const from = isDeclared ? firstSaid(lines, firstLine + 1) : firstLine;
  if (from === undefined || from < at + added) return undefined;
  const table = tableAt(before, from - by);
  if (table?.commitLine === undefined || table.commitLine <= from - by || hasChainLikeTarget(table)) return undefined;
  const to = table.commitLine + by;
  if (lines.kindAt(to) !== 'commit' || (!isDeclared && !isOneExcerpt(table))) return undefined;
  if (!saysTheSame(lines, before.lines, changed, from, to)) return undefined;
  if (bodyOf(table, before.lines) === from - by) return { table: movedTable(table, by), as: table };
  if (table.lists.mentions.count > 0) return undefined;
  return yield* partOf(table, lines, { from: from - by, to: table.commitLine, by });
}

/** Keeps what is known of a table's chains for those of one that was made of its lines. */
function carryRegrouped(before: Ruleset, { of, kept, whole }: Regrouped, to: Ruleset, table: Table): void {
  const [first] = of;
  const { places } = table.chains;
  if (first !== undefined && first.table.chains.places !== places)
    carryProxyNames(first.table.chains.places, places, { before: first.before, kept });
  for (const part of of) carryMarksOfParts(before, part.table, part.before, to, table);
  if (whole?.name === table.name) keepReach(whole, table, to.lines, undefined, []);
}

/**
 * The tables of a ruleset, and parts of them, whose lines say the same after an edit, from the first of them to COMMIT or to the edit; undefined where nobody
 * knows what it changed.
 */
export function tablesBelow(lines: Lines, before: Ruleset): KeptTables | undefined {
  const changed = changedTo(lines, before.lines);
  if (changed === undefined) return undefined;
  const { edit } = changed;
  const edited: Edited = { before, lines, changed };
  // Those whose lines were read again may say something else.
  const beside = tablesBeside(before, lines.isReadAnewOf(before.lines) ? { ...edit, added: Number.POSITIVE_INFINITY } : edit);
  const all = new Map<number, Found>();
  const known = function* (firstLine: number): Steps<Table | undefined> {
    const ofBeside = beside.known(firstLine);
    if (ofBeside !== undefined) return ofBeside;
    const found = yield* firstLine < edit.at ? foundAbove(edited, firstLine) : foundBelow(edited, firstLine);
    if (found !== undefined) all.set(firstLine, found);
    return found?.table;
  };
  const carry = (to: Ruleset): void => {
    beside.carry(to);
    for (const table of to.tables) {
      const found = all.get(table.firstLine);
      if (found === undefined || found.table.lists !== table.lists) continue;
      if (found.as === undefined) {
        carryRegrouped(before, found, to, table);
        continue;
      }
      if (found.as.name === table.name) keepReach(found.as, table, to.lines, undefined, []);
      else keepRenamedReach(found.as, table, to.lines);
      carryMarksOf(before, found.as, to, table);
    }
  };
  return { known, carry };
}
