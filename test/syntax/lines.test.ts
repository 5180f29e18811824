import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { changedLines } from '../../server/src/ruleset/changed-lines.ts';
import { changeDocument, readWholeDocument } from '../../server/src/syntax/document.ts';
import { Lines } from '../../server/src/syntax/lines.ts';
import { faultyLines, unusualLines } from '../../server/src/syntax/unusual-lines.ts';
import { randomEdit, seeded, textOf } from '../property/random-edits.ts';
import { fixturePath } from '../support/fixtures.ts';

const sample = readFileSync(fixturePath('sample/worker-1.iptables'), 'utf8');

/** All that is said of each line, by the lines themselves and by their columns. */
function outline(lines: Lines): readonly object[] {
  return Array.from(lines, (line, number) => ({
    text: line.text,
    line: [line.kind, line.name, line.target, line.command, line.isPlain, line.carriageReturn],
    columns: [lines.kindAt(number), lines.nameAt(number), lines.targetAt(number), lines.formAt(number)?.isPlain],
    textAt: lines.textAt(number),
    length: lines.lengthAt(number),
  }));
}

/** The lines that are more than others, whichever of them have a shape. */
function oddLines(lines: Lines): readonly number[] {
  return [...unusualLines(lines), ...faultyLines(lines)].sort((a, b) => a - b);
}

describe('the lines of a text', () => {
  it.each([sample, sample.replaceAll('\n', '\r\n')])('are the same after edits as read anew', (text) => {
    const below = seeded(7);
    let document = readWholeDocument(text, 'rules.v4');
    for (let edit = 0; edit < 60; edit += 1) {
      document = runToEnd(changeDocument(document, randomEdit(document, below), 'rules.v4'));
      oddLines(document.lines);
      const anew = readWholeDocument(textOf(document), 'rules.v4');
      expect(outline(document.lines)).toEqual(outline(anew.lines));
      expect(oddLines(document.lines)).toEqual(oddLines(anew.lines));
    }
  });

  it('say what they say as objects', () => {
    const { lines } = readWholeDocument(sample);
    expect(lines.columns.shapes.some((shape) => shape > 0)).toBe(true);
    expect(outline(lines)).toEqual(outline(Lines.of([...lines])));
    for (const { columns, line, text, textAt, length } of outline(lines) as ReturnType<typeof JSON.parse>[]) {
      expect(columns).toEqual([line[0], line[1], line[2], line[4]]);
      expect([textAt, length]).toEqual([text, text.length]);
    }
  });

  it('outside the text are none', () => {
    const { lines } = readWholeDocument(sample);
    for (const number of [-1, lines.length, lines.length + 1, 0.5]) {
      expect([lines.at(number), lines.kept(number), lines.formAt(number), lines.kindAt(number)]).toEqual(
        Array(4).fill(undefined),
      );
      expect([lines.nameAt(number), lines.targetAt(number), lines.textAt(number), lines.lengthAt(number)]).toEqual([
        '',
        '',
        '',
        0,
      ]);
    }
    expect(lines.slice(-3, 2)).toHaveLength(2);
    expect(lines.slice(lines.length - 2)).toHaveLength(2);
  });

  it('that are kept are the same objects in later versions, where no edit touched them', () => {
    const before = readWholeDocument(sample);
    const number = before.lines.length - 20;
    const kept = before.lines.kept(number);
    expect(kept).toBeDefined();
    const start = { line: 3, character: 0 };
    const after = runToEnd(changeDocument(before, { range: { start, end: start }, text: '# one\n# two\n' }));
    expect(after.lines.kept(number + 2)).toBe(kept);
    expect(after.lines.at(number + 2)).toBe(kept);
    expect(after.lines.isSame(number + 2, before.lines, number)).toBe(true);
    expect(after.lines.isSame(number + 1, before.lines, number)).toBe(false);
  });

  it('are what thousands of edits made of them', () => {
    const document = readWholeDocument(sample);
    const [one, other] = [document.lines.slice(0, 40), document.lines.slice(60, 100)];
    let { lines } = document;
    const expected = [...lines];
    for (let edit = 0; edit < 300; edit += 1) {
      const from = (edit * 37) % (lines.length - 50);
      const others = edit % 2 === 0 ? one : other;
      lines = lines.spliced(from, from + 39 + (edit % 3), others);
      expected.splice(from, 39 + (edit % 3), ...others);
      expect(lines.length).toBe(expected.length);
    }
    expect(outline(lines)).toEqual(outline(Lines.of(expected)));
    expect(lines.isSame(0, lines.spliced(5, 6, []), 0)).toBe(true);
  });

  it('are others in another reading of the same text', () => {
    const one = readWholeDocument(sample).lines;
    const other = readWholeDocument(sample).lines;
    expect(one.isSame(10, other, 10)).toBe(false);
    expect(changedLines(one, other)).toEqual({ at: 0, removed: one.length, added: one.length });
    expect(changedLines(one, one)).toEqual({ at: one.length, removed: 0, added: 0 });
  });

  it('that an edit leaves as they are stay the same, though it names them', () => {
    const before = readWholeDocument(sample);
    const [at, behind] = [30, 33];
    const lines = [at, at + 1, at + 2].map((number) => before.lines.textAt(number));
    const range = { start: { line: at, character: 0 }, end: { line: behind, character: 0 } };
    const text = [lines[0], '# new', lines[1], lines[2], ''].join('\n');
    const after = runToEnd(changeDocument(before, { range, text }));
    expect(changedLines(before.lines, after.lines)).toMatchObject({ at: at + 1 });
    expect(after.lines.isSame(behind + 1, before.lines, behind)).toBe(true);
    const inserted = runToEnd(changeDocument(before, { range: { start: range.start, end: range.start }, text: `${lines[0]}\n` }));
    expect(changedLines(before.lines, inserted.lines)).toEqual({ at: at + 1, removed: 0, added: 1 });
  });
});
