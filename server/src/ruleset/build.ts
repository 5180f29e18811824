import { runToEnd, type Steps } from '../base/steps.ts';
import { findTarget, standardTargets } from '../catalog/lookup.ts';
import { isBuiltinChain } from '../catalog/tables.ts';
import type { Family, Hook } from '../catalog/types.ts';
import type { SourceDocument } from '../syntax/document.ts';
import { type Generator, readHeader } from '../syntax/header.ts';
import type { Line } from '../syntax/line.ts';
import { ChainMap } from './chain-map.ts';
import { inferTableName } from './infer-table.ts';
import { patchRuleset } from './patch.ts';
import type { Chain, Dump, Ruleset, Table } from './ruleset.ts';

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
interface OpenTable {
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

interface DumpDraft {
  readonly generator: Generator | undefined;
  readonly tables: OpenTable[];
  readonly family: Family | undefined;
}

function chainOf(table: OpenTable, name: string): ChainDraft {
  const place = table.places.get(name);
  let chain = place === undefined ? undefined : table.chains[place];
  if (chain === undefined) {
    chain = {
      index: table.chains.length,
      name,
      table: table.draft,
      builtin: false,
      declarations: none,
      rules: none,
      references: none,
      jumps: noChains,
      mentions: none,
    };
    table.places.set(name, chain.index);
    table.chains.push(chain);
  }
  return chain;
}

function append(list: number[], line: number): number[] {
  if (list === none) return [line];
  list.push(line);
  return list;
}

const longestTargetName = 'TCPOPTSTRIP'.length;

function isTarget(name: string): boolean {
  return name.length <= longestTargetName && (standardTargets.has(name) || findTarget(name) !== undefined);
}

function addJump(table: OpenTable, chain: ChainDraft, line: Line, number: number): void {
  const { target } = line;
  if (table.lastTarget?.name === target && !line.isGoto) {
    table.lastTarget.lines.push(number);
    return;
  }
  let to = table.lastJump?.name === target ? table.lastJump : undefined;
  if (to === undefined && !line.isGoto && isTarget(target)) {
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

/** The first address that tells the family, looked for where nothing else says it. */
function familyByAddress(lines: readonly Line[], from: number, to: number): Family | undefined {
  let looked = 0;
  for (let index = from; index < to && looked < mostLinesLookedAt; index += 1) {
    const line = lines[index];
    if (line?.kind !== 'rule') continue;
    looked += 1;
    const address = line.listing
      ? / (?:!?)((?:[0-9]{1,3}\.){3}[0-9]{1,3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)(?:\/[0-9]+)? /.exec(line.text)?.[1]
      : / (?:-s|-d|--source|--destination|--to-destination) \[?([0-9A-Fa-f]*[:.][0-9A-Fa-f:.]*)/.exec(line.text)?.[1];
    // ":8080" is a port alone, which either family has.
    if (address !== undefined && !/^:[0-9]*$/.test(address))
      return address.includes(':') && !/^[0-9]+\.[0-9.]*:/.test(address) ? 'ipv6' : 'ipv4';
  }
  return undefined;
}

/** Whether a table that starts under this header belongs to another dump than the one before it. */
function startsDump(
  current: DumpDraft | undefined,
  generator: Generator | undefined,
  name: string | undefined,
  family: Family | undefined,
): boolean {
  if (current === undefined || (family !== undefined && current.family !== undefined && family !== current.family)) return true;
  const known = current.generator;
  if (generator !== undefined && known !== undefined) {
    if (generator.family !== known.family || generator.program !== known.program || generator.version !== known.version)
      return true;
  } else if (generator !== known && current.tables.length > 0 && generator !== undefined) {
    return true;
  }
  return name !== undefined && current.tables.some(({ draft }) => draft.name === name);
}

/** Whether a line outside `*table` belongs to another table than the lines above it: a paste may hold several outputs of `-S` or `-L`. */
function startsTable(table: OpenTable, line: Line): boolean {
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

const linesBetweenPauses = 4096;
const mostLinesLookedAt = 4096;

/** The ruleset of a document. Pauses every few thousand lines; never throws. */
export function* buildRuleset(document: SourceDocument): Steps<Ruleset> {
  const { lines } = document;
  const dumps: DumpDraft[] = [];
  let dump: DumpDraft | undefined;
  let generator: Generator | undefined;
  let table: OpenTable | undefined;

  const open = (name: string | undefined, firstLine: number, line: Line): OpenTable => {
    const known = name ?? line.context.table;
    if (dump === undefined || startsDump(dump, generator, known, line.context.family)) {
      dump = { generator, tables: [], family: generator?.family ?? line.context.family };
      dumps.push(dump);
    }
    return openTable(known ?? '', name !== undefined, firstLine, line.listing);
  };
  const close = (endLine: number): void => {
    if (table !== undefined && dump !== undefined) {
      table.draft.endLine = endLine;
      dump.tables.push(table);
    }
    table = undefined;
  };

  for (let number = 0; number < lines.length; number += 1) {
    if (number % linesBetweenPauses === linesBetweenPauses - 1) yield;
    const line = lines[number];
    if (line === undefined) continue;
    switch (line.kind) {
      case 'comment':
        if (line.text.startsWith('# Generated', line.prefix)) {
          const header = readHeader(line.text.slice(line.prefix));
          if (header === undefined) break;
          // A header within a table: the COMMIT above it is missing.
          close(number);
          generator = header;
        }
        break;
      case 'table':
        close(number);
        table = open(line.name, number, line);
        break;
      case 'commit':
        if (table !== undefined) {
          table.draft.commitLine = number;
          close(number + 1);
        }
        break;
      case 'chain':
      case 'rule':
      case 'chain-command':
        if (table !== undefined && startsTable(table, line)) close(number);
        table ??= open(undefined, number, line);
        addLine(table, line, number);
        break;
      default:
    }
  }
  close(lines.length);
  return finish(lines, dumps);
}

/** Whether two lines are the same to a ruleset, though their texts may differ in values and options. */
function isAlike(a: Line, b: Line): boolean {
  return (
    a.kind === b.kind &&
    a.name === b.name &&
    a.target === b.target &&
    a.command === b.command &&
    a.isGoto === b.isGoto &&
    a.listing === b.listing &&
    // "Chain X (2 references)" says how much of a table is shown.
    (a.kind !== 'chain' || !a.listing || a.text === b.text) &&
    a.context === b.context
  );
}

/** Kinds whose text says nothing else to a ruleset and to what is known of its tables. */
function isPlain({ kind }: Line): boolean {
  return kind === 'rule' || kind === 'chain' || kind === 'blank';
}

/**
 * The ruleset of a document that came of an edit. When no chain, no jump and no line came or went, only lines are new, and tables and chains are
 * shared with the ruleset before, with all that is known of them; else it is built anew.
 */
export function* rebuildRuleset(document: SourceDocument, before: Ruleset): Steps<Ruleset> {
  const { lines } = document;
  // Where addresses tell the family, a new address may tell another one.
  const isFamilySaid = before.dumps.every(({ familyBy }) => familyBy === 'header' || familyBy === 'file-name');
  if (!isFamilySaid) return yield* buildRuleset(document);
  let isAlikeThroughout = lines.length === before.lines.length;
  for (let number = 0; isAlikeThroughout && number < lines.length; number += 1) {
    if (number % linesBetweenPauses === linesBetweenPauses - 1) yield;
    const line = lines[number];
    const old = before.lines[number];
    if (line === old) continue;
    isAlikeThroughout = line !== undefined && old !== undefined && isPlain(line) && isAlike(line, old);
  }
  if (!isAlikeThroughout) return (yield* patchRuleset(lines, before)) ?? (yield* buildRuleset(document));
  return { lines, dumps: before.dumps, tables: before.tables };
}

/** The same as `buildRuleset`, without pauses. */
export function buildWholeRuleset(document: SourceDocument): Ruleset {
  return runToEnd(buildRuleset(document));
}

function openTable(name: string, declared: boolean, firstLine: number, listing: boolean): OpenTable {
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

function addLine(table: OpenTable, line: Line, number: number): void {
  switch (line.kind) {
    case 'chain':
      declare(table, line.name, number);
      if (line.command === 'new') table.hasUserChain = true;
      else if (line.listing) table.lastHook = hooks.indexOf(line.name as Hook);
      break;
    case 'rule': {
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

function finish(lines: readonly Line[], drafts: readonly DumpDraft[]): Ruleset {
  const tables: Table[] = [];
  const dumps = drafts.map((draft, index): Dump => {
    const first = draft.tables[0]?.draft.firstLine ?? 0;
    const end = draft.tables.at(-1)?.draft.endLine ?? 0;
    const byAddress = draft.family === undefined ? familyByAddress(lines, first, end) : undefined;
    const dumpTables: Table[] = [];
    const dump: Dump = {
      index,
      family: draft.family ?? byAddress ?? 'ipv4',
      familyBy:
        draft.generator !== undefined
          ? 'header'
          : draft.family !== undefined
            ? 'file-name'
            : byAddress !== undefined
              ? 'address'
              : 'default',
      generator: draft.generator,
      tables: dumpTables,
    };
    for (const table of draft.tables) {
      finishTable(table, lines, tables.length, dump);
      tables.push(table.draft);
      dumpTables.push(table.draft);
    }
    return dump;
  });
  return { lines, dumps, tables };
}

function finishTable(table: OpenTable, lines: readonly Line[], index: number, dump: Dump): void {
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
