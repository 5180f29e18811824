import type { Location, LocationLink, Position } from 'vscode-languageserver-types';
import type { Place } from '../lint/support/finding.ts';
import { declarationOf } from '../ruleset/places.ts';
import { setsOf } from '../ruleset/sets.ts';
import { type DumpState, rangeOf } from './support/state.ts';
import { symbolAt } from './support/symbol-at.ts';

/**
 * Where the chain under the position is declared. On the declaration itself: its first rule, so that "go to definition" on `:CHAIN`
 * leads on to what the chain does.
 */
export function definition(state: DumpState, position: Position): LocationLink[] {
  const symbol = symbolAt(state, position);
  if (symbol?.kind === 'set') return setDefinition(state, symbol.name, symbol.place);
  if (symbol?.kind !== 'chain') return [];
  const { chain } = symbol;
  const declaration = declarationOf(state.ruleset, chain);
  const firstRule = chain.rules[0];
  const target =
    symbol.mention === 'declaration' && firstRule !== undefined
      ? { line: firstRule, start: 0, end: state.ruleset.lines.at(firstRule)?.text.length ?? 0 }
      : declaration;
  if (target === undefined) return [];
  return [
    {
      originSelectionRange: rangeOf(symbol.place),
      targetUri: state.uri,
      targetRange: rangeOf({ line: target.line, start: 0, end: state.ruleset.lines.at(target.line)?.text.length ?? target.end }),
      targetSelectionRange: rangeOf(target),
    },
  ];
}

/** The lines where a set is declared: a file may hold the same set of several nodes. */
function setDefinition(state: DumpState, name: string, origin: Place): LocationLink[] {
  return (setsOf(state.ruleset).get(name)?.declarations ?? []).map((line) => {
    const text = state.ruleset.lines.at(line)?.text ?? '';
    const start = Math.max(text.indexOf(name), 0);
    return {
      originSelectionRange: rangeOf(origin),
      targetUri: state.uri,
      targetRange: rangeOf({ line, start: 0, end: text.length }),
      targetSelectionRange: rangeOf({ line, start, end: start + name.length }),
    };
  });
}

/** The same for clients without link support. */
export function definitionLocations(state: DumpState, position: Position): Location[] {
  return definition(state, position).map((link) => ({ uri: link.targetUri, range: link.targetSelectionRange }));
}

/** Where the chain under the position is declared, also from its declaration. */
export function declaration(state: DumpState, position: Position): Location[] {
  const symbol = symbolAt(state, position);
  const place = symbol?.kind === 'chain' ? declarationOf(state.ruleset, symbol.chain) : undefined;
  return place === undefined ? definitionLocations(state, position) : [{ uri: state.uri, range: rangeOf(place) }];
}
