import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type {
  CallHierarchyIncomingCall,
  CallHierarchyItem,
  CodeLens,
  DocumentDiagnosticReport,
  DocumentLink,
  Location,
} from 'vscode-languageserver-protocol';
import { fixturePath } from '../support/fixtures.ts';
import { filesOf, type InProcessServer, startInProcessServer } from '../support/in-process-server.ts';

const dump = readFileSync(fixturePath('sample/worker-1.iptables'), 'utf8');
const snapshot = readFileSync(fixturePath('sample/cluster.json'), 'utf8');
const lines = dump.split('\n');
const objects = snapshot.split('\n');
const uri = 'file:///work/worker-1.iptables';
const file = 'file:///work/cluster.json';
const rule = lines.findIndex((line) => line.startsWith('-A KUBE-SERVICES') && line.includes('booking/frontend:http'));

let server: InProcessServer;
const registered: { readonly method: string; readonly registerOptions?: { readonly documentSelector?: unknown } }[] = [];

beforeEach(() => {
  registered.length = 0;
  server = startInProcessServer(filesOf({ [file]: snapshot, [uri]: dump }));
});
afterEach(() => server.dispose());

/** Opens the sample's dump in its folder, and waits for the snapshot. */
async function openSample(capabilities: object = {}, options: object = {}): Promise<void> {
  server.client.onRequest('client/registerCapability', (params: { readonly registrations: typeof registered }) => {
    registered.push(...params.registrations);
    return null;
  });
  const folder = { workspaceFolders: [{ uri: 'file:///work', name: 'work' }] };
  await server.initialize({ ...folder, capabilities, initializationOptions: options });
  await server.open(uri, dump);
  await server.notified<{ readonly kind: string }>('iptables/clusterStatus', ({ kind }) => kind === 'snapshot');
}

/** A place in the dump, by the text there. */
function at(line: number, text: string): { readonly textDocument: { readonly uri: string }; readonly position: object } {
  return { textDocument: { uri }, position: { line, character: (lines[line] ?? '').indexOf(text) + 2 } };
}

