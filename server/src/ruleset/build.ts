import { runToEnd, type Steps } from '../base/steps.ts';
import type { Family } from '../catalog/types.ts';
import type { SourceDocument } from '../syntax/document.ts';
import { type Generator, readHeader } from '../syntax/header.ts';
import type { Line } from '../syntax/line.ts';
import type { Lines } from '../syntax/lines.ts';
import { hostNamed } from '../syntax/pasted/host-named.ts';
import { carryMarks } from './chain-marks.ts';
import { changedLines } from './changed-lines.ts';
import { type ExcerptTables, tablesOfExcerpt } from './excerpt-tables.ts';
import { inferFamily } from './infer-family.ts';
import { patchRuleset } from './patch.ts';
import { carryRenamed, isTableRenamed } from './renamed-table.ts';
import { type Dump, type Ruleset, type Table, tableAt } from './ruleset.ts';
import { startsTable, tableSaid } from './starts-table.ts';
import { addLine, addScanned, finishTable, type OpenTable, openTable } from './table-builder.ts';
import { tablesBelow } from './tables-below.ts';
import type { KeptTables, KnownTables } from './tables-beside.ts';

interface UnfinishedDump {
  generator: Generator | undefined;
  readonly tables: OpenTable[];
  /** Its tables by name: a text may have thousands, each with a name of its own. */
  readonly named: Map<string, OpenTable>;
  /** Whether one of its tables ended without COMMIT. */
  isCut: boolean;
  family: Family | undefined;
}

function openDump(generator: Generator | undefined, family: Family | undefined): UnfinishedDump {
  return { generator, tables: [], named: new Map(), isCut: false, family };
}

function addTable(dump: UnfinishedDump, table: OpenTable): void {
  dump.tables.push(table);
  const { name, commitLine } = table.result;
  if (!dump.named.has(name)) dump.named.set(name, table);
  if (commitLine === undefined) dump.isCut = true;
}

/**
 * Gives a dump the header that stands within it: iptables-save prints it above each table, and the first was cut off with the beginning of the text.
 * False where the tables above it are of the other family.
 */
function adoptHeader(dump: UnfinishedDump, generator: Generator, lines: Lines): boolean {
  const first = dump.tables[0]?.result.firstLine ?? 0;
  const end = dump.tables.at(-1)?.result.endLine ?? 0;
  const family = dump.family ?? runToEnd(inferFamily(lines, first, end));
  if (family !== undefined && family !== generator.family) return false;
  dump.generator = generator;
  dump.family = generator.family;
  return true;
}

/** Whether a table that starts under this header belongs to another dump than the one before it. */
function startsDump(
  current: UnfinishedDump | undefined,
  generator: Generator | undefined,
  name: string | undefined,
  family: Family | undefined,
): boolean {
  if (current === undefined || (family !== undefined && current.family !== undefined && family !== current.family)) return true;
  const known = current.generator;
  if (generator !== undefined && known !== undefined) {
    if (generator.family !== known.family || generator.program !== known.program || generator.version !== known.version)
      return true;
  } else if (generator !== undefined && current.isCut) {
    return true;
  }
  return name !== undefined && current.named.has(name);
}

/** What commands change, as far as it was read. */
interface UnfinishedCommands {
  readonly dumps: UnfinishedDump[];
  readonly lines: Map<number, OpenTable>;
}

const linesBetweenPauses = 4096;
/** A table is as much work as so many lines, however few it has: the garbage collector works along with what is made, up to 5 ms for each 64 KB of it. */
const linesATable = 64;

/** Whether a line may say on which machine the lines below it were printed. */
function mayNameHost({ kind }: Line): boolean {
  return kind === 'foreign' || kind === 'other' || kind === 'comment';
}

/** Whether a table under this header belongs to a dump, which may get its header only now. */
function isOfDump(
  dump: UnfinishedDump,
  generator: Generator | undefined,
  name: string | undefined,
  { context }: Line,
  lines: Lines,
): boolean {
  if (startsDump(dump, generator, name, context.family)) return false;
  return generator === undefined || dump.generator !== undefined || adoptHeader(dump, generator, lines);
}

function endTable(dump: UnfinishedDump, table: OpenTable, endLine: number): void {
  table.result.endLine = endLine;
  addTable(dump, table);
}

/** What a comment says of the program that printed what is below. */
function headerOn({ text, prefix }: Line): Generator | undefined {
  return text.startsWith('# Generated', prefix) ? readHeader(text.slice(prefix)) : undefined;
}

/** Whether lines from this one on may be added to a table, as far as they are plain. */
function isPlainIn(table: OpenTable, lines: Lines, number: number, excerpt: ExcerptTables | undefined): boolean {
  const line = lines.at(number);
  if (line === undefined || (line.kind !== 'rule' && line.kind !== 'chain') || excerpt?.starts.has(number) === true) return false;
  return line.context.within?.kind !== 'command' && !startsTable(table, line);
}

