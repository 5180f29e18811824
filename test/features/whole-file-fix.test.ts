import { expect, it } from 'vitest';
import type { CodeAction } from 'vscode-languageserver-types';
import { runToEnd } from '../../server/src/base/steps.ts';
import { codeActions } from '../../server/src/features/code-actions.ts';
import type { DumpState } from '../../server/src/features/support/state.ts';
import { ownSeverities } from '../../server/src/lint/all-findings.ts';
import { dumpState } from '../support/dump-state.ts';

function actionsFor(state: DumpState): readonly CodeAction[] {
  const range = { start: { line: 0, character: 0 }, end: { line: state.document.lines.length, character: 0 } };
  return runToEnd(codeActions(state, { range, diagnostics: [], severities: ownSeverities, canCopy: false }));
}

function editsFor(text: string): readonly (readonly [string, number])[] {
  return actionsFor(dumpState(text)).map(({ title, edit }) => [title, Object.values(edit?.changes ?? {}).flat().length]);
}

it('a quick fix for what a transport did has an edit for every line that it touches', () => {
  expect(editsFor('  *filter\r\n  :INPUT ACCEPT [0:0]\r\n  -A INPUT -j ACCEPT\r\n  COMMIT\r\n')).toEqual([
    ['Make it a file that iptables-restore takes (unsafe)', 8],
    ['Ignore transport-damage in this file', 1],
  ]);
});

it('a quick fix may change another place than the one that is underlined', () => {
  const state = dumpState('*filter\n-A INPUT -j ACCEPT\n');
  const [first] = actionsFor(state);
  expect(first?.title).toBe('Add COMMIT');
  expect(first?.isPreferred).toBe(true);
  expect(first?.edit?.changes?.[state.uri]).toEqual([
    { range: { start: { line: 1, character: 18 }, end: { line: 1, character: 18 } }, newText: '\nCOMMIT' },
  ]);
});
