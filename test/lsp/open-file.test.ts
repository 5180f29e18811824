import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMessageReader } from '../../server/src/lsp/node/message-reader.ts';
import { textOfFile } from '../../server/src/lsp/node/open-file.ts';
import { filesOf, type InProcessServer, startInProcessServer } from '../support/in-process-server.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'iptables-by-file-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What a client says of a document of this text. */
function said(uri: string, text: string) {
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { uri, languageId: 'iptables', version: 1, bytes: Buffer.byteLength(text), sha256 };
}

function written(content: string | Buffer, name = 'a.iptables'): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return pathToFileURL(path).href;
}

const dump = '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j ACCEPT\nCOMMIT\n';

describe('the text of a document that is said to be its file', () => {
  it.each([
    ['short', dump],
    ['empty', ''],
    ['of megabytes', dump.repeat(50_000)],
    ['with line ends of Windows', dump.replaceAll('\n', '\r\n')],
    ['beyond ASCII', `# ${'zażółć 😀 '.repeat(200_000)}\n${dump}`],
  ])('is read there: %s', async (_, text) => {
    expect(await textOfFile(said(written(text), text))).toBe(text);
  });

  it.each<[string, string | Buffer]>([
    ['is another one of the same length', dump.replace('ACCEPT', 'REJECT')],
    ['is longer', `${dump}#`],
    ['is shorter', dump.slice(1)],
    ['has other line ends', dump.replaceAll('\n', '\r\n')],
    ['has a byte order mark', `\ufeff${dump}`],
    ['is in UTF-16', Buffer.from(dump, 'utf16le')],
  ])('is not, where the file %s', async (_, content) => {
    expect(await textOfFile(said(written(content), dump))).toBeUndefined();
  });

  it('is not, where bytes are none of UTF-8 and the editor shows that', async () => {
    const content = Buffer.from(`# caf\xe9\n${dump}`, 'latin1');
    expect(await textOfFile(said(written(content), content.toString('utf8')))).toBeUndefined();
  });

  it('is not, where there is no file, a folder, or a file of another machine', async () => {
    expect(await textOfFile(said(pathToFileURL(join(folder, 'none')).href, ''))).toBeUndefined();
    expect(await textOfFile(said(pathToFileURL(folder).href, ''))).toBeUndefined();
    const uri = written(dump);
    expect(await textOfFile(said(uri.replace('file://', 'file://other'), dump))).toBeUndefined();
    expect(await textOfFile(said(uri.replace('file:', 'untitled:'), dump))).toBeUndefined();
    expect(await textOfFile(said('file:////a b', dump))).toBeUndefined();
  });

  it.skipIf(process.platform === 'win32')('is not waited for in a pipe or a device', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect(await textOfFile(said(pathToFileURL(pipe).href, ''))).toBeUndefined();
    const link = join(folder, 'link');
    symlinkSync('/dev/zero', link);
    expect(await textOfFile(said(pathToFileURL(link).href, ''))).toBeUndefined();
  });
});

interface Message {
  readonly id?: number;
  readonly method: string;
  readonly params: { readonly textDocument: { readonly uri: string; readonly text?: string } };
}

/** What a reader hands over of messages that come in at once, until there are so many. */
async function readOf(messages: readonly object[], count = messages.length): Promise<readonly Message[]> {
  const read: Message[] = [];
  let take = (_: Buffer): void => undefined;
  const input = {
    stream: new PassThrough(),
    bytesRead: () => 0,
    read(taker: (chunk: Buffer) => void) {
      take = taker;
    },
  };
  createMessageReader(input, () => undefined).listen((message) => read.push(message as unknown as Message));
  for (const message of messages) {
    const body = Buffer.from(JSON.stringify(message));
    take(Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]));
  }
  while (read.length < count) await new Promise((resolve) => setImmediate(resolve));
  return read;
}

const about = (method: string, uri: string, id?: number): object => ({
  ...(id === undefined ? {} : { id }),
  method: `textDocument/${method}`,
  params: { textDocument: { uri } },
});
const byFile = (document: object): object => ({ method: 'iptables/didOpenFile', params: { textDocument: document } });

describe('a document that is opened by its file', () => {
  it('is opened with its text once it is read, before what came behind it; requests about others pass', async () => {
    const uri = written(dump);
    const read = await readOf(
      [byFile(said(uri, dump)), about('hover', uri, 1), about('hover', 'file:///b', 2), about('didChange', uri)],
      5,
    );
    expect(read.map(({ method, id }) => `${method} ${id}`)).toEqual([
      '$/iptables/readingFile undefined',
      'textDocument/hover 2',
      'textDocument/didOpen undefined',
      'textDocument/hover 1',
      'textDocument/didChange undefined',
    ]);
    expect(read[2]?.params.textDocument).toEqual({ uri, languageId: 'iptables', version: 1, text: dump });
  });

  it('is told of as the client says it where the file has another text, or the message is not as it must be', async () => {
    const uri = written(`${dump}#`);
    const messages = [byFile(said(uri, dump)), byFile({ ...said(uri, dump), sha256: 7 }), about('hover', uri, 1)];
    const read = await readOf(messages, 4);
    expect(read[0]?.method).toBe('$/iptables/readingFile');
    expect(read.slice(1)).toEqual(messages);
  });
});

describe('a document whose file has another text', () => {
  const uri = 'file:///a.iptables';
  let server: InProcessServer;
  beforeEach(async () => {
    server = startInProcessServer(filesOf({}));
    await server.initialize();
  });
  afterEach(() => server.dispose());
  const hover = (): Promise<unknown> =>
    server.client.sendRequest('textDocument/hover', { textDocument: { uri }, position: { line: 2, character: 4 } });
  const insert = (text: string) => ({ range: { start: { line: 2, character: 0 }, end: { line: 2, character: 0 } }, text });
  const change = (version: number, text: string): Promise<void> =>
    server.client.sendNotification('textDocument/didChange', {
      textDocument: { uri, version },
      contentChanges: [insert(text)],
    });

  it('is asked for, and requests wait for it', async () => {
    await server.client.sendNotification('iptables/didOpenFile', { textDocument: said(uri, '') });
    const answer = hover();
    await server.notified('iptables/sendText', (params: { readonly textDocument: { readonly uri: string } }) => {
      return params.textDocument.uri === uri;
    });
    await server.open(uri, dump);
    expect(JSON.stringify(await answer)).toContain('INPUT');
  });

  it('has the changes already that were told of before it came, and no others', async () => {
    await server.client.sendNotification('iptables/didOpenFile', { textDocument: said(uri, '') });
    await change(2, '-A INPUT -j ONE\n');
    await server.open(uri, dump.replace('-A', '-A INPUT -j TWO\n-A'), 3);
    // It was on its way while the text was sent.
    await change(3, '-A INPUT -j TWO\n');
    await change(4, '-A INPUT -j THREE\n');
    const { diagnostics } = await server.diagnostics(uri, 4);
    expect(
      diagnostics.filter(({ message }) => /THREE|TWO|ONE/.test(String(message))).map(({ range }) => range.start.line),
    ).toEqual([2, 3]);
  });

  it('is waited for by nobody once it is closed', async () => {
    await server.client.sendNotification('iptables/didOpenFile', { textDocument: said(uri, '') });
    const answer = hover();
    await server.client.sendNotification('textDocument/didClose', { textDocument: { uri } });
    expect(await answer).toBeNull();
  });
});