/**
 * Adds plain lines to a table. Gives the number of the first one that was not added. Where the text does not open the table these are lines of known shapes
 * alone, which stand in the same circumstances. Pauses every few thousand lines.
 */
function* addPlain(table: OpenTable, lines: Lines, from: number, excerpt: ExcerptTables | undefined): Steps<number> {
  const most = Math.min(excerpt?.startBehind(from) ?? lines.length, lines.length);
  let number = from;
  while (number < most) {
    if (number % linesBetweenPauses === linesBetweenPauses - 1) yield;
    const endBetweenPauses = Math.min(number + linesBetweenPauses - ((number + 1) % linesBetweenPauses), most);
    const behind = addScanned(table, lines, number, endBetweenPauses);
    if (behind > number) {
      number = behind;
      continue;
    }
    if (!table.result.declared) break;
    const line = lines.at(number);
    if (line?.isPlain !== true || line.context.within !== undefined) break;
    addLine(table, line, number);
    number += 1;
  }
  return number;
}

/**
 * The ruleset of a document. Pauses every few thousand lines; never throws.
 * @param known versions of tables whose lines say the same, but perhaps for their names
 */
export function* buildRuleset({ lines }: SourceDocument, known: KnownTables = noneKnown): Steps<Ruleset> {
  const dumps: UnfinishedDump[] = [];
  let dump: UnfinishedDump | undefined;
  let generator: Generator | undefined;
  let table: OpenTable | undefined;
  let excerpt: ExcerptTables | undefined;
  let host: string | undefined;
  const commands: UnfinishedCommands = { dumps: [], lines: new Map() };
  let opened = 0;

  const open = function* (name: string | undefined, firstLine: number, line: Line): Steps<OpenTable> {
    const said = name ?? tableSaid(line) ?? excerpt?.starts.get(firstLine);
    opened += 1;
    if (dump === undefined || !isOfDump(dump, generator, said, line, lines)) {
      dump = openDump(generator, generator?.family ?? line.context.family);
      dumps.push(dump);
    }
    return openTable(said ?? '', firstLine, line, yield* knownWhole(known, firstLine, excerpt));
  };
  const close = (endLine: number): void => {
    if (table !== undefined && dump !== undefined) endTable(dump, table, endLine);
    table = undefined;
  };

  for (let number = lines.holes; number < lines.length; number += 1) {
    if (number % linesBetweenPauses === linesBetweenPauses - 1 || opened * linesATable >= linesBetweenPauses) {
      opened = 0;
      yield;
    }
    if (table !== undefined && isPlainIn(table, lines, number, excerpt)) number = yield* addPlain(table, lines, number, excerpt);
    const line = lines.at(number);
    if (line === undefined) continue;
    const named = mayNameHost(line) && table?.result.declared !== true ? hostNamed(line.text) : undefined;
    if (named !== undefined) {
      if (host !== undefined && host !== named) {
        close(number);
        dump = undefined;
        generator = undefined;
      }
      host = named;
    }
    switch (line.kind) {
      case 'comment': {
        const header = headerOn(line);
        // A header within a table: the COMMIT above it is missing.
        if (header !== undefined) close(number);
        generator = header ?? generator;
        break;
      }
      case 'table':
        close(number);
        table = yield* open(line.name, number, line);
        break;
      case 'commit':
        if (table !== undefined) table.result.commitLine = number;
        close(number + 1);
        break;
      case 'chain':
      case 'rule':
      case 'chain-command':
        if (line.context.within?.kind === 'command') {
          close(number);
          addLine(commandTable(commands, line, number), line, number);
          break;
        }
        if (table !== undefined && (startsTable(table, line) || excerpt?.starts.has(number) === true)) close(number);
        if (table === undefined) {
          if (tableSaid(line) === undefined && number >= (excerpt?.end ?? 0)) excerpt = yield* tablesOfExcerpt(lines, number);
          table = yield* open(undefined, number, line);
        }
        if (table.known === undefined) addLine(table, line, number);
        break;
      default:
    }
    number = Math.max(number, lastOf(table?.known) ?? number);
  }
  close(lines.length);
  return yield* finish(lines, dumps, commands);
}

const noneKnown: KnownTables = () => atOnce(undefined);

// biome-ignore lint/correctness/useYield: it stands for others that pause.
function* atOnce(table: Table | undefined): Steps<Table | undefined> {
  return table;
}

/** A known version of a table, where no other one that the text does not open begins within its lines. */
function* knownWhole(known: KnownTables, firstLine: number, excerpt: ExcerptTables | undefined): Steps<Table | undefined> {
  const version = yield* known(firstLine);
  const next = excerpt?.startBehind(firstLine) ?? Number.POSITIVE_INFINITY;
  return version === undefined || next < version.endLine ? undefined : version;
}

