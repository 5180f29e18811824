import { expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { incomingCalls, outgoingCalls, prepareCallHierarchy } from '../../server/src/features/call-hierarchy.ts';
import { codeActions } from '../../server/src/features/code-actions.ts';
import { toItem } from '../../server/src/features/completion/offer.ts';
import { diagnosticsOf } from '../../server/src/features/diagnostics.ts';
import { documentSymbols, workspaceSymbols } from '../../server/src/features/symbols.ts';
import { ownSeverities } from '../../server/src/lint/all-findings.ts';
import { lint } from '../../server/src/lint/registry.ts';
import { dumpState } from '../support/dump-state.ts';

// A chain's name may hold what nobody sees, and what would turn the text behind it round.
const state = dumpState('*filter\n:INPUT ACCEPT [0:0]\n:NO\u200bDE\u202e - [0:0]\n-A INPUT -j NODE\nCOMMIT\n');
const unseen = /[\u200b\u202e]/;

it('names in lists show what hides in them', () => {
  const [table] = runToEnd(documentSymbols(state));
  expect(table?.children?.map(({ name }) => name)).toEqual(['INPUT', 'NO<U+200B>DE<U+202E>', 'NODE']);
  expect(runToEnd(workspaceSymbols([state], 'no')).map(({ name }) => name)).toEqual(['NO<U+200B>DE<U+202E>', 'NODE']);
});

it('so do diagnostics and quick fixes', () => {
  const diagnostics = runToEnd(diagnosticsOf(runToEnd(lint(state)), state.uri, 100));
  const range = { start: { line: 0, character: 0 }, end: { line: 9, character: 0 } };
  const actions = runToEnd(codeActions(state, { range, diagnostics, severities: ownSeverities, canCopy: true }));
  const shown = [...diagnostics.map(({ message }) => message), ...actions.map(({ title }) => title)];
  expect(shown.join()).toContain('NO<U+200B>DE<U+202E>');
  for (const text of shown) expect(text).not.toMatch(unseen);
});

it('names in lists, completions and hierarchies draw no icon and lead nowhere', () => {
  const name = 'A$(bug)[x](command:e)';
  const icons = dumpState(`*filter\n:INPUT ACCEPT [0:0]\n:${name} - [0:0]\n-A INPUT -j ${name}\n-A ${name} -j B$(bug)\nCOMMIT\n`);
  const [table] = runToEnd(documentSymbols(icons));
  const at = { line: 2, character: 2 };
  const [item] = prepareCallHierarchy(icons, at);
  if (item === undefined) throw new Error('no chain there');
  const shown = [
    ...(table?.children ?? []).map((chain) => chain.name),
    ...runToEnd(workspaceSymbols([icons], '')).map((symbol) => symbol.name),
    item.name,
    ...runToEnd(outgoingCalls(icons, item)).map(({ to }) => to.name),
    ...runToEnd(incomingCalls(icons, item)).map(({ from }) => from.name),
    toItem({ text: name, kind: 3, detail: name }, 0, { line: 0, start: 0, end: 1 }, true).label,
    toItem({ text: 'a', kind: 3, detail: name }, 0, { line: 0, start: 0, end: 1 }, true).detail ?? '',
  ];
  expect(shown).toContain('A$ (bug)[x] (command:e)');
  for (const text of shown) expect(text).not.toMatch(/\$\(|\]\(/);
});
