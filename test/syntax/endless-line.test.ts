import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { lint } from '../../server/src/lint/registry.ts';
import { dumpState } from '../support/dump-state.ts';

/** A ruleset whose second rule has so many words. */
const dump = (words: number): string => `*filter
:INPUT ACCEPT [0:0]
-A INPUT -s 10.0.0.1/32 -j ACCEPT
-A INPUT ${'-p tcp '.repeat(words)}-j ACCEPT
-A INPUT -s 10.0.0.2/32 -j ACCEPT
COMMIT
`;

describe('a line of more than a million characters', () => {
  it('is not taken apart into words, and is the error that it is for iptables-restore', () => {
    const state = dumpState(dump(200_000));
    const [line] = state.ruleset.lines.slice().filter(({ text }) => text.length > 1_000_000);
    expect(line).toMatchObject({ kind: 'other', problems: [{ code: 'long-line', severity: 'error' }] });
    const findings = runToEnd(lint(state));
    expect(findings.map(({ code, line: at, severity }) => [code, at, severity])).toEqual([['long-line', 3, 'error']]);
  });

  it('leaves the lines around it as they are', () => {
    const { ruleset } = dumpState(dump(200_000));
    expect(ruleset.tables[0]?.chains.get('INPUT')?.rules).toEqual([2, 4]);
  });
});
