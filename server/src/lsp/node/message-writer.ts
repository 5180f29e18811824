import type { Writable } from 'node:stream';
import { type Message, type MessageWriter, StreamMessageWriter } from 'vscode-languageserver/node';
import { isLongJson, jsonSteps } from '../../base/json-steps.ts';
import { type Pause, runInSlices } from '../../base/scheduler.ts';
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
  const writer = new StreamMessageWriter(stream, {
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
