import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  ClusterStatusParams,
  FlowResult,
  FlowTargetsResult,
  ServiceEntryInfo,
  ServiceStatesResult,
  ServicesResult,
} from '../../server/src/protocol/requests.ts';
import { startTestServer, type TestServer } from '../support/language-server.ts';
import { serverBundle } from '../support/server-bundle.ts';

const sample = resolve(import.meta.dirname, '../fixtures/sample');
const dump = readFileSync(join(sample, 'worker-1.iptables'), 'utf8');
const snapshot = readFileSync(join(sample, 'cluster.json'), 'utf8');
const lines = dump.split('\n');
const frontendRule = lines.findIndex((line) => line.startsWith('-A KUBE-SERVICES') && line.includes('booking/frontend:http'));
const frontendChain = { line: frontendRule, character: (lines[frontendRule] ?? '').indexOf('KUBE-SVC-') + 3 };

let server: TestServer;
let folder = '';
let uri = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'iptables-protocol-'));
  writeFileSync(join(folder, 'cluster.json'), snapshot);
  writeFileSync(join(folder, 'worker-1.iptables'), dump);
  uri = pathToFileURL(join(folder, 'worker-1.iptables')).href;
  server = await startTestServer({ folder: pathToFileURL(folder).href });
  await server.open(uri, dump);
  await server.notified<ClusterStatusParams>('iptables/clusterStatus', (status) => status.kind === 'snapshot');
});

afterAll(async () => {
  expect(await server.stop()).toBe(0);
  rmSync(folder, { recursive: true, force: true });
});

const at = (position: { readonly line: number; readonly character: number }): object => ({ textDocument: { uri }, position });

