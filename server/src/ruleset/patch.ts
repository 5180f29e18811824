/**
 * The ruleset after an edit that adds or takes away a few rules, declarations or comments within a table. Building a ruleset of hundreds of thousands of
 * lines anew looks every name up again; here chains keep what they know, and only the numbers of the lines behind the edit move.
 */

import type { Steps } from '../base/steps.ts';
import { findTarget, standardTargets } from '../catalog/lookup.ts';
import { readHeader } from '../syntax/header.ts';
import type { Line } from '../syntax/line.ts';
import type { Lines } from '../syntax/lines.ts';
import type { ChainLists } from './chain-lists.ts';
import { ChainMap } from './chain-map.ts';
import { jumpsOf } from './jumps-of.ts';
import { editBetween, type LineEdit, movedLine, movedLines, movedLists, withoutRemoved } from './line-edit.ts';
import { withLists } from './number-lists.ts';
import { patchDeclarations, type Reordered } from './patch-declarations.ts';
import { keepReach } from './reachable.ts';
import type { Chain, Dump, Ruleset, Table } from './ruleset.ts';
import { TableChain } from './table-chain.ts';

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

function inserted(numbers: readonly number[], number: number): readonly number[] {
  const at = numbers.findIndex((other) => other > number);
  return at < 0 ? [...numbers, number] : [...numbers.slice(0, at), number, ...numbers.slice(at)];
}

/** In the order first named, as a fresh reading has them. */
function patchTargets(table: Table, edit: LineEdit, isEdited: boolean): Table['targets'] {
  const targets = new Map([...table.targets].map(([name, numbers]) => [name, movedLines(numbers, edit)] as const));
  for (const [offset, { kind, target }] of isEdited ? edit.added.entries() : []) {
    if (kind !== 'rule' || target === '' || table.chains.has(target)) continue;
    targets.set(target, inserted(targets.get(target) ?? none, edit.at + offset));
  }
  const used = [...targets].filter(([, numbers]) => numbers.length > 0);
  return new Map(used.sort(([, a], [, b]) => (a[0] ?? 0) - (b[0] ?? 0)));
}

/** The lists of the table that an edit is within. */
function patchLists({ chains, lists, targets }: Table, edit: LineEdit, lines: Lines): ChainLists {
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

/** @param reordered the chains of the table, where the edit within it is of declarations */
function patchTable(
  table: Table,
  edit: LineEdit,
  dump: Dump,
  lines: Lines,
  isEdited: boolean,
  reordered: Reordered | undefined,
): Table {
  const patched: Table = {
    ...table,
    dump,
    firstLine: movedLine(table.firstLine, edit),
    endLine: movedLine(table.endLine, edit),
    commitLine: table.commitLine === undefined ? undefined : movedLine(table.commitLine, edit),
    chains: new ChainMap<Chain>(reordered?.places ?? table.chains.places, (place, name) => new TableChain(patched, place, name)),
    lists:
      reordered?.lists ??
      (isEdited
        ? patchLists(table, edit, lines)
        : {
            declarations: movedLists(table.lists.declarations, edit),
            rules: movedLists(table.lists.rules, edit),
            references: movedLists(table.lists.references, edit),
            mentions: movedLists(table.lists.mentions, edit),
            jumps: table.lists.jumps,
          }),
    targets: patchTargets(table, edit, isEdited),
  };
  if (reordered !== undefined || patched.lists.jumps === table.lists.jumps) keepReach(table, patched, reordered);
  return patched;
}

/** The table that an edit is within, behind its `*name` and before its COMMIT. */
function editedTable(ruleset: Ruleset, { at, removed }: LineEdit): Table | undefined {
  return ruleset.tables.find(
    (table) =>
      table.declared && at > table.firstLine && table.commitLine !== undefined && at + removed.length <= table.commitLine,
  );
}

/** The ruleset of lines that came of an edit; undefined where the edit says more than rules of known chains, or declarations. */
export function* patchRuleset(lines: Lines, before: Ruleset): Steps<Ruleset | undefined> {
  const edit = editBetween(before.lines, lines);
  const edited = edit === undefined ? undefined : editedTable(before, edit);
  if (edit === undefined || edited === undefined) return undefined;
  const isOfRules = [...edit.removed, ...edit.added].every((line) => canPatch(line, edited, edit.at));
  const reordered = isOfRules ? undefined : patchDeclarations(edited, edit);
  if (!isOfRules && reordered === undefined) return undefined;
  const tables: Table[] = [];
  const dumps: Dump[] = [];
  for (const dump of before.dumps) {
    const dumpTables: Table[] = [];
    const patched: Dump = { ...dump, tables: dumpTables };
    for (const table of dump.tables) {
      yield;
      const copy = patchTable(table, edit, patched, lines, table === edited, table === edited ? reordered : undefined);
      tables.push(copy);
      dumpTables.push(copy);
    }
    dumps.push(patched);
  }
  return { lines, dumps, tables };
}
