import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDriftView } from '../../client/src/drift-view.ts';
import { DumpTree, type Filling } from '../../client/src/dump-tree.ts';
import type { ServerAccess } from '../../client/src/server-access.ts';
import { createServicesView } from '../../client/src/services-view.ts';
import { type DriftResult, servicesRequest } from '../../server/src/protocol/requests.ts';
import { type Disposable, EventEmitter, type FakeTree, fake, resetVscode, Uri, window } from '../support/vscode.ts';

const nodeA = Uri.file('/work/node-a.iptables');
const nodeB = Uri.file('/work/node-b.iptables');

function treeOf(view: string): FakeTree {
  const tree = fake.trees.get(view);
  if (tree === undefined) throw new Error(`no tree ${view}`);
  return tree;
}

/** A tree with one row, the name of its dump, that is filled when the test says so. */
class Setting {
  readonly fillings: { readonly filling: Filling; readonly done: () => void; readonly fail: (reason: string) => void }[] = [];
  readonly failures: string[] = [];
  readonly tree = new DumpTree<string>('iptables.example', {
    row: (node, dump) => ({ label: `${node} of ${dump.path}`, icon: undefined as never, children: 'none' }),
    children: async (_node, dump) => [dump.path.slice('/work/'.length)],
    fill: (filling) =>
      new Promise((done, fail) => {
        this.fillings.push({ filling, done, fail: (reason) => fail(new Error(reason)) });
      }),
    fail: (reason) => void this.failures.push(reason),
  });

  look(dump: Uri): void {
    this.tree.look(dump as never);
  }

  async rows(): Promise<readonly unknown[]> {
    return treeOf('iptables.example').treeDataProvider.getChildren();
  }

  /** Time passes until a burst of changes is over. */
  async calm(): Promise<void> {
    await vi.advanceTimersByTimeAsync(400);
  }
}

beforeEach(() => {
  resetVscode();
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a tree of the dump that was looked at last', () => {
  it('is filled once for a burst of changes', async () => {
    const setting = new Setting();
    setting.look(nodeA);
    for (let change = 0; change < 5; change += 1) setting.tree.changed(nodeA.toString());
    await vi.advanceTimersByTimeAsync(399);
    expect(setting.fillings).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(setting.fillings.map(({ filling }) => filling.dump.path)).toEqual(['/work/node-a.iptables']);
    expect(setting.failures).toEqual([]);
  });

  it('is not filled for a change of another dump, or when the same dump is looked at again', async () => {
    const setting = new Setting();
    setting.look(nodeA);
    await setting.calm();
    setting.look(nodeA);
    setting.tree.look(undefined);
    setting.tree.changed(nodeB.toString());
    await setting.calm();
    expect(setting.fillings).toHaveLength(1);
  });

  it('is filled when it comes on the screen, if something has changed', async () => {
    const setting = new Setting();
    const view = treeOf('iptables.example');
    view.visible = false;
    setting.look(nodeA);
    await setting.calm();
    expect(setting.fillings).toHaveLength(0);

    view.visible = true;
    view.visibility.fire({ visible: true });
    setting.fillings[0]?.done();
    await setting.calm();
    view.visibility.fire({ visible: true });
    expect(setting.fillings).toHaveLength(1);
  });

  it('keeps the rows of the dump before until those of the next are there', async () => {
    const setting = new Setting();
    setting.look(nodeA);
    await setting.calm();
    expect(await setting.rows()).toEqual([]);
    setting.fillings[0]?.filling.take();
    setting.fillings[0]?.done();
    expect(await setting.rows()).toEqual(['node-a.iptables']);

    setting.look(nodeB);
    await setting.calm();
    expect(await setting.rows()).toEqual(['node-a.iptables']);
    expect(setting.tree.shown()?.path).toBe('/work/node-a.iptables');
    setting.fillings[1]?.filling.take();
    expect(await setting.rows()).toEqual(['node-b.iptables']);
  });

  it('gives up what is under way when another dump is looked at, and says nothing of its failure', async () => {
    const setting = new Setting();
    setting.look(nodeA);
    await setting.calm();
    setting.look(nodeB);
    await setting.calm();
    const [first, second] = setting.fillings;
    expect(first?.filling.token.isCancellationRequested).toBe(true);
    expect([first?.filling.isOver(), second?.filling.isOver()]).toEqual([true, false]);
    first?.fail('cancelled');
    second?.fail('The server is down.');
    await setting.calm();
    expect(setting.failures).toEqual(['The server is down.']);
  });
});

describe('the view of Services', () => {
  it('shows the first of 100,000, says how many are left out, and asks for states in few parts', async () => {
    const most = 100_000;
    const services = Array.from({ length: most }, (_, at) => ({ name: `s${at}`, to: `shop/s${at}`, addresses: [], line: 1 }));
    const asked: number[] = [];
    const answers = (method: string, { targets = [] }: { readonly targets?: readonly string[] }): unknown => {
      if (method === servicesRequest) return { namespaces: [{ name: 'shop', services }], cluster: '', reason: '' };
      asked.push(targets.length);
      return { states: targets.map(() => ({ kind: 'serves', words: '', line: null, remarks: [] })) };
    };
    const server = {
      ask: async (method: string, params: object) => answers(method, params),
      onNotification: (): Disposable => ({ dispose: () => undefined }) as Disposable,
    };
    Object.assign(window, { activeTextEditor: { document: { uri: nodeA, languageId: 'iptables' } } });
    const view = createServicesView(server as unknown as ServerAccess);
    const provider = treeOf('iptables.services').treeDataProvider;
    await vi.advanceTimersByTimeAsync(400);
    const [namespace] = await provider.getChildren();
    const rows = await provider.getChildren(namespace);
    expect([rows.length, provider.getTreeItem(rows.at(-1)).label]).toEqual([2_001, '98000 more are not shown']);
    expect(asked.reduce((sum, count) => sum + count, 0)).toBe(most);
    expect(asked.length).toBeLessThan(100);
    view.dispose();
    Object.assign(window, { activeTextEditor: undefined });
  });
});

describe('the view of drift', () => {
  const drifted: DriftResult = {
    namespaces: [{ name: 'shop', services: [{ name: 'web', namespace: 'shop', status: 'stale', line: 4, findings: [] }] }],
    cluster: 'snapshot.json',
    node: 'node-a',
    notes: [],
  };

  it('takes its badge away with its rows when the dump cannot be compared any longer', async () => {
    let answer: () => Promise<unknown> = async () => drifted;
    const changed = new EventEmitter<{ readonly uri: string }>();
    const server = {
      ask: () => answer(),
      onNotification: (_method: string, listener: (params: { readonly uri: string }) => void): Disposable =>
        changed.event(listener),
    };
    Object.assign(window, { activeTextEditor: { document: { uri: nodeA, languageId: 'iptables' } } });
    const view = createDriftView(server as unknown as ServerAccess);
    const tree = treeOf('iptables.drift');
    await vi.advanceTimersByTimeAsync(400);
    expect([tree.badge?.value, tree.message]).toEqual([1, 'node-a.iptables of node node-a, compared with snapshot.json.']);
    expect(await tree.treeDataProvider.getChildren()).toHaveLength(1);

    answer = async () => {
      throw new Error('The language server has stopped.');
    };
    changed.fire({ uri: nodeA.toString() });
    await vi.advanceTimersByTimeAsync(400);
    expect([tree.badge, tree.message]).toEqual([undefined, 'The language server has stopped.']);
    expect(await tree.treeDataProvider.getChildren()).toEqual([]);
    view.dispose();
    Object.assign(window, { activeTextEditor: undefined });
  });
});
