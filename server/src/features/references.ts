import { type DocumentHighlight, DocumentHighlightKind, type Location, type Position } from 'vscode-languageserver-types';
import type { Steps } from '../base/steps.ts';
import { type Mention, mentionsOf } from '../ruleset/places.ts';
import type { Chain, Ruleset } from '../ruleset/ruleset.ts';
import { type DumpState, rangeOf } from './support/state.ts';
import { symbolAt } from './support/symbol-at.ts';

/** A chain of a large cluster has tens of thousands of rules, each of which is read again for its place. */
const mentionsBetweenPauses = 128;

function* mentionSteps(ruleset: Ruleset, chain: Chain): Steps<readonly Mention[]> {
  const mentions: Mention[] = [];
  for (const mention of mentionsOf(ruleset, chain)) {
    mentions.push(mention);
    if (mentions.length % mentionsBetweenPauses === 0) yield;
  }
  return mentions;
}

/** Every place in the table that names the chain under the position. A chain is known in its own table only. Pauses every hundred places. */
export function* references(state: DumpState, position: Position, includeDeclaration: boolean): Steps<Location[]> {
  const symbol = symbolAt(state, position);
  if (symbol?.kind !== 'chain') return [];
  const locations: Location[] = [];
  for (const mention of yield* mentionSteps(state.ruleset, symbol.chain)) {
    if (mention.kind === 'declaration' && !includeDeclaration) continue;
    locations.push({ uri: state.uri, range: rangeOf(mention) });
  }
  return locations;
}

/** The same places as highlights: a declaration and the chain's own rules write it, jumps and gotos read it. */
export function* highlights(state: DumpState, position: Position): Steps<DocumentHighlight[]> {
  const symbol = symbolAt(state, position);
  if (symbol?.kind !== 'chain') return [];
  const mentions = yield* mentionSteps(state.ruleset, symbol.chain);
  return mentions.map((mention) => ({
    range: rangeOf(mention),
    kind: mention.kind === 'jump' || mention.kind === 'goto' ? DocumentHighlightKind.Read : DocumentHighlightKind.Write,
  }));
}
