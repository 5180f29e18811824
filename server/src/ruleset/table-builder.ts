/** A table while its lines are read: chains by name, and who jumps where. */
import { findTarget, standardTargets } from '../catalog/lookup.ts';
import { isBuiltinChain } from '../catalog/tables.ts';
import type { Family, Hook } from '../catalog/types.ts';
import type { Line } from '../syntax/line.ts';
import { ChainMap } from './chain-map.ts';
import { inferTableName } from './infer-table.ts';
import type { Chain, Dump, Table } from './ruleset.ts';

const none: number[] = [];
const noChains: Chain[] = [];

/** A chain while its lines are collected. Lists begin as one shared empty list, since most chains need few of them. */
interface ChainDraft extends Chain {
  builtin: boolean;
  declarations: number[];
  rules: number[];
  references: number[];
  jumps: Chain[];
  mentions: number[];
}

interface TableDraft extends Table {
  index: number;
  name: string;
  dump: Dump;
  endLine: number;
  commitLine: number | undefined;
  readonly chains: ChainMap<ChainDraft>;
  /** A chain may have the name of a target: which it is shows when all declarations are known. */
  readonly targets: Map<string, number[]>;
}

/** What is known of a table only while it is read. */
export interface OpenTable {
  readonly draft: TableDraft;
  /** What its map of chains is made of. */
  readonly places: Map<string, number>;
  readonly chains: ChainDraft[];
  /** What was looked up last: the rules of a chain stand together, and most of them jump where others near them do. */
  lastChain: ChainDraft | undefined;
  lastJump: ChainDraft | undefined;
  lastTarget: { readonly name: string; readonly lines: number[] } | undefined;
  /** Whether it is read from an `iptables -L` listing. */
  readonly listing: boolean;
  /** What chains jump to that jump to many. */
  readonly manyJumps: Map<ChainDraft, Set<Chain>>;
  /** Whether a chain of the user's has been declared, behind which a listing has no built-in ones. */
  hasUserChain: boolean;
  /** The place of the last built-in chain among `hooks`: a listing has them in that order. */
  lastHook: number;
}

function chainOf(table: OpenTable, name: string): ChainDraft {
  const place = table.places.get(name);
  let chain = place === undefined ? undefined : table.chains[place];
  if (chain === undefined) {
    chain = chainDraft(table, name, table.chains.length);
    table.places.set(name, chain.index);
    table.chains.push(chain);
  }
  return chain;
}

function chainDraft(table: OpenTable, name: string, index: number): ChainDraft {
  return {
    index,
    name,
    table: table.draft,
    builtin: false,
    declarations: none,
    rules: none,
    references: none,
    jumps: noChains,
    mentions: none,
  };
}

function append(list: number[], line: number): number[] {
  if (list === none) return [line];
  list.push(line);
  return list;
}

const longestTargetName = 'TCPOPTSTRIP'.length;

/** Whether `-j NAME` is no jump to a chain; a target that the other family has may be one here. */
function isTarget(name: string, family: Family | undefined): boolean {
  return name.length <= longestTargetName && (standardTargets.has(name) || findTarget(name, family) !== undefined);
}

function addJump(table: OpenTable, chain: ChainDraft, line: Line, number: number): void {
  const { target } = line;
  if (table.lastTarget?.name === target && !line.isGoto) {
    table.lastTarget.lines.push(number);
    return;
  }
  let to = table.lastJump?.name === target ? table.lastJump : undefined;
  if (to === undefined && !line.isGoto && isTarget(target, line.context.family)) {
    let lines = table.draft.targets.get(target);
    if (lines === undefined) {
      lines = [];
      table.draft.targets.set(target, lines);
    }
    lines.push(number);
    table.lastTarget = { name: target, lines };
    return;
  }
  to ??= chainOf(table, target);
  // A chain that is gone to may be called like a target.
  if (!line.isGoto) table.lastJump = to;
  to.references = append(to.references, number);
  if (line.command !== 'delete' && line.command !== 'check') connect(table, chain, to);
}

const fewJumps = 16;

