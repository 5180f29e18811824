import { describe, expect, it } from 'vitest';
import { changesOf, withSwitches } from '../mutation/mutants.ts';

/** The changes of a text, as npm run mutation prints them. */
function changes(source: string): readonly string[] {
  return changesOf(source).map(({ start, end, kind, replacement }) => `${kind}: ${source.slice(start, end)} => ${replacement}`);
}

describe('changes that tests should notice', () => {
  it.each([
    ['export const isLess = (a: number, b: number): boolean => a < b;', ['operator: a < b => (a) <= (b)']],
    ['let first: string | undefined = a ?? b;', ['no ??: a ?? b => (a)']],
    ['const most = 3;', ['literal: 3 => 4']],
    ['const isOn: boolean = true;', ['literal: true => false']],
    ['if (isShown(line)) show(line);', ['condition: isShown(line) => !(isShown(line))', 'no statement: show(line); => ']],
    ['const name = isLong ? long : short;', ['condition: isLong => !(isLong)']],
    [
      'for (const one of all) { if (isNot(one)) continue; }',
      ['condition: isNot(one) => !(isNot(one))', 'no continue: continue; => '],
    ],
    ['function f() { return list; }', ['empty return: list => undefined']],
    ['function f() { return [one, two]; }', ['empty return: [one, two] => []']],
    ['function f() { return []; }', []],
    ['const has = lines.some(isRule);', ['call: lines.some(isRule) => (lines).every(isRule)']],
    ['const rules = lines.filter(isRule);', ['no filter: lines.filter(isRule) => (lines)']],
  ])('%s', (source, expected) => {
    expect(changes(source)).toEqual(expected);
  });

  it('leaves alone when long work pauses', () => {
    expect(
      changes(
        'const rulesBetweenPauses = 512;\nfunction* f() { if (at % rulesBetweenPauses === rulesBetweenPauses - 1) yield; yield; }',
      ),
    ).toEqual([]);
    expect(changes('function* f() { if (isLong || done > most) { done = 0; yield; } }')).toEqual([]);
    expect(changes('function* f() { if (isLong) { all.push(one); yield; } }')).not.toEqual([]);
    expect(changes('function* f() { if (isShown(line)) yield line; }')).toEqual([
      'condition: isShown(line) => !(isShown(line))',
      'no statement: yield line; => ',
    ]);
  });

  it('leaves names, texts and imports alone', () => {
    expect(
      changes("import { x } from './x.ts';\ninterface A { readonly a: 1 }\nconst o = { 1: 'one' };\nconst s = 'a' + b;"),
    ).toEqual([]);
  });
});

describe('changes behind switches', () => {
  /** What a text gives where one of its changes is on, or none. */
  function run(source: string, on: number | undefined): unknown {
    const text = withSwitches(
      source,
      changesOf(source).map((change, number) => ({ number, change })),
    );
    return new Function('mutant$', `${text} return f();`)((number: number) => number === on);
  }

  const source = 'function f() { const a = 1; const b = 2; let list = [a]; if (a < b && b > 0) { list.push(b); } return list; }';

  it('is the text itself where none is on', () => {
    expect(run(source, undefined)).toEqual([1, 2]);
  });

  it('changes one place at a time, within another one too', () => {
    expect(changes(source).map((change, number) => [change.split(':')[0], change.split(' => ')[1], run(source, number)])).toEqual(
      [
        ['literal', '2', [2]],
        ['literal', '3', [1, 3]],
        ['operator', '(a) <= (b)', [1, 2]],
        ['condition', '!(a < b && b > 0)', [1]],
        ['operator', '(a < b) || (b > 0)', [1, 2]],
        ['operator', '(b) >= (0)', [1, 2]],
        ['literal', '1', [1, 2]],
        ['no statement', '', [1]],
        ['empty return', 'undefined', undefined],
      ],
    );
  });
});
