import { type DocumentSymbol, SymbolKind, type WorkspaceSymbol } from 'vscode-languageserver-types';
import { oneLine } from '../base/safe-text.ts';
import type { Steps } from '../base/steps.ts';
import { chainTitle } from '../kube/identity/titles.ts';
import { declarationOf } from '../ruleset/places.ts';
import type { Chain, Table } from '../ruleset/ruleset.ts';
import { type DumpState, rangeOf } from './support/state.ts';

// An outline of 50,000 endpoint chains helps nobody and costs every editor seconds: beyond this they are left to workspace symbols.
const mostChainsInOutline = 10_000;
const mostWorkspaceSymbols = 500;
const chainsBetweenPauses = 256;

function tableTitle(state: DumpState, table: Table): string {
  return state.ruleset.dumps.length > 1 ? `${table.dump.family === 'ipv6' ? 'IPv6' : 'IPv4'} (dump ${table.dump.index + 1})` : '';
}

/** Tables, and in each its chains with the Service or Pod behind them. */
export function* documentSymbols(state: DumpState): Steps<DocumentSymbol[]> {
  const symbols: DocumentSymbol[] = [];
  for (const table of state.ruleset.tables) {
    const children: DocumentSymbol[] = [];
    const withEndpoints = table.chains.size <= mostChainsInOutline;
    let count = 0;
    for (const chain of table.chains.values()) {
      if (!withEndpoints && chain.name.startsWith('KUBE-SEP-')) continue;
      count += 1;
      if (count % chainsBetweenPauses === 0) yield;
      const symbol = chainSymbol(state, chain);
      if (symbol !== undefined) children.push(symbol);
    }
    const header = { line: table.firstLine, start: 0, end: state.ruleset.lines[table.firstLine]?.text.length ?? 0 };
    const last = table.endLine - 1;
    symbols.push({
      name: oneLine(table.name),
      detail: tableTitle(state, table),
      kind: SymbolKind.Namespace,
      range: {
        start: { line: table.firstLine, character: 0 },
        end: { line: last, character: state.ruleset.lines[last]?.text.length ?? 0 },
      },
      selectionRange: rangeOf(header),
      children,
    });
  }
  return symbols;
}

function chainSymbol(state: DumpState, chain: Chain): DocumentSymbol | undefined {
  const place = declarationOf(state.ruleset, chain);
  if (place === undefined) return undefined;
  return {
    name: oneLine(chain.name),
    detail: oneLine(chainTitle(state.resolution(), chain)),
    kind: chain.builtin ? SymbolKind.Event : SymbolKind.Function,
    range: rangeOf({ line: place.line, start: 0, end: state.ruleset.lines[place.line]?.text.length ?? place.end }),
    selectionRange: rangeOf(place),
  };
}

/**
 * Chains of all open dumps whose name, or whose Service or Pod, holds every word of the query, in any case; at most 500.
 * An endpoint chain is found by its own name, and by its Pod's where the query holds a "/".
 */
export function* workspaceSymbols(states: readonly DumpState[], query: string): Steps<WorkspaceSymbol[]> {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const symbols: WorkspaceSymbol[] = [];
  let count = 0;
  for (const state of states) {
    for (const table of state.ruleset.tables) {
      for (const chain of table.chains.values()) {
        count += 1;
        if (count % chainsBetweenPauses === 0) yield;
        const searchTitle =
          !chain.name.startsWith('KUBE-SEP-') || query.includes('/') || table.chains.size <= mostChainsInOutline;
        const title = searchTitle ? chainTitle(state.resolution(), chain) : '';
        const text = `${chain.name} ${title}`.toLowerCase();
        if (!words.every((word) => text.includes(word))) continue;
        const place = declarationOf(state.ruleset, chain);
        if (place === undefined) continue;
        symbols.push({
          name: oneLine(title === '' ? chain.name : `${chain.name} (${title})`),
          kind: SymbolKind.Function,
          containerName: table.name,
          location: { uri: state.uri, range: rangeOf(place) },
        });
        if (symbols.length >= mostWorkspaceSymbols) return symbols;
      }
    }
  }
  return symbols;
}
