import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LSPErrorCodes } from 'vscode-languageserver-protocol';
import type { CompletionList, SignatureHelp, TextEdit, WorkspaceEdit } from 'vscode-languageserver-types';
import { type AnnotateResult, annotateRequest } from '../../server/src/protocol/requests.ts';
import { type InProcessServer, startInProcessServer } from '../support/in-process-server.ts';

const uri = 'file:///work/node-a.iptables';
const dump = '*filter\n:INPUT ACCEPT [0:0]\n:MINE - [0:0]\n-A INPUT -j \nCOMMIT\n';

let server: InProcessServer;
let capabilities: Readonly<Record<string, unknown>>;

beforeEach(async () => {
  server = startInProcessServer();
  ({ capabilities } = (await server.initialize()) as { readonly capabilities: Readonly<Record<string, unknown>> });
  await server.open(uri, dump);
});
afterEach(() => server.dispose());

const at = (line: number, character: number): object => ({ textDocument: { uri }, position: { line, character } });

describe('completion over the protocol', () => {
  it('is asked for by what begins a word', () => {
    expect(capabilities['completionProvider']).toEqual({ triggerCharacters: [' ', '-', '*', ':', ','] });
  });

  it('has chains and targets where a jump leads', async () => {
    const { items } = await server.client.sendRequest<CompletionList>('textDocument/completion', at(3, 12));
    expect(items.map(({ label }) => label)).toEqual(expect.arrayContaining(['ACCEPT', 'LOG', 'MINE']));
    expect(items.find(({ label }) => label === 'MINE')?.textEdit).toEqual({
      range: { start: { line: 3, character: 12 }, end: { line: 3, character: 12 } },
      newText: 'MINE',
    });
  });

  it('has no more than what must follow a blank that is typed', async () => {
    const context = { triggerKind: 2, triggerCharacter: ' ' };
    const behind = async (line: number, character: number): Promise<number> =>
      (await server.client.sendRequest<CompletionList>('textDocument/completion', { ...at(line, character), context })).items
        .length;
    expect(await behind(3, 12)).toBeGreaterThan(10);
    expect(await behind(3, 9)).toBe(0);
  });

  it('is what was asked for where more is typed before the question comes', async () => {
    let version = 1;
    const change = (start: number, end: number, text: string): Promise<void> => {
      version += 1;
      return server.client.sendNotification('textDocument/didChange', {
        textDocument: { uri, version },
        contentChanges: [{ range: { start: { line: 3, character: start }, end: { line: 3, character: end } }, text }],
      });
    };
    await change(9, 12, ' -s 10.0.0.1');
    for (const [typed, letter] of Array.from('-j MI').entries()) await change(9 + typed, 9 + typed, letter);
    // Asked for by the blank, of `-A INPUT -j  -s 10.0.0.1`.
    const asked = { ...at(3, 12), context: { triggerKind: 2, triggerCharacter: ' ' } };
    const { items } = await server.client.sendRequest<CompletionList>('textDocument/completion', asked);
    expect(items.find(({ label }) => label === 'MINE')?.textEdit).toEqual({
      range: { start: { line: 3, character: 12 }, end: { line: 3, character: 12 } },
      newText: 'MINE',
    });
    // By the `M`: what is typed since is not within what the item takes the place of, as the client adds it.
    const next = { ...at(3, 13), context: { triggerKind: 3 } };
    const later = await server.client.sendRequest<CompletionList>('textDocument/completion', next);
    expect(later.items.map(({ label, textEdit }) => [label, textEdit])).toContainEqual([
      'MINE',
      { range: { start: { line: 3, character: 12 }, end: { line: 3, character: 13 } }, newText: 'MINE' },
    ]);
  });

  it('has the codes of findings in a comment that ignores some', async () => {
    const text = '# iptables-inspect: ignore ';
    await server.client.sendNotification('textDocument/didChange', {
      textDocument: { uri, version: 2 },
      contentChanges: [{ range: { start: { line: 3, character: 0 }, end: { line: 3, character: 99 } }, text }],
    });
    const context = { triggerKind: 2, triggerCharacter: ' ' };
    const place = { ...at(3, text.length), context };
    const { items } = await server.client.sendRequest<CompletionList>('textDocument/completion', place);
    expect(items.find(({ label }) => label === 'orphaned-chain')).toMatchObject({
      detail: 'A chain is declared, but no way from a built-in chain leads to it.',
      textEdit: { newText: 'orphaned-chain' },
    });
  });

  it('is empty in a document that is not open', async () => {
    const other = { textDocument: { uri: 'file:///other' }, position: { line: 0, character: 0 } };
    expect(await server.client.sendRequest('textDocument/completion', other)).toEqual({ isIncomplete: false, items: [] });
  });
});

