/**
 * The ruleset after an edit that adds or takes away a few rules or comments within a table. Building a ruleset of hundreds of thousands of
 * lines anew looks every name up again; here chains keep what they know, and only the numbers of the lines behind the edit move.
 */

import type { Steps } from '../base/steps.ts';
import { findTarget, standardTargets } from '../catalog/lookup.ts';
import { readHeader } from '../syntax/header.ts';
import type { Line } from '../syntax/line.ts';
import { changedLines } from './changed-lines.ts';
import { keepReach } from './reachable.ts';
import type { Chain, Dump, Ruleset, Table } from './ruleset.ts';

/** With more lines than these it is as well to build anew. */
const mostLines = 64;
const chainsBetweenPauses = 8192;

type Draft<T> = { -readonly [Key in keyof T]: T[Key] };

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
  const { length } = numbers;
  if (length === 0 || (numbers[length - 1] ?? 0) < edit.at) return numbers;
  if (edit.removed.length > 0 && holdsRemoved(numbers, edit)) {
    const end = edit.at + edit.removed.length;
    const kept = numbers.filter((number) => number < edit.at || number >= end);
    return kept.length === 0 ? none : kept.map((number) => movedLine(number, edit));
  }
  // Most lists have one or two numbers, and there are a hundred thousand of them: made this way they take no room ahead.
  if (length === 1) return [movedLine(numbers[0] ?? 0, edit)];
  if (length === 2) return [movedLine(numbers[0] ?? 0, edit), movedLine(numbers[1] ?? 0, edit)];
  const result = numbers.slice();
  for (let at = length - 1; at >= 0 && (result[at] ?? 0) >= edit.at; at -= 1) result[at] = movedLine(result[at] ?? 0, edit);
  return result;
}

function holdsRemoved(numbers: readonly number[], { at, removed }: Edit): boolean {
  for (let index = numbers.length - 1; index >= 0; index -= 1) {
    const number = numbers[index] ?? 0;
    if (number < at) return false;
    if (number < at + removed.length) return true;
  }
  return false;
}

function inserted(numbers: readonly number[], number: number): readonly number[] {
  const at = numbers.findIndex((other) => other > number);
  return at < 0 ? [...numbers, number] : [...numbers.slice(0, at), number, ...numbers.slice(at)];
}

function jumpsOf(lines: readonly Line[], rules: readonly number[], chains: ReadonlyMap<string, Chain>): readonly Chain[] {
  const jumps = new Set<Chain>();
  for (const number of rules) {
    const line = lines[number];
    if (line === undefined || line.target === '' || line.command === 'delete' || line.command === 'check') continue;
    const to = chains.get(line.target);
    if (to !== undefined) jumps.add(to);
  }
  return [...jumps];
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

function* patchTable(table: Table, edit: Edit, dump: Dump, lines: readonly Line[], isEdited: boolean): Steps<Table> {
  const byIndex: Draft<Chain>[] = [];
  const chains = table.chains.withChains(byIndex);
  const patched: Table = {
    ...table,
    dump,
    firstLine: movedLine(table.firstLine, edit),
    endLine: movedLine(table.endLine, edit),
    commitLine: table.commitLine === undefined ? undefined : movedLine(table.commitLine, edit),
    chains,
    targets: patchTargets(table, edit, isEdited),
  };
  for (const chain of table.chains.values()) {
    if (byIndex.length % chainsBetweenPauses === chainsBetweenPauses - 1) yield;
    const copy: Draft<Chain> = {
      index: chain.index,
      name: chain.name,
      table: patched,
      builtin: chain.builtin,
      declarations: moved(chain.declarations, edit),
      rules: moved(chain.rules, edit),
      references: moved(chain.references, edit),
      jumps: chain.jumps,
      mentions: moved(chain.mentions, edit),
    };
    byIndex.push(copy);
  }
  for (const chain of byIndex) {
    if (chain.jumps.length === 0) continue;
    const first = chain.jumps.length === 1 ? chain.jumps[0] : undefined;
    chain.jumps = first === undefined ? chain.jumps.map((to) => byIndex[to.index] ?? to) : [byIndex[first.index] ?? first];
  }
  if (!isEdited) {
    keepReach(table, patched);
    return patched;
  }
  const touched = new Set<Draft<Chain>>();
  for (const line of [...edit.removed, ...edit.added]) {
    const chain = line.kind === 'rule' ? chains.get(line.name) : undefined;
    if (chain !== undefined) touched.add(chain);
  }
  for (const [offset, line] of edit.added.entries()) {
    if (line.kind !== 'rule') continue;
    const chain = chains.get(line.name);
    const to = chains.get(line.target);
    if (chain !== undefined) chain.rules = inserted(chain.rules, edit.at + offset);
    if (to !== undefined) to.references = inserted(to.references, edit.at + offset);
  }
  let sameJumps = true;
  for (const chain of touched) {
    const jumps = jumpsOf(lines, chain.rules, chains);
    sameJumps &&= jumps.length === chain.jumps.length && jumps.every((to, at) => to === chain.jumps[at]);
    chain.jumps = jumps;
  }
  if (sameJumps) keepReach(table, patched);
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
      const copy = yield* patchTable(table, edit, patched, lines, table === edited);
      tables.push(copy);
      dumpTables.push(copy);
    }
    dumps.push(patched);
  }
  return { lines, dumps, tables };
}
