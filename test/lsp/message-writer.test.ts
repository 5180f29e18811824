import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { type Message, StreamMessageReader } from 'vscode-languageserver/node';
import { runInSlices } from '../../server/src/base/scheduler.ts';
import type { Steps } from '../../server/src/base/steps.ts';
import { createMessageWriter } from '../../server/src/lsp/node/message-writer.ts';

const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const many = Array.from({ length: 60_000 }, (_, index) => ({ name: `KUBE-SEP-${index} é`, kind: 12 }));
const answer = (id: number, result: unknown): Message => ({ jsonrpc: '2.0', id, result }) as Message;
const notification = (method: string, params: unknown): Message => ({ jsonrpc: '2.0', method, params }) as Message;

/** What a client reads of messages that are written at once. */
async function readBack(messages: readonly Message[]): Promise<readonly Message[]> {
  const stream = new PassThrough();
  const writer = createMessageWriter(stream, pause);
  const read: Message[] = [];
  const all = new Promise<void>((resolve) => {
    new StreamMessageReader(stream).listen((message) => {
      if (read.push(message) === messages.length) resolve();
    });
  });
  await Promise.all(messages.map((message) => writer.write(message)));
  await all;
  return read;
}

describe('how the server writes', () => {
  it('writes large messages as they are', async () => {
    const messages = [answer(1, many), notification('$/progress', { token: 1, value: many })];
    const read = await readBack(messages);
    expect(read).toHaveLength(2);
    expect(read).toEqual(expect.arrayContaining(messages));
  });

  it('lets what is written meanwhile overtake a large answer', async () => {
    expect(await readBack([answer(1, many), answer(2, 'hover'), notification('telemetry', 3)])).toEqual([
      answer(2, 'hover'),
      notification('telemetry', 3),
      answer(1, many),
    ]);
  });

  it('lets nothing overtake a large notification: an answer may end what it began', async () => {
    const messages = [notification('$/progress', { token: 1, value: many }), answer(1, null), notification('telemetry', 3)];
    expect(await readBack(messages)).toEqual(messages);
  });

  it('writes about as much at once as a socket takes, whatever the pieces of a message are', async () => {
    const sizes: number[] = [];
    const stream = new Writable({
      write(chunk: Buffer, _, done) {
        sizes.push(chunk.length);
        done();
      },
    });
    const long = 'é'.repeat(150_000);
    await createMessageWriter(stream, pause).write(answer(1, { many, text: `${long}${long}`, short: 1, more: many }));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(200_000);
    // The head is one of them, and before and behind a long piece of text there may be a short one.
    expect(sizes.length).toBeLessThanOrEqual(total / 150_000 + 8);
  });

  it('writes a message of megabytes in parts, and nobody works between them', async () => {
    // On a machine that stands still meanwhile, too, no time is over.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const log: (number | 'work')[] = [];
    const slow = new Writable({
      write(chunk: Buffer, _, done) {
        log.push(chunk.length);
        setImmediate(done);
      },
    });
    let isWritten = false;
    const working = runInSlices(
      (function* (): Steps<void> {
        while (!isWritten) {
          log.push('work');
          yield;
        }
      })(),
      pause,
      () => false,
    );
    await createMessageWriter(slow, pause).write(answer(1, many));
    isWritten = true;
    await working;
    vi.useRealTimers();
    const [first, last] = [log.findIndex((entry) => entry !== 'work'), log.findLastIndex((entry) => entry !== 'work')];
    const parts = log.slice(first, last + 1);
    expect(parts.length).toBeGreaterThan(10);
    expect(parts).not.toContain('work');
    expect(Math.max(...log.filter((entry) => entry !== 'work'))).toBeLessThanOrEqual(200_000);
  });

  it('writes a small message before anybody works again', async () => {
    const log: string[] = [];
    const stream = new Writable({
      decodeStrings: false,
      write(chunk: string, _, done) {
        log.push(chunk);
        done();
      },
    });
    const writing = createMessageWriter(stream, pause).write(answer(1, 'é'));
    log.push('work');
    await writing;
    expect(log).toEqual(['Content-Length: 38\r\n\r\n{"jsonrpc":"2.0","id":1,"result":"é"}', 'work']);
  });

  it('lets what came in meanwhile be answered before it begins a large answer', async () => {
    const stream = new PassThrough();
    const read: Message[] = [];
    new StreamMessageReader(stream).listen((message) => void read.push(message));
    let pauses = 0;
    const writer = createMessageWriter(stream, async () => {
      pauses += 1;
      await pause();
      // The last look before it begins.
      if (pauses === 1) void writer.write(answer(2, 'hover'));
    });
    await writer.write(answer(1, 'x'.repeat(500_000)));
    await expect.poll(() => read.length).toBe(2);
    expect(read[0]).toEqual(answer(2, 'hover'));
  });

  it('says that a stream is broken', async () => {
    const stream = new PassThrough();
    const writer = createMessageWriter(stream, pause);
    const failed = new Promise((resolve) => {
      writer.onError(resolve);
    });
    stream.destroy(new Error('the client is gone'));
    expect(await failed).toMatchObject([{ message: 'the client is gone' }, undefined, undefined]);
    await expect(writer.write(answer(1, many))).rejects.toThrow();
  });
});
