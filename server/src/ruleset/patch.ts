/**
 * The ruleset after an edit that adds or takes away a few rules, declarations, commands or comments within a table. Building a ruleset of hundreds of thousands of
 * lines anew looks every name up again; here chains keep what they know, and only the numbers of the lines behind the edit move.
 */

import type { Steps } from '../base/steps.ts';
import { findTarget, standardTargets } from '../catalog/lookup.ts';
import { readHeader } from '../syntax/header.ts';
import type { Line } from '../syntax/line.ts';
import type { Lines } from '../syntax/lines.ts';
import type { ChainLists } from './chain-lists.ts';
import { ChainMap } from './chain-map.ts';
import { type ChangedChains, carryMarks } from './chain-marks.ts';
import { type ChangedEnd, changedEnd, saysNothing } from './changed-end.ts';
import { type EditedChain, editedChains, isSameOrder, type Kind, kindsOf, type Piece, piecesOf } from './edited-chains.ts';
import { jumpsAfterEdit } from './jumps-of.ts';
import { editBetween, type LineEdit, movedLine, movedLines, movedLists } from './line-edit.ts';
import type { NumberLists } from './number-lists.ts';
import { carryProxyNames } from './proxy-names.ts';
import { keepReach } from './reachable.ts';
import { type Reordered, rearrangedLines, rearrangedPlaces, reorderedPlaces } from './rearranged.ts';
import type { Chain, Dump, Ruleset, Table } from './ruleset.ts';
import { TableChain } from './table-chain.ts';
import { carryProxyChains } from './taken-lines.ts';
import { chainsLikeTargets, isTargetName } from './target-names.ts';

/** Whether a line says nothing of chains, nor where a table begins or ends: words, or a rule of which hardly more than the command is typed. */
function saysNoChain({ kind, name, target, text, prefix, context, listing }: Line): boolean {
  switch (kind) {
    case 'blank':
      return true;
    case 'comment':
      return readHeader(text.slice(prefix)) === undefined;
    case 'other':
    case 'foreign':
      return context.within === undefined;
    case 'rule':
    case 'chain-command':
      return name === '' && target === '' && context.within === undefined && !listing;
    default:
      return false;
  }
}

/** Whether a line says nothing but a declaration of a chain, a command to one chain, or a rule, if that. */
function canPatch(line: Line, table: Table): boolean {
  if (saysNoChain(line)) return true;
  if (line.context.within !== undefined || line.listing || line.name === '') return false;
  if (line.kind === 'chain') return true;
  if (line.kind === 'chain-command') return isPlainCommand(line, table);
  if (line.kind !== 'rule') return false;
  return line.target === '' || (jumpsToTarget(line) ? !line.isGoto : !isTargetName(line.target));
}

/**
 * Whether rules jump to a name of a target's, or an edit has one that does: the chain of that name is what they jump to where it is declared or has rules, and stands
 * where that is said first.
 */
function isUsedTarget(name: string, { chains, lists, targets }: Table, { removed, added }: LineEdit): boolean {
  if (!isTargetName(name)) return false;
  const place = chains.places.get(name);
  if (targets.has(name) || (place !== undefined && lists.references.lengthOf(place) > 0)) return true;
  return [...removed, ...added].some(({ target }) => target === name);
}

/** Whether a command is one to a chain of the table that it stands in, and gives no chain another name: the chain of that name would stand behind. */
function isPlainCommand({ command, target, context }: Line, table: Table): boolean {
  return context.table === table.name && (command !== 'rename' || target === '');
}

/** Whether a rule jumps to what is no chain. */
function jumpsToTarget({ target, context }: Line): boolean {
  return standardTargets.has(target) || findTarget(target, context.family) !== undefined;
}

/** With more commands than these, it is as well to build anew. */
const mostCommands = 64;

/** Whether chains are named first where lines say something of them one by one: a chain that is called like a target is so where it is declared. */
function hasPlainOrder(table: Table, lines: Lines, edit: LineEdit): boolean {
  const { lists } = table;
  if (lists.mentions.count > mostCommands) return false;
  for (const number of lists.mentions.values)
    if (lines.formAt(number)?.command === 'rename' && lines.targetAt(number) !== '') return false;
  const names = [...chainsLikeTargets(table), ...edit.added.map(({ name }) => name)];
  return names.every((name) => !isUsedTarget(name, table, edit));
}

const none: readonly number[] = [];

