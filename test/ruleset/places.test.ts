import { describe, expect, it } from 'vitest';
import { declarationOf, mentionsOf, mentionsOn } from '../../server/src/ruleset/places.ts';
import { statementOf } from '../../server/src/syntax/document.ts';
import { rulesetOf } from '../support/dumps.ts';
import { fixtureNames, fixtureText } from '../support/fixtures.ts';

/** "kind name start-end" of each name on a line. */
function namesOn(text: string, line = 0): readonly string[] {
  return mentionsOn(rulesetOf(text), line).map(({ kind, name, start, end }) => `${kind} ${name} ${start}-${end}`);
}

describe('the chains that a line names', () => {
  it.each<[string, readonly string[]]>([
    [':A - [0:0]', ['declaration A 1-2']],
    ['-A A -j B', ['rule A 3-4', 'jump B 8-9']],
    ['-A A -g B', ['rule A 3-4', 'goto B 8-9']],
    ['-A A -s 10.0.0.1/32', ['rule A 3-4']],
    ['-j B -A A', ['jump B 3-4', 'rule A 8-9']],
    ['-N A', ['declaration A 3-4']],
    ['-P INPUT DROP', ['command INPUT 3-8']],
    ['-F', []],
    ['-E A B', ['command A 3-4', 'declaration B 5-6']],
    ['-A A -m comment --comment "x -j B" -j B', ['rule A 3-4', 'jump B 38-39']],
    ['-A A -m comment --comment "-j C -g B"', ['rule A 3-4']],
    ['-A A -m set --match-set -j src -j src', ['rule A 3-4', 'jump src 34-37']],
    ['-A A -j src -m set --match-set -j src', ['rule A 3-4', 'jump src 8-11']],
    ['-A A -j B ', ['rule A 3-4', 'jump B 8-9']],
    ['-A A -j "B"', ['rule A 3-4', 'jump B 8-11']],
    ['# A', []],
    ['COMMIT', []],
  ])('%s', (line, expected) => {
    expect(namesOn(line)).toEqual(expected);
  });

  it('are only the targets in the rows of a listing', () => {
    const listing = (row: string): string =>
      `Chain INPUT (policy ACCEPT)\ntarget     prot opt source               destination\n${row}\n`;
    expect(namesOn(listing('A          all  --  anywhere             anywhere'), 2)).toEqual(['jump A 0-1']);
    expect(namesOn(listing('           all  --  anywhere             anywhere'), 2)).toEqual([]);
    expect(namesOn(listing('A          all  --  anywhere             anywhere'), 0)).toEqual(['declaration INPUT 6-11']);
  });

  it('are those of the statement in all that programs saved', () => {
    for (const name of fixtureNames('lab').filter((file) => file.endsWith('.iptables'))) {
      const ruleset = rulesetOf(fixtureText(name), name);
      for (const [number, line] of ruleset.lines.entries()) {
        const statement = statementOf(line);
        const words =
          statement.kind === 'chain' ? [statement.name] : statement.kind === 'rule' ? [statement.chain, statement.target] : [];
        const spans = words.flatMap((word) =>
          word === undefined || word.end === 0 ? [] : [`${word.text} ${word.start}-${word.end}`],
        );
        if (spans.length === 0) continue;
        const found = mentionsOn(ruleset, number).map(({ name: chain, start, end }) => `${chain} ${start}-${end}`);
        if (found.join() !== spans.join()) expect(`${name} ${number + 1}: ${found.join()}`).toBe(spans.join());
      }
    }
  });

  it('are none beyond the text', () => {
    expect(namesOn('-A A -j B', 7)).toEqual([]);
  });
});

describe('every place that names a chain', () => {
  const ruleset = rulesetOf('*filter\n:A - [0:0]\n:B - [0:0]\n-A A -j A\n-A B -j A\n-A A -j B\n-F A\nCOMMIT\n');
  const chain = (name: string): Parameters<typeof mentionsOf>[1] => {
    const found = ruleset.tables[0]?.chains.get(name);
    if (found === undefined) throw new Error(`no chain ${name}`);
    return found;
  };

  it('comes kind by kind, and each once, where a rule jumps to its own chain too', () => {
    expect([...mentionsOf(ruleset, chain('A'))].map(({ line, kind }) => `${line + 1} ${kind}`)).toEqual([
      '2 declaration',
      '4 rule',
      '6 rule',
      '4 jump',
      '5 jump',
      '7 command',
    ]);
  });

  it('begins with its declaration', () => {
    expect(declarationOf(ruleset, chain('B'))).toMatchObject({ line: 2, kind: 'declaration', start: 1, end: 2 });
    const undeclared = rulesetOf('-A A -j B\n');
    const b = undeclared.tables[0]?.chains.get('B');
    expect(b === undefined ? undefined : declarationOf(undeclared, b)).toMatchObject({ line: 0, kind: 'jump' });
  });
});
