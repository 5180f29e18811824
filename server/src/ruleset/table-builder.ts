/** A table while its lines are read: chains by name, and who jumps where. Which lines are its own is told by `starts-table.ts`. */
import { NameIndex } from '../base/name-index.ts';
import type { Steps } from '../base/steps.ts';
import { findTarget, standardTargets } from '../catalog/lookup.ts';
import type { Family, Hook } from '../catalog/types.ts';
import type { Line } from '../syntax/line.ts';
import { numberedShapes } from '../syntax/line-shape.ts';
import { declares, type Lines } from '../syntax/lines.ts';
import { type ChainLists, noChainLists } from './chain-lists.ts';
import { ChainMap } from './chain-map.ts';
import { inferTableName } from './infer-table.ts';
import { jumpsOf } from './jumps-of.ts';
import { type NumberLists, NumberPairs, noLists, withLists, withoutRepeats } from './number-lists.ts';
import type { Chain, Dump, Table } from './ruleset.ts';
import { TableChain } from './table-chain.ts';

interface UnfinishedTable extends Table {
  index: number;
  name: string;
  dump: Dump;
  endLine: number;
  commitLine: number | undefined;
  lists: ChainLists;
}

const namesBetweenPauses = 4096;

/** What lines have said of a chain, as bits of its flags. */
export const isDeclared = 1;
export const isMentioned = 2;
const hasRules = 4;

/** What is known of a table only while it is read. */
export interface OpenTable {
  /** What it becomes. */
  readonly result: UnfinishedTable;
  /** A version of it that says all that its lines say: none need be added. */
  readonly known: Table | undefined;
  /** A chain may have the name of a target: which it is shows when all declarations are known. */
  readonly targets: Map<string, number[]>;
  /** What its map of chains is made of. */
  readonly places: NameIndex;
  readonly names: readonly string[];
  /** One more than the index of each chain, by the number of its name among the scanned ones; 0 where it has none yet. */
  byScanned: Uint32Array;
  /** Of lines of known shapes, by the number of the shape: the index of their chain, and where they lead, where all of the shape have the same. */
  readonly owners: (number | undefined)[];
  readonly leads: (Lead | undefined)[];
  /** Of each chain, what lines have said of it. */
  readonly flags: number[];
  readonly declarations: NumberPairs;
  readonly rules: NumberPairs;
  readonly references: NumberPairs;
  readonly mentions: NumberPairs;
  /** Which chain jumps to which, as often as it does. */
  readonly jumps: NumberPairs;
  /** What was looked up last: the rules of a chain stand together, and most of them jump where others near them do. Indices; -1 for none. */
  lastChain: number;
  lastJump: number;
  lastTarget: { readonly name: string; readonly lines: number[] } | undefined;
  /** Whether it is read from an `iptables -L` listing. */
  readonly listing: boolean;
  /** Whether it is a `*table` as a file has it, with nobody's prefix before its lines. */
  readonly isInput: boolean;
  /** Whether a chain of the user's has been declared, behind which a listing has no built-in ones. */
  hasUserChain: boolean;
  /** The place of the last built-in chain among `hooks`: a listing has them in that order. */
  lastHook: number;
}

/** The index of a chain by its name. */
function chainOf(table: OpenTable, name: string): number {
  const index = table.places.add(name);
  if (index === table.flags.length) table.flags.push(0);
  return index;
}

function flag(table: OpenTable, chain: number, what: number): void {
  (table.flags[chain] as number) |= what;
}

const longestTargetName = 'TCPOPTSTRIP'.length;

/** Whether `-j NAME` is no jump to a chain; a target that the other family has may be one here. */
function isTarget(name: string, family: Family | undefined): boolean {
  return name.length <= longestTargetName && (standardTargets.has(name) || findTarget(name, family) !== undefined);
}

/** The lines of the rules that jump to a target, to be added to. */
function targetLines(table: OpenTable, target: string): number[] {
  let lines = table.targets.get(target);
  if (lines === undefined) {
    lines = [];
    table.targets.set(target, lines);
  }
  return lines;
}

/** @param chain the index of the chain whose rule it is; -1 where nobody knows */
function addJump(table: OpenTable, chain: number, line: Line, number: number): void {
  const { target } = line;
  if (table.lastTarget?.name === target && !line.isGoto) {
    table.lastTarget.lines.push(number);
    return;
  }
  let to = table.lastJump >= 0 && table.names[table.lastJump] === target ? table.lastJump : -1;
  if (to < 0 && !line.isGoto && isTarget(target, line.context.family)) {
    const lines = targetLines(table, target);
    lines.push(number);
    table.lastTarget = { name: target, lines };
    return;
  }
  if (to < 0) to = chainOf(table, target);
  // A chain that is gone to may be called like a target.
  if (!line.isGoto) table.lastJump = to;
  table.references.add(to, number);
  if (chain >= 0 && line.command !== 'delete' && line.command !== 'check') table.jumps.add(chain, to);
}

