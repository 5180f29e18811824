/**
 * The ruleset after an edit that adds or takes away a few rules or comments within a table. Building a ruleset of hundreds of thousands of
 * lines anew looks every name up again; here chains keep what they know, and only the numbers of the lines behind the edit move.
 */

import type { Steps } from '../base/steps.ts';
import { findTarget, standardTargets } from '../catalog/lookup.ts';
import { readHeader } from '../syntax/header.ts';
import type { Line } from '../syntax/line.ts';
import type { ChainLists } from './chain-lists.ts';
import { ChainMap } from './chain-map.ts';
import { changedLines } from './changed-lines.ts';
import { jumpsOf } from './jumps-of.ts';
import { NumberLists, withLists } from './number-lists.ts';
import { keepReach } from './reachable.ts';
import type { Chain, Dump, Ruleset, Table } from './ruleset.ts';
import { TableChain } from './table-chain.ts';

/** With more lines than these it is as well to build anew. */
const mostLines = 64;

interface Edit {
  /** The first line that is another, 0-based. */
  readonly at: number;
  readonly removed: readonly Line[];
  readonly added: readonly Line[];
}

/** The lines that differ; undefined where there are many. */
function editBetween(old: readonly Line[], now: readonly Line[]): Edit | undefined {
  const { at, removed, added } = changedLines(old, now);
  if (removed + added > mostLines) return undefined;
  return { at, removed: old.slice(at, at + removed), added: now.slice(at, at + added) };
}

/** Whether a line says nothing but a rule, if that, of a chain that stands declared above the edit, and jumps to another such chain. */
function canPatch(line: Line, table: Table, at: number): boolean {
  if (line.kind === 'blank') return true;
  if (line.kind === 'comment') return readHeader(line.text.slice(line.prefix)) === undefined;
  if (line.kind !== 'rule' || line.command !== 'append' || line.listing) return false;
  const isDeclared = (name: string): boolean => (table.chains.get(name)?.declarations[0] ?? at) < at;
  if (!isDeclared(line.name)) return false;
  if (line.target === '') return true;
  const isTarget = standardTargets.has(line.target) || findTarget(line.target, line.context.family) !== undefined;
  return isTarget ? !line.isGoto && !table.chains.has(line.target) : isDeclared(line.target);
}

const none: readonly number[] = [];

function movedLine(number: number, edit: Edit): number {
  return number < edit.at ? number : number + edit.added.length - edit.removed.length;
}

/** The numbers of lines after the edit; those of removed lines are left out. */
function moved(numbers: readonly number[], edit: Edit): readonly number[] {
  const end = edit.at + edit.removed.length;
  return numbers.filter((number) => number < edit.at || number >= end).map((number) => movedLine(number, edit));
}

function inserted(numbers: readonly number[], number: number): readonly number[] {
  const at = numbers.findIndex((other) => other > number);
  return at < 0 ? [...numbers, number] : [...numbers.slice(0, at), number, ...numbers.slice(at)];
}

/** Lists of lines after the edit, where none of them is a line that was removed. */
function movedLists(lists: NumberLists, edit: Edit): NumberLists {
  const by = edit.added.length - edit.removed.length;
  if (by === 0) return lists;
  const values = lists.values.slice();
  for (let at = 0; at < values.length; at += 1) {
    const number = values[at] ?? 0;
    if (number >= edit.at) values[at] = number + by;
  }
  return new NumberLists(lists.starts, values);
}

/** Without the lines that the edit removes from the lists of some chains. */
function withoutRemoved(lists: NumberLists, count: number, chains: ReadonlySet<number>, edit: Edit): NumberLists {
  const end = edit.at + edit.removed.length;
  const others = new Map<number, readonly number[]>();
  for (const chain of chains) {
    const numbers = lists.at(chain);
    const kept = numbers.filter((number) => number < edit.at || number >= end);
    if (kept.length < numbers.length) others.set(chain, kept);
  }
  return withLists(lists, count, others);
}

/** In the order first named, as a fresh reading has them. */
function patchTargets(table: Table, edit: Edit, isEdited: boolean): Table['targets'] {
  const targets = new Map([...table.targets].map(([name, numbers]) => [name, moved(numbers, edit)] as const));
  for (const [offset, { kind, target }] of isEdited ? edit.added.entries() : []) {
    if (kind !== 'rule' || target === '' || table.chains.has(target)) continue;
    targets.set(target, inserted(targets.get(target) ?? none, edit.at + offset));
  }
  const used = [...targets].filter(([, numbers]) => numbers.length > 0);
  return new Map(used.sort(([, a], [, b]) => (a[0] ?? 0) - (b[0] ?? 0)));
}

