import { beforeEach, describe, expect, it } from 'vitest';
import type { WebviewPanel } from 'vscode';
import { createFlowPanel, type FlowPanel } from '../../client/src/flow-panel.ts';
import { type ServerAccess, type ServerState, ServerStopped } from '../../client/src/server-access.ts';
import type { FlowParams } from '../../server/src/protocol/requests.ts';
import type { HostMessage } from '../../webview/src/messages.ts';
import { EventEmitter, fake, resetVscode, Uri } from '../support/vscode.ts';
import { graphOf, richGraph } from '../webview/fixtures.ts';

const dump = Uri.file('/work/node-a.iptables');

/** A panel whose page can be spoken for, and a server whose answers can be chosen. */
class Setting {
  readonly posted: HostMessage[] = [];
  readonly page = new EventEmitter<unknown>();
  readonly states = new EventEmitter<ServerState>();
  readonly closed = new EventEmitter<void>();
  ask: (params: FlowParams) => Promise<unknown> = ({ to }) => this.answer(to ?? '');
  answer: (to: string) => Promise<unknown> = async () => ({ kind: 'flow', to: 'shop/web', graph: richGraph() });
  restarts = 0;
  titles = 0;
  readonly flow: FlowPanel;

  constructor(other?: { readonly uri: Uri; readonly expected: boolean }) {
    const panel = {
      title: '',
      visible: true,
      webview: {
        onDidReceiveMessage: this.page.event,
        postMessage: async (message: HostMessage) => void this.posted.push(message),
      },
      onDidChangeViewState: () => ({ dispose: () => undefined }),
      onDidDispose: this.closed.event,
    };
    const server = {
      flow: (params: FlowParams) => this.ask(params),
      onDidChangeState: this.states.event,
      restart: async () => {
        this.restarts += 1;
      },
    };
    this.flow = createFlowPanel(
      panel as unknown as WebviewPanel,
      { uri: dump as never, to: 'shop/web', other: other as never },
      server as unknown as ServerAccess,
      Uri.file('/storage') as never,
      () => {
        this.titles += 1;
      },
    );
    this.page.fire({ kind: 'ready' });
  }

  kinds(): readonly string[] {
    return this.posted.map(({ kind }) => kind);
  }

  last(): HostMessage | undefined {
    return this.posted.at(-1);
  }
}

let setting: Setting;

beforeEach(async () => {
  resetVscode();
  fake.files.set(dump.toString(), '*filter\nCOMMIT\n');
  setting = new Setting();
  await expect.poll(() => setting.kinds()).toContain('flow');
  return () => setting.closed.fire();
});