describe('from a dump to the snapshot and back', () => {
  it.each([
    ['a Service’s chain', rule, 'KUBE-SVC-', '"name": "frontend"'],
    ['its address', rule, '10.96.40.10', '"name": "frontend"'],
    ['its name in a comment', rule, 'booking/frontend', '"name": "frontend"'],
    [
      'an endpoint’s address',
      lines.findIndex((line) => line.includes('--to-destination 10.244.0.17:8080')),
      '10.244.0.17:8080',
      '"name": "frontend-6c8f7b9d45-2lqzr"',
    ],
  ])('the type definition of %s is its object', async (_, line, text, name) => {
    await openSample();
    const [found] = await server.client.sendRequest<Location[]>('textDocument/typeDefinition', at(line, text));
    expect(found?.uri).toBe(file);
    expect(objects[found?.range.start.line ?? -1]).toContain(name);
  });

  it('a snapshot is read once for all places in it, and again when it has changed', async () => {
    let text = snapshot;
    let changedAt = 0;
    let reads = 0;
    const files = filesOf({ [file]: snapshot, [uri]: dump });
    await server.dispose();
    server = startInProcessServer({
      ...files,
      changedAt: async () => changedAt,
      async read(of) {
        reads += 1;
        return of === file ? { text, modifiedAt: changedAt } : files.read(of);
      },
    });
    await openSample();
    const lineOfService = async (): Promise<number | undefined> =>
      (await server.client.sendRequest<Location[]>('textDocument/typeDefinition', at(rule, 'KUBE-SVC-')))[0]?.range.start.line;
    const before = reads;
    const line = (await lineOfService()) ?? -1;
    expect(objects[line]).toContain('"name": "frontend"');
    for (let again = 0; again < 3; again += 1) expect(await lineOfService()).toBe(line);
    expect(reads).toBe(before + 1);
    text = `\n\n${snapshot}`;
    changedAt = 1;
    expect(await lineOfService()).toBe(line + 2);
  });

  it('the implementation of a Service is its chains, from the dump and from the snapshot', async () => {
    await openSample({ textDocument: { implementation: { dynamicRegistration: true } } });
    const fromDump = await server.client.sendRequest<Location[]>('textDocument/implementation', at(rule, 'booking/frontend'));
    expect(fromDump.map(({ range }) => lines[range.start.line])).toEqual([
      ':KUBE-EXT-3MGBTRC5ATFFL7T7 - [0:0]',
      ':KUBE-SVC-3MGBTRC5ATFFL7T7 - [0:0]',
    ]);
    await expect.poll(() => registered.map(({ method }) => method)).toContain('textDocument/implementation');
    const { registerOptions } = registered.find(({ method }) => method === 'textDocument/implementation') ?? {};
    expect(registerOptions?.documentSelector).toEqual([{ scheme: 'file', pattern: '/work/cluster.json' }]);
    const line = objects.findIndex((text) => text.includes('"nodePort": 30443'));
    const place = { textDocument: { uri: file }, position: { line, character: 3 } };
    const fromSnapshot = await server.client.sendRequest<Location[]>('textDocument/implementation', place);
    expect(fromSnapshot.map(({ range }) => lines[range.start.line]?.slice(1, 9)).sort()).toEqual([
      'KUBE-EXT',
      'KUBE-FW-',
      'KUBE-SVC',
      'KUBE-SVL',
    ]);
  });

  it('no other file is read because somebody names it', async () => {
    await openSample();
    const place = { textDocument: { uri: 'file:///etc/passwd' }, position: { line: 0, character: 0 } };
    expect(await server.client.sendRequest('textDocument/implementation', place)).toEqual([]);
  });

  it('names in comments are links to the objects', async () => {
    await openSample();
    const links = await server.client.sendRequest<DocumentLink[]>('textDocument/documentLink', { textDocument: { uri } });
    const link = links.find(({ range }) => range.start.line === rule);
    // Not in every comment: one for each port's address, and for one that is refused.
    expect(
      links.map(({ range }) => lines[range.start.line]).filter((line) => !/cluster IP"|has no endpoints"/.test(line ?? '')),
    ).toEqual([]);
    expect(lines[rule]?.slice(link?.range.start.character, link?.range.end.character)).toBe('booking/frontend');
    const { target } = await server.client.sendRequest<DocumentLink>('documentLink/resolve', link);
    expect(target).toMatch(/^file:\/\/\/work\/cluster\.json#L\d+$/);
    expect(objects[Number(target?.split('#L')[1]) - 1]).toContain('"name": "frontend"');
    // The cluster has no such Service any more.
    expect(links.some(({ range }) => lines[range.start.line]?.slice(range.start.character).startsWith('booking/invoices'))).toBe(
      false,
    );
  });

  it('without a snapshot there is nothing to go to', async () => {
    await server.initialize();
    await server.open('untitled:a', dump);
    const place = { textDocument: { uri: 'untitled:a' }, position: { line: rule, character: lines[rule]?.indexOf('KUBE-SVC') } };
    expect(await server.client.sendRequest('textDocument/typeDefinition', place)).toEqual([]);
    expect(await server.client.sendRequest('textDocument/documentLink', { textDocument: { uri: 'untitled:a' } })).toEqual([]);
  });
});

describe('the call hierarchy', () => {
  it('goes up from a chain by its jumps', async () => {
    await openSample();
    const [item] = await server.client.sendRequest<CallHierarchyItem[]>(
      'textDocument/prepareCallHierarchy',
      at(rule, 'KUBE-SVC-'),
    );
    const calls = await server.client.sendRequest<CallHierarchyIncomingCall[]>('callHierarchy/incomingCalls', { item });
    expect(calls.map(({ from }) => from.name)).toEqual(['KUBE-EXT-3MGBTRC5ATFFL7T7', 'KUBE-SERVICES']);
    const outgoing = await server.client.sendRequest<unknown[]>('callHierarchy/outgoingCalls', { item });
    expect(outgoing).toHaveLength(4);
    await expect(server.client.sendRequest('callHierarchy/incomingCalls', {})).rejects.toMatchObject({ code: -32602 });
  });
});

describe('semantic tokens of a whole document', () => {
  const byRange = { textDocument: { semanticTokens: { requests: { range: true, full: true } } } };

  it('are offered to clients that do not ask by range', async () => {
    const { capabilities } = (await server.initialize()) as {
      readonly capabilities: { readonly semanticTokensProvider: unknown };
    };
    expect(capabilities.semanticTokensProvider).toMatchObject({ range: true, full: true });
    const other = startInProcessServer();
    const said = (await other.initialize({ capabilities: byRange })) as typeof capabilities extends never
      ? never
      : { readonly capabilities: typeof capabilities };
    expect(said.capabilities.semanticTokensProvider).toMatchObject({ range: true, full: false });
    await other.dispose();
  });

  it('are those of its ranges', async () => {
    await openSample();
    const full = await server.client.sendRequest('textDocument/semanticTokens/full', { textDocument: { uri } });
    const range = { start: { line: 0, character: 0 }, end: { line: lines.length, character: 0 } };
    expect(full).toEqual(await server.client.sendRequest('textDocument/semanticTokens/range', { textDocument: { uri }, range }));
  });

  it('of a huge one come in parts, or are refused in words', async () => {
    await server.initialize();
    const rules = Array.from({ length: 60_000 }, (_, number) => `-A INPUT -s 10.0.${number >> 8}.${number & 255}/32 -j ACCEPT`);
    const huge = `*filter\n:INPUT ACCEPT [0:0]\n${rules.join('\n')}\nCOMMIT\n`;
    await server.open('file:///huge.iptables', huge);
    const textDocument = { uri: 'file:///huge.iptables' };
    await expect(server.client.sendRequest('textDocument/semanticTokens/full', { textDocument })).rejects.toThrow(
      'This document has 60004 lines: its tokens are given by range',
    );
    const parts: number[][] = [];
    const disposable = server.client.onNotification(
      '$/progress',
      ({ value }: { readonly value: { readonly data: number[] } }) => {
        parts.push(value.data);
      },
    );
    const params = { textDocument, partialResultToken: 'tokens' };
    expect(await server.client.sendRequest('textDocument/semanticTokens/full', params)).toEqual({ data: [] });
    disposable.dispose();
    expect(parts.length).toBeGreaterThan(5);
    const starts = parts.flat().filter((_, index) => index % 5 === 0);
    expect(starts.reduce((sum, step) => sum + step, 0)).toBe(60_002);
  }, 60_000);
});

describe('diagnostics that are asked for', () => {
  const broken = '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j NOWHERE\nCOMMIT\n';
  const pulls = { textDocument: { diagnostic: {} }, workspace: { diagnostics: { refreshSupport: true } } };
  const pull = (of: string, previousResultId?: string) =>
    server.client.sendRequest<DocumentDiagnosticReport>('textDocument/diagnostic', {
      textDocument: { uri: of },
      previousResultId,
    });

  it('are not sent besides, and unchanged where they are', async () => {
    await server.initialize({ capabilities: pulls });
    await server.open('file:///a.iptables', broken);
    const first = await pull('file:///a.iptables');
    expect(first).toMatchObject({ kind: 'full', items: [{ code: 'undeclared-chain' }] });
    expect(await pull('file:///a.iptables', first.resultId)).toEqual({ kind: 'unchanged', resultId: first.resultId });
    await server.client.sendNotification('textDocument/didChange', {
      textDocument: { uri: 'file:///a.iptables', version: 2 },
      contentChanges: [{ text: broken.replace('NOWHERE', 'ACCEPT') }],
    });
    expect(await pull('file:///a.iptables', first.resultId)).toMatchObject({ kind: 'full', items: [] });
    expect(server.published).toEqual([]);
    expect(await pull('file:///closed.iptables')).toEqual({ kind: 'full', items: [] });
  });

  it('are asked for again when the cluster says more', async () => {
    let refreshes = 0;
    server.client.onRequest('workspace/diagnostic/refresh', () => {
      refreshes += 1;
      return null;
    });
    await openSample(pulls);
    await pull(uri);
    await expect.poll(async () => JSON.stringify((await pull(uri)) ?? '')).toContain('10.244.1.8:8080');
    expect(server.published).toEqual([]);
    expect(refreshes).toBeLessThan(4);
  });

  it('wait for the cluster where the client cannot be told to ask again', async () => {
    await openSample({ textDocument: { diagnostic: {} } });
    expect(JSON.stringify(await pull(uri))).toContain('booking/invoices is not in the cluster');
    expect(server.published).toEqual([]);
  });

  it('are sent to a client that wants them sent', async () => {
    await server.initialize({ capabilities: pulls, initializationOptions: { pushesDiagnostics: true } });
    await server.open('file:///a.iptables', broken);
    expect((await server.diagnostics('file:///a.iptables', 1)).diagnostics).toHaveLength(1);
  });
});

describe('code lenses', () => {
  it('say the state of their Service to a client without a drawing', async () => {
    const { capabilities } = (await server.initialize()) as {
      readonly capabilities: { readonly executeCommandProvider?: unknown };
    };
    expect(capabilities.executeCommandProvider).toEqual({ commands: ['iptables.tellService'] });
    await server.open('untitled:a', dump);
    const lenses = await server.client.sendRequest<CodeLens[]>('textDocument/codeLens', {
      textDocument: { uri: 'untitled:a' },
    });
    const resolved = await server.client.sendRequest<CodeLens>('codeLens/resolve', lenses[0]);
    expect(resolved.command).toMatchObject({ title: expect.stringContaining('3 endpoints'), command: 'iptables.tellService' });
    const { command, arguments: given } = resolved.command ?? {};
    expect(await server.client.sendRequest('workspace/executeCommand', { command, arguments: given })).toBe(
      'booking/frontend:http serves: 3 endpoints.',
    );
    const shown = await server.notified<{ readonly message: string }>('window/showMessage', () => true);
    expect(shown.message).toBe('booking/frontend:http serves: 3 endpoints.');
    await expect(server.client.sendRequest('workspace/executeCommand', { command: 'rm', arguments: [] })).rejects.toMatchObject({
      code: -32602,
    });
  });
});
