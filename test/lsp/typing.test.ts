import { describe, expect, it } from 'vitest';
import { type Typing, typedSince, typingAfter } from '../../server/src/lsp/typing.ts';
import type { TextChange } from '../../server/src/syntax/document.ts';

function at(line: number, start: number, text: string, end = start): TextChange {
  return { range: { start: { line, character: start }, end: { line, character: end } }, text };
}

function typed(...changes: readonly TextChange[]): Typing | undefined {
  return changes.reduce<Typing | undefined>(typingAfter, undefined);
}

describe('what is typed', () => {
  it('goes on where it ended', () => {
    expect(typed(at(3, 9, '-'), at(3, 10, 'j'), at(3, 11, ' MI'))).toEqual({ line: 3, start: 9, end: 14 });
  });

  it('begins anew elsewhere', () => {
    expect(typed(at(3, 9, '-j'), at(3, 2, 'x'))).toEqual({ line: 3, start: 2, end: 3 });
    expect(typed(at(3, 9, '-j'), at(4, 11, 'x'))).toEqual({ line: 4, start: 11, end: 12 });
  });

  it.each([
    ['something is taken away', at(3, 10, '', 11)],
    ['something takes the place of other text', at(3, 11, 'x', 12)],
    ['a line ends', at(3, 11, '\n')],
    ['the text is another', { text: '*filter' }],
  ])('is nothing where %s', (_what, change) => {
    expect(typed(at(3, 9, '-j'), change)).toBeUndefined();
  });
});

describe('what was typed since somebody stood at a place', () => {
  const typing = { line: 3, start: 9, end: 14 };

  it('is what stands behind it', () => {
    expect(typedSince(typing, { line: 3, character: 12 })).toBe(2);
    expect(typedSince(typing, { line: 3, character: 10 })).toBe(4);
  });

  it('is nothing at its end, in front of it, elsewhere and where nobody types', () => {
    for (const character of [3, 9, 14, 20]) expect(typedSince(typing, { line: 3, character })).toBe(0);
    expect(typedSince(typing, { line: 2, character: 12 })).toBe(0);
    expect(typedSince(undefined, { line: 3, character: 12 })).toBe(0);
  });
});
