/**
 * A dump as tables, chains, rules and who jumps where. A ruleset is immutable; an edit makes a new one that shares all untouched lines.
 * Line numbers are 0-based here; the command line adds one.
 */

import type { Family } from '../catalog/types.ts';
import type { Generator } from '../syntax/header.ts';
import type { Lines } from '../syntax/lines.ts';
import type { ChainLists } from './chain-lists.ts';
import type { ChainMap } from './chain-map.ts';

/** One run of tables of one family; a file may hold several. */
export interface Dump {
  readonly index: number;
  readonly family: Family;
  /** Whether the family is known (a header says so, or an address or the file's name did) or taken to be IPv4. */
  readonly familyBy: 'header' | 'address' | 'file-name' | 'default';
  readonly generator: Generator | undefined;
  readonly tables: readonly Table[];
}

export interface Table {
  /** Place in Ruleset.tables. */
  readonly index: number;
  readonly name: string;
  readonly dump: Dump;
  /** The line of `*name`; for a dump that starts within a table, the first line that belongs to it. */
  readonly firstLine: number;
  /** The line after its last one. */
  readonly endLine: number;
  /** The line of COMMIT; undefined when it is missing. */
  readonly commitLine: number | undefined;
  /** False where the dump does not say `*name` and the name was inferred. */
  readonly declared: boolean;
  /** In the order first mentioned. */
  readonly chains: ChainMap<Chain>;
  /** What its chains say, for work on all of them. */
  readonly lists: ChainLists;
  /** Lines of the rules that jump to a target other than a chain, by its name: "ACCEPT", "DNAT". */
  readonly targets: ReadonlyMap<string, readonly number[]>;
}

/** A short list of a chain is made whenever it is asked for: two are not the same array. */
export interface Chain {
  /** Place in Table.chains, 0-based. */
  readonly index: number;
  readonly name: string;
  readonly table: Table;
  readonly builtin: boolean;
  /** Lines of `:NAME` or `-N NAME`, the first is the declaration; empty when it is only mentioned. */
  readonly declarations: readonly number[];
  /** Lines of the rules in file order (-A, -I, -R, -D, -C). */
  readonly rules: readonly number[];
  /** Lines of the rules that jump or go to it. */
  readonly references: readonly number[];
  /** The chains that its rules jump or go to, each once, in rule order. Rules of -D and -C do not count. */
  readonly jumps: readonly Chain[];
  /** Lines that name it in other ways: -P, -F, -X, -Z, -E. */
  readonly mentions: readonly number[];
}

export interface Ruleset {
  readonly lines: Lines;
  readonly dumps: readonly Dump[];
  /** In the order of their lines; those of commands come last. */
  readonly tables: readonly Table[];
  /** Undefined where the text holds no commands (`sudo iptables -A ...`). */
  readonly commands?: CommandTables | undefined;
}

/** Tables that a text's commands change. Their lines stand wherever somebody typed them, between those of other tables. */
export interface CommandTables {
  readonly byLine: ReadonlyMap<number, Table>;
  /** How many of the last of `Ruleset.tables` they are. */
  readonly count: number;
}

/** The table that a line belongs to; undefined between tables. `line` is 0-based. */
export function tableAt(ruleset: Ruleset, line: number): Table | undefined {
  const ofCommand = ruleset.commands?.byLine.get(line);
  if (ofCommand !== undefined) return ofCommand;
  let low = 0;
  let high = ruleset.tables.length - 1 - (ruleset.commands?.count ?? 0);
  while (low <= high) {
    const middle = (low + high) >> 1;
    const table = ruleset.tables[middle];
    if (table === undefined) return undefined;
    if (line < table.firstLine) high = middle - 1;
    else if (line >= table.endLine) low = middle + 1;
    else return table;
  }
  return undefined;
}
