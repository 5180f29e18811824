import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClusterStatusParams } from '../../server/src/protocol/requests.ts';
import { fixtureText } from '../support/fixtures.ts';
import { filesOf, type InProcessServer, startInProcessServer } from '../support/in-process-server.ts';

const uri = 'file:///work/node-a.iptables';
const dump = '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j NOWHERE\nCOMMIT\n';

let server: InProcessServer;

beforeEach(async () => {
  server = startInProcessServer(filesOf({ 'file:///work/cluster.json': fixtureText('sample/cluster.json') }));
});
afterEach(() => server.dispose());

const change = (version: number, contentChanges: unknown): Promise<void> =>
  server.client.sendNotification('textDocument/didChange', { textDocument: { uri, version }, contentChanges });

const codes = async (version: number): Promise<unknown> =>
  (await server.diagnostics(uri, version)).diagnostics.map(({ code, range }) => [code, range.start.line]);

describe('a document', () => {
  beforeEach(() => server.initialize());

  it('is read when it is opened, and again with each change', async () => {
    await server.open(uri, dump);
    expect(await codes(1)).toEqual([['undeclared-chain', 2]]);
    await change(2, [
      { range: { start: { line: 1, character: 0 }, end: { line: 1, character: 0 } }, text: ':NOWHERE - [0:0]\n' },
    ]);
    expect(await codes(2)).toEqual([]);
    await change(3, [{ text: `${dump}${dump}` }]);
    expect((await server.diagnostics(uri, 3)).diagnostics.length).toBeGreaterThan(1);
  });

  it.each([2, 1, -7])('is read again where a change has no newer version (%i)', async (version) => {
    const tables = (): Promise<unknown> => server.client.sendRequest('textDocument/documentSymbol', { textDocument: { uri } });
    await server.open(uri, '*filter\nCOMMIT\n', 2);
    expect(await tables()).toMatchObject([{ name: 'filter' }]);
    await change(version, [{ text: '*nat\nCOMMIT\n' }]);
    expect(await tables()).toMatchObject([{ name: 'nat' }]);
    await change(version, [{ text: '*raw\nCOMMIT\n' }]);
    expect(await tables()).toMatchObject([{ name: 'raw' }]);
  });

  it('that no ruleset can be is not read, says so, and is in the way of no other', async () => {
    await server.open(uri, '*nat\n'.repeat(50_001));
    expect((await server.diagnostics(uri, 1)).diagnostics.map(({ message }) => message)).toEqual([
      'This text opens more than 50,000 tables, and no node has so many: it is not read. Once it has fewer, open it again.',
    ]);
    await change(2, [{ range: { start: { line: 1, character: 0 }, end: { line: 1, character: 0 } }, text: 'x\n' }]);
    const tables = (of: string): Promise<unknown> =>
      server.client.sendRequest('textDocument/documentSymbol', { textDocument: { uri: of } });
    expect((await tables(uri)) ?? []).toEqual([]);
    const other = 'file:///work/node-b.iptables';
    await server.open(other, '*filter\nCOMMIT\n');
    expect(await tables(other)).toMatchObject([{ name: 'filter' }]);
    await server.client.sendNotification('textDocument/didClose', { textDocument: { uri } });
    await server.open(uri, dump, 3);
    expect(await codes(3)).toEqual([['undeclared-chain', 2]]);
  });

  const at = (line: number, end = line) => ({ start: { line, character: 0 }, end: { line: end, character: 0 } });
  it.each([
    ['one change', [{ range: at(1), text: '\n'.repeat(3_500_000) }]],
    ['two changes', [1, 2].map((line) => ({ range: at(line), text: '\n'.repeat(1_800_000) }))],
    ['a change of all of it', [{ text: '\n'.repeat(3_500_000) }]],
  ])('that becomes longer than any ruleset by %s is not read on, and says so', async (_, changes) => {
    await server.open(uri, dump);
    await change(2, changes);
    expect((await server.diagnostics(uri, 2)).diagnostics.map(({ message }) => message)).toEqual([
      'This text has more than 3,500,000 lines, and no kernel loads so many rules: it is not read. Once it has fewer, open it again.',
    ]);
    await server.client.sendNotification('textDocument/didClose', { textDocument: { uri } });
    await server.open(uri, dump, 3);
    expect(await codes(3)).toEqual([['undeclared-chain', 2]]);
  });

  it('publishes only what is found in the newest version of a burst', async () => {
    await server.open(uri, dump);
    for (let version = 2; version <= 30; version += 1) {
      void change(version, [{ text: version < 30 ? dump.repeat(version) : '*filter\nCOMMIT\n' }]);
    }
    expect(await codes(30)).toEqual([]);
    const versions = server.published.map(({ version }) => version);
    expect(versions).toEqual(versions.toSorted((a = 0, b = 0) => a - b));
  });

  it.each([
    ['no changes', undefined],
    ['a change that is no object', ['x']],
    ['a change without a text', [{ range: { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } } }]],
    ['a text of another type', [{ text: 7 }]],
    ['a range without an end', [{ range: { start: { line: 0, character: 0 } }, text: '' }]],
    ['a negative line', [{ range: { start: { line: -1, character: 0 }, end: { line: 0, character: 0 } }, text: 'x' }]],
    ['a text instead of a list', 'x'],
  ])('stays as it was and usable after %s', async (_, contentChanges) => {
    await server.open(uri, dump);
    await change(2, contentChanges);
    await change(3, [{ range: { start: { line: 2, character: 0 }, end: { line: 3, character: 0 } }, text: '' }]);
    expect(await codes(3)).toEqual([]);
    expect(server.log.join('\n')).toContain('textDocument/didChange: The parameter "contentChanges"');
    const symbols = await server.client.sendRequest<readonly unknown[]>('textDocument/documentSymbol', { textDocument: { uri } });
    expect(symbols).toHaveLength(1);
  });

  it('keeps its text through an empty change, with the new version', async () => {
    await server.open(uri, dump);
    await change(2, []);
    expect(await codes(2)).toEqual([['undeclared-chain', 2]]);
  });

  it('loses its diagnostics when it is closed, and answers nothing', async () => {
    await server.open(uri, dump);
    await server.diagnostics(uri, 1);
    await server.client.sendNotification('textDocument/didClose', { textDocument: { uri } });
    await server.notified<{ uri: string; version?: number; diagnostics: readonly unknown[] }>(
      'textDocument/publishDiagnostics',
      ({ version, diagnostics }) => version === undefined && diagnostics.length === 0,
    );
    expect(await server.client.sendRequest('textDocument/documentSymbol', { textDocument: { uri } })).toEqual([]);
  });

  it('takes a change whose range lies behind its end', async () => {
    await server.open(uri, dump);
    const end = { line: 9_000, character: 9_000 };
    await change(2, [{ range: { start: end, end }, text: '# end\n' }]);
    expect(await codes(2)).toEqual([['undeclared-chain', 2]]);
  });
});

