import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { joinedWithin } from '../../server/src/syntax/apart.ts';
import { readDocument } from '../../server/src/syntax/document.ts';
import { readRestoreFailure, readRestoreReason } from '../../server/src/syntax/pasted/restore-failure.ts';
import { afterChanges, isPlainlyProse, mostLines, mostTables, sizeOf } from '../../server/src/syntax/text-bounds.ts';
import { rulesetOf } from '../support/dumps.ts';
import { fixtureNames, fixtureText } from '../support/fixtures.ts';

describe('a text that no ruleset is', () => {
  it('has more lines than the kernel loads rules', () => {
    expect(sizeOf('-A x\n-A x\n-A x', 3).beyond).toBeUndefined();
    expect(sizeOf('-A x\n-A x\n-A x\n', 3).beyond).toBe('has more than 3 lines, and no kernel loads so many rules');
    expect(sizeOf('\n'.repeat(mostLines)).beyond).toBe('has more than 3,500,000 lines, and no kernel loads so many rules');
  });

  it('opens more tables than all nodes have', () => {
    expect(sizeOf('*nat\n-A x *\n*nat\n', 10, 2).beyond).toBeUndefined();
    expect(sizeOf('*nat\n*nat\n*nat', 10, 2).beyond).toBe('opens more than 2 tables, and no node has so many');
    expect(sizeOf('*nat\n'.repeat(mostTables)).beyond).toBeUndefined();
  });

  it('is not made of lines that stand on one', () => {
    const line = '*filter\\n:INPUT ACCEPT [0:0]\\nCOMMIT\\n';
    const { lines } = runToEnd(readDocument(`${line}\n`.repeat(4)));
    const counts = (piecesOf: ReturnType<typeof joinedWithin>): readonly number[] =>
      [0, 1, 2, 3].map((at) => piecesOf(lines.at(at) ?? expect.fail()).length);
    const [all = 0] = counts(joinedWithin());
    expect(all).toBeGreaterThan(2);
    expect(counts(joinedWithin())).toEqual([all, all, all, all]);
    expect(counts(joinedWithin(1_000, 1))).toEqual([all, all, 1, 1]);
    expect(counts(joinedWithin(all, 1_000))).toEqual([all, all, 1, 1]);
  });

  it('is none of the largest dumps that are known', () => {
    expect(mostLines).toBeGreaterThan(4 * 860_000);
  });

  it('counts the lines of a text that is changed', () => {
    const at = (start: number, end: number) => ({ start: { line: start }, end: { line: end } });
    expect(sizeOf('a\nb\n').lines).toBe(3);
    expect(afterChanges(3, [{ range: at(0, 0), text: 'x' }])).toEqual({ lines: 3, beyond: undefined });
    expect(afterChanges(3, [{ range: at(0, 2), text: '' }])).toEqual({ lines: 1, beyond: undefined });
    expect(afterChanges(3, [{ range: at(1, 4_000_000_000), text: 'x\ny' }]).lines).toBe(3);
    expect(afterChanges(3, [{ text: 'x\ny' }, { range: at(9, 9), text: '\n' }]).lines).toBe(3);
    const grown = afterChanges(
      3,
      [
        { range: at(1, 1), text: '\n\n' },
        { range: at(1, 3), text: '' },
      ],
      4,
    );
    expect(grown).toEqual({ lines: 3, beyond: 'has more than 4 lines, and no kernel loads so many rules' });
  });

  it('is plainly prose where no line could be of iptables', () => {
    const prose = 'A sentence - with this and that: nothing of it is a rule.\n'.repeat(100_000);
    expect(isPlainlyProse(prose)).toBe(true);
    expect(isPlainlyProse(prose.slice(0, 1_000_000))).toBe(false);
    for (const line of ['*nat', ':X - [0:0]', '-A X -j Y', 'iptables -F', 'Chain X (1 references)', 'x: line 3 failed'])
      expect(isPlainlyProse(`${prose}${line}\n${prose}`), line).toBe(false);
  });

  it('is never prose where a line of it is read as rules, or tells of what was refused', () => {
    const dumps = ['sample', 'pasted', 'lab/shop']
      .flatMap(fixtureNames)
      .filter((name) => !/\.(?:json|jsonl|yaml|md)$/.test(name));
    const lines = new Set(dumps.flatMap((name) => fixtureText(name).split('\n')));
    const prose = [...lines].filter((line) => isPlainlyProse(line, 0));
    expect(prose.length).toBeGreaterThan(100);
    const rules = prose.filter(
      (line) =>
        rulesetOf(line).tables.length > 0 || readRestoreFailure(line) !== undefined || readRestoreReason(line) !== undefined,
    );
    expect(rules).toEqual([]);
  });
});
