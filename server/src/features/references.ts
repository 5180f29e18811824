import { type DocumentHighlight, DocumentHighlightKind, type Location, type Position } from 'vscode-languageserver-types';
import { mentionsOf } from '../ruleset/places.ts';
import { type DumpState, rangeOf } from './support/state.ts';
import { symbolAt } from './support/symbol-at.ts';

/** Every place in the table that names the chain under the position. A chain is known in its own table only. */
export function references(state: DumpState, position: Position, includeDeclaration: boolean): Location[] {
  const symbol = symbolAt(state, position);
  if (symbol?.kind !== 'chain') return [];
  const locations: Location[] = [];
  for (const mention of mentionsOf(state.ruleset, symbol.chain)) {
    if (mention.kind === 'declaration' && !includeDeclaration) continue;
    locations.push({ uri: state.uri, range: rangeOf(mention) });
  }
  return locations;
}

/** The same places as highlights: a declaration and the chain's own rules write it, jumps and gotos read it. */
export function highlights(state: DumpState, position: Position): DocumentHighlight[] {
  const symbol = symbolAt(state, position);
  if (symbol?.kind !== 'chain') return [];
  return Array.from(mentionsOf(state.ruleset, symbol.chain), (mention) => ({
    range: rangeOf(mention),
    kind: mention.kind === 'jump' || mention.kind === 'goto' ? DocumentHighlightKind.Read : DocumentHighlightKind.Write,
  }));
}