function declare(table: OpenTable, name: string, number: number): void {
  const chain = chainOf(table, name);
  table.declarations.add(chain, number);
  flag(table, chain, isDeclared);
}

function addCommand(table: OpenTable, line: Line, number: number): void {
  if (line.name === '') return;
  if (line.command === 'new') {
    declare(table, line.name, number);
    return;
  }
  const chain = chainOf(table, line.name);
  table.mentions.add(chain, number);
  flag(table, chain, isMentioned);
  if (line.command === 'rename' && line.target !== '') declare(table, line.target, number);
}

/**
 * A table of which no line has been added yet; its name may be empty, and is inferred in the end.
 * @param line its first line; undefined for a table that only commands name
 * @param known a version of it, perhaps under another name, whose lines say the same: all that they say is taken from it
 */
export function openTable(name: string, firstLine: number, line: Line | undefined, known?: Table): OpenTable {
  const places = known?.chains.places ?? new NameIndex();
  const targets = new Map<string, number[]>();
  const result: UnfinishedTable = {
    index: -1,
    name,
    dump: unknownDump,
    firstLine,
    endLine: firstLine,
    commitLine: undefined,
    declared: line?.kind === 'table',
    chains: new ChainMap<Chain>(places, (place, chain) => new TableChain(result, place, chain)),
    lists: known?.lists ?? noChainLists,
    targets: known?.targets ?? targets,
  };
  return {
    result,
    known,
    targets,
    places,
    names: places.names,
    byScanned: noScanned,
    owners: [],
    leads: [],
    flags: [],
    declarations: new NumberPairs(),
    rules: new NumberPairs(),
    references: new NumberPairs(),
    mentions: new NumberPairs(),
    jumps: new NumberPairs(),
    lastChain: -1,
    lastJump: -1,
    lastTarget: undefined,
    listing: line?.listing === true,
    isInput: line?.kind === 'table' && line.text.slice(0, line.prefix).trim() === '',
    hasUserChain: false,
    lastHook: -1,
  };
}

const noScanned = new Uint32Array(0);
const unknownDump: Dump = { index: -1, family: 'ipv4', familyBy: 'default', generator: undefined, tables: [] };

/** Adds what a line says of chains: a declaration, a rule, a command. */
export function addLine(table: OpenTable, line: Line, number: number): void {
  switch (line.kind) {
    case 'chain':
      declare(table, line.name, number);
      if (line.command === 'new') table.hasUserChain = true;
      else if (line.listing) table.lastHook = hooks.indexOf(line.name as Hook);
      break;
    case 'rule': {
      if (line.name === '') {
        // Whose rule it is, nobody knows; what it jumps to is known.
        if (line.target !== '') addJump(table, -1, line, number);
        break;
      }
      const chain = ruleChain(table, line.name);
      table.rules.add(chain, number);
      if (line.target !== '') addJump(table, chain, line, number);
      break;
    }
    default:
      addCommand(table, line, number);
  }
}

/** The index of the chain that has a scanned name. */
function scannedChain(table: OpenTable, names: readonly string[], number: number): number {
  if (table.byScanned.length < names.length) {
    const larger = new Uint32Array(names.length);
    larger.set(table.byScanned);
    table.byScanned = larger;
  }
  const known = (table.byScanned[number] as number) - 1;
  if (known >= 0) return known;
  const chain = chainOf(table, names[number] as string);
  table.byScanned[number] = chain + 1;
  return chain;
}

/** Where a rule leads whose target is the same on all lines of its shape: to a chain, by its index, or to a target, whose lines these are. */
type Lead = number | number[];

function leadOf(table: OpenTable, shape: number): Lead {
  const known = table.leads[shape];
  if (known !== undefined) return known;
  const { target = '', form } = numberedShapes[shape] ?? {};
  const lead = isTarget(target, form?.context.family) ? targetLines(table, target) : chainOf(table, target);
  table.leads[shape] = lead;
  return lead;
}

function ownerOf(table: OpenTable, shape: number): number {
  const known = table.owners[shape];
  if (known !== undefined) return known;
  const chain = chainOf(table, numberedShapes[shape]?.chain ?? '');
  table.owners[shape] = chain;
  return chain;
}

/**
 * Adds lines of known shapes from a number on, as `addLine` would, for as long as they follow each other: their names need not be looked up.
 * @param most where to end (exclusive)
 * @returns the number of the first line that was not added
 */
