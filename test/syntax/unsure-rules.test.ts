import { describe, expect, it } from 'vitest';
import { readWholeDocument, statementOf } from '../../server/src/syntax/document.ts';
import type { Line } from '../../server/src/syntax/line.ts';
import { notUnderstood } from '../../server/src/syntax/statement.ts';

function lineOf(text: string, number = 0): Line {
  const line = readWholeDocument(text, 'rules.v4').lines.at(number);
  if (line === undefined) throw new Error('no such line');
  return line;
}

/** The words of a rule that nobody understood. */
function unknownWords(line: Line): readonly string[] {
  const statement = statementOf(line);
  if (statement.kind !== 'rule') throw new Error(`no rule: ${line.text}`);
  return statement.options.filter(({ instance }) => instance === notUnderstood).map(({ name }) => name);
}

describe('a word that nobody understands', () => {
  it.each([
    ['-A INPUT foo -j DROP', ['foo']],
    ['-A INPUT -j DROP this one', ['this', 'one']],
    ['-A INPUT --dprot 80 -j DROP', ['--dprot']],
    ['-A INPUT -m quux --zap 1 -j DROP', ['--zap']],
  ])('%s stays in the rule', (text, words) => {
    const line = lineOf(text);
    expect(unknownWords(line)).toEqual(words);
    expect(line.isUnsure).toBe(true);
  });

  it('stays in the row of a listing', () => {
    const line = lineOf(
      'Chain INPUT (policy ACCEPT 0 packets, 0 bytes)\n    0     0 DROP       all  --  *      *       0.0.0.0/0            0.0.0.0/0            quux 17',
      1,
    );
    expect(unknownWords(line)).toEqual(['quux 17']);
    expect(line.isUnsure).toBe(true);
  });
});

describe('a condition that a listing does not show', () => {
  const chain = 'Chain INPUT (policy ACCEPT)\n';

  it('is the interfaces, without -v', () => {
    const line = lineOf(`${chain}ACCEPT     all  --  0.0.0.0/0            0.0.0.0/0`, 1);
    expect(statementOf(line)).toMatchObject({ kind: 'rule', hidden: ['interfaces'] });
    expect(line.isUnsure).toBe(true);
  });

  it('is none with -v, and none in what iptables-save prints', () => {
    const row = lineOf(`${chain}    0     0 ACCEPT     all  --  *      *       0.0.0.0/0            0.0.0.0/0`, 1);
    const saved = lineOf('-A INPUT -j ACCEPT');
    expect([row, saved].map(statementOf)).toMatchObject([{ hidden: [] }, { hidden: [] }]);
    expect([row.isUnsure, saved.isUnsure]).toEqual([false, false]);
  });
});
