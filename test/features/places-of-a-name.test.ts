import { describe, expect, it } from 'vitest';
import type { Position, Range } from 'vscode-languageserver-types';
import { runToEnd } from '../../server/src/base/steps.ts';
import { highlights } from '../../server/src/features/references.ts';
import { linkedEditing } from '../../server/src/features/rename.ts';
import { dumpState } from '../support/dump-state.ts';
import { fixtureNames, fixtureText } from '../support/fixtures.ts';

const isAt = ({ start, end }: Range, { line, character }: Position): boolean =>
  start.line === line && end.line === line && start.character <= character && character <= end.character;

/** At every word of a text, what is highlighted and edited together is the word that the cursor is on, letter by letter. How many places there were. */
function placesIn(text: string): number {
  const state = dumpState(text);
  const lines = text.split(/\r?\n/);
  const textAt = ({ start, end }: Range): string => (lines[start.line] ?? '').slice(start.character, end.character);
  let count = 0;
  for (const [line, content] of lines.entries()) {
    for (const { index, 0: word } of content.matchAll(/[^\s"]+/g)) {
      const position = { line, character: index + (word.length >> 1) };
      const lit = runToEnd(highlights(state, position)).map(({ range }) => range);
      const linked = linkedEditing(state, position)?.ranges ?? [];
      for (const places of [lit, linked]) {
        if (places.length === 0) continue;
        const what = `line ${line + 1}, ${word}`;
        expect(new Set(places.map(textAt)).size, what).toBe(1);
        expect(
          places.some((place) => isAt(place, position)),
          what,
        ).toBe(true);
        count += places.length;
      }
    }
  }
  return count;
}

describe('the places of a name', () => {
  const texts = ['pasted', 'packets']
    .flatMap(fixtureNames)
    .filter((name) => /\.ip6?tables$/.test(name))
    .map(fixtureText);

  it.each<readonly [string, (text: string) => string]>([
    ['dumps, listings and pastes', (text) => text],
    ['those with tabs and line ends of Windows', (text) => text.replace(/^(-A \S+) /gm, '$1\t').replace(/\r?\n/g, '\r\n')],
  ])('are that name in %s', (_, change) => {
    let count = 0;
    for (const text of texts) if (text.length < 6_000) count += placesIn(change(text));
    expect(count).toBeGreaterThan(1_000);
  });
});