export function addScanned(table: OpenTable, lines: Lines, from: number, most: number): number {
  const { places, shapes, chains, targets } = lines.columns;
  const { names } = lines.text;
  let end = from;
  while (end < most && (places[end] as number) >= 0) end += 1;
  if (end === from) return from;
  const rules = table.rules.room(end - from);
  const references = table.references.room(end - from);
  const jumps = table.jumps.room(end - from);
  // In a table that the text does not open.
  const endsAtRepeat = !table.result.declared;
  let [ruleEnd, referenceEnd, jumpEnd] = [table.rules.end, table.references.end, table.jumps.end];
  for (let number = from; number < end; number += 1) {
    const place = places[number] as number;
    const shape = shapes[place] as number;
    const name = chains[place] as number;
    const chain = name < 0 ? ownerOf(table, shape) : scannedChain(table, names, name);
    const target = targets[place] as number;
    if (target === declares) {
      // Declared again, it is another table's.
      if (endsAtRepeat && ((table.flags[chain] as number) & isDeclared) !== 0) {
        end = number;
        break;
      }
      table.declarations.add(chain, number);
      flag(table, chain, isDeclared);
      continue;
    }
    if (chain !== table.lastChain) {
      flag(table, chain, hasRules);
      table.lastChain = chain;
    }
    rules[ruleEnd] = chain;
    rules[ruleEnd + 1] = number;
    ruleEnd += 2;
    const lead = target < 0 ? leadOf(table, shape) : scannedChain(table, names, target);
    if (typeof lead !== 'number') {
      lead.push(number);
      continue;
    }
    table.lastJump = lead;
    references[referenceEnd] = lead;
    references[referenceEnd + 1] = number;
    referenceEnd += 2;
    jumps[jumpEnd] = chain;
    jumps[jumpEnd + 1] = lead;
    jumpEnd += 2;
  }
  table.rules.added(ruleEnd);
  table.references.added(referenceEnd);
  table.jumps.added(jumpEnd);
  return end;
}

/** The chain of a rule. Its rules stand together, and those of chains in the order of their declarations. */
function ruleChain(table: OpenTable, name: string): number {
  const { names, lastChain } = table;
  if (lastChain >= 0 && names[lastChain] === name) return lastChain;
  const chain = names[lastChain + 1] === name ? lastChain + 1 : chainOf(table, name);
  flag(table, chain, hasRules);
  table.lastChain = chain;
  return chain;
}

function* makeLists(table: OpenTable): Steps<void> {
  const { length } = table.names;
  const isLarge = length > namesBetweenPauses;
  const lists: NumberLists[] = [];
  for (const pairs of [table.declarations, table.rules, table.references, table.mentions, table.jumps]) {
    lists.push(pairs.end === 0 ? noLists : yield* pairs.toLists(length));
    if (isLarge) yield;
  }
  const [declarations = noLists, rules = noLists, references = noLists, mentions = noLists, jumps = noLists] = lists;
  table.result.lists = { declarations, rules, references, mentions, jumps: yield* withoutRepeats(jumps) };
  if (isLarge) yield;
}

/** What shows only when all lines are known: a chain that is called like a target, the table's name, which chains are built in. Pauses in a large table. */
export function* finishTable(table: OpenTable, lines: Lines, index: number, dump: Dump): Steps<void> {
  const { result } = table;
  result.index = index;
  result.dump = dump;
  if (table.known === undefined) yield* makeLists(table);
  if (result.name === '') result.name = inferTableName(result);
  if (table.known === undefined) addJumpsToTargets(table, lines);
}

/** Of a chain that is called like a target the rules that jump to it are known only when its declaration is. */
function addJumpsToTargets(table: OpenTable, lines: Lines): void {
  const { result, places, flags } = table;
  const references = new Map<number, readonly number[]>();
  const from = new Set<number>();
  for (const [name, numbers] of table.targets) {
    const place = places.get(name);
    if (place === undefined || ((flags[place] as number) & (isDeclared | hasRules)) === 0) continue;
    table.targets.delete(name);
    references.set(
      place,
      [...result.lists.references.at(place), ...numbers].sort((a, b) => a - b),
    );
    for (const number of numbers) {
      const chain = places.get(lines.nameAt(number));
      if (chain !== undefined) from.add(chain);
    }
  }
  if (references.size === 0) return;
  const { lists } = result;
  const count = table.names.length;
  const jumps = new Map(Array.from(from, (chain) => [chain, jumpsOf(lines, lists.rules.at(chain), places, result.targets)]));
  result.lists = {
    ...lists,
    references: withLists(lists.references, count, references),
    jumps: withLists(lists.jumps, count, jumps),
  };
}

/** In the order of a packet's way. */
export const hooks: readonly Hook[] = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'];