/** The lists of the table that an edit is within. */
function patchLists({ chains, lists, targets }: Table, edit: Edit, lines: readonly Line[]): ChainLists {
  const { places, size: count } = chains;
  const ruled = new Set<number>();
  const jumpedTo = new Set<number>();
  for (const { kind, name, target } of [...edit.removed, ...edit.added]) {
    const chain = kind === 'rule' ? places.get(name) : undefined;
    const to = kind === 'rule' ? places.get(target) : undefined;
    if (chain !== undefined) ruled.add(chain);
    if (to !== undefined) jumpedTo.add(to);
  }
  let rules = movedLists(withoutRemoved(lists.rules, count, ruled, edit), edit);
  let references = movedLists(withoutRemoved(lists.references, count, jumpedTo, edit), edit);
  const newRules = new Map<number, readonly number[]>();
  const newReferences = new Map<number, readonly number[]>();
  for (const [offset, line] of edit.added.entries()) {
    if (line.kind !== 'rule') continue;
    const chain = places.get(line.name);
    const to = places.get(line.target);
    const number = edit.at + offset;
    if (chain !== undefined) newRules.set(chain, inserted(newRules.get(chain) ?? rules.at(chain), number));
    if (to !== undefined) newReferences.set(to, inserted(newReferences.get(to) ?? references.at(to), number));
  }
  rules = withLists(rules, count, newRules);
  references = withLists(references, count, newReferences);
  const jumps = new Map<number, readonly number[]>();
  for (const chain of ruled) {
    const before = lists.jumps.at(chain);
    const now = jumpsOf(lines, rules.at(chain), places, targets);
    if (now.length !== before.length || now.some((to, at) => to !== before[at])) jumps.set(chain, now);
  }
  return {
    declarations: movedLists(lists.declarations, edit),
    rules,
    references,
    mentions: movedLists(lists.mentions, edit),
    jumps: withLists(lists.jumps, count, jumps),
  };
}

function patchTable(table: Table, edit: Edit, dump: Dump, lines: readonly Line[], isEdited: boolean): Table {
  const patched: Table = {
    ...table,
    dump,
    firstLine: movedLine(table.firstLine, edit),
    endLine: movedLine(table.endLine, edit),
    commitLine: table.commitLine === undefined ? undefined : movedLine(table.commitLine, edit),
    chains: new ChainMap<Chain>(table.chains.places, (place, name) => new TableChain(patched, place, name)),
    lists: isEdited
      ? patchLists(table, edit, lines)
      : {
          declarations: movedLists(table.lists.declarations, edit),
          rules: movedLists(table.lists.rules, edit),
          references: movedLists(table.lists.references, edit),
          mentions: movedLists(table.lists.mentions, edit),
          jumps: table.lists.jumps,
        },
    targets: patchTargets(table, edit, isEdited),
  };
  if (patched.lists.jumps === table.lists.jumps) keepReach(table, patched);
  return patched;
}

/** The table that an edit is within, behind its `*name` and before its COMMIT. */
function editedTable(ruleset: Ruleset, { at, removed }: Edit): Table | undefined {
  return ruleset.tables.find(
    (table) =>
      table.declared && at > table.firstLine && table.commitLine !== undefined && at + removed.length <= table.commitLine,
  );
}

/** The ruleset of lines that came of an edit; undefined where the edit says more than rules of known chains. */
export function* patchRuleset(lines: readonly Line[], before: Ruleset): Steps<Ruleset | undefined> {
  const edit = editBetween(before.lines, lines);
  const edited = edit === undefined ? undefined : editedTable(before, edit);
  if (edit === undefined || edited === undefined) return undefined;
  if (![...edit.removed, ...edit.added].every((line) => canPatch(line, edited, edit.at))) return undefined;
  const tables: Table[] = [];
  const dumps: Dump[] = [];
  for (const dump of before.dumps) {
    const dumpTables: Table[] = [];
    const patched: Dump = { ...dump, tables: dumpTables };
    for (const table of dump.tables) {
      yield;
      const copy = patchTable(table, edit, patched, lines, table === edited);
      tables.push(copy);
      dumpTables.push(copy);
    }
    dumps.push(patched);
  }
  return { lines, dumps, tables };
}
