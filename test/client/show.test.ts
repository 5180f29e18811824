import { beforeEach, describe, expect, it } from 'vitest';
import { commands, EventEmitter, ThemeIcon } from 'vscode';
import { pickOrType } from '../../client/src/pick-or-type.ts';
import {
  askText,
  confirm,
  createStatus,
  createTree,
  pick,
  showError,
  showInformation,
  showInStatusBar,
  showProgress,
  showWarning,
  testLabel,
  testMessage,
  testOutput,
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
    'a pick that takes what is typed',
    () => {
      const rows = async () => [{ label: attack, description: attack, detail: attack }];
      const source = { rows, onChange: () => ({ dispose: () => undefined }) };
      fake.answers.push(undefined);
      return pickOrType(source, { title: attack, placeHolder: attack, typed: () => undefined });
    },
  ],
  ['a box for a text', () => askText({ title: attack, prompt: attack, problem: () => attack })],
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

describe("a row's command", () => {
  const changed = new EventEmitter<string | undefined>();
  const opened: unknown[] = [];
  const open = () => {
    commands.registerCommand('iptables.example', (...values) => void opened.push(values));
    createTree<string>('iptables.rows', {
      changed: changed.event as never,
      children: async () => ['one', 'two', 'three'],
      row: (node) => ({
        label: node,
        icon: undefined as never,
        children: 'none',
        ...(node === 'three' ? {} : { command: { command: 'iptables.example', title: 'Open', arguments: [node, 7] } }),
      }),
    });
    const tree = fake.trees.get('iptables.rows');
    if (tree === undefined) throw new Error('no tree');
    return tree;
  };

  it('has no arguments, which VS Code would forget while rows are asked for again', () => {
    expect(open().treeDataProvider.getTreeItem('one').command).toEqual({ command: 'iptables.rows.openRow', title: 'Open' });
    expect(open().treeDataProvider.getTreeItem('three').command).toBe(undefined);
  });

  it('is done for the row that is selected; nothing for one that is no longer there', async () => {
    opened.length = 0;
    const tree = open();
    for (const selection of [['two'], [], ['three']]) {
      tree.selection = selection;
      await commands.executeCommand('iptables.rows.openRow');
    }
    expect(opened).toEqual([['two', 7]]);
  });
});

describe('foreign text is text in a test run', () => {
  it('in a message', () => {
    const { message, expectedOutput, actualOutput } = testMessage(
      { expected: attack, actual: attack, details: `${attack}\nsecond` },
      {} as never,
    );
    expect(message).toMatchObject({ value: expect.stringContaining('\\[Repair\\]\\(command') });
    for (const text of [expectedOutput, actualOutput]) expect(text).not.toMatch(unseen);
  });

  it('in a label and in its terminal', () => {
    expect(testLabel(attack)).not.toMatch(icon);
    expect(testOutput('one\n\u001b[31mtwo')).toBe('one\r\n\u241b[31mtwo\r\n');
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

describe('a pick that takes what is typed', () => {
  const rows = [{ label: 'shop/web' }, { label: 'shop/api' }];
  const never = () => ({ dispose: () => undefined });
  const typed = (text: string) => (text.startsWith('10.') ? { label: text } : undefined);

  it('gives the row that was picked, or makes one of what was typed', async () => {
    const options = { title: 't', placeHolder: 'p', typed };
    fake.answers.push('shop/api', { typed: '10.0.0.1' }, { typed: 'web' }, undefined);
    const source = { rows: async () => rows, onChange: never };
    expect(await pickOrType(source, options)).toBe(rows[1]);
    expect(await pickOrType(source, options)).toEqual({ label: '10.0.0.1', alwaysShow: true });
    expect(await pickOrType(source, options)).toBe(rows[0]);
    expect(await pickOrType(source, options)).toBeUndefined();
  });

  it('has others when they have come', async () => {
    const changes = new EventEmitter<undefined>();
    let current = rows.slice(0, 1);
    const picked = pickOrType(
      { rows: async () => current, onChange: (listener) => changes.event(listener) },
      { title: 't', placeHolder: 'p', typed },
    );
    await expect.poll(() => fake.shown.length).toBeGreaterThan(0);
    current = rows;
    fake.answers.push('shop/api');
    changes.fire(undefined);
    expect(await picked).toBe(rows[1]);
  });

  it('fails as its rows do', async () => {
    const source = { rows: () => Promise.reject(new Error('the server is down')), onChange: never };
    await expect(pickOrType(source, { title: 't', placeHolder: 'p', typed })).rejects.toThrow('the server is down');
  });
});
