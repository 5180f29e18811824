import { Emitter, type Message, type MessageReader, type PartialMessageInfo } from 'vscode-languageserver/node';
import { holdSlices } from '../../base/scheduler.ts';
import { fieldsAt, isFields, textAt, valueAt } from '../../cluster/fields.ts';
import { readingFileNotification, readingTextNotification } from '../../protocol/open-file.ts';
import { documentOf } from './around-text.ts';
import { createFrameGuard } from './frame-guard.ts';
import type { Input } from './input.ts';
import { rememberBytes } from './known-digest.ts';
import { createLongMessage, type LongMessage, type MayBeKnown } from './long-message.ts';
import { holdCollection } from './old-generation.ts';
import { openedFileOf, openedWith, textOfFile } from './open-file.ts';

/** A shorter message takes less than a millisecond. */
const fewestBytesOfLong = 256_000;
/** Longer than a client takes from one message to the next that it sends with it. */
const silentMilliseconds = 1;
/** Longer than it takes from one part of a message to the next where it collects garbage meanwhile, or waits for a processor: to decode then would hold it up. */
const silentWithin = 5;
/** What is decoded at a time: between two of these others are answered. */
const stepMilliseconds = 3;
/** How often what waits runs until a request is answered that needs no work in slices: its way through the library takes some of them. */
const turnsOfAnAnswer = 12;
/** A client may send without an end. Two documents of 18 MB come in within this. */
const longestMilliseconds = 200;
const cancelMethod = '$/cancelRequest';

/** A message that is not there at once: one of megabytes, or one whose text lies in a file. */
interface Arriving {
  /** The URI of the document that it is about; undefined where that is not known yet. */
  about(): string | undefined;
  /** Gives it once it is there, or throws what is wrong with it; to be called when all before it is handed over. */
  value(): Promise<() => unknown>;
}

/** Such a message, and what came behind it. */
interface Waiting {
  readonly arriving: Arriving;
  readonly behind: unknown[];
  /** The documents that those behind it are about; undefined where one of them does not say. */
  readonly documents: Set<string | undefined>;
  /** Lets work go on that gave way to it. */
  readonly release: () => void;
}

/** Hands over what comes in, in its order; but a request about one document does not wait for a message about another that is not there at once. */
interface Line {
  /** Takes a message that is decoded. */
  take(message: unknown): void;
  /** Whether nothing waits. */
  isEmpty(): boolean;
  /** Takes one that is not there at once. */
  begin(arriving: Arriving): void;
}

/** Tells which requests passed messages that wait. */
interface Passing {
  /** Answers are in no order; what changes a document, or is about all of them, is. */
  mayPass(message: unknown, waiting: readonly Waiting[]): boolean;
  /** How many did so far. */
  count(): number;
  forget(): void;
}

function createPassing(): Passing {
  const passed = new Set<unknown>();
  let count = 0;
  return {
    count: () => count,
    mayPass(message, waiting) {
      if (!isFields(message)) return false;
      const [id, method, uri] = [valueAt(message, 'id'), valueAt(message, 'method'), documentOf(message)];
      if (method === cancelMethod) return passed.has(valueAt(fieldsAt(message, 'params'), 'id'));
      if (typeof method !== 'string' || uri === undefined || (typeof id !== 'string' && typeof id !== 'number')) return false;
      const passes = waiting.every(({ arriving, documents }) => {
        const about = arriving.about();
        return about !== undefined && about !== uri && !documents.has(uri) && !documents.has(undefined);
      });
      if (passes) {
        passed.add(id);
        count += 1;
      }
      return passes;
    },
    forget: () => passed.clear(),
  };
}

