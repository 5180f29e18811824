import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { allFindings } from '../../server/src/lint/all-findings.ts';
import type { Severities } from '../../server/src/lint/support/judge.ts';
import { SharedFinding } from '../../server/src/lint/support/shared-finding.ts';
import { buildWholeRuleset } from '../../server/src/ruleset/build.ts';
import { readWholeDocument } from '../../server/src/syntax/document.ts';

function rule(hash: string, service: string): string {
  return `-A KUBE-SEP-${hash} -p tcp -m comment --comment "${service}" -m tcp -j DNAT --to-destination 10.244.1.31:8443`;
}

const rules = [rule('AAAAAAAAAAAAAAAA', 'shop/web'), rule('BBBBBBBBBBBBBBBB', 'shop/api:https'), rule('CCCCCCCCCCCCCCCC', 'a/b')];

/** What is said of rules that rewrite addresses in the table filter, with a comment above one of them. */
function said(severities: Severities = new Map(), above = '# none') {
  const [first = '', ...others] = rules;
  const text = ['*filter', ...rules.map((each) => `:${each.split(' ')[1]} - [0:0]`), first, above, ...others, 'COMMIT', ''].join(
    '\n',
  );
  const document = readWholeDocument(text, 'node-a.iptables');
  const input = { document, ruleset: buildWholeRuleset(document) };
  const { findings, ignored } = runToEnd(allFindings(input, severities, undefined));
  const misplaced = findings.filter(({ code }) => code === 'wrong-table');
  return { misplaced, ignored, lines: text.split('\n') };
}

describe('what is wrong with all lines of a shape', () => {
  it('is found on each of them, at its place, with its chain', () => {
    const { misplaced, lines } = said();
    expect(misplaced.map((each) => each instanceof SharedFinding)).toEqual([false, true, true]);
    expect(misplaced.map(({ line, start, end }) => [line, lines[line]?.slice(start, end)])).toEqual([
      [4, 'DNAT'],
      [6, 'DNAT'],
      [7, 'DNAT'],
    ]);
    expect(misplaced.map(({ chain }) => chain?.name)).toEqual(rules.map((each) => each.split(' ')[1]));
    expect(new Set(misplaced.map(({ message }) => message)).size).toBe(1);
    expect(new Set(misplaced.map(({ fixes }) => fixes().length)).size).toBe(1);
  });

  it('stays what it is where it is to be as grave as somebody asked for', () => {
    const { misplaced, lines } = said(new Map([['wrong-table', 'hint']]));
    expect(misplaced.map(({ severity, line, start, end }) => [severity, lines[line]?.slice(start, end)])).toEqual(
      rules.map(() => ['hint', 'DNAT']),
    );
    expect(said(new Map([['wrong-table', 'off']])).misplaced).toEqual([]);
  });

  it('is ignored where a comment says so', () => {
    const { misplaced, ignored } = said(new Map(), '# iptables-inspect: ignore wrong-table known');
    expect(misplaced.map(({ line }) => line)).toEqual([4, 7]);
    expect(ignored.map(({ finding, reason }) => [finding.line, reason])).toEqual([[6, 'known']]);
  });
});
