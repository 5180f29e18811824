import { type DocumentHighlight, DocumentHighlightKind, type Location, type Position } from 'vscode-languageserver-types';
import type { Steps } from '../base/steps.ts';
import { type Mention, mentionsOf, mentionsOn } from '../ruleset/places.ts';
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

/** So many lines that name a chain are highlighted: an editor asks at each move of the cursor, and a large cluster has 50,000 jumps to one chain. */
const mostHighlighted = 1_000;

/** Those of some numbers, in order, that are nearest to one. */
function nearest(numbers: readonly number[], line: number, most: number): readonly number[] {
  if (numbers.length <= most) return numbers;
  let end = numbers.findIndex((number) => number >= line);
  if (end < 0) end = numbers.length;
  let start = end;
  while (end - start < most) {
    const above = line - (numbers[start - 1] ?? Number.NEGATIVE_INFINITY);
    const below = (numbers[end] ?? Number.POSITIVE_INFINITY) - line;
    if (above <= below) start -= 1;
    else end += 1;
  }
  return numbers.slice(start, end);
}

/**
 * The same places as highlights, those of the thousand nearest lines: a declaration and the chain's own rules write it, jumps and gotos read it.
 */
export function* highlights(state: DumpState, position: Position): Steps<DocumentHighlight[]> {
  const symbol = symbolAt(state, position);
  if (symbol?.kind !== 'chain') return [];
  const { name, declarations, rules, references: jumps, mentions: others } = symbol.chain;
  const naming = [declarations, rules, jumps, others].flatMap((lines) => nearest(lines, position.line, mostHighlighted));
  const lines = [...new Set(naming)].sort((one, other) => one - other);
  const found: DocumentHighlight[] = [];
  let seen = 0;
  for (const line of nearest(lines, position.line, mostHighlighted)) {
    seen += 1;
    if (seen % mentionsBetweenPauses === 0) yield;
    for (const mention of mentionsOn(state.ruleset, line)) {
      if (mention.name !== name) continue;
      const isRead = mention.kind === 'jump' || mention.kind === 'goto';
      found.push({ range: rangeOf(mention), kind: isRead ? DocumentHighlightKind.Read : DocumentHighlightKind.Write });
    }
  }
  return found;
}