function once(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Decodes a message once nothing comes in any more, in steps: what is behind it may be about others, most clients send it at once, and it is there in half the time where all that
 * is done meanwhile is to read. A message that comes slowly is decoded as far as it is there.
 * @param passed how many requests passed it so far
 * @param complete is told once all of it is there
 */
async function decode(long: LongMessage, bytesRead: () => number, passed: () => number, complete: () => void): Promise<void> {
  const end = performance.now() + longestMilliseconds;
  let silentFrom = performance.now();
  let answered = passed();
  let isTold = false;
  for (;;) {
    const before = bytesRead();
    await once();
    if (long.isComplete() && !isTold) {
      isTold = true;
      complete();
    }
    const now = performance.now();
    if (bytesRead() > before) silentFrom = now;
    if (now < silentFrom + (long.isComplete() ? silentMilliseconds : silentWithin) && now < end) continue;
    for (let turn = 0; passed() > answered && turn < turnsOfAnAnswer; turn += 1) await once();
    answered = passed();
    const from = performance.now();
    let isMore = long.decode();
    while (isMore && performance.now() < from + stepMilliseconds) isMore = long.decode();
    if (isMore) continue;
    if (long.isComplete()) return;
    await long.more();
    silentFrom = performance.now();
  }
}

/** The value of a long message, or what is wrong with it, to be told later. */
function taken(long: LongMessage): () => unknown {
  try {
    const value = long.value();
    const bytesSha256 = long.provenDigest();
    const document = isFields(value) ? fieldsAt(fieldsAt(value, 'params'), 'textDocument') : {};
    return () => {
      if (bytesSha256 !== undefined) rememberBytes(textAt(document, 'text'), bytesSha256);
      return value;
    };
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

/** A document that a client opens by its file: with the text that the file has, or, where that is another, as the client said it. */
function openedByFile(message: unknown): Arriving | undefined {
  const document = openedFileOf(message);
  if (document === undefined) return undefined;
  return {
    about: () => document.uri,
    async value() {
      const text = await textOfFile(document);
      return () => (text === undefined ? message : openedWith(text, document));
    },
  };
}

/**
 * @param give is told of each message
 * @param fail is told of what is none
 */
function createLine(passing: Passing, give: (message: unknown) => void, fail: (error: unknown) => void): Line {
  const waiting: Waiting[] = [];
  let isRunning = false;

  function giveEach(messages: Iterable<() => unknown>): void {
    for (const message of messages) {
      try {
        give(message());
      } catch (error) {
        fail(error);
      }
    }
  }

  async function handOver({ arriving, behind, release }: Waiting): Promise<void> {
    const value = await arriving.value();
    await once();
    waiting.shift();
    if (waiting.length === 0) passing.forget();
    release();
    giveEach([value, ...behind.map((message) => () => message)]);
  }

  async function goOn(): Promise<void> {
    if (isRunning) return;
    isRunning = true;
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) await handOver(first);
    isRunning = false;
  }

  return {
    isEmpty: () => waiting.length === 0,
    take(message) {
      const last = waiting.at(-1);
      if (last === undefined || passing.mayPass(message, waiting)) return giveEach([() => message]);
      last.behind.push(message);
      last.documents.add(documentOf(message));
    },
    begin(arriving) {
      const [releaseSlices, releaseCollection] = [holdSlices(), holdCollection()];
      const release = (): void => {
        releaseSlices();
        releaseCollection();
      };
      waiting.push({ arriving, behind: [], documents: new Set(), release });
      void goOn();
    },
  };
}

/** A message as short as most: it is decoded when all of it is there. */
function createShort(length: number): { take(part: Buffer): Buffer | undefined } {
  let bytes: Buffer | undefined;
  let got = 0;
  return {
    take(part) {
      if (part.length === length) return part;
      bytes ??= Buffer.allocUnsafe(length);
      got += part.copy(bytes, got);
      return got === length ? bytes : undefined;
    },
  };
}

/**
 * Reads messages as the library does (LSP 3.18, "Base protocol"), but decodes long ones piece by piece, once they have come in: besides the text of a document of megabytes there is one copy of it in
 * memory, for a moment, and a hover behind it that is about another document is answered as soon as it is there.
 * @param refuse is told once why what comes in can be read no further
 * @param mayBeKnown whether a text in so many bytes may have been opened before
 */
export function createMessageReader(input: Input, refuse: (why: string) => void, mayBeKnown?: MayBeKnown): MessageReader {
  const errors = new Emitter<Error>();
  const closes = new Emitter<void>();
  const partial = new Emitter<PartialMessageInfo>();
  const fail = (error: unknown): void => errors.fire(error instanceof Error ? error : new Error(String(error)));

  function listenWith(give: (message: unknown) => void): void {
    const passing = createPassing();
    const line = createLine(passing, give, fail);
    const arrivingIn = (message: LongMessage): Arriving => ({
      about: message.about,
      async value() {
        await decode(message, input.bytesRead, passing.count, () => {
          const textDocument = message.opening();
          if (textDocument !== undefined) give({ jsonrpc: '2.0', method: readingTextNotification, params: { textDocument } });
        });
        return taken(message);
      },
    });
    let long: LongMessage | undefined;
    let short = createShort(0);
    const decoded = (body: Buffer): void => {
      try {
        const message: unknown = JSON.parse(body.toString('utf8'));
        const byFile = openedByFile(message);
        if (byFile === undefined) line.take(message);
        else {
          // Of a document that waits behind another message nothing is told before.
          if (line.isEmpty()) give({ ...(message as object), method: readingFileNotification });
          line.begin(byFile);
        }
      } catch (error) {
        fail(error);
      }
    };
    const take = createFrameGuard(refuse, {
      begin(length) {
        long = length < fewestBytesOfLong ? undefined : createLongMessage(length, mayBeKnown);
        short = createShort(length);
        if (long !== undefined) line.begin(arrivingIn(long));
        else if (length === 0) decoded(Buffer.alloc(0));
      },
      take(part) {
        if (long === undefined) {
          const body = short.take(part);
          if (body !== undefined) decoded(body);
          return;
        }
        long.take(part);
      },
    });
    input.read(take, () => long?.room());
  }

  return {
    onError: errors.event,
    onClose: closes.event,
    onPartialMessage: partial.event,
    listen(callback) {
      listenWith((message) => callback(message as Message));
      const { stream } = input;
      stream.on('error', fail);
      const closed = (): void => closes.fire();
      stream.on('close', closed);
      return { dispose: () => stream.off('close', closed).off('error', fail) };
    },
    dispose() {
      errors.dispose();
      closes.dispose();
      partial.dispose();
    },
  };
}
