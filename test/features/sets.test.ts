import { describe, expect, it } from 'vitest';
import { MarkupContent } from 'vscode-languageserver-types';
import { runToEnd } from '../../server/src/base/steps.ts';
import { definition } from '../../server/src/features/definition.ts';
import { hover } from '../../server/src/features/hover/hover.ts';
import { dumpState } from '../support/dump-state.ts';

const text = `create KUBE-CLUSTER-IP hash:ip,port family inet hashsize 1024 maxelem 65536
${Array.from({ length: 25 }, (_, index) => `add KUBE-CLUSTER-IP 10.96.0.${index + 1},tcp:443`).join('\n')}
*nat
:PREROUTING ACCEPT [0:0]
-A PREROUTING -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT
-A PREROUTING -m set --match-set ELSEWHERE dst -j ACCEPT
COMMIT
`;
const state = dumpState(text);
const onSet = { line: 28, character: 36 };

describe('a set that a rule names', () => {
  it('shows its type and its first members on hover', () => {
    const { contents } = runToEnd(hover(state, onSet, 0, false)) ?? {};
    expect(contents).toMatchObject({ kind: 'plaintext' });
    const value = (contents as { value: string }).value;
    expect(value).toContain('KUBE-CLUSTER-IP set of type hash:ip,port, 1 rule names it');
    expect(value).toContain('25 members:');
    expect(value).toContain('10.96.0.20,tcp:443');
    expect(value).not.toContain('10.96.0.21,tcp:443');
    expect(value).toContain('and 5 more');
  });

  it('is declared where its text stands', () => {
    expect(definition(state, onSet)).toMatchObject([
      { targetSelectionRange: { start: { line: 0, character: 7 }, end: { line: 0, character: 22 } } },
    ]);
  });

  it('may have one member, or none', () => {
    const shown = (members: string): string => {
      const dump = `create S hash:ip family inet\n${members}*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -m set --match-set S dst -j ACCEPT\nCOMMIT\n`;
      const rows = dump.split('\n');
      const line = rows.findIndex((row) => row.startsWith('-A'));
      const character = (rows[line] ?? '').indexOf(' S ') + 1;
      const found = runToEnd(hover(dumpState(dump), { line, character }, 0, false));
      return found !== null && MarkupContent.is(found.contents) ? found.contents.value : '';
    };
    expect(shown('')).toMatch(/No members\.$/);
    expect(shown('add S 10.0.0.1\n')).toMatch(/1 member:\n\n- 10\.0\.0\.1$/);
  });

  it('says how to get at its members where there is no such text', () => {
    const { contents } = runToEnd(hover(state, { line: 29, character: 36 }, 0, false)) ?? {};
    expect((contents as { value: string }).value).toContain('Its members are not in this file.');
    expect(definition(state, { line: 29, character: 36 })).toEqual([]);
  });
});
