import type { Writable } from 'node:stream';
import { type Message, type MessageWriter, type RAL, WriteableStreamMessageWriter } from 'vscode-languageserver/node';
import { isLongJson, jsonSteps } from '../../base/json-steps.ts';
import { holdSlices, type Pause, runInSlices } from '../../base/scheduler.ts';
import type { Steps } from '../../base/steps.ts';

function* bytesOf(message: Message): Steps<Buffer> {
  const pieces = yield* jsonSteps(message);
  let length = 0;
  for (const piece of pieces) length += Buffer.byteLength(piece);
  yield;
  const bytes = Buffer.allocUnsafe(length);
  let at = 0;
  for (const piece of pieces) {
    at += bytes.write(piece, at);
    yield;
  }
  return bytes;
}

/** What a socket between two processes takes at once. Node.js takes five times as long for a buffer of tens of megabytes as for its parts. */
const bytesAtOnce = 200_000;

function writePart(stream: Writable, part: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(part, (error) => (error instanceof Error ? reject(error) : resolve()));
  });
}

async function writeParts(stream: Writable, bytes: Uint8Array): Promise<void> {
  // What is written behind a message that has begun waits for all of it.
  const release = holdSlices();
  try {
    for (let at = 0; at < bytes.length; at += bytesAtOnce) await writePart(stream, bytes.subarray(at, at + bytesAtOnce));
  } finally {
    release();
  }
}

/** A stream as the library's writer has it. */
function outputOf(stream: Writable): RAL.WritableStream {
  const on = (event: string, listener: (value: unknown) => void): { dispose(): void } => {
    stream.on(event, listener);
    return { dispose: () => stream.off(event, listener) };
  };
  return {
    onClose: (listener) => on('close', () => listener()),
    onError: (listener) => on('error', listener),
    onEnd: (listener) => on('end', () => listener()),
    write: (data: Uint8Array | string) =>
      typeof data === 'string' || data.length <= bytesAtOnce ? writePart(stream, data) : writeParts(stream, data),
    end: () => stream.end(),
  };
}

function isAnswer(message: Message): boolean {
  return 'id' in message && !('method' in message);
}

/**
 * Writes messages as the library does (LSP 3.18, "Base protocol"), but large ones in steps: a hover elsewhere does not wait until the symbols of a large document have
 * become text. An answer that takes long to write is overtaken by what is written meanwhile; all else keeps its order.
 */
export function createMessageWriter(stream: Writable, pause: Pause): MessageWriter {
  const ready = new Map<Message, Buffer>();
  const encoded = (message: Message): Promise<Buffer> => runInSlices(bytesOf(message), pause, () => false);
  const writer = new WriteableStreamMessageWriter(outputOf(stream), {
    charset: 'utf-8',
    contentTypeEncoder: {
      name: 'application/json',
      async encode(message) {
        const bytes = ready.get(message);
        ready.delete(message);
        return bytes ?? (isLongJson(message) ? encoded(message) : Buffer.from(JSON.stringify(message)));
      },
    },
  });
  return {
    onError: writer.onError,
    onClose: writer.onClose,
    async write(message) {
      if (isAnswer(message) && isLongJson(message)) ready.set(message, await encoded(message));
      await writer.write(message);
    },
    end: () => writer.end(),
    dispose: () => writer.dispose(),
  };
}
