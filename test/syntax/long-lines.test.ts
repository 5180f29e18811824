/** What iptables-restore cannot take of a line that is long: bytes, letters of a word, words. */
import { describe, expect, it } from 'vitest';
import { checkLimits } from '../../server/src/syntax/checks/limits.ts';
import { longLineProblem } from '../../server/src/syntax/checks/long-line.ts';
import type { Problem } from '../../server/src/syntax/statement.ts';

describe('a line of more than 10,239 bytes', () => {
  it.each<readonly [letter: string, most: number]>([
    ['x', 10_239],
    ['\u007f', 10_239],
    ['\u0080', 5_119],
    ['\u07ff', 5_119],
    ['\u0800', 3_413],
    ['\ud7ff', 3_413],
    ['\ue000', 3_413],
    ['\uffff', 3_413],
    // Four bytes for two units.
    ['\u{1f600}', 5_119],
  ])('of %j is cut behind the last that fits', (letter, most) => {
    const of = (units: number): string => letter.repeat(units).slice(0, units);
    expect(longLineProblem(of(most))).toBeUndefined();
    expect(longLineProblem(of(most + 1))).toMatchObject({ code: 'long-line', severity: 'error', start: most, end: most + 1 });
    expect(longLineProblem(of(most + 500))).toMatchObject({ start: most, end: most + 500 });
  });

  it('is two where the rest is a comment', () => {
    expect(longLineProblem(`${'x'.repeat(10_239)}# y`)).toBeUndefined();
    expect(longLineProblem(`${'x'.repeat(10_238)}# y`)).toMatchObject({ start: 10_239 });
  });
});

describe('the words of a rule', () => {
  const said = (text: string): readonly string[] => {
    const problems: Problem[] = [];
    checkLimits(text, (problem) => problems.push(problem));
    return problems.map(({ code, start, end }) => `${code} ${start}-${end}`);
  };

  it('have at most 1,023 bytes', () => {
    expect(said(`-A ${'x'.repeat(1_023)} -j A`)).toEqual([]);
    expect(said(`-A ${'x'.repeat(1_024)} -j A`)).toEqual(['word-too-long 3-1027']);
    expect(said(`-A ${'ä'.repeat(511)} -j A`)).toEqual([]);
    expect(said(`-A ${'ä'.repeat(512)} -j A`)).toEqual(['word-too-long 3-515']);
    expect(said(`-A ${'€'.repeat(341)} -j A`)).toEqual([]);
    expect(said(`-A ${'€'.repeat(342)} -j A`)).toEqual(['word-too-long 3-345']);
    expect(said('€'.repeat(342))).toEqual(['word-too-long 0-342']);
  });

  it('are at most 251', () => {
    const words = (count: number): string => Array.from({ length: count }, () => 'x').join(' ');
    expect(said(words(251))).toEqual([]);
    expect(said(words(252))).toEqual(['too-many-words 502-503']);
    expect(said(words(260))).toEqual(['too-many-words 502-519']);
    expect(said(`${words(250)} "${words(20)}"`)).toEqual([]);
  });
});
