import { expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { codeActions } from '../../server/src/features/code-actions.ts';
import { diagnosticsOf } from '../../server/src/features/diagnostics.ts';
import { lint } from '../../server/src/lint/registry.ts';
import { dumpState } from '../support/dump-state.ts';

function editsFor(text: string): readonly (readonly [string, number])[] {
  const state = dumpState(text);
  const diagnostics = diagnosticsOf(runToEnd(lint(state)), state.uri, 100);
  return codeActions(state, diagnostics).map(({ title, edit }) => [title, Object.values(edit?.changes ?? {}).flat().length]);
}

it('a quick fix for what a transport did has an edit for every line that it touches', () => {
  expect(editsFor('  *filter\r\n  :INPUT ACCEPT [0:0]\r\n  -A INPUT -j ACCEPT\r\n  COMMIT\r\n')).toEqual([
    ['Make it a file that iptables-restore takes', 8],
  ]);
});

it('a quick fix may change another place than the one that is underlined', () => {
  const state = dumpState('*filter\n-A INPUT -j ACCEPT\n');
  const diagnostics = diagnosticsOf(runToEnd(lint(state)), state.uri, 100);
  expect(diagnostics.map(({ code, range }) => [code, range.start.line])).toEqual([['missing-commit', 0]]);
  expect(codeActions(state, diagnostics)[0]?.edit?.changes?.[state.uri]).toEqual([
    { range: { start: { line: 1, character: 18 }, end: { line: 1, character: 18 } }, newText: '\nCOMMIT' },
  ]);
});
