import { expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { changeDocument, readWholeDocument, type SourceDocument, type TextChange } from '../../server/src/syntax/document.ts';
import { nextChange } from '../../server/src/syntax/merge-changes.ts';
import { seeded } from '../property/random-edits.ts';

function oneByOne(document: SourceDocument, changes: readonly TextChange[]): SourceDocument {
  return changes.reduce((before, change) => runToEnd(changeDocument(before, change)), document);
}

/** The same with `nextChange`, and how many changes were made. */
function merged(
  document: SourceDocument,
  changes: readonly TextChange[],
): { readonly document: SourceDocument; readonly made: number } {
  let now = document;
  let made = 0;
  for (let at = 0; at < changes.length; made += 1) {
    const { change, count } = runToEnd(nextChange(now, changes, at));
    if (change !== undefined) now = runToEnd(changeDocument(now, change));
    at += count;
  }
  return { document: now, made };
}

const linesOf = ({ lines }: SourceDocument): unknown =>
  lines.slice().map(({ text, carriageReturn, kind, problems }) => [text, carriageReturn, kind, problems]);

it('thousands of places that are replaced from the last to the first are one change', () => {
  const text = `*filter\n:INPUT ACCEPT [0:0]\n${'-A INPUT -s 10.0.0.1/32 -j ACCEPT\n'.repeat(3_000)}COMMIT\n`;
  const changes = Array.from({ length: 3_000 }, (_, index): TextChange => {
    const line = 3_001 - index;
    return { range: { start: { line, character: 12 }, end: { line, character: 23 } }, text: '192.0.2.1' };
  });
  const { document, made } = merged(readWholeDocument(text), changes);
  expect(made).toBe(1);
  expect(linesOf(document)).toEqual(linesOf(readWholeDocument(text.replaceAll('10.0.0.1/32', '192.0.2.1'))));
});

it.each(Array.from({ length: 40 }, (_, seed) => seed))('any changes give what they give one by one (seed %i)', (seed) => {
  const below = seeded(seed);
  const pieces = ['', 'x', '\n', '\r', '\r\n', '-A INPUT -j DROP\n', '*nat\n', 'COMMIT\n', '\ufeff', '😀'];
  const piece = (): string => pieces[below(pieces.length)] ?? '';
  const text = `${below(2) === 0 ? '\ufeff' : ''}*filter\r\n:INPUT ACCEPT [0:0]\n${Array.from({ length: 30 }, () => `-A INPUT -j ACCEPT${below(3) === 0 ? '\r\n' : '\n'}`).join('')}COMMIT\n`;
  const changes: TextChange[] = [];
  let line = 34;
  let character = 30;
  while (changes.length < 200) {
    // Mostly upwards, and now and then anywhere.
    if (below(25) === 0 || line < 0) [line, character] = [below(40), below(25)];
    const end = { line, character };
    const start = below(3) === 0 ? end : { line: Math.max(line - below(2), 0), character: below(character + 1) };
    const isRight = start.line < end.line || start.character <= end.character;
    changes.push(
      below(60) === 0 ? { text } : { range: isRight || below(9) === 0 ? { start, end } : { start: end, end }, text: piece() },
    );
    [line, character] = below(3) === 0 ? [start.line, start.character] : [start.line - 1, below(25)];
  }
  const document = readWholeDocument(text);
  const all = merged(document, changes);
  expect(linesOf(all.document)).toEqual(linesOf(oneByOne(document, changes)));
  expect(all.document.byteOrderMark).toBe(oneByOne(document, changes).byteOrderMark);
});
