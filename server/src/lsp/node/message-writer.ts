import type { Writable } from 'node:stream';
import { Emitter, type Message, type MessageWriter } from 'vscode-languageserver/node';
import { isLongJson, type JsonPieces, jsonInto } from '../../base/json-steps.ts';
import { holdSlices, letMessagesIn, type Pause, runInSlices } from '../../base/scheduler.ts';
import type { Steps } from '../../base/steps.ts';

/** A message as it is written: its bytes in parts. */
type Written = readonly Uint8Array[];

/** What a socket between two processes takes at once. Node.js takes five times as long for tens of megabytes as for their parts. */
const bytesAtOnce = 200_000;
/** Shorter pieces of a text stand before the next long one. */
const charactersOfPiece = 16_000;

function headOf(bytes: number): string {
  return `Content-Length: ${bytes}\r\n\r\n`;
}

/**
 * Makes bytes of pieces of text as they come, so that no more of the text is there at a time than one piece. What is written at once is as much as a socket takes: in parts of a fifth of
 * that, which pieces of an array are, 24 MB take a client twice as long to read.
 */
function createParts(): JsonPieces & { end(): Written } {
  const parts: Uint8Array[] = [];
  let total = 0;
  let begun = '';
  let part = Buffer.alloc(0);
  let filled = 0;
  const close = (): void => {
    if (filled > 0) parts.push(part.subarray(0, filled));
    filled = 0;
  };
  const add = (text: string): void => {
    const length = Buffer.byteLength(text);
    total += length;
    if (length > bytesAtOnce) {
      close();
      part = Buffer.alloc(0);
      const bytes = Buffer.from(text);
      for (let from = 0; from < length; from += bytesAtOnce) parts.push(bytes.subarray(from, from + bytesAtOnce));
      return;
    }
    if (filled + length > part.length) {
      close();
      part = Buffer.allocUnsafe(bytesAtOnce);
    }
    filled += part.write(text, filled);
  };
  const addBegun = (): void => {
    add(begun);
    begun = '';
  };
  return {
    push(...pieces) {
      for (const piece of pieces) {
        if (piece.length < charactersOfPiece) begun += piece;
        if (begun.length >= charactersOfPiece || piece.length >= charactersOfPiece) addBegun();
        if (piece.length >= charactersOfPiece) add(piece);
      }
    },
    end() {
      addBegun();
      close();
      return [Buffer.from(headOf(total)), ...parts];
    },
  };
}

function* writtenOf(message: Message): Steps<Written> {
  const parts = createParts();
  yield* jsonInto(message, parts);
  return parts.end();
}

function writePart(stream: Writable, part: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(part, (error) => (error instanceof Error ? reject(error) : resolve()));
  });
}

async function writeParts(stream: Writable, parts: Written): Promise<void> {
  // What is written behind a message that has begun waits for all of it.
  const release = holdSlices();
  try {
    for (const part of parts) await writePart(stream, part);
  } finally {
    release();
  }
}

function isAnswer(message: Message): boolean {
  return 'id' in message && !('method' in message);
}

/** Has work done one after the other; the second says whether some is under way. */
function createTurns(): readonly [inTurn: (work: () => Promise<void>) => Promise<void>, isBusy: () => boolean] {
  let last: Promise<void> = Promise.resolve();
  let waiting = 0;
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    waiting += 1;
    const mine = last.then(work).finally(() => {
      waiting -= 1;
    });
    last = mine.catch(() => undefined);
    return mine;
  };
  return [inTurn, () => waiting > 0];
}

/**
 * Writes messages (LSP 3.18, "Base protocol"), large ones in steps: a hover elsewhere does not wait until the symbols of a large document have
 * become text. An answer that takes long to write is overtaken by what is written meanwhile; all else keeps its order. A small message is written at once where none is
 * under way: the library's writer lets the work of others in before.
 */
export function createMessageWriter(stream: Writable, pause: Pause): MessageWriter {
  const failures = new Emitter<[Error, Message | undefined, number | undefined]>();
  const endings = new Emitter<void>();
  stream.on('error', (error) => failures.fire([error, undefined, undefined]));
  stream.on('close', () => endings.fire());
  const [inTurn, isBusy] = createTurns();
  const written = (message: Message): Promise<Written> => runInSlices(writtenOf(message), pause, () => false);
  let failed = 0;

  async function give(message: Message): Promise<void> {
    if (!isLongJson(message)) {
      const text = JSON.stringify(message);
      const whole = headOf(Buffer.byteLength(text)) + text;
      return isBusy() ? inTurn(() => writePart(stream, whole)) : writePart(stream, whole);
    }
    if (!isAnswer(message)) return inTurn(async () => writeParts(stream, await written(message)));
    const parts = await written(message);
    // Once it has begun, all wait until it is over.
    await letMessagesIn(pause);
    return inTurn(() => writeParts(stream, parts));
  }

  return {
    onError: failures.event,
    onClose: endings.event,
    async write(message) {
      try {
        await give(message);
        failed = 0;
      } catch (error) {
        failed += 1;
        failures.fire([error instanceof Error ? error : new Error(String(error)), message, failed]);
        throw error;
      }
    },
    end: () => stream.end(),
    dispose() {
      failures.dispose();
      endings.dispose();
    },
  };
}
