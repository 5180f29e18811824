import { beforeEach, expect, it } from 'vitest';
import type { Memento } from 'vscode';
import { pickClusterSnapshot } from '../../client/src/cluster-snapshot-pick.ts';
import { pickContext } from '../../client/src/context-pick.ts';
import type { ServerAccess } from '../../client/src/server-access.ts';
import { fake, resetVscode } from '../support/vscode.ts';

// VS Code underlines a value of a wrong type in settings.json, and hands it over all the same.

beforeEach(() => resetVscode());

const values: readonly unknown[] = [null, 5, true, [], ['a'], {}, { toString: 'no' }];
const said = (): readonly string[] => fake.shown.map(({ text }) => text);

it.each(values.map((value) => [value]))(
  'a context picked before, and %j as the setting: the settings say no cluster',
  async (value) => {
    fake.settings = { 'cluster.context': value };
    const state = { get: () => 'kind-dev' } as unknown as Memento;
    const server = { ask: async () => ({ contexts: [], origin: 'config', problem: '', selected: 'kind-dev' }) };
    await pickContext(server as unknown as ServerAccess, state);
    expect(said()).toEqual(expect.arrayContaining(['$(settings-gear) As the settings say', 'no live cluster']));
  },
);

it.each(values.map((value) => [value]))('%j as the snapshot: it is found by its content', async (value) => {
  fake.settings = { 'cluster.snapshot': value };
  await pickClusterSnapshot();
  expect(said()).toContain('found by its content');
});
