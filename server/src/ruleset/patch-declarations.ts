/**
 * The chains of a table after an edit that declares some, or takes their declarations away, and says nothing else. Chains are in the order first
 * mentioned, so that one comes, goes or moves, and all behind it have other places; their names need not be looked up again.
 */
import type { NameIndex } from '../base/name-index.ts';
import { findTarget, standardTargets, targets } from '../catalog/lookup.ts';
import { isBuiltinChain } from '../catalog/tables.ts';
import { readHeader } from '../syntax/header.ts';
import type { Line } from '../syntax/line.ts';
import type { ChainLists } from './chain-lists.ts';
import { type LineEdit, movedLists, withoutRemoved } from './line-edit.ts';
import { NumberLists, reorderedLists, withLists } from './number-lists.ts';
import type { Table } from './ruleset.ts';

/** The chains of a table in another order. */
export interface Reordered {
  readonly places: NameIndex;
  /** With the numbers of lines after the edit. */
  readonly lists: ChainLists;
  /** By the place of a chain, its place before; -1 for a new one. */
  readonly before: Int32Array;
  /** By the place of a chain before, its place; -1 for one that is gone. */
  readonly after: Int32Array;
}

/** A chain that the edit declares, or of which it takes a declaration away. */
interface Edited {
  readonly name: string;
  /** Its place before the edit; undefined for a new one. */
  readonly place: number | undefined;
  readonly declarations: readonly number[];
}

function isTarget(name: string): boolean {
  return standardTargets.has(name) || findTarget(name) !== undefined;
}

/** Whether a line says nothing but the name of a chain, if that, which is neither built in nor that of a target. */
function declaresAtMost(line: Line, table: Table): boolean {
  if (line.kind === 'blank') return true;
  if (line.kind === 'comment') return readHeader(line.text.slice(line.prefix)) === undefined;
  const isPlain = line.isPlain && line.context.within === undefined;
  return (
    isPlain && line.kind === 'chain' && line.command === 'new' && !isTarget(line.name) && !isBuiltinChain(table.name, line.name)
  );
}

/** Whether chains are first mentioned by declarations, rules and jumps alone: a chain that is called like a target is so where it is declared. */
function hasPlainOrder({ chains, lists }: Table): boolean {
  if (lists.mentions.count > 0) return false;
  for (const name of standardTargets.keys()) if (chains.has(name)) return false;
  return targets.every(({ name }) => !chains.has(name));
}

/** Where a chain is first mentioned: twice the line, and one more where a rule jumps to it, as its own chain stands before that. */
function firstMention({ declarations, rules, references }: ChainLists, chain: number): number {
  const own = Math.min(declarations.firstOf(chain) ?? never, rules.firstOf(chain) ?? never);
  return Math.min(own * 2, (references.firstOf(chain) ?? never) * 2 + 1);
}

const never = Number.POSITIVE_INFINITY;

function editedChains({ chains: { places } }: Table, { declarations }: ChainLists, edit: LineEdit): readonly Edited[] {
  const lines = new Map<string, number[]>();
  for (const { kind, name } of edit.removed) if (kind === 'chain') lines.set(name, []);
  for (const [offset, { kind, name }] of edit.added.entries()) {
    if (kind === 'chain') lines.set(name, [...(lines.get(name) ?? []), edit.at + offset]);
  }
  return Array.from(lines, ([name, added]): Edited => {
    const place = places.get(name);
    const kept = place === undefined ? [] : declarations.at(place);
    return { name, place, declarations: [...kept, ...added].sort((a, b) => a - b) };
  });
}

/** The chains of a table that an edit is within; undefined where the edit says more than declarations. */
export function patchDeclarations(table: Table, edit: LineEdit): Reordered | undefined {
  if (![...edit.removed, ...edit.added].every((line) => declaresAtMost(line, table)) || !hasPlainOrder(table)) return undefined;
  const { places, size } = table.chains;
  const edited = new Set<number>();
  for (const { kind, name } of [...edit.removed, ...edit.added]) {
    const place = kind === 'chain' ? places.get(name) : undefined;
    if (place !== undefined) edited.add(place);
  }
  const moved: ChainLists = {
    declarations: movedLists(withoutRemoved(table.lists.declarations, size, edited, edit), edit),
    rules: movedLists(table.lists.rules, edit),
    references: movedLists(table.lists.references, edit),
    mentions: table.lists.mentions,
    jumps: table.lists.jumps,
  };
  const mentionOf = ({ place = -1, declarations: [first = never] }: Edited): number =>
    Math.min(first * 2, firstMention(moved, place));
  const chains = editedChains(table, moved, edit)
    .map((chain) => ({ ...chain, mention: mentionOf(chain) }))
    .filter(({ mention }) => mention < never)
    .sort((a, b) => a.mention - b.mention);
  const before: number[] = [];
  const names: string[] = [];
  const declarations = new Map<number, readonly number[]>();
  let next = 0;
  const addUpTo = (mention: number): void => {
    for (let chain = chains[next]; chain !== undefined && chain.mention < mention; chain = chains[next]) {
      declarations.set(names.length, chain.declarations);
      before.push(chain.place ?? -1);
      names.push(chain.name);
      next += 1;
    }
  };
  for (let place = 0; place < size; place += 1) {
    if (edited.has(place)) continue;
    if (next < chains.length) addUpTo(firstMention(moved, place));
    before.push(place);
    names.push(places.names[place] as string);
  }
  addUpTo(never);
  return reordered(places, names, Int32Array.from(before), moved, declarations);
}

function reordered(
  places: NameIndex,
  names: readonly string[],
  before: Int32Array,
  moved: ChainLists,
  declarations: ReadonlyMap<number, readonly number[]>,
): Reordered {
  const after = new Int32Array(places.names.length).fill(-1);
  for (const [place, old] of before.entries()) if (old >= 0) after[old] = place;
  const jumps = reorderedLists(moved.jumps, before);
  return {
    places: places.reordered(names, before),
    lists: {
      declarations: withLists(reorderedLists(moved.declarations, before), before.length, declarations),
      rules: reorderedLists(moved.rules, before),
      references: reorderedLists(moved.references, before),
      mentions: reorderedLists(moved.mentions, before),
      jumps: new NumberLists(
        jumps.starts,
        jumps.values.map((old) => after[old] as number),
      ),
    },
    before,
    after,
  };
}
