import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { createOpenByFile } from '../../client/src/node/open-by-file.ts';
import { fake, resetVscode, Uri } from '../support/vscode.ts';

const text = '-A INPUT -j ACCEPT # ż\n'.repeat(50_000);

interface Document {
  readonly uri: Uri;
  readonly languageId: string;
  readonly version: number;
  readonly isDirty: boolean;
  readonly isUntitled: boolean;
  readonly isClosed: boolean;
  readonly encoding: string;
  getText(): string;
}

function opened(changed: Partial<Document> = {}): Document {
  const document = {
    uri: Uri.parse('file:///nodes/a.iptables'),
    languageId: 'iptables',
    version: 1,
    isDirty: false,
    isUntitled: false,
    isClosed: false,
    encoding: 'utf8',
    getText: () => text,
    ...changed,
  };
  fake.documents.push(document);
  return document;
}

const paramsOf = ({ uri, languageId, version, getText }: Document) => ({
  textDocument: { uri: uri.toString(), languageId, version, text: getText() },
});

let sent: { readonly method: string; readonly params: unknown }[] = [];
let ask: (params: object) => Promise<void>;
let byFile: ReturnType<typeof createOpenByFile>;

function send(type: string | { readonly method: string }, params: unknown): Promise<void> {
  const next = async (to: string | { readonly method: string }, given: unknown): Promise<void> => {
    sent.push({ method: typeof to === 'string' ? to : to.method, params: given });
  };
  return byFile.middleware.sendNotification?.(type as never, next as never, params) ?? Promise.resolve();
}

beforeEach(() => {
  resetVscode();
  sent = [];
  const client = {
    onNotification: (_: string, handler: typeof ask) => {
      ask = handler;
    },
    sendNotification: send,
    code2ProtocolConverter: { asOpenTextDocumentParams: paramsOf },
  };
  byFile = createOpenByFile(() => client as never);
  byFile.answerServer();
});

const didOpen = { method: 'textDocument/didOpen' };

describe('a large document that is opened', () => {
  it('is told of by its file', async () => {
    await send(didOpen, paramsOf(opened()));
    const sha256 = createHash('sha256').update(text).digest('hex');
    const textDocument = { uri: 'file:///nodes/a.iptables', languageId: 'iptables', version: 1, bytes: 24 * 50_000, sha256 };
    expect(sent).toEqual([{ method: 'iptables/didOpenFile', params: { textDocument } }]);
  });

  it.each<[string, Partial<Document>]>([
    ['was changed', { isDirty: true }],
    ['has no file', { isUntitled: true }],
    ['is in another encoding', { encoding: 'iso88591' }],
    ['begins with a byte order mark', { encoding: 'utf8bom' }],
    ['is short', { getText: () => text.slice(0, 1_000) }],
    ['is elsewhere', { uri: Uri.parse('vscode-vfs://github/a.iptables') }],
    ['is on another machine', { uri: Uri.parse('file://other/a.iptables') }],
  ])('is sent with its text where it %s', async (_, changed) => {
    const params = paramsOf(opened(changed));
    await send(didOpen, params);
    expect(sent).toEqual([{ ...didOpen, params }]);
  });

  it('is sent with its newest text where the server asks for that', async () => {
    const document = opened();
    await send(didOpen, paramsOf(document));
    fake.documents = [{ ...document, version: 2 }];
    await ask({ textDocument: { uri: document.uri.toString() } });
    expect(sent.slice(1)).toEqual([{ ...didOpen, params: paramsOf({ ...document, version: 2 }) }]);
    // Opened once more it may be as its file is again.
    await send(didOpen, paramsOf(document));
    expect(sent.at(-1)?.method).toBe('iptables/didOpenFile');
  });

  it('is not sent where it is closed when the server asks, or is no dump any more', async () => {
    const params = { textDocument: { uri: 'file:///nodes/a.iptables' } };
    await ask(params);
    opened({ languageId: 'plaintext' });
    await ask(params);
    expect(sent).toEqual([]);
  });
});

it('all else is sent as it is', async () => {
  opened();
  const change = { textDocument: { uri: 'file:///nodes/a.iptables', version: 2 }, contentChanges: [] };
  await send('textDocument/didChange', change);
  expect(sent).toEqual([{ method: 'textDocument/didChange', params: change }]);
});
