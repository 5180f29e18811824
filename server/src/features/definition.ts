import type { Location, LocationLink, Position } from 'vscode-languageserver-types';
import { declarationOf } from '../ruleset/places.ts';
import { type DumpState, rangeOf } from './state.ts';
import { thingAt } from './thing-at.ts';

/**
 * Where the chain under the position is declared. On the declaration itself: its first rule, so that "go to definition" on `:CHAIN`
 * leads on to what the chain does.
 */
export function definition(state: DumpState, position: Position): LocationLink[] {
  const thing = thingAt(state, position);
  if (thing?.kind !== 'chain') return [];
  const { chain } = thing;
  const declaration = declarationOf(state.ruleset, chain);
  const firstRule = chain.rules[0];
  const target =
    thing.mention === 'declaration' && firstRule !== undefined
      ? { line: firstRule, start: 0, end: state.ruleset.lines[firstRule]?.text.length ?? 0 }
      : declaration;
  if (target === undefined) return [];
  return [
    {
      originSelectionRange: rangeOf(thing.place),
      targetUri: state.uri,
      targetRange: rangeOf({ line: target.line, start: 0, end: state.ruleset.lines[target.line]?.text.length ?? target.end }),
      targetSelectionRange: rangeOf(target),
    },
  ];
}

/** The same for clients without link support. */
export function definitionLocations(state: DumpState, position: Position): Location[] {
  return definition(state, position).map((link) => ({ uri: link.targetUri, range: link.targetSelectionRange }));
}
