/** Tables that an edit leaves as they are: what their lines say of chains need not be gathered again, wherever they stand now. */
import type { Steps } from '../base/steps.ts';
import { carryMarksOf } from './chain-marks.ts';
import type { ChangedLines } from './changed-lines.ts';
import { keepReach } from './reachable.ts';
import { type Ruleset, type Table, tableAt } from './ruleset.ts';

/** A known version of the table whose first line this is (0-based), with the lines that it has now; undefined where none is. May pause. */
export type KnownTables = (firstLine: number) => Steps<Table | undefined>;

interface Beside {
  readonly before: Table;
  readonly now: Table;
}

/** Tables of a ruleset that need not be gathered again for another one. */
export interface KeptTables {
  readonly known: KnownTables;
  /** Keeps what is known of these tables for a ruleset that was built with them. */
  readonly carry: (to: Ruleset) => void;
}

/** A table all of whose lines stand elsewhere. */
export function movedTable(table: Table, by: number): Table {
  if (by === 0) return table;
  const { firstLine, endLine, commitLine, lists } = table;
  return {
    ...table,
    firstLine: firstLine + by,
    endLine: endLine + by,
    commitLine: commitLine === undefined ? undefined : commitLine + by,
    lists: {
      declarations: lists.declarations.moved(firstLine, by),
      rules: lists.rules.moved(firstLine, by),
      references: lists.references.moved(firstLine, by),
      mentions: lists.mentions.moved(firstLine, by),
      jumps: lists.jumps,
    },
    targets: new Map(Array.from(table.targets, ([name, numbers]) => [name, numbers.map((number) => number + by)])),
  };
}

/** The same without pauses. */
interface TablesBeside extends Pick<KeptTables, 'carry'> {
  readonly known: (firstLine: number) => Table | undefined;
}

/** The tables from `*name` to COMMIT that an edit has no line of. */
export function tablesBeside(before: Ruleset, { at, removed, added }: ChangedLines): TablesBeside {
  const found = new Map<number, Beside>();
  const known = (firstLine: number): Table | undefined => {
    const seen = found.get(firstLine);
    if (seen !== undefined) return seen.now;
    const isBelow = firstLine >= at + added;
    if (!isBelow && firstLine >= at) return undefined;
    const by = isBelow ? added - removed : 0;
    const table = tableAt(before, firstLine - by);
    // Where one without COMMIT ends depends on what stands behind it.
    if (table?.declared !== true || table.commitLine === undefined || table.firstLine !== firstLine - by) return undefined;
    if (!isBelow && table.commitLine >= at) return undefined;
    // One without a name gets it by its chains, once all of them are known.
    if (before.lines.nameAt(table.firstLine) !== table.name) return undefined;
    const now = movedTable(table, by);
    found.set(firstLine, { before: table, now });
    return now;
  };
  const carry = (to: Ruleset): void => {
    for (const table of to.tables) {
      const beside = found.get(table.firstLine);
      if (beside === undefined || beside.now.lists !== table.lists) continue;
      keepReach(beside.before, table, to.lines, undefined, []);
      carryMarksOf(before, beside.before, to, table);
    }
  };
  return { known, carry };
}
