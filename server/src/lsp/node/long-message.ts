/** A message of megabytes, which is a document's text for the most part: read as it comes in and piece by piece, in the memory that it came into. */
import { isAscii } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { type Around, mayOpen, uriAround } from './around-text.ts';
import { cutBefore, endOfLastLong, endOfString, openString, quote } from './json-bytes.ts';
import { asciiText, release } from './long-text.ts';
import { createOpenedText, type OpenedBytes, type OpenedText, type SeenAround } from './opened-text.ts';

/** How much of a message is looked at, and decoded, at a time. */
export interface PieceSizes {
  /** The first bytes, in which the long text has to begin. */
  readonly head: number;
  /** What is decoded at once, in bytes; 16 at least. */
  readonly piece: number;
  /** The last bytes, in which the long text has to end. */
  readonly tail: number;
}

/** A piece takes less than half a millisecond. The tail is more than a client writes behind the text of a document. */
const usualSizes: PieceSizes = { head: 65_536, piece: 65_536, tail: 16_384 };
/** What is set aside before the bytes are there: a length is soon claimed. */
const mostBytesAtFirst = 32_000_000;
/** How far down in a message a text may stand: `params.contentChanges[0].text` does. */
const deepestText = 5;

/** Whether something may be known of a text in so many bytes. */
export type MayBeKnown = (bytes: number) => boolean;

/** The body of a long message. */
export interface LongMessage {
  /** Takes the next bytes; they are copied, if they do not stand in its room. */
  take(part: Buffer): void;
  /** Where its next bytes belong, at most so many; undefined where all are there, or no memory is set aside for more. */
  room(): Buffer | undefined;
  /** Whether all bytes are there. */
  isComplete(): boolean;
  /** Settles when more bytes have come in. */
  more(): Promise<void>;
  /** Decodes the next piece of what is there. False where nothing is left to do before more comes in, or, once all is there, before `value` is asked. */
  decode(): boolean;
  /** The URI of the document that a complete message is about; undefined where that is not seen at once. */
  about(): string | undefined;
  /**
   * The document that a complete message opens, before it is decoded. Where the text ends is seen from behind: it is that of a document with these bytes only if those were a whole text
   * before (`provenDigest`), and then nothing in them ended it sooner. Undefined for any other message, and where that is not seen at once.
   */
  opening(): OpenedBytes | undefined;
  /** The digest of the bytes that were the text of the document, where the value that was given opens it: they are all of the text. */
  provenDigest(): string | undefined;
  /** What `JSON.parse` gives for the whole body as UTF-8; once. @throws SyntaxError */
  value(): unknown;
}

/** Takes in what comes of a body of a known length. */
interface Bytes {
  readonly length: number;
  got(): number;
  all(): Buffer;
  take(part: Buffer): void;
  room(): Buffer | undefined;
  more(): Promise<void>;
  free(): void;
}

function createBytes(length: number): Bytes {
  // A quote may stand behind the last of them for a moment.
  let bytes = Buffer.allocUnsafeSlow(Math.min(length + 1, mostBytesAtFirst));
  let got = 0;
  let wake = (): void => undefined;
  return {
    length,
    got: () => got,
    all: () => bytes,
    room() {
      const end = Math.min(length, bytes.length - 1);
      return got < end ? bytes.subarray(got, end) : undefined;
    },
    take(part) {
      if (part.buffer === bytes.buffer && part.byteOffset === bytes.byteOffset + got) {
        got += part.length;
        return wake();
      }
      if (got + part.length >= bytes.length) {
        const before = bytes;
        bytes = Buffer.allocUnsafeSlow(Math.min(length + 1, Math.max(2 * before.length, got + part.length + 1)));
        before.copy(bytes, 0, 0, got);
        release(before);
      }
      got += part.copy(bytes, got);
      wake();
    },
    more: () =>
      new Promise((resolve) => {
        wake = resolve;
      }),
    free: () => release(bytes),
  };
}

type Fields = Record<string, unknown>;

/** Puts a text where a mark stands in a value. False where the mark is no value in it, or too deep. */
function putInPlace(value: unknown, mark: string, text: string, depth = deepestText): boolean {
  if (typeof value !== 'object' || value === null || depth === 0) return false;
  const fields = value as Fields;
  return Object.keys(fields).some((key) => {
    if (fields[key] !== mark) return putInPlace(fields[key], mark, text, depth - 1);
    Object.defineProperty(fields, key, { value: text, writable: true, enumerable: true, configurable: true });
    return true;
  });
}

/** What stands from one place to another, in quotes. They are put around it for a moment: to put texts together takes as long as to decode them. */
function inQuotes(bytes: Buffer, from: number, to: number, encoding: 'latin1' | 'utf8'): string {
  const [before, behind] = [bytes[from - 1] ?? quote, bytes[to] ?? quote];
  bytes[from - 1] = quote;
  bytes[to] = quote;
  const text = bytes.toString(encoding, from - 1, to + 1);
  bytes[from - 1] = before;
  bytes[to] = behind;
  return text;
}

/** A long string, decoded in the memory where it stands: what is unescaped is never longer. */
interface LongString {
  readonly begin: number;
  /** Takes the next bytes of it, up to a place where it may be cut. @throws SyntaxError where they are no part of a JSON string */
  decode(to: number): void;
  /** How far it is decoded. */
  at(): number;
  text(): string;
}