describe('the cluster of a document', () => {
  it('is the snapshot beside it, found by what it holds', async () => {
    await server.initialize({ workspaceFolders: [{ uri: 'file:///work', name: 'work' }], rootUri: 'file:///work' });
    await server.open(uri, fixtureText('sample/worker-1.iptables'));
    const status = await server.notified<ClusterStatusParams>('iptables/clusterStatus', ({ kind }) => kind === 'snapshot');
    expect(status).toMatchObject({ label: 'cluster.json', severity: 'ok' });
  });

  it.each([
    [5, 5],
    [[null, 7, { uri: 5 }, { name: 'work' }], []],
    ['file:///work', 'file:///work'],
  ])('is found beside it where a client names folders of wrong types: %j', async (workspaceFolders, rootUri) => {
    await server.initialize({ workspaceFolders, rootUri } as never);
    await server.open(uri, dump);
    expect(await codes(1)).toEqual([['undeclared-chain', 2]]);
  });

  it('is none where there is no file to be read', async () => {
    await server.dispose();
    server = startInProcessServer();
    await server.initialize({ workspaceFolders: [{ uri: 'file:///work', name: 'work' }] });
    await server.open(uri, dump);
    await server.notified<ClusterStatusParams>('iptables/clusterStatus', ({ kind }) => kind === 'none');
    expect(await codes(1)).toEqual([['undeclared-chain', 2]]);
  });
});

describe('a hover in one document while another is read', () => {
  it('is answered before that reading ends', async () => {
    await server.initialize();
    await server.open(uri, dump);
    await server.diagnostics(uri, 1);
    const large = 'file:///work/large.iptables';
    await server.open(large, `*filter\n${'-A INPUT -s 10.0.0.1/32 -j ACCEPT\n'.repeat(100_000)}COMMIT\n`);
    const done: string[] = [];
    const reading = server.diagnostics(large, 1).then(() => done.push('large'));
    const position = { line: 1, character: 3 };
    expect(await server.client.sendRequest('textDocument/hover', { textDocument: { uri }, position })).not.toBeNull();
    done.push('hover');
    await reading;
    expect(done).toEqual(['hover', 'large']);
  });
});

describe('a document whose lines change into others of another kind', () => {
  beforeEach(() => server.initialize());

  it('has the findings of a fresh reading, where a byte order mark comes in front of all', async () => {
    const at = (line: number, character: number, endLine: number, endCharacter: number, text: string): object => ({
      range: { start: { line, character }, end: { line: endLine, character: endCharacter } },
      text,
    });
    await server.open(
      uri,
      '# Generated by xtables-save v1.8.2 on Thu May 21 00:03:22 2020\n*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n# Completed on Thu May 21 00:03:22 2020\n# Warning: iptables-legacy tables present, use iptables-legacy-save to see them\n',
    );
    const edits = [
      [at(4, 0, 4, 20, '\u65e5\u672c -A \u00e9')],
      [at(5, 0, 6, 0, '')],
      [at(1, 0, 4, 0, '')],
      [at(0, 30, 0, 34, ''), at(1, 0, 4, 0, 'iptables-save v1.4\n')],
      [at(0, 0, 0, 0, '\ufeff*nat\n')],
    ];
    for (const [index, changes] of edits.entries()) await change(index + 2, changes);
    const edited = (await server.diagnostics(uri, edits.length + 1)).diagnostics;
    await change(edits.length + 2, [
      { text: '\ufeff*nat\n# Generated by xtables-save v1 on Thu May 21 00:03:22 2020\niptables-save v1.4\n' },
    ]);
    expect(edited).toEqual((await server.diagnostics(uri, edits.length + 2)).diagnostics);
  });
});
