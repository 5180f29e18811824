import { beforeEach, describe, expect, it } from 'vitest';
import { EventEmitter, ThemeIcon } from 'vscode';
import {
  confirm,
  createStatus,
  createTree,
  pick,
  showError,
  showInformation,
  showInStatusBar,
  showProgress,
  showWarning,
  treeItem,
} from '../../client/src/show.ts';
import { fake, resetVscode } from '../support/vscode.ts';

beforeEach(() => resetVscode());

const attack = '[Repair](command:workbench.action.terminal.new) $(sync~spin) [x](https://evil.example) pro\u202ed\u200b\u{e0041}';
// What VS Code's parseLinkedText and renderLabelWithIcons look for.
const link = /\[([^\]]+)\]\(((?:command:|https?:\/\/|file:)[^)\s]+)/i;
const icon = /\$\([a-z0-9-]+(?:~[a-z]+)?\)/i;
const unseen = /[\u200b\u202e\u{e0041}]/u;

const command = { title: 'Select Cluster', command: 'iptables.selectContext' };

const waysOut: readonly (readonly [string, () => unknown])[] = [
  ['an error', () => showError(attack)],
  ['a warning', () => showWarning(attack)],
  ['an information', () => showInformation(attack)],
  ['a question', () => confirm(attack, attack, 'Run')],
  ['the status bar', () => showInStatusBar(attack, 1)],
  ['progress', () => showProgress(attack, async (_token, report) => report(attack))],
  ['a pick', () => pick([{ label: attack, description: attack, detail: attack }], { title: attack, placeHolder: attack })],
  [
    'a language status',
    () => createStatus('a', 'a', 'iptables', { text: attack, detail: attack, severity: 'ok', busy: false, command }),
  ],
  [
    "a tree's message",
    () => {
      const source = { changed: new EventEmitter<undefined>().event, children: async () => [], row: () => never() };
      createTree<undefined>('a', source).setMessage(attack);
    },
  ],
];

function never(): never {
  throw new Error('there are no rows');
}

describe('foreign text is text in', () => {
  it.each(waysOut)('%s', async (_name, show) => {
    await show();
    const texts = fake.shown.map(({ text }) => text).filter((text) => text.includes('Repair'));
    expect(texts.length).toBeGreaterThan(0);
    for (const text of texts) {
      expect(text).not.toMatch(link);
      expect(text).not.toMatch(unseen);
      expect(text).toContain('pro<U+202E>d<U+200B><U+E0041>');
    }
    const labels = fake.shown.filter(({ way, text }) => /status|quick pick|tree/.test(way) && text.includes('Repair'));
    for (const { text } of labels) expect(text).not.toMatch(icon);
  });

  it("a tree's row", () => {
    const item = treeItem({
      label: attack,
      description: attack,
      tooltip: [attack, 'second'],
      spoken: attack,
      icon: new ThemeIcon('vm'),
      children: 'none',
    });
    for (const text of [item.label, item.description, item.accessibilityInformation?.label]) {
      expect(text).not.toMatch(icon);
      expect(text).not.toMatch(unseen);
    }
    expect(item.tooltip).toMatchObject({ value: expect.stringContaining('\\[Repair\\]\\(command') });
  });
});

it('a pick gives the item that was given, whatever its text', async () => {
  fake.answers.push('$(check) a] (b');
  const items = [{ label: 'a](b', icon: 'check', value: 7 }];
  expect(await pick(items, { title: 't', placeHolder: 'p' })).toBe(items[0]);
});

it('a question is answered by its button alone', async () => {
  fake.answers.push('Run', undefined);
  expect(await confirm('?', '', 'Run')).toBe(true);
  expect(await confirm('?', '', 'Run')).toBe(false);
});
