/** Who jumps to a chain, and where it jumps: the chains of a table as a hierarchy of calls, with the rules as the places of the calls. */
import {
  type CallHierarchyIncomingCall,
  type CallHierarchyItem,
  type CallHierarchyOutgoingCall,
  type Position,
  type Range,
  SymbolKind,
} from 'vscode-languageserver-types';
import { counted } from '../base/counted.ts';
import { labelText } from '../base/safe-text.ts';
import { type Steps, statementsBetweenPauses } from '../base/steps.ts';
import { chainTitle } from '../kube/identity/titles.ts';
import { declarationOf, mentionsOn } from '../ruleset/places.ts';
import type { Chain, Table } from '../ruleset/ruleset.ts';
import { type DumpState, rangeOf } from './support/state.ts';
import { chainOfLine, symbolAt } from './support/symbol-at.ts';

/** What an item keeps of its chain, so that it is found again after an edit. */
interface ItemData {
  readonly dump: number;
  readonly table: string;
  readonly chain: string;
}

const linesBetweenPauses = 4_096;
/** An answer of 50,000 chains is megabytes that nobody reads, and holds all others up. */
const mostCalls = 1_000;

function isItemData(value: unknown): value is ItemData {
  const data = value as Partial<ItemData> | null | undefined;
  return typeof data?.dump === 'number' && typeof data.table === 'string' && typeof data.chain === 'string';
}

function itemOf(state: DumpState, chain: Chain): CallHierarchyItem | undefined {
  const place = declarationOf(state.ruleset, chain);
  if (place === undefined) return undefined;
  const { table, name, builtin } = chain;
  const data: ItemData = { dump: table.dump.index, table: table.name, chain: name };
  const title = labelText(chainTitle(state.resolution(), chain));
  return {
    name: labelText(name),
    kind: builtin ? SymbolKind.Event : SymbolKind.Function,
    detail: [title, table.name].filter((text) => text !== '').join(', '),
    uri: state.uri,
    range: rangeOf({ line: place.line, start: 0, end: state.ruleset.lines.at(place.line)?.text.length ?? place.end }),
    selectionRange: rangeOf(place),
    data,
  };
}

function chainOfItem({ ruleset }: DumpState, { data }: CallHierarchyItem): Chain | undefined {
  if (!isItemData(data)) return undefined;
  return ruleset.dumps[data.dump]?.tables.find(({ name }) => name === data.table)?.chains.get(data.chain);
}

/** The chain under the position, else the one that the line belongs to; empty where there is none. */
export function prepareCallHierarchy(state: DumpState, position: Position): CallHierarchyItem[] {
  const symbol = symbolAt(state, position);
  const chain = symbol?.kind === 'chain' ? symbol.chain : symbol === undefined ? chainOfLine(state, position.line) : undefined;
  const item = chain === undefined ? undefined : itemOf(state, chain);
  return item === undefined ? [] : [item];
}

/** The jump or goto on a line (0-based). */
function jumpOn({ ruleset }: DumpState, line: number): { readonly name: string; readonly range: Range } | undefined {
  const mention = mentionsOn(ruleset, line).find(({ kind }) => kind === 'jump' || kind === 'goto');
  return mention === undefined ? undefined : { name: mention.name, range: rangeOf(mention) };
}

/** Jumps of a chain, or to it, by the chain at their other end. */
interface Jumps {
  /** Lines by a chain's name, 0-based. */
  readonly byName: ReadonlyMap<string, readonly number[]>;
  /** How many jumps there are besides: what leads to thousands of chains is not gone through to its end. */
  readonly left: number;
}

/** The lines of jumps by the name of a chain that there is, up to one chain more than an answer has. Pauses every few thousand. */
function* jumpsByName(
  lines: readonly number[],
  chains: Table['chains'],
  nameOf: (line: number) => string | undefined,
): Steps<Jumps> {
  const byName = new Map<string, number[]>();
  for (const [at, line] of lines.entries()) {
    if (at % linesBetweenPauses === linesBetweenPauses - 1) yield;
    const name = nameOf(line);
    if (name === undefined || !chains.has(name)) continue;
    const before = byName.get(name);
    if (before === undefined) byName.set(name, [line]);
    else before.push(line);
    if (byName.size > mostCalls) return { byName, left: lines.length - at };
  }
  return { byName, left: 0 };
}

/** Chains with the places of their jumps; of more than a thousand the first, and in place of the others one item that says how many jumps are left. */
function* callsOf(
  state: DumpState,
  { byName, left }: Jumps,
  chains: Table['chains'],
  target: (chain: string) => string,
): Steps<{ readonly item: CallHierarchyItem; readonly fromRanges: Range[] }[]> {
  const calls: { readonly item: CallHierarchyItem; readonly fromRanges: Range[] }[] = [];
  let seen = 0;
  for (const [name, lines] of byName) {
    const chain = chains.get(name);
    const item = chain === undefined ? undefined : itemOf(state, chain);
    seen += 1;
    if (item === undefined) continue;
    if (seen > mostCalls) {
      const { data: _, detail: __, ...place } = item;
      calls.push({ item: { ...place, name: `and ${counted(left, 'more rule')}` }, fromRanges: [] });
      break;
    }
    const fromRanges: Range[] = [];
    for (const [at, line] of lines.entries()) {
      if (at % statementsBetweenPauses === statementsBetweenPauses - 1) yield;
      const jump = jumpOn(state, line);
      if (jump?.name === target(name)) fromRanges.push(jump.range);
    }
    if (fromRanges.length > 0) calls.push({ item, fromRanges });
    if (seen % statementsBetweenPauses === 0) yield;
  }
  return calls;
}

/** The chains with rules that jump to the item's chain, each with those jumps. Pauses every few rules. */
export function* incomingCalls(state: DumpState, item: CallHierarchyItem): Steps<CallHierarchyIncomingCall[]> {
  const chain = chainOfItem(state, item);
  if (chain === undefined) return [];
  const { lines } = state.ruleset;
  const callers = yield* jumpsByName(chain.references, chain.table.chains, (line) => lines.at(line)?.name);
  const calls = yield* callsOf(state, callers, chain.table.chains, () => chain.name);
  return calls.map(({ item: from, fromRanges }) => ({ from, fromRanges }));
}

/** The chains that the item's chain jumps to, in the order of its rules, each with those jumps. Pauses every few rules. */
export function* outgoingCalls(state: DumpState, item: CallHierarchyItem): Steps<CallHierarchyOutgoingCall[]> {
  const chain = chainOfItem(state, item);
  if (chain === undefined) return [];
  const { lines } = state.ruleset;
  const called = yield* jumpsByName(chain.rules, chain.table.chains, (line) => lines.at(line)?.target);
  const calls = yield* callsOf(state, called, chain.table.chains, (name) => name);
  return calls.map(({ item: to, fromRanges }) => ({ to, fromRanges }));
}