describe('the server without an editor', () => {
  it.each([
    ['--help', 0, /^iptables-language-server speaks the Language Server Protocol/, /^$/],
    ['--version', 0, /^\d+\.\d+\.\d+\n$/, /^$/],
    ['--stdoi', 2, /^$/, /^iptables-language-server speaks .* --stdio, --socket=PORT or --pipe=NAME\n$/],
  ])('%s says what it is', (argument, expected, prints, complains) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [serverBundle, argument], { encoding: 'utf8' });
    expect([status, stdout, stderr]).toEqual([expected, expect.stringMatching(prints), expect.stringMatching(complains)]);
  });

  it('ends without a word where nobody reads what it says', async () => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: { processId: null, capabilities: {} } });
    const message = `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    const child = spawn(process.execPath, [serverBundle, '--stdio'], { stdio: ['pipe', 'pipe', 'pipe'] });
    const said = text(child.stderr);
    const ended = once(child, 'exit');
    child.stdout.destroy();
    child.stdin.write(message);
    expect([await ended, await said]).toEqual([[1, null], '']);
  });

  it('says that it cannot go on where the head of a message is none, and ends', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [serverBundle, '--stdio'], {
      input: 'Content-Length: -5\r\n\r\n{}',
      encoding: 'utf8',
      timeout: 20_000,
    });
    const why = 'its Content-Length is no number of bytes';
    expect([status, stdout, stderr]).toEqual([1, '', `iptables-language-server: the head of a message cannot be read: ${why}\n`]);
  });
});

describe('the server over stdio', () => {
  it('publishes the findings of a dump that is opened', async () => {
    const diagnostics = await server.diagnostics(uri, 1);
    expect(
      diagnostics.map(({ code, range }) => [code, lines[range.start.line]?.slice(range.start.character, range.end.character)]),
    ).toEqual(
      expect.arrayContaining([
        ['orphaned-chain', 'KUBE-SEP-YMMDN24UIRGMOLTR'],
        ['undeclared-chain', 'KUBE-SVC-S5UHGVGWUT2PPRZN'],
      ]),
    );
  });

  it('names the Service and its Pods in a hover, from the snapshot beside the dump', async () => {
    const hover = await server.request<{ contents: { kind: string; value: string } }>('textDocument/hover', at(frontendChain));
    expect(hover.contents.kind).toBe('markdown');
    expect(hover.contents.value).toContain('booking/frontend');
    expect(hover.contents.value).toMatch(/\| booking\/frontend\\-\S+ \|/);
  });

  it('goes to the declaration of the chain behind a jump', async () => {
    const [link] = await server.request<{ targetSelectionRange: { start: { line: number } } }[]>(
      'textDocument/definition',
      at(frontendChain),
    );
    expect(lines[link?.targetSelectionRange.start.line ?? 0]).toBe(':KUBE-SVC-3MGBTRC5ATFFL7T7 - [0:0]');
  });

  it('finds references, highlights, symbols, folds, selections, tokens, hints and lenses', async () => {
    const document = { textDocument: { uri } };
    const range = { start: { line: frontendRule, character: 0 }, end: { line: frontendRule + 1, character: 0 } };
    const all = await Promise.all([
      server.request<unknown[]>('textDocument/references', { ...at(frontendChain), context: { includeDeclaration: true } }),
      server.request<unknown[]>('textDocument/documentHighlight', at(frontendChain)),
      server.request<unknown[]>('textDocument/documentSymbol', document),
      server.request<unknown[]>('workspace/symbol', { query: 'frontend' }),
      server.request<unknown[]>('textDocument/foldingRange', document),
      server.request<unknown[]>('textDocument/selectionRange', { ...document, positions: [frontendChain] }),
      server.request<{ data: number[] }>('textDocument/semanticTokens/range', { ...document, range }).then(({ data }) => data),
      server.request<unknown[]>('textDocument/inlayHint', { ...document, range }),
    ]);
    for (const answer of all) expect(answer.length).toBeGreaterThan(0);
  });

  it('offers the flow of every address, and draws the one asked for', async () => {
    const { targets } = await server.request<FlowTargetsResult>('iptables/flowTargets', { textDocument: { uri } });
    const target = targets.find(({ description }) => description.includes('10.96.40.10:80'));
    const result = await server.request<FlowResult>('iptables/flow', { textDocument: { uri }, to: target?.to });
    expect(result.kind).toBe('flow');
    const shares =
      result.kind === 'flow' ? result.graph.nodes.filter(({ kind }) => kind === 'endpoint').map(({ share }) => share) : [];
    expect(shares).toHaveLength(3);
    for (const share of shares) expect(share).toBeCloseTo(1 / 3, 6);
  });

  it('lists the Services, says the state of each and what is behind one', async () => {
    const textDocument = { uri };
    const { namespaces } = await server.request<ServicesResult>('iptables/services', { textDocument });
    const targets = namespaces.flatMap(({ services }) => services.map(({ to }) => to));
    const { states } = await server.request<ServiceStatesResult>('iptables/serviceStates', { textDocument, targets });
    const kinds = Object.fromEntries(targets.map((to, index) => [to, states[index]?.kind]));
    expect(kinds).toMatchObject({ 'booking/seatmap': 'serves', 'booking/mailer': 'no-endpoints', 'booking/gateway': 'limited' });
    const [entry] = await server.request<ServiceEntryInfo[]>('iptables/serviceEntries', { textDocument, to: 'booking/seatmap' });
    expect(entry?.endpoints).toHaveLength(1);
  });

  it('draws the flow of the chain at a position', async () => {
    const result = await server.request<FlowResult>('iptables/flow', at(frontendChain));
    expect(result.kind === 'flow' ? result.graph.title : result.reason).toContain('booking/frontend');
  });

  it('draws the chains from any chain on', async () => {
    const forward = {
      line: lines.findIndex((line, number) => line.startsWith(':FORWARD') && number > lines.indexOf('*filter')),
      character: 3,
    };
    const result = await server.request<FlowResult>('iptables/flow', { ...at(forward), chain: true });
    const labels = result.kind === 'flow' ? result.graph.nodes.map(({ label }) => label) : [];
    expect(labels).toEqual(expect.arrayContaining(['FORWARD', 'KUBE-FORWARD', 'KUBE-SERVICES', 'ACCEPT']));
    const again = await server.request<FlowResult>('iptables/flow', { ...at(forward), to: 'chain:mangle/FORWARD@3' });
    expect(again.kind).toBe('flow');
    const none = await server.request<FlowResult>('iptables/flow', { ...at(forward), to: 'chain:filter/FORWARDS' });
    expect(none).toEqual({ kind: 'nothing', reason: expect.stringContaining('Did you mean FORWARD?') });
  });

  it('has new findings after an edit of one line, at the places where they are now', async () => {
    const start = { line: frontendRule, character: 0 };
    await server.change(uri, 2, [{ range: { start, end: start }, text: '-A KUBE-SERVICES -j NO-SUCH-CHAIN\n' }]);
    const after = await server.diagnostics(uri, 2);
    const found = after.find(({ message }) => String(message).includes('NO-SUCH-CHAIN'));
    expect(found).toMatchObject({ code: 'undeclared-chain', range: { start: { line: frontendRule, character: 20 } } });
    await server.change(uri, 3, [{ range: { start, end: { line: frontendRule + 1, character: 0 } }, text: '' }]);
    const restored = await server.diagnostics(uri, 3);
    expect(restored).toEqual(await server.diagnostics(uri, 1));
  });

  it('reads the snapshot again when it changes, and keeps the last good one while it is broken', async () => {
    const path = join(folder, 'cluster.json');
    const watched = { changes: [{ uri: pathToFileURL(path).href, type: 2 }] };
    const hover = async (): Promise<string> =>
      (await server.request<{ contents: { value: string } }>('textDocument/hover', at(frontendChain))).contents.value;
    writeFileSync(path, snapshot.slice(0, snapshot.length / 2));
    await server.connection.sendNotification('workspace/didChangeWatchedFiles', watched);
    const status = await server.notified<ClusterStatusParams>('iptables/clusterStatus', ({ severity }) => severity === 'error');
    expect(status.detail).toMatch(/cut off/);
    expect(await hover()).toContain('33\\.3');
    writeFileSync(path, snapshot.replaceAll('frontend-', 'renamed-'));
    await server.connection.sendNotification('workspace/didChangeWatchedFiles', watched);
    await expect.poll(hover).toContain('renamed');
    writeFileSync(path, snapshot);
    await server.connection.sendNotification('workspace/didChangeWatchedFiles', watched);
    await expect.poll(hover).toContain('booking/frontend\\-');
  });

  it('answers what it is asked about unknown documents with nothing', async () => {
    const unknown = { textDocument: { uri: 'file:///nowhere' }, position: { line: 0, character: 0 } };
    expect(await server.request('textDocument/hover', unknown)).toBeNull();
    expect(await server.request('textDocument/definition', unknown)).toEqual([]);
    expect(await server.request('iptables/flow', unknown)).toMatchObject({ kind: 'nothing' });
  });

  it.each([
    ['an empty file', ''],
    ['a binary file', '\u0000\u0001\ufffd\u0000*nat\u0000'],
    ['a line of a megabyte', `*nat\n-A PREROUTING -m comment --comment "${'x'.repeat(1_000_000)}" -j ACCEPT\nCOMMIT\n`],
    ['a dump cut in the middle', dump.slice(0, dump.length / 2)],
    ['prose', 'Dear all,\n\nmy Service does not work - why?\n'],
  ])('goes on with %s', async (name, text) => {
    const strange = `file:///strange/${encodeURIComponent(name)}`;
    await server.open(strange, text);
    const found = await server.diagnostics(strange, 1);
    expect(found.length).toBeLessThan(10);
    const position = { line: 1, character: 3 };
    await server.request('textDocument/hover', { textDocument: { uri: strange }, position });
    await server.request('textDocument/documentSymbol', { textDocument: { uri: strange } });
    await server.connection.sendNotification('textDocument/didClose', { textDocument: { uri: strange } });
    expect(await server.request('textDocument/hover', at(frontendChain))).not.toBeNull();
  });
});

describe('an untrusted workspace', () => {
  it('uses no path from settings until it is trusted', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'iptables-elsewhere-'));
    const empty = mkdtempSync(join(tmpdir(), 'iptables-empty-'));
    const path = join(elsewhere, 'cluster.json');
    writeFileSync(path, snapshot);
    const untrusted = await startTestServer({
      folder: pathToFileURL(empty).href,
      initializationOptions: { trusted: false },
      settings: () => ({ cluster: { snapshot: path } }),
    });
    try {
      const lonely = pathToFileURL(join(empty, 'a.iptables')).href;
      await untrusted.open(lonely, dump);
      await untrusted.diagnostics(lonely, 1);
      const statuses = await untrusted.notified<ClusterStatusParams>('iptables/clusterStatus', () => true);
      expect(statuses.kind).toBe('none');
      await untrusted.connection.sendNotification('iptables/trust');
      const trusted = await untrusted.notified<ClusterStatusParams>('iptables/clusterStatus', ({ kind }) => kind === 'snapshot');
      expect(trusted.label).toBe('cluster.json');
    } finally {
      await untrusted.stop();
      rmSync(elsewhere, { recursive: true });
      rmSync(empty, { recursive: true });
    }
  });
});