function inserted(numbers: readonly number[], number: number): readonly number[] {
  const at = numbers.findIndex((other) => other > number);
  return at < 0 ? [...numbers, number] : [...numbers.slice(0, at), number, ...numbers.slice(at)];
}

/** In the order first named, as a fresh reading has them. */
function patchTargets(table: Table, edit: LineEdit, isEdited: boolean): Table['targets'] {
  const targets = new Map([...table.targets].map(([name, numbers]) => [name, movedLines(numbers, edit)] as const));
  for (const [offset, line] of isEdited ? edit.added.entries() : []) {
    if (line.kind !== 'rule' || line.target === '' || !jumpsToTarget(line)) continue;
    targets.set(line.target, inserted(targets.get(line.target) ?? none, edit.at + offset));
  }
  const used = [...targets].filter(([, numbers]) => numbers.length > 0);
  return new Map(used.sort(([, a], [, b]) => (a[0] ?? 0) - (b[0] ?? 0)));
}

/** What an edit changes of the chains of a table. */
interface Patch {
  readonly lists: ChainLists;
  /** Undefined where all chains have the places that they had. */
  readonly reordered: Reordered | undefined;
  /** The chains whose rules are others now. */
  readonly ruled: readonly EditedChain[];
}

/** The chains of a table in which no line says anything but by other numbers. */
function movedPatch({ lists }: Table, edit: LineEdit): Patch {
  return {
    lists: {
      declarations: movedLists(lists.declarations, edit),
      rules: movedLists(lists.rules, edit),
      references: movedLists(lists.references, edit),
      mentions: movedLists(lists.mentions, edit),
      jumps: lists.jumps,
    },
    reordered: undefined,
    ruled: [],
  };
}

/** The chains of the table that an edit is within. Pauses between its parts, of which each goes through all chains of a large table. */
function* patchChains(table: Table, edit: LineEdit, lines: Lines, targets: Table['targets']): Steps<Patch> {
  const { chains, lists } = table;
  const edited = editedChains(table, edit, jumpsToTarget);
  if (edited.length === 0) return movedPatch(table, edit);
  yield;
  const pieces = piecesOf(table, edit, edited);
  const reordered = isSameOrder(table, pieces) ? undefined : reorderedPlaces(chains.places, pieces);
  yield;
  const places = reordered?.places ?? chains.places;
  const ruledNames = new Set([...edit.removed, ...edit.added].flatMap(({ kind, name }) => (kind === 'rule' ? [name] : [])));
  const jumpsOfChain = ({ name, before, rules }: EditedChain): readonly number[] => {
    const known = before === undefined ? none : lists.jumps.at(before);
    if (ruledNames.has(name)) {
      const nameAt = (at: number): string | undefined => chains.places.names[known[at] ?? -1];
      const placeAt = (at: number): number =>
        (reordered === undefined ? known[at] : reordered.after[known[at] as number]) as number;
      return jumpsAfterEdit(lines, rules, places, targets, { nameAt, placeAt });
    }
    return reordered === undefined ? known : known.map((place) => reordered.after[place] as number);
  };
  const said = kindsOf(edit, jumpsToTarget);
  // Of what no line of the edit says, the numbers of lines move at most.
  const linesOf = function* (kind: Kind): Steps<NumberLists> {
    const isMoved = reordered === undefined && !said.has(kind);
    const after = isMoved ? movedLists(lists[kind], edit) : rearrangedLines(lists[kind], pieces, edit, (chain) => chain[kind]);
    yield;
    return after;
  };
  return {
    lists: {
      declarations: yield* linesOf('declarations'),
      rules: yield* linesOf('rules'),
      references: yield* linesOf('references'),
      mentions: yield* linesOf('mentions'),
      jumps: patchJumps(lists, pieces, reordered, jumpsOfChain),
    },
    reordered,
    ruled: edited.filter(({ name }) => ruledNames.has(name)),
  };
}

/** The jumps of chains after an edit; the same lists where it changes none, and no chain has another place. */
function patchJumps(
  { jumps }: ChainLists,
  pieces: readonly Piece[],
  reordered: Reordered | undefined,
  jumpsOfChain: (chain: EditedChain) => readonly number[],
): ChainLists['jumps'] {
  const now = new Map<EditedChain, readonly number[]>();
  for (const { chain } of pieces) if (chain !== undefined) now.set(chain, jumpsOfChain(chain));
  const isAsBefore = [...now].every(([{ before = -1 }, list]) => {
    const known = jumps.at(before);
    return known.length === list.length && known.every((place, at) => place === list[at]);
  });
  if (isAsBefore && reordered === undefined) return jumps;
  return rearrangedPlaces(jumps, pieces, reordered, (chain) => now.get(chain) ?? none);
}

