import { describe, expect, it } from 'vitest';
import { brokenQuotes } from '../../server/src/syntax/pasted/broken-quotes.ts';

/** Lines of a text, and how often one was asked for. */
function counted(texts: readonly string[]): {
  readonly length: number;
  readonly textAt: (line: number) => string;
  asked: number;
} {
  const lines = {
    length: texts.length,
    asked: 0,
    textAt: (line: number): string => {
      lines.asked += 1;
      return texts[line] ?? '';
    },
  };
  return lines;
}

const quote = 'out="*nat\\n:PREROUTING ACCEPT [0:0]\\n-A PREROUTING -j KUBE-SERVICES';
const full = 'x'.repeat(quote.length);

describe('a log that a terminal broke at its width', () => {
  it('goes on to the first shorter line', () => {
    const texts = ['I1126 kube-proxy', quote, full, full, full, 'the end"', 'I1126 more'];
    expect(brokenQuotes(counted(texts))).toEqual([{ from: 1, to: 5, width: quote.length }]);
  });

  it('may begin in the line that ends a row of another width', () => {
    const texts = [
      quote,
      full,
      full,
      full,
      `${quote} --wider`,
      `${full} --wider`,
      `${full} --wider`,
      `${full} --wider`,
      'the end"',
    ];
    expect(brokenQuotes(counted(texts))).toEqual([{ from: 4, to: 8, width: quote.length + 8 }]);
  });

  it('is looked for in a time that grows with the text, where a longer line ends many that could begin one', () => {
    const asked = (count: number): number => {
      const lines = counted([...Array.from({ length: count }, () => quote), `${quote} --wider`]);
      expect(brokenQuotes(lines)).toEqual([]);
      return lines.asked;
    };
    expect(asked(8_000)).toBeLessThan(asked(1_000) * 9);
  });
});