describe('a drawing', () => {
  it('has its title from what it shows', () => {
    expect(setting.flow.title()).toBe('NAT flow: shop/web:http');
    expect(setting.titles).toBe(1);
  });

  it('stays, marked, while the server is down, and is drawn anew when it is back', async () => {
    setting.states.fire({ kind: 'stopped', reason: 'It ended five times.' });
    expect(setting.last()).toEqual({ kind: 'outdated', reason: 'It ended five times.', canRestart: true });
    setting.page.fire({ kind: 'restart' });
    expect(setting.restarts).toBe(1);
    setting.states.fire({ kind: 'running' });
    await expect.poll(() => setting.last()?.kind).toBe('flow');
  });

  it('stays, marked, when it is asked for and the server is down', async () => {
    setting.answer = () => Promise.reject(new ServerStopped('It is down.'));
    await setting.flow.show('shop/web');
    expect(setting.kinds().filter((kind) => kind !== 'highlight')).toEqual(['flow', 'outdated']);
  });

  it('of all Services comes at once, and again with their states', async () => {
    const map = (kind: 'pending' | 'serves') => {
      const state = { kind, words: '', line: null, remarks: [] };
      const listed = { to: 'shop/web', namespace: 'shop', name: 'web', state, entries: [], endpoints: [], line: null };
      return { kind: 'flow', to: 'map:', graph: { ...graphOf([], []), map: { services: [listed] } } };
    };
    const asked: unknown[] = [];
    setting.ask = async (params) => {
      asked.push(params.statesLater);
      return map(params.statesLater === true ? 'pending' : 'serves');
    };
    await setting.flow.show('map:');
    const states = setting.posted.flatMap((message) =>
      message.kind === 'flow' ? (message.graph.map?.services.map(({ state }) => state.kind) ?? []) : [],
    );
    expect(states).toEqual(['pending', 'serves']);
    // What is drawn with its states is not drawn without them again.
    await setting.flow.show('map:');
    expect(asked).toEqual([true, undefined, undefined]);
  });

  it('of another Service says why there is none, and offers the restart', async () => {
    setting.answer = () => Promise.reject(new ServerStopped('It is down.'));
    await setting.flow.show('shop/db');
    expect(setting.posted.slice(-2)).toMatchObject([
      { kind: 'nothing', to: 'shop/db', reason: 'It is down.' },
      { kind: 'outdated', canRestart: true },
    ]);
  });

  it('follows the rename of its dump', async () => {
    const moved = Uri.file('/work/before.iptables');
    fake.renamed.fire({ files: [{ oldUri: dump, newUri: moved }] });
    expect(setting.posted.at(-1)).toEqual({ kind: 'moved', uri: moved.toString(), file: 'before.iptables' });
    expect(setting.flow.uri().toString()).toBe(moved.toString());
    await expect.poll(() => setting.last()).toMatchObject({ kind: 'flow', file: 'before.iptables' });
  });

  it('says that its dump is gone, and so does a click in it', async () => {
    fake.files.clear();
    fake.deleted.fire({ files: [dump] });
    await expect
      .poll(() => setting.last())
      .toMatchObject({
        kind: 'outdated',
        reason: expect.stringContaining('node-a.iptables is gone'),
        canRestart: false,
      });
    setting.page.fire({ kind: 'open-line', line: 1, focus: true });
    await expect.poll(() => fake.shown.map(({ text }) => text).join()).toContain('node-a.iptables is gone');
    expect(fake.opened).toEqual([]);
  });

  it('is as it was when the dump is back', async () => {
    fake.files.clear();
    fake.deleted.fire({ files: [dump] });
    await expect.poll(() => setting.last()?.kind).toBe('outdated');
    fake.files.set(dump.toString(), '');
    fake.created.fire(dump);
    await expect.poll(() => setting.last()?.kind).toBe('flow');
  });

  it('opens a line that an edit has taken away at the end of the dump', async () => {
    setting.page.fire({ kind: 'open-line', line: 9_999, focus: true });
    await expect.poll(() => fake.opened).toEqual([dump.toString()]);
  });

  it('has the flow of another dump beside it, and leaves it when the page says so', async () => {
    const other = Uri.file('/elsewhere/node-a.iptables');
    setting = new Setting({ uri: other, expected: false });
    await expect.poll(() => setting.last()).toMatchObject({ kind: 'flow', other: { uri: other.toString(), expected: false } });
    const shown = setting.last();
    // One name is none.
    if (shown?.kind !== 'flow') throw new Error('no flow');
    expect(shown.file).not.toBe(shown.other?.file);
    expect(setting.flow.isOf(other.toString())).toBe(true);
    fake.files.set(other.toString(), '*nat\nCOMMIT\n');
    setting.page.fire({ kind: 'open-line', line: 1, focus: false, isOther: true });
    await expect.poll(() => fake.opened).toEqual([other.toString()]);
    setting.page.fire({ kind: 'compare', stop: true });
    await expect.poll(() => setting.last()?.kind === 'flow' && !('other' in (setting.last() ?? {}))).toBe(true);
    expect(setting.flow.isOf(other.toString())).toBe(false);
  });

  it('is of what kube-proxy would write where that is compared, and says why the other has nothing', async () => {
    setting = new Setting({ uri: dump, expected: true });
    setting.answer = async (to) =>
      to.startsWith('expected:') ? { kind: 'nothing', reason: 'No cluster is known.' } : { kind: 'flow', to, graph: richGraph() };
    await setting.flow.show('shop/web');
    expect(setting.last()).toMatchObject({
      kind: 'flow',
      to: 'shop/web',
      other: { expected: true, file: 'kube-proxy', graph: { nodes: [], notes: [{ message: 'No cluster is known.' }] } },
    });
  });

  it('does nothing for what is no message', () => {
    const before = setting.posted.length;
    for (const raw of [null, 7, 'ready', { kind: 'save' }, { kind: 'open-line', line: -1, focus: true }]) setting.page.fire(raw);
    expect(setting.posted).toHaveLength(before);
    expect(fake.shown).toEqual([]);
  });
});
