/** Who jumps to a chain, and where it jumps: the chains of a table as a hierarchy of calls, with the rules as the places of the calls. */
import {
  type CallHierarchyIncomingCall,
  type CallHierarchyItem,
  type CallHierarchyOutgoingCall,
  type Position,
  type Range,
  SymbolKind,
} from 'vscode-languageserver-types';
import { oneLine } from '../base/safe-text.ts';
import type { Steps } from '../base/steps.ts';
import { chainTitle } from '../kube/identity/titles.ts';
import { declarationOf, mentionsOn } from '../ruleset/places.ts';
import type { Chain } from '../ruleset/ruleset.ts';
import { type DumpState, rangeOf } from './support/state.ts';
import { chainOfLine, symbolAt } from './support/symbol-at.ts';

/** What an item keeps of its chain, so that it is found again after an edit. */
interface ItemData {
  readonly dump: number;
  readonly table: string;
  readonly chain: string;
}

const rulesBetweenPauses = 128;

function isItemData(value: unknown): value is ItemData {
  const data = value as Partial<ItemData> | null | undefined;
  return typeof data?.dump === 'number' && typeof data.table === 'string' && typeof data.chain === 'string';
}

function itemOf(state: DumpState, chain: Chain): CallHierarchyItem | undefined {
  const place = declarationOf(state.ruleset, chain);
  if (place === undefined) return undefined;
  const { table, name, builtin } = chain;
  const data: ItemData = { dump: table.dump.index, table: table.name, chain: name };
  const title = oneLine(chainTitle(state.resolution(), chain));
  return {
    name: oneLine(name),
    kind: builtin ? SymbolKind.Event : SymbolKind.Function,
    detail: [title, table.name].filter((text) => text !== '').join(', '),
    uri: state.uri,
    range: rangeOf({ line: place.line, start: 0, end: state.ruleset.lines[place.line]?.text.length ?? place.end }),
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

/** The chains with rules that jump to the item's chain, each with those jumps. Pauses every hundred rules. */
export function* incomingCalls(state: DumpState, item: CallHierarchyItem): Steps<CallHierarchyIncomingCall[]> {
  const chain = chainOfItem(state, item);
  const calls = new Map<Chain, Range[]>();
  for (const [at, line] of (chain?.references ?? []).entries()) {
    if (at % rulesBetweenPauses === rulesBetweenPauses - 1) yield;
    const from = chainOfLine(state, line);
    const jump = jumpOn(state, line);
    if (from === undefined || jump === undefined || jump.name !== chain?.name) continue;
    const ranges = calls.get(from);
    if (ranges === undefined) calls.set(from, [jump.range]);
    else ranges.push(jump.range);
  }
  const found: CallHierarchyIncomingCall[] = [];
  for (const [caller, fromRanges] of calls) {
    const from = itemOf(state, caller);
    if (from !== undefined) found.push({ from, fromRanges });
    if (found.length % rulesBetweenPauses === 0) yield;
  }
  return found;
}

/** The chains that the item's chain jumps to, in the order of its rules, each with those jumps. Pauses every hundred rules. */
export function* outgoingCalls(state: DumpState, item: CallHierarchyItem): Steps<CallHierarchyOutgoingCall[]> {
  const chain = chainOfItem(state, item);
  const calls = new Map<Chain, Range[]>();
  for (const [at, line] of (chain?.rules ?? []).entries()) {
    if (at % rulesBetweenPauses === rulesBetweenPauses - 1) yield;
    const jump = jumpOn(state, line);
    const target = jump === undefined ? undefined : chain?.table.chains.get(jump.name);
    if (jump === undefined || target === undefined) continue;
    const ranges = calls.get(target);
    if (ranges === undefined) calls.set(target, [jump.range]);
    else ranges.push(jump.range);
  }
  const found: CallHierarchyOutgoingCall[] = [];
  for (const [callee, fromRanges] of calls) {
    const to = itemOf(state, callee);
    if (to !== undefined) found.push({ to, fromRanges });
    if (found.length % rulesBetweenPauses === 0) yield;
  }
  return found;
}
