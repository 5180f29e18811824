import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import type { Change } from '../../server/src/lint/mending/change.ts';
import { changedLines, hunksOf, unmendedLines } from '../../server/src/lint/mending/mended-text.ts';
import { unifiedDiff } from '../../server/src/lint/mending/unified-diff.ts';

const at = (line: number, character = 0): Change['start'] => ({ line, character });
const insert = (line: number, text: string): Change => ({ start: at(line), end: at(line), text });
const remove = (from: number, to: number): Change => ({ start: at(from), end: at(to), text: '' });

function diff(text: string, ...changes: readonly Change[]): string {
  return unifiedDiff(text.split('\n'), runToEnd(changedLines(runToEnd(unmendedLines(text)), changes)), 'a', 'b');
}

const letters = [...'abcdefghijklmnop'].map((letter) => `${letter}\n`).join('');

describe('a diff as diff -u prints it', () => {
  it('is empty where nothing is changed', () => {
    expect(diff(letters)).toBe('');
  });

  it('has three lines around what is changed, and says where', () => {
    expect(diff(letters, insert(5, 'new\n'))).toBe('--- a\n+++ b\n@@ -3,6 +3,7 @@\n c\n d\n e\n+new\n f\n g\n h\n');
    expect(diff(letters, remove(0, 2))).toBe('--- a\n+++ b\n@@ -1,5 +1,3 @@\n-a\n-b\n c\n d\n e\n');
  });

  it('has changes that are close together in one piece, and counts on behind it', () => {
    expect(diff(letters, insert(1, 'x\n'), remove(2, 3), insert(14, 'y\n'))).toBe(
      '--- a\n+++ b\n@@ -1,6 +1,6 @@\n a\n+x\n b\n-c\n d\n e\n f\n@@ -12,5 +12,6 @@\n l\n m\n n\n+y\n o\n p\n',
    );
  });

  it('begins in front of the first line of an empty text, and one line has no count', () => {
    expect(diff('', insert(0, 'COMMIT\n'))).toBe('--- a\n+++ b\n@@ -0,0 +1 @@\n+COMMIT\n');
    expect(diff('COMMIT\n', remove(0, 1))).toBe('--- a\n+++ b\n@@ -1 +0,0 @@\n-COMMIT\n');
  });

  it('says where a text has no line end', () => {
    expect(diff('a\nb', insert(1, 'x\n'))).toBe('--- a\n+++ b\n@@ -1,2 +1,3 @@\n a\n+x\n b\n\\ No newline at end of file\n');
  });

  it('has the last line anew where more lines stand behind one without a line end', () => {
    const behind = (text: string): Change => ({ start: at(1, 1), end: at(1, 1), text });
    expect(diff('a\nb', behind('\n\nc'))).toBe(
      '--- a\n+++ b\n@@ -1,2 +1,4 @@\n a\n-b\n\\ No newline at end of file\n+b\n+\n+c\n\\ No newline at end of file\n',
    );
    expect(diff('a\nb', behind('\n\nc\n'))).toBe(
      '--- a\n+++ b\n@@ -1,2 +1,4 @@\n a\n-b\n\\ No newline at end of file\n+b\n+\n+c\n',
    );
    expect(diff('a\nb\n', behind('\n\nc'))).toBe('--- a\n+++ b\n@@ -1,2 +1,4 @@\n a\n b\n+\n+c\n');
  });
});

it('has the lines that came with the lines that went', () => {
  const lines = runToEnd(changedLines(runToEnd(unmendedLines('a\nb\nc\n')), [{ start: at(1), end: at(2), text: 'x\ny\n' }]));
  expect(runToEnd(hunksOf(lines, 4))).toEqual([{ from: 1, to: 2, texts: ['x', 'y'] }]);
});
