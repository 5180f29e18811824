import { findTarget } from '../catalog/lookup.ts';
import { isBuiltinChain } from '../catalog/tables.ts';
import type { Family, TableName } from '../catalog/types.ts';
import type { SourceDocument } from '../syntax/document.ts';
import { type Generator, readHeader } from '../syntax/header.ts';
import type { Line } from '../syntax/line.ts';
import { runToEnd, type Steps } from '../syntax/steps.ts';
import type { Chain, Dump, Ruleset, Table } from './ruleset.ts';

const none: number[] = [];

/** A chain while its lines are collected. Lists begin as one shared empty list, since most chains need few of them. */
interface ChainDraft {
  readonly name: string;
  declarations: number[];
  rules: number[];
  mentions: number[];
}

interface TableDraft {
  readonly name: string | undefined;
  readonly firstLine: number;
  readonly declared: boolean;
  commitLine: number | undefined;
  readonly chains: Map<string, ChainDraft>;
  /** Lines by what they jump to, chains and targets alike: which it is shows when all declarations are known. */
  readonly jumps: Map<string, number[]>;
}

interface DumpDraft {
  readonly generator: Generator | undefined;
  readonly tables: { readonly draft: TableDraft; readonly endLine: number }[];
  family: Family | undefined;
}

function chainOf(table: TableDraft, name: string): ChainDraft {
  let chain = table.chains.get(name);
  if (chain === undefined) {
    chain = { name, declarations: none, rules: none, mentions: none };
    table.chains.set(name, chain);
  }
  return chain;
}

function append(list: number[], line: number): number[] {
  if (list === none) return [line];
  list.push(line);
  return list;
}

function addToTable(table: TableDraft, line: Line, number: number): void {
  switch (line.kind) {
    case 'chain': {
      const chain = chainOf(table, line.name);
      chain.declarations = append(chain.declarations, number);
      break;
    }
    case 'rule': {
      const chain = chainOf(table, line.name);
      chain.rules = append(chain.rules, number);
      if (line.target === '') break;
      const jumps = table.jumps.get(line.target);
      if (jumps === undefined) table.jumps.set(line.target, [number]);
      else jumps.push(number);
      break;
    }
    case 'chain-command': {
      if (line.name === '') break;
      const chain = chainOf(table, line.name);
      if (line.command === 'new') chain.declarations = append(chain.declarations, number);
      else chain.mentions = append(chain.mentions, number);
      if (line.command === 'rename' && line.target !== '') {
        const renamed = chainOf(table, line.target);
        renamed.declarations = append(renamed.declarations, number);
      }
      break;
    }
    default:
  }
}

const natHints = /^(?:DNAT|SNAT|MASQUERADE|REDIRECT|NETMAP)$/;
const natChains = /^(?:KUBE-(?:SVC|SVL|EXT|FW|XLB|SEP|MARK|POSTROUTING)|CNI-|cali-(?:PREROUTING|POSTROUTING|nat))/;

/** Which table a part without `*table` is of, by what it holds: only nat rewrites addresses. */
function inferTableName(draft: TableDraft): TableName {
  for (const target of draft.jumps.keys()) if (natHints.test(target)) return 'nat';
  for (const chain of draft.chains.values()) {
    if (natChains.test(chain.name)) return 'nat';
    if (chain.name === 'PREROUTING' || chain.name === 'POSTROUTING') return draft.chains.has('FORWARD') ? 'mangle' : 'nat';
  }
  return 'filter';
}

function isJumpToChain(draft: TableDraft, target: string, isGoto: boolean): boolean {
  const chain = draft.chains.get(target);
  if (chain !== undefined && (chain.declarations.length > 0 || chain.rules.length > 0)) return true;
  return isGoto || findTarget(target) === undefined;
}

function finishTable(draft: TableDraft, endLine: number, index: number, dump: Dump, lines: readonly Line[]): Table {
  const name = draft.name ?? inferTableName(draft);
  for (const [target, jumps] of draft.jumps) {
    const first = jumps[0];
    if (first !== undefined && isJumpToChain(draft, target, lines[first]?.isGoto === true)) chainOf(draft, target);
  }
  const chains = new Map<string, Chain>();
  const table: Table = {
    index,
    name,
    dump,
    firstLine: draft.firstLine,
    endLine,
    commitLine: draft.commitLine,
    declared: draft.declared,
    chains,
  };
  for (const chain of draft.chains.values()) {
    chains.set(chain.name, {
      name: chain.name,
      table,
      builtin: isBuiltinChain(name, chain.name),
      declarations: chain.declarations,
      rules: chain.rules,
      references: draft.jumps.get(chain.name) ?? none,
      mentions: chain.mentions,
    });
  }
  return table;
}

