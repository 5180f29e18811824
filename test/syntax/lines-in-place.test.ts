/** What the lines above say of a line, and what becomes of line ends where a text is changed. */
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { changeDocument, clamp, readWholeDocument, type SourceDocument } from '../../server/src/syntax/document.ts';

const kinds = (...lines: readonly string[]): readonly string[] =>
  readWholeDocument(lines.join('\n'))
    .lines.slice()
    .map(
      ({ kind, context }) =>
        `${kind}${context.table === undefined ? '' : ` ${context.table}`}${context.within === undefined ? '' : ` in ${context.within.kind}`}`,
    );

describe('a line stands', () => {
  it.each<readonly [what: string, lines: readonly string[], kinds: readonly string[]]>([
    ['in the table above it', ['*nat', '-A A -j B', 'COMMIT', '-A A -j B'], ['table', 'rule nat', 'commit nat', 'rule']],
    ['in one that is indented', ['  *nat', '  -A A -j B'], ['table', 'rule nat']],
    ['in what a log shows', ['> *nat', '> -A A -j B'], ['table', 'rule nat in output']],
    ['in a table of another name', ['*web', '-A A -j B'], ['table', 'rule unknown']],
    [
      'in a set that is listed',
      ['Name: S', '10.0.0.1', 'Members:', '10.0.0.1'],
      ['set', 'other in set', 'set-detail in set', 'set-entry in set'],
    ],
    ['below a set that was saved', ['create S hash:ip', 'add S 10.0.0.1'], ['set', 'set-entry']],
    ['in the output of a command', ['# iptables -t mangle -S', '-P INPUT DROP'], ['comment', 'chain-command mangle in output']],
    [
      'in a block of nft',
      ['table ip nat {', 'chain A {', '}', '}', 'x'],
      ['foreign', 'foreign in nft', 'foreign in nft', 'foreign in nft', 'other'],
    ],
  ])('%s', (_, lines, expected) => {
    expect(kinds(...lines)).toEqual(expected);
  });
});

describe('a text that was changed', () => {
  const ends = ({ lines }: SourceDocument): readonly string[] =>
    lines.slice().map(({ text, carriageReturn }) => `${text}${carriageReturn ? '\r' : ''}`);
  const changed = (text: string, line: number, character: number, added: string): readonly string[] => {
    const before = readWholeDocument(text);
    const place = { line, character };
    const after = runToEnd(changeDocument(before, { range: { start: place, end: place }, text: added }));
    const lines = text.split('\n');
    const old = lines[line] ?? '';
    lines[line] = old.slice(0, character) + added + old.slice(character);
    expect(ends(after)).toEqual(ends(readWholeDocument(lines.join('\n'))));
    return ends(after);
  };

  it('has the line ends that it would have read anew', () => {
    expect(changed('*nat\nCOMMIT', 0, 4, '\r')).toEqual(['*nat\r', 'COMMIT']);
    expect(changed('*nat\nCOMMIT', 1, 6, '\r')).toEqual(['*nat', 'COMMIT\r']);
    expect(changed('*nat\r\nCOMMIT\r\n', 0, 4, '\r\n-A A -j B')).toEqual(['*nat\r', '-A A -j B\r', 'COMMIT\r', '']);
    expect(changed('*nat\nCOMMIT\n', 1, 0, '-A A -j B\r\n')).toEqual(['*nat', '-A A -j B\r', 'COMMIT', '']);
    expect(readWholeDocument('*nat\nCOMMIT\r').lines.at(1)).toMatchObject({ text: 'COMMIT\r', carriageReturn: false });
  });

  it('is clamped to the places that it has', () => {
    const document = readWholeDocument('\ufeff*nat\nab');
    const at = (line: number, character: number): readonly number[] => {
      const place = clamp(document, { line, character });
      return [place.line, place.character];
    };
    expect([at(0, 9), at(0, -1), at(1, 2), at(1, 3), at(2, 0), at(-1, 3)]).toEqual([
      [0, 5],
      [0, 0],
      [1, 2],
      [1, 2],
      [1, 2],
      [0, 3],
    ]);
  });

  it('with lines that go on below is read whole, however long it is', () => {
    const long = `# ${'x'.repeat(70_000)}`;
    const texts = [long, 'iptables -A INPUT \\\r', '  -j DROP\r', long, '', long, long, '*nat', '-A A -j B', 'COMMIT\r'];
    const document = readWholeDocument(texts.join('\n'));
    expect(document.hasBrokenLines).toBe(true);
    // The last line has no line end: a CR there stands alone.
    expect(ends(document)).toEqual(texts);
    expect(document.lines.at(9)).toMatchObject({ text: 'COMMIT\r', carriageReturn: false });
    expect(document.lines.at(1)).toMatchObject({ kind: 'rule', name: 'INPUT', target: 'DROP', carriageReturn: true });
  });
});