/** @param end how the table ends, where the edit changes that */
function* patchTable(
  table: Table,
  edit: LineEdit,
  dump: Dump,
  lines: Lines,
  isEdited: boolean,
  end: ChangedEnd | undefined,
): Steps<readonly [Table, Patch]> {
  const targets = patchTargets(table, edit, isEdited);
  const patch = isEdited ? yield* patchChains(table, edit, lines, targets) : movedPatch(table, edit);
  yield;
  const { lists, reordered, ruled } = patch;
  const places = reordered?.places ?? table.chains.places;
  const patched: Table = {
    ...table,
    dump,
    firstLine: movedLine(table.firstLine, edit),
    endLine: end?.endLine ?? endAfter(table, edit),
    commitLine: commitAfter(table, edit, end),
    chains: new ChainMap<Chain>(places, (place, name) => new TableChain(patched, place, name)),
    lists,
    targets,
  };
  if (reordered !== undefined) {
    carryProxyNames(table.chains.places, places, reordered);
    carryProxyChains(table.chains, patched.chains, reordered.kept);
  }
  keepReach(table, patched, lines, reordered, ruled);
  return [patched, patch];
}

function commitAfter({ commitLine }: Table, edit: LineEdit, end: ChangedEnd | undefined): number | undefined {
  if (end !== undefined) return end.commitLine;
  return commitLine === undefined ? undefined : movedLine(commitLine, edit);
}

/** What stands right behind a COMMIT is in the table no more. */
function endAfter({ commitLine, endLine }: Table, edit: LineEdit): number {
  return commitLine === undefined ? movedLine(endLine, edit) : movedLine(commitLine, edit) + 1;
}

/** The table that an edit is within, behind its `*name` and before its COMMIT. */
function editedTable(ruleset: Ruleset, { at, removed }: LineEdit): Table | undefined {
  return ruleset.tables.find(
    (table) =>
      table.declared && at > table.firstLine && table.commitLine !== undefined && at + removed.length <= table.commitLine,
  );
}

/** The table that an edit is within, which says nothing but rules and declarations. */
function plainlyEdited(before: Ruleset, edit: LineEdit): Table | undefined {
  const edited = editedTable(before, edit);
  const all = [...edit.removed, ...edit.added];
  if (edited === undefined || !all.every((line) => canPatch(line, edited))) return undefined;
  return all.every(saysNoChain) || hasPlainOrder(edited, before.lines, edit) ? edited : undefined;
}

/** Whether an edit brings and takes nothing but words that stand outside of all tables, each of which the text opens. */
function isOutside({ tables }: Ruleset, { at, removed, added }: LineEdit): boolean {
  const isBehind = ({ endLine, commitLine }: Table): boolean => at > endLine || (at === endLine && commitLine !== undefined);
  const standsApart = (table: Table): boolean => table.declared && (at + removed.length <= table.firstLine || isBehind(table));
  return removed.every(saysNothing) && added.every(saysNothing) && tables.every(standsApart);
}

/**
 * The ruleset of lines that came of an edit; undefined where that says more than rules, declarations, words, or the end of a table.
 */
export function* patchRuleset(lines: Lines, before: Ruleset): Steps<Ruleset | undefined> {
  const whole = editBetween(before.lines, lines);
  if (whole === undefined) return undefined;
  const edited = plainlyEdited(before, whole);
  const isPlain = edited !== undefined || isOutside(before, whole);
  const end = isPlain ? undefined : changedEnd(before, whole, lines);
  if (!isPlain && end === undefined) return undefined;
  const edit = end?.edit ?? whole;
  const tables: Table[] = [];
  const dumps: Dump[] = [];
  const changed: ChangedChains[] = [];
  for (const dump of before.dumps) {
    const dumpTables: Table[] = [];
    const patched: Dump = { ...dump, tables: dumpTables };
    for (const table of dump.tables) {
      yield;
      const ownEnd = table === end?.table ? end : undefined;
      const [copy, { reordered, ruled }] = yield* patchTable(table, edit, patched, lines, table === edited, ownEnd);
      changed.push({ table: table.index, names: ruled.map(({ name }) => name), before: reordered });
      tables.push(copy);
      dumpTables.push(copy);
    }
    dumps.push(patched);
  }
  const ruleset: Ruleset = { lines, dumps, tables };
  carryMarks(before, ruleset, changed);
  return ruleset;
}
