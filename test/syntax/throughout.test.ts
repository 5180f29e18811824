import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { placeInDocument, placeInText, putApart, throughoutOfText } from '../../server/src/syntax/apart.ts';
import { readWholeDocument, type SourceDocument } from '../../server/src/syntax/document.ts';

function read(text: string): SourceDocument {
  return runToEnd(putApart(readWholeDocument(text)));
}

function linesOf(text: string): readonly string[] {
  return read(text)
    .lines.slice()
    .map((line) => line.text);
}

function kindOf(text: string): string | undefined {
  const { apart } = read(text);
  return apart === undefined ? undefined : throughoutOfText(apart);
}

const dump = [
  '*filter',
  ':INPUT ACCEPT [0:0]',
  '-A INPUT -s 10.0.0.1/32 -m comment --comment "from a Pod" -j ACCEPT',
  '-A INPUT -p tcp -m tcp --dport 22 -j DROP',
  'COMMIT',
];

describe('what was done to all lines of a text', () => {
  it('is the end of each line as cat -A shows it, with tabs and letters beyond ASCII', () => {
    const shown = [...dump.slice(0, 3), '-A INPUT -m comment --comment "fM-CM-<r M-bM-^@M-^\\uns" -j DROP', 'COMMIT'].map(
      (line) => `${line}$`,
    );
    expect(linesOf(shown.join('\n'))).toEqual([
      ...dump.slice(0, 3),
      '-A INPUT -m comment --comment "für “uns" -j DROP',
      'COMMIT',
    ]);
    expect(linesOf('Chain INPUT (policy ACCEPT)$\nChain A (0 references)$\nACCEPT^Iall^I$\nChain B (0 references)^M$\n')).toEqual(
      ['Chain INPUT (policy ACCEPT)', 'Chain A (0 references)', 'ACCEPT\tall\t', 'Chain B (0 references)', ''],
    );
  });

  it('leaves words without such an end as they are, and a text in which a line of the dump has none', () => {
    expect(linesOf(['what is wrong?', ...dump.map((line) => `${line}$`)].join('\n'))).toEqual(['what is wrong?', ...dump]);
    const half = [...dump.map((line) => `${line}$`), '-A INPUT -j A'].join('\n');
    expect(kindOf(half)).toBeUndefined();
    expect(linesOf(half)).toEqual(half.split('\n'));
  });

  it('is a blank that does not break in the place of each, in rules alone too', () => {
    for (const blank of ['\u00a0', '\u2009', '\u202f']) {
      expect(linesOf(dump.map((line) => line.replaceAll(' ', blank)).join('\n'))).toEqual(dump);
    }
    const rules = [...dump.slice(0, 4), ...dump.slice(2, 4), 'COMMIT'];
    const changed = rules.map((line) => (line.startsWith('-A') ? line.replaceAll(' -', '\u00a0-') : line));
    expect(linesOf(changed.join('\n'))).toEqual(rules);
  });

  it('is none where only a comment has such blanks, or one rule of many', () => {
    expect(kindOf(dump.map((line) => line.replace('from a Pod', 'from\u00a0a\u00a0Pod')).join('\n'))).toBeUndefined();
    expect(kindOf([...dump, ...dump, '-A INPUT\u00a0-j DROP'].join('\n'))).toBeUndefined();
  });

  it('is another text beside it, of which the left one is read', () => {
    const other = dump.map((line) => line.replace('10.0.0.1', '10.0.0.2'));
    const beside = (gutter: (same: boolean) => string): string =>
      dump.map((line, at) => `${line.padEnd(90)}${gutter(line === other[at])}${other[at]}`).join('\n');
    expect(linesOf(beside((same) => (same ? '\t\t' : ' |\t')))).toEqual(dump);
    expect(linesOf(beside((same) => (same ? '   ' : ' | ')))).toEqual(dump);
    expect(kindOf(beside((same) => (same ? '\t\t' : ' |\t')))).toBe('side-by-side');
  });

  it('shows on the left what the right lacks, and nothing of what the left lacks', () => {
    const text = [
      ...dump.slice(0, 4).map((line) => `${line.padEnd(80)}(`),
      `${'-A INPUT -j LOG'.padEnd(80)}<`,
      `${''.padEnd(80)}>\t-A INPUT -j RETURN`,
    ];
    expect(linesOf(text.join('\n'))).toEqual([...dump.slice(0, 4), '-A INPUT -j LOG', '']);
  });

  it('cuts off what is longer than half of its width: a gap is there', () => {
    const half = 29;
    const cut = dump.map((line) => `${line.slice(0, half).padEnd(32)}${line.slice(0, half)}`);
    expect(linesOf(cut.join('\n'))).toEqual([...dump.slice(0, 2), '...', '...', 'COMMIT']);
  });

  it('does not change where a place is', () => {
    const shown = [...dump, '-A INPUT -m comment --comment "fM-CM-<r uns" -j DROP'].map((line) => `${line}$`);
    const document = read(shown.join('\n'));
    const character = (document.lines.at(5)?.text ?? '').indexOf('DROP');
    const place = placeInText(document, { line: 5, character });
    expect(shown[5]?.slice(place.character, place.character + 4)).toBe('DROP');
    expect(placeInDocument(document, place)).toEqual({ line: 5, character });
  });

  it('of a plain dump is nothing', () => {
    const plain = readWholeDocument(dump.join('\n'));
    expect(runToEnd(putApart(plain))).toBe(plain);
  });
});