/** The first address that tells the family, looked for where there is no header. */
function familyByAddress(lines: readonly Line[], from: number, to: number): Family | undefined {
  for (let index = from; index < to; index += 1) {
    const line = lines[index];
    if (line?.kind !== 'rule') continue;
    const match = / (?:-s|-d|--source|--destination|--to-destination) \[?([0-9A-Fa-f]*[:.][0-9A-Fa-f:.]*)/.exec(line.text);
    if (match?.[1] !== undefined) return match[1].includes(':') && !/^[0-9.]+:/.test(match[1]) ? 'ipv6' : 'ipv4';
  }
  return undefined;
}

function newTable(name: string | undefined, firstLine: number): TableDraft {
  return {
    name,
    firstLine,
    declared: name !== undefined,
    commitLine: undefined,
    chains: new Map(),
    jumps: new Map(),
  };
}

/** Whether a table that starts under this header belongs to another dump than the one before it. */
function startsDump(current: DumpDraft | undefined, generator: Generator | undefined, name: string | undefined): boolean {
  if (current === undefined) return true;
  const known = current.generator;
  if (generator !== undefined && known !== undefined) {
    if (generator.family !== known.family || generator.program !== known.program || generator.version !== known.version)
      return true;
  } else if (generator !== known && current.tables.length > 0 && generator !== undefined) {
    return true;
  }
  return name !== undefined && current.tables.some(({ draft }) => draft.name === name);
}

const linesBetweenPauses = 4096;

/** The ruleset of a document. Pauses every few thousand lines; never throws. */
export function* buildRuleset(document: SourceDocument): Steps<Ruleset> {
  const { lines } = document;
  const dumps: DumpDraft[] = [];
  let dump: DumpDraft | undefined;
  let generator: Generator | undefined;
  let table: TableDraft | undefined;

  const open = (name: string | undefined, firstLine: number): TableDraft => {
    if (dump === undefined || startsDump(dump, generator, name)) {
      dump = { generator, tables: [], family: generator?.family ?? lines[firstLine]?.context.family };
      dumps.push(dump);
    }
    return newTable(name, firstLine);
  };
  const close = (endLine: number): void => {
    if (table !== undefined && dump !== undefined) dump.tables.push({ draft: table, endLine });
    table = undefined;
  };

  for (let number = 0; number < lines.length; number += 1) {
    if (number % linesBetweenPauses === linesBetweenPauses - 1) yield;
    const line = lines[number];
    if (line === undefined) continue;
    switch (line.kind) {
      case 'comment':
        if (line.text.startsWith('# Generated')) {
          const header = readHeader(line.text);
          if (header === undefined) break;
          // A header within a table: the COMMIT above it is missing.
          close(number);
          generator = header;
        }
        break;
      case 'table':
        close(number);
        table = open(line.name, number);
        break;
      case 'commit':
        if (table !== undefined) {
          table.commitLine = number;
          close(number + 1);
        }
        break;
      case 'chain':
      case 'rule':
      case 'chain-command':
        table ??= open(undefined, number);
        addToTable(table, line, number);
        break;
      default:
    }
  }
  close(lines.length);
  return finish(lines, dumps);
}

function finish(lines: readonly Line[], drafts: readonly DumpDraft[]): Ruleset {
  const tables: Table[] = [];
  const dumps = drafts.map((draft, index): Dump => {
    const dumpTables: Table[] = [];
    const first = draft.tables[0];
    const last = draft.tables.at(-1);
    const byAddress =
      draft.family === undefined && first !== undefined && last !== undefined
        ? familyByAddress(lines, first.draft.firstLine, last.endLine)
        : undefined;
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
    for (const { draft: table, endLine } of draft.tables) {
      const finished = finishTable(table, endLine, tables.length, dump, lines);
      tables.push(finished);
      dumpTables.push(finished);
    }
    return dump;
  });
  return { lines, dumps, tables };
}

/** The same, without pauses. */
export function buildWholeRuleset(document: SourceDocument): Ruleset {
  return runToEnd(buildRuleset(document));
}
