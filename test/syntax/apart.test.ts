import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { placeInDocument, placeInText, putApart } from '../../server/src/syntax/apart.ts';
import { readWholeDocument, type SourceDocument } from '../../server/src/syntax/document.ts';

function apartOf(text: string): SourceDocument {
  return runToEnd(putApart(readWholeDocument(text)));
}

const escaped = String.raw`"rules": "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -m comment --comment \"a b\" -j WEB\nCOMMIT\n",`;

describe('lines that stand on one', () => {
  it('are lines of their own, and every other line stays as it is', () => {
    const { lines } = apartOf('a note\n-A X -j Y -A X -j Z\n-A Y -j ACCEPT\n');
    expect(lines.slice().map(({ text }) => text)).toEqual(['a note', '-A X -j Y', '-A X -j Z', '-A Y -j ACCEPT', '']);
    const plain = readWholeDocument('*nat\n-A X -j Y\nCOMMIT\n');
    expect(runToEnd(putApart(plain))).toBe(plain);
  });

  it('of a JSON string lose its escapes, and keep their places', () => {
    const document = apartOf(escaped);
    expect(document.lines.slice().map(({ text }) => text)).toEqual([
      'rules": "',
      '*nat',
      ':PREROUTING ACCEPT [0:0]',
      '-A PREROUTING -m comment --comment "a b" -j WEB',
      'COMMIT',
      ',',
    ]);
    const character = document.lines.at(3)?.text.indexOf('WEB') ?? 0;
    const place = placeInText(document, { line: 3, character });
    expect(escaped.slice(place.character, place.character + 3)).toBe('WEB');
    expect(placeInDocument(document, place)).toEqual({ line: 3, character });
  });

  it('hold what the text has at the place that is told', () => {
    const word = fc.constantFrom('-A X -j Y', '-A X -m comment --comment "n m" -j Y', ':WEB - [0:0]', 'COMMIT', '*nat');
    const line = fc.tuple(fc.array(word, { minLength: 1, maxLength: 4 }), fc.constantFrom(' ', '    ', '\t \t '));
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 6 }), (parts) => {
        const texts = parts.map(([words, blank]) => words.join(blank));
        const document = apartOf(texts.join('\n'));
        for (const [number, { text }] of document.lines.entries()) {
          for (let character = 0; character < text.length; character += 1) {
            const place = placeInText(document, { line: number, character });
            expect(texts[place.line]?.charAt(place.character)).toBe(text.charAt(character));
            expect(placeInDocument(document, place)).toEqual({ line: number, character });
          }
        }
      }),
      { numRuns: 200, seed: 4 },
    );
  });
});