/** The last line before the end of a known table. */
function lastOf(table: Table | undefined): number | undefined {
  return table === undefined ? undefined : (table.commitLine ?? table.endLine) - 1;
}

/** The table that a command changes; all commands of one family and table make one. */
function commandTable(commands: UnfinishedCommands, line: Line, number: number): OpenTable {
  const { family, table: name = '' } = line.context;
  let dump = commands.dumps.find((known) => known.family === family);
  if (dump === undefined) {
    dump = openDump(undefined, family);
    commands.dumps.push(dump);
  }
  let table = dump.named.get(name);
  if (table === undefined) {
    table = openTable(name, number, undefined);
    addTable(dump, table);
  }
  commands.lines.set(number, table);
  table.result.endLine = number + 1;
  return table;
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
 * shared with the ruleset before, with all that is known of them; where a table has another name, its chains say what they said; else it is built anew.
 */
export function* rebuildRuleset(document: SourceDocument, before: Ruleset): Steps<Ruleset> {
  const { lines } = document;
  // Where addresses tell the family, a new address may tell another one.
  if (before.commands !== undefined) return yield* buildRuleset(document);
  const isFamilySaid = before.dumps.every(({ familyBy }) => familyBy === 'header' || familyBy === 'file-name');
  if (!isFamilySaid) return yield* buildRuleset(document);
  if (lines.isReadAnewOf(before.lines)) {
    if (!(yield* isTableRenamed(lines, before))) return yield* buildWith(tablesBelow(lines, before), document);
    const ruleset = yield* buildRuleset(document, (line) => atOnce(tableAt(before, line)));
    carryRenamed(before, ruleset);
    return ruleset;
  }
  const { at, added } = changedLines(before.lines, lines);
  yield;
  const changed: string[] = [];
  let isAlikeThroughout = lines.length === before.lines.length;
  for (let number = at; isAlikeThroughout && number < at + added; number += 1) {
    if (number % linesBetweenPauses === linesBetweenPauses - 1) yield;
    if (lines.isSame(number, before.lines, number)) continue;
    const line = lines.at(number);
    const old = before.lines.at(number);
    isAlikeThroughout = line !== undefined && old !== undefined && isPlain(line) && isAlike(line, old);
    if (line?.kind === 'rule') changed.push(line.name);
  }
  if (!isAlikeThroughout) {
    const patched = yield* patchRuleset(lines, before);
    return patched ?? (yield* buildWith(tablesBelow(lines, before), document));
  }
  const ruleset: Ruleset = { lines, dumps: before.dumps, tables: before.tables };
  const names = new Set(changed);
  carryMarks(
    before,
    ruleset,
    before.tables.map(({ index }) => ({ table: index, names, before: undefined })),
  );
  return ruleset;
}

/** A ruleset that takes tables that are known, with what is known of them. */
function* buildWith(tables: KeptTables | undefined, document: SourceDocument): Steps<Ruleset> {
  const ruleset = yield* buildRuleset(document, tables?.known);
  tables?.carry(ruleset);
  return ruleset;
}

/** The same as `buildRuleset`, without pauses. */
export function buildWholeRuleset(document: SourceDocument): Ruleset {
  return runToEnd(buildRuleset(document));
}

/** What shows only when all lines are known. Pauses after every large table, and every hundred small ones. */
function* finish(lines: Lines, read: readonly UnfinishedDump[], commands: UnfinishedCommands): Steps<Ruleset> {
  const tables: Table[] = [];
  const dumps: Dump[] = [];
  let finished = 0;
  for (const unfinished of [...read, ...commands.dumps]) {
    const first = unfinished.tables[0]?.result.firstLine ?? 0;
    const end = unfinished.tables.at(-1)?.result.endLine ?? 0;
    const byAddress = unfinished.family === undefined ? yield* inferFamily(lines, first, end) : undefined;
    const dumpTables: Table[] = [];
    const dump: Dump = {
      index: dumps.length,
      family: unfinished.family ?? byAddress ?? 'ipv4',
      familyBy:
        unfinished.generator !== undefined
          ? 'header'
          : unfinished.family !== undefined
            ? 'file-name'
            : byAddress !== undefined
              ? 'address'
              : 'default',
      generator: unfinished.generator,
      tables: dumpTables,
    };
    for (const table of unfinished.tables) {
      yield* finishTable(table, lines, tables.length, dump);
      tables.push(table.result);
      dumpTables.push(table.result);
      finished += table.result.chains.size + linesATable;
      if (finished < linesBetweenPauses) continue;
      finished = 0;
      yield;
    }
    dumps.push(dump);
  }
  if (commands.lines.size === 0) return { lines, dumps, tables };
  const byLine = new Map(Array.from(commands.lines, ([number, { result }]): [number, Table] => [number, result]));
  return { lines, dumps, tables, commands: { byLine, count: new Set(byLine.values()).size } };
}