function createLongString(bytes: Bytes, begin: number): LongString {
  const texts: string[] = [];
  /** What is decoded stands from `from` to `to`, in ASCII; the rest is from `next` on. */
  let from = begin;
  let to = begin;
  let next = begin;
  const flush = (): void => {
    if (to > from) texts.push(asciiText(bytes.all(), from, to));
    from = to;
  };
  return {
    begin,
    decode(end) {
      const all = bytes.all();
      const areAscii = isAscii(all.subarray(next, end));
      const decoded = JSON.parse(inQuotes(all, next, end, areAscii ? 'latin1' : 'utf8')) as string;
      next = end;
      if (areAscii && Buffer.byteLength(decoded) === decoded.length) {
        to += all.write(decoded, to, 'latin1');
      } else {
        flush();
        texts.push(decoded);
      }
    },
    at: () => next,
    text() {
      flush();
      return texts.length === 1 ? (texts[0] ?? '') : texts.join('');
    },
  };
}

/** Takes the rest of a string that ends before a place; false where it does not. @throws SyntaxError where it is no JSON string */
function decodeToEnd(text: LongString, bytes: Buffer, to: number): boolean {
  const close = endOfString(bytes, text.at(), to);
  if (close >= 0) text.decode(close);
  return close >= 0;
}

interface Decoded {
  readonly phase: 'text' | 'behind' | 'broken';
  readonly isMore: boolean;
  /** Why the string is none. */
  readonly broken?: unknown;
}

/** Decodes the next piece of a long string, of so many bytes, and says whether it goes on behind it. */
function decodePiece(bytes: Bytes, text: LongString, piece: number, opened: OpenedText | undefined): Decoded {
  const [all, at] = [bytes.all(), text.at()];
  const isComplete = bytes.got() === bytes.length;
  // What comes next decides where it may be cut.
  const isLast = at + piece >= bytes.got();
  if (isLast && !isComplete) return { phase: 'text', isMore: false };
  const end = isLast ? bytes.length : cutBefore(all, at, at + piece);
  if (!isComplete) opened?.takeTo(all, end);
  let broken: unknown;
  try {
    text.decode(end);
    return { phase: 'text', isMore: true };
  } catch (error) {
    // The text ends in this piece, or is none.
    broken = error;
  }
  try {
    if (decodeToEnd(text, all, end)) return { phase: 'behind', isMore: false };
  } catch (error) {
    broken = error;
  }
  return { phase: 'broken', isMore: false, broken };
}

/** The value of a message from its parts. @throws SyntaxError */
function wholeOf({ before, behind }: Around, text: string): unknown {
  const mark = randomUUID();
  const value: unknown = JSON.parse(`${before}"${mark}"${behind}`);
  // It may be a name, stand deeper, or be followed by another of its name.
  return putInPlace(value, mark, text) ? value : JSON.parse(before + JSON.stringify(text) + behind);
}

/**
 * Takes a message whose body has so many bytes.
 * @param mayBeKnown whether a text in so many bytes may have been opened before
 * @param sizes only tests say them
 */
export function createLongMessage(
  length: number,
  mayBeKnown: MayBeKnown = () => false,
  sizes: PieceSizes = usualSizes,
): LongMessage {
  const bytes = createBytes(length);
  let phase: 'head' | 'text' | 'behind' | 'whole' | 'broken' = 'head';
  let before = '';
  let long: LongString | undefined;
  let broken: unknown;
  let about: { readonly uri: string | undefined } | undefined;
  let opened: OpenedText | undefined;
  const isComplete = (): boolean => bytes.got() === length;

  function decodeHead(): boolean {
    const end = Math.min(sizes.head, length);
    if (phase !== 'head' || bytes.got() < end) return false;
    const begin = openString(bytes.all(), end);
    phase = begin < 0 ? 'whole' : 'text';
    if (begin < 0) return false;
    before = bytes.all().toString('utf8', 0, begin - 1);
    long = createLongString(bytes, begin);
    if (mayBeKnown(length) && mayOpen(before)) opened = createOpenedText(begin);
    return true;
  }

  /** What stands around the long string, and where that ends, without a look at all of it; it may be decoded in part. */
  function seenAround(): SeenAround | undefined {
    if (long === undefined) return undefined;
    const all = bytes.all().subarray(0, length);
    const end = endOfLastLong(all, Math.max(long.at(), length - sizes.tail));
    return end < 0 ? undefined : { before, behind: all.toString('utf8', end + 1), end };
  }

  function opening(): OpenedBytes | undefined {
    return isComplete() ? opened?.document(bytes.all(), seenAround) : undefined;
  }

  function aboutOf(): string | undefined {
    if (!isComplete()) return undefined;
    about ??= { uri: uriAround(seenAround()) };
    return about.uri;
  }

  return {
    take(part) {
      bytes.take(part);
      decodeHead();
      opened?.takeTo(bytes.all(), Math.min(bytes.got(), length - sizes.tail));
    },
    room: bytes.room,
    more: bytes.more,
    isComplete,
    decode() {
      if (phase === 'head') return decodeHead();
      // What is decoded overwrites what came in.
      opening();
      if (phase !== 'text' || long === undefined || long.at() >= bytes.got()) return false;
      const decoded = decodePiece(bytes, long, sizes.piece, opened);
      ({ phase, broken } = decoded);
      return decoded.isMore;
    },
    about: aboutOf,
    opening,
    provenDigest: () => (phase === 'behind' && long !== undefined ? opened?.provenAt(long.at()) : undefined),
    value() {
      try {
        // It may be asked until the message is handed over.
        aboutOf();
        const all = bytes.all();
        if (phase === 'whole' || long === undefined) return JSON.parse(all.toString('utf8', 0, length));
        if (phase === 'behind') return wholeOf({ before, behind: all.toString('utf8', long.at() + 1, length) }, long.text());
        throw broken ?? new SyntaxError('a string in a message does not end');
      } finally {
        bytes.free();
      }
    },
  };
}
