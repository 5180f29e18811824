import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createMessageReader } from '../../server/src/lsp/node/message-reader.ts';

type Method = { readonly id?: number; readonly method?: string; readonly params?: object };

interface Read {
  /** Methods and ids of messages in the order in which they are handed over. */
  readonly messages: string[];
  readonly errors: string[];
  readonly refusals: string[];
  /** Gives bytes to the reader, in one piece or in several. */
  write(bytes: Buffer, size?: number): void;
}

/**
 * @param isPlaced whether bytes are read to where the reader wants them
 * @param mayBeKnown whether something may be known of a text of this length
 */
function reading(isPlaced = false, mayBeKnown?: (bytes: number) => boolean): Read {
  const [messages, errors, refusals]: [string[], string[], string[]] = [[], [], []];
  let take = (_: Buffer): void => undefined;
  let place = (): Buffer | undefined => undefined;
  const input = {
    stream: new PassThrough(),
    bytesRead: () => 0,
    read(taker: (chunk: Buffer) => void, placer: () => Buffer | undefined) {
      take = taker;
      if (isPlaced) place = placer;
    },
  };
  const reader = createMessageReader(input, (why) => refusals.push(why), mayBeKnown);
  reader.onError((error) => errors.push(error.name));
  reader.listen((message) => {
    const { id, method } = message as Method;
    messages.push([method?.replace('textDocument/', ''), id].filter((word) => word !== undefined).join(' '));
  });
  return {
    messages,
    errors,
    refusals,
    write(bytes, size = bytes.length) {
      for (let at = 0; at < bytes.length; ) {
        const room = place();
        const chunk = room?.subarray(0, size) ?? Buffer.alloc(Math.min(size, bytes.length - at));
        const length = bytes.copy(chunk, 0, at);
        at += length;
        take(chunk.subarray(0, length));
        if (room === undefined) chunk.fill('"');
      }
    },
  };
}

function framed(message: object | string): Buffer {
  const body = Buffer.from(typeof message === 'string' ? message : JSON.stringify(message));
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]);
}

const open = (uri: string, lines = 20_000): Buffer =>
  framed({ method: 'textDocument/didOpen', params: { textDocument: { uri, text: '-A INPUT -j "ACCEPT"\n'.repeat(lines) } } });
const about = (method: string, uri: string, id?: number): Buffer =>
  framed({ ...(id === undefined ? {} : { id }), method: `textDocument/${method}`, params: { textDocument: { uri } } });

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

const dump = '-A INPUT -j "ACCEPT"\n'.repeat(20_000);
const opens = (text: string): Buffer =>
  framed(`{"method":"textDocument/didOpen","params":{"textDocument":{"uri":"a","languageId":"","version":1,"text":${text}}}}`);

describe('the reader of messages', () => {
  it.each([
    ['before its text is decoded', JSON.stringify(dump), ['$/iptables/readingText', 'didOpen']],
    ['and not where another text stands behind it', `${JSON.stringify(dump)},"text":""`, ['didOpen']],
  ])('tells of a document that is opened by the digest of its bytes, %s', async (_, text, told) => {
    const { messages, errors, write } = reading(true, () => true);
    write(opens(text), 100_000);
    await until(() => messages.includes('didOpen') || errors.length > 0);
    expect(messages).toEqual(told);
  });

  it('takes no digest of a text of which nothing can be known', async () => {
    const { messages, write } = reading(true, () => false);
    write(opens(JSON.stringify(dump)));
    await until(() => messages.length > 0);
    expect(messages).toEqual(['didOpen']);
  });

  it.each([
    [1, false],
    [7, false],
    [1_000_000, false],
    [999, true],
    [1_000_000, true],
  ])('hands them over in their order, in chunks of %i bytes, each in its place: %s', async (size, isPlaced) => {
    const { messages, errors, write } = reading(isPlaced);
    write(
      Buffer.concat([
        about('hover', 'a', 1),
        open('a', 10),
        open('b'),
        framed('no JSON'),
        framed(''),
        about('didChange', 'b'),
        about('hover', 'b', 2),
      ]),
      size,
    );
    await until(() => messages.length === 5);
    expect(messages).toEqual(['hover 1', 'didOpen', 'didOpen', 'didChange', 'hover 2']);
    expect(errors).toEqual(['SyntaxError', 'SyntaxError']);
  });

  it('lets a request about another document pass one that is long, and what cancels it', async () => {
    const { messages, write } = reading();
    const cancel = (id: number): Buffer => framed({ method: '$/cancelRequest', params: { id } });
    write(Buffer.concat([open('a'), about('hover', 'b', 1), about('hover', 'a', 2), cancel(1), cancel(2)]));
    expect(messages).toEqual(['hover 1', '$/cancelRequest']);
    await until(() => messages.length === 5);
    expect(messages.slice(2)).toEqual(['didOpen', 'hover 2', '$/cancelRequest']);
  });

  it.each([
    ['a change of the document', [open('a'), about('didChange', 'b'), about('hover', 'b', 1)]],
    ['what is about no document', [open('a'), framed({ id: 7, method: 'shutdown' }), about('hover', 'b', 1)]],
    ['an answer', [open('a'), framed({ id: 1, result: [] }), about('hover', 'b', 1)]],
    ['a second long message about the document', [open('a'), open('b'), about('hover', 'b', 1)]],
    ['a long message that is about none', [framed({ method: 'x', text: 'y'.repeat(400_000) }), about('hover', 'b', 1)]],
  ])('lets no request pass %s', async (_, before) => {
    const { messages, write } = reading();
    write(Buffer.concat(before));
    expect(messages).toEqual([]);
    await until(() => messages.length === before.length);
    expect(messages.at(-1)).toBe('hover 1');
  });

  it('lets a change go before a request about another document', async () => {
    const { messages, write } = reading();
    write(Buffer.concat([open('a'), about('didChange', 'b'), about('hover', 'c', 1)]));
    expect(messages).toEqual(['hover 1']);
    await until(() => messages.length === 3);
  });

  it('loses nothing that comes in while a long message is handed over', async () => {
    const { messages, write } = reading();
    write(open('a'));
    let asked = 0;
    while (!messages.includes('didOpen')) {
      asked += 1;
      write(about('hover', asked % 2 === 0 ? 'a' : 'b', asked));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(messages).toHaveLength(asked + 1);
    expect(new Set(messages).size).toBe(asked + 1);
  });

  it('goes on behind a long message that is no JSON', async () => {
    const { messages, errors, write } = reading();
    write(
      Buffer.concat([framed(`{"text":"${'a\n'.repeat(200_000)}"}`), framed(`["${'x'.repeat(300_000)}`), about('hover', 'a', 1)]),
    );
    await until(() => messages.length === 1);
    expect(errors).toEqual(['SyntaxError', 'SyntaxError']);
  });

  it('refuses a head that is none, once', () => {
    const { refusals, write } = reading();
    write(Buffer.from('Content-Length: x\r\n\r\n{}Content-Length: x\r\n\r\n'));
    expect(refusals).toEqual(['its Content-Length is no number of bytes']);
  });
});
