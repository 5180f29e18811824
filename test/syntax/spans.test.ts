import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readWholeDocument, statementOf } from '../../server/src/syntax/document.ts';
import type { Line } from '../../server/src/syntax/line.ts';
import type { Span, Statement } from '../../server/src/syntax/statement.ts';
import { fixturePath, fixtureText } from '../support/fixtures.ts';

/** Every span of a statement, with what it is of. */
function spansOf(statement: Statement): readonly (readonly [string, Span])[] {
  const spans: [string, Span][] = [];
  const visit = (name: string, value: unknown): void => {
    if (Array.isArray(value)) for (const each of value) visit(name, each);
    else if (typeof value === 'object' && value !== null) {
      if ('start' in value && 'end' in value) spans.push([name, value as Span]);
      for (const [key, inner] of Object.entries(value)) if (key !== 'spec') visit(`${name}.${key}`, inner);
    }
  };
  visit(statement.kind, statement);
  return spans;
}

function wrongSpans(line: Line): readonly unknown[] {
  return spansOf(statementOf(line)).filter(
    ([, { start, end }]) => start < 0 || end < start || end > line.text.length || !Number.isInteger(start),
  );
}

describe('every place that a statement names', () => {
  const files = readdirSync(fixturePath('pasted')).toSorted();

  it.each(files)('lies in its line: %s', (name) => {
    for (const line of readWholeDocument(fixtureText(`pasted/${name}`), name).lines) {
      expect(wrongSpans(line), line.text).toEqual([]);
      expect(line.prefix, line.text).toBeLessThanOrEqual(line.text.length);
    }
  });

  it.each([
    ['> 2023-05-01T12:00:00Z -A KUBE-SVC-A -j KUBE-SEP-B', 'KUBE-SVC-A', 'KUBE-SEP-B'],
    ['sudo iptables -t nat -A KUBE-SVC-A -j KUBE-SEP-B', 'KUBE-SVC-A', 'KUBE-SEP-B'],
    ['{"log":"-A KUBE-SVC-A -m comment --comment \\"x\\" -j KUBE-SEP-B\\n"}', 'KUBE-SVC-A', 'KUBE-SEP-B'],
    ['-A &quot;KUBE-SVC-A&quot; -j KUBE-SEP-B', '&quot;KUBE-SVC-A&quot;', 'KUBE-SEP-B'],
    ['-A \u001b[01;31m\u001b[KKUBE-SVC-A\u001b[m\u001b[K -j KUBE-SEP-B', 'KUBE-SVC-A', 'KUBE-SEP-B'],
  ])('is where the text has it: %j', (text, chain, target) => {
    const [line] = readWholeDocument(text).lines;
    const statement = line === undefined ? undefined : statementOf(line);
    if (statement?.kind !== 'rule') throw new Error('no rule');
    expect(text.slice(statement.chain.start, statement.chain.end)).toBe(chain);
    expect(text.slice(statement.target?.start, statement.target?.end)).toBe(target);
  });
});