function connect(table: OpenTable, from: ChainDraft, to: ChainDraft): void {
  const { jumps } = from;
  if (jumps === noChains) {
    from.jumps = [to];
    return;
  }
  if (jumps.length < fewJumps) {
    if (!jumps.includes(to)) jumps.push(to);
    return;
  }
  let seen = table.manyJumps.get(from);
  if (seen === undefined) {
    seen = new Set(jumps);
    table.manyJumps.set(from, seen);
  }
  if (seen.has(to)) return;
  seen.add(to);
  jumps.push(to);
}

function declare(table: OpenTable, name: string, number: number): void {
  const chain = chainOf(table, name);
  chain.declarations = append(chain.declarations, number);
}

function addCommand(table: OpenTable, line: Line, number: number): void {
  if (line.name === '') return;
  if (line.command === 'new') {
    declare(table, line.name, number);
    return;
  }
  const chain = chainOf(table, line.name);
  chain.mentions = append(chain.mentions, number);
  if (line.command === 'rename' && line.target !== '') declare(table, line.target, number);
}

/** Whether a line outside `*table` belongs to another table than the lines above it: a paste may hold several outputs of `-S` or `-L`. */
export function startsTable(table: OpenTable, line: Line): boolean {
  if (table.draft.declared) return false;
  if (table.listing !== line.listing) return true;
  const { table: said } = line.context;
  if (said !== undefined && said !== table.draft.name) return true;
  if (line.kind === 'rule') return false;
  const declarations = table.draft.chains.get(line.name);
  if (line.listing) {
    // A listing has its built-in chains first, in the order of a packet's way, and no chain twice.
    return (
      (declarations !== undefined && declarations.declarations.length > 0) ||
      (line.command === 'policy' && (table.hasUserChain || hooks.indexOf(line.name as Hook) < table.lastHook))
    );
  }
  return (
    declarations !== undefined &&
    ((line.command === 'policy' && declarations.mentions.length > 0) ||
      (line.command === 'new' && declarations.declarations.length > 0))
  );
}

/** A table of which no line has been added yet; its name may be empty, and is inferred in the end. */
export function openTable(name: string, declared: boolean, firstLine: number, listing: boolean): OpenTable {
  const places = new Map<string, number>();
  const chains: ChainDraft[] = [];
  const draft: TableDraft = {
    index: -1,
    name,
    dump: unknownDump,
    firstLine,
    endLine: firstLine,
    commitLine: undefined,
    declared,
    chains: new ChainMap(places, chains),
    targets: new Map(),
  };
  return {
    draft,
    places,
    chains,
    lastChain: undefined,
    lastJump: undefined,
    lastTarget: undefined,
    manyJumps: new Map(),
    listing,
    hasUserChain: false,
    lastHook: -1,
  };
}

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
        if (line.target !== '') addJump(table, chainDraft(table, '', -1), line, number);
        break;
      }
      const chain = table.lastChain?.name === line.name ? table.lastChain : chainOf(table, line.name);
      table.lastChain = chain;
      chain.rules = append(chain.rules, number);
      if (line.target !== '') addJump(table, chain, line, number);
      break;
    }
    default:
      addCommand(table, line, number);
  }
}

/** What shows only when all lines are known: a chain that is called like a target, the table's name, which chains are built in. */
export function finishTable(table: OpenTable, lines: readonly Line[], index: number, dump: Dump): void {
  const { draft } = table;
  draft.index = index;
  draft.dump = dump;
  if (draft.name === '') draft.name = inferTableName(draft);
  for (const [name, references] of draft.targets) {
    const chain = draft.chains.get(name);
    if (chain === undefined || (chain.declarations.length === 0 && chain.rules.length === 0)) continue;
    draft.targets.delete(name);
    chain.references = chain.references === none ? references : [...chain.references, ...references].sort((a, b) => a - b);
    for (const number of references) {
      const line = lines[number];
      const from = line === undefined ? undefined : draft.chains.get(line.name);
      if (from !== undefined && line?.command !== 'delete' && line?.command !== 'check') connect(table, from, chain);
    }
  }
  // At most a dozen chains are built in: looked for by name, not asked of every chain.
  for (const hook of hooks) {
    const chain = draft.chains.get(hook);
    if (chain !== undefined && isBuiltinChain(draft.name, hook)) chain.builtin = true;
  }
}

const hooks: readonly Hook[] = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'];