describe('signature help over the protocol', () => {
  it('has the form of the value that is written', async () => {
    await server.client.sendNotification('textDocument/didChange', {
      textDocument: { uri, version: 2 },
      contentChanges: [
        { range: { start: { line: 3, character: 0 }, end: { line: 3, character: 99 } }, text: '-A INPUT -s 10.0.0.0/' },
      ],
    });
    const help = await server.client.sendRequest<SignatureHelp | null>('textDocument/signatureHelp', at(3, 21));
    expect(help?.signatures.map(({ label }) => label)).toEqual(['-s address[/mask][,...]']);
    expect(help?.activeParameter).toBe(1);
    expect(await server.client.sendRequest('textDocument/signatureHelp', at(0, 3))).toBeNull();
  });
});

describe('rename over the protocol', () => {
  it('gives the edits, or says in words why it does not', async () => {
    const prepared = await server.client.sendRequest('textDocument/prepareRename', at(2, 2));
    expect(prepared).toMatchObject({ placeholder: 'MINE' });
    const edit = await server.client.sendRequest<WorkspaceEdit>('textDocument/rename', { ...at(2, 2), newName: 'YOURS' });
    expect(edit.changes?.[uri]).toEqual([
      { range: { start: { line: 2, character: 1 }, end: { line: 2, character: 5 } }, newText: 'YOURS' },
    ]);
    await expect(server.client.sendRequest('textDocument/rename', { ...at(2, 2), newName: 'OUTPUT' })).rejects.toMatchObject({
      code: LSPErrorCodes.RequestFailed,
      message: 'OUTPUT is a built-in chain of the table filter.',
    });
    await expect(server.client.sendRequest('textDocument/prepareRename', at(1, 3))).rejects.toThrow('built-in chain');
    expect(await server.client.sendRequest('textDocument/linkedEditingRange', at(2, 2))).toMatchObject({
      wordPattern: '[^\\s"]+',
    });
  });
});

describe('formatting over the protocol', () => {
  const options = { tabSize: 4, insertSpaces: true };

  it('has the edits of a document, and of a range', async () => {
    await server.client.sendNotification('textDocument/didChange', {
      textDocument: { uri, version: 2 },
      contentChanges: [{ text: '*filter\n-A INPUT  -j DROP\n-A INPUT  -j DROP\nCOMMIT\n' }],
    });
    const whole = await server.client.sendRequest<TextEdit[]>('textDocument/formatting', { textDocument: { uri }, options });
    expect(whole.map(({ range }) => range.start.line)).toEqual([1, 2]);
    const range = { start: { line: 1, character: 0 }, end: { line: 2, character: 0 } };
    const some = await server.client.sendRequest<TextEdit[]>('textDocument/rangeFormatting', {
      textDocument: { uri },
      range,
      options,
    });
    expect(some).toEqual(whole.slice(0, 1));
  });

  it('of a listing is refused in a message', async () => {
    const listing = 'Chain INPUT (policy ACCEPT)\ntarget     prot opt source               destination\n';
    await server.client.sendNotification('textDocument/didChange', {
      textDocument: { uri, version: 2 },
      contentChanges: [{ text: listing }],
    });
    expect(await server.client.sendRequest('textDocument/formatting', { textDocument: { uri }, options })).toEqual([]);
    const shown = await server.notified<{ readonly message: string }>('window/showMessage', () => true);
    expect(shown.message).toContain('iptables -L');
  });
});

describe('a dump with names over the protocol', () => {
  it('is its text, or a sentence that says why there is none', async () => {
    const ask = (): Promise<AnnotateResult> => server.client.sendRequest(annotateRequest, { textDocument: { uri } });
    expect(await ask()).toEqual({ kind: 'nothing', reason: expect.stringContaining('No chain of this dump has a name') });
    const named =
      '*nat\n:KUBE-SVC-TG4Y7II5EGIOXNPD - [0:0]\n-A KUBE-SVC-TG4Y7II5EGIOXNPD -m comment --comment "shop/web:http" -j RETURN\nCOMMIT\n';
    await server.client.sendNotification('textDocument/didChange', {
      textDocument: { uri, version: 2 },
      contentChanges: [{ text: named }],
    });
    const result = await ask();
    expect(result).toMatchObject({ kind: 'text', comments: 2 });
    expect(result.kind === 'text' && result.text).toContain('# KUBE-SVC-TG4Y7II5EGIOXNPD is shop/web:http\n:KUBE-SVC');
  });
});
