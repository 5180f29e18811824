/** A message of megabytes, which is a document's text for the most part: read as it comes in and piece by piece, in the memory that it came into. */
import { isAscii } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { fieldsAt, isFields, textAt } from '../../cluster/fields.ts';
import { asciiText, release } from './long-text.ts';

/** How much of a message is looked at, and decoded, at a time. */
export interface PieceSizes {
  /** The first bytes, in which the long text has to begin. */
  readonly head: number;
  /** What is decoded at once, in bytes; 16 at least. */
  readonly piece: number;
}

/** A piece takes less than half a millisecond. */
const usualSizes: PieceSizes = { head: 65_536, piece: 65_536 };
/** What is set aside before the bytes are there: a length is soon claimed. */
const mostBytesAtFirst = 32_000_000;
/** More than a client writes behind the text of a document. */
const tailBytes = 16_384;
/** How far down in a message a text may stand: `params.contentChanges[0].text` does. */
const deepestText = 5;

const quote = 0x22;
const backslash = 0x5c;
const letterU = 0x75;

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

/** Whether a character is escaped: an odd number of backslashes stands before it. */
function isEscaped(bytes: Buffer, at: number, from: number): boolean {
  let before = at;
  while (before > from && bytes[before - 1] === backslash) before -= 1;
  return (at - before) % 2 === 1;
}

/** Where the quote stands that ends a string which begins at `from`; below 0 where none does before `to`. */
function endOfString(bytes: Buffer, from: number, to: number): number {
  const part = bytes.subarray(from, to);
  let at = part.indexOf(quote);
  while (at >= 0 && isEscaped(part, at, 0)) at = part.indexOf(quote, at + 1);
  return at < 0 ? at : from + at;
}

/** Where the string begins, behind its quote, in which the first bytes of a text end; below 0 where they end in none. */
function openString(bytes: Buffer, to: number): number {
  for (let at = 0; ; ) {
    const from = bytes.subarray(at, to).indexOf(quote);
    if (from < 0) return -1;
    const end = endOfString(bytes, at + from + 1, to);
    if (end < 0) return at + from + 1;
    at = end + 1;
  }
}

/** Where the last long string of a text ends, seen from behind: a string ends or begins at each quote that is not escaped. Below 0 where none is seen. */
function endOfLastLong(bytes: Buffer, from: number): number {
  const part = bytes.subarray(from);
  let end = -1;
  for (let at = part.lastIndexOf(quote); at >= 0; at = at === 0 ? -1 : part.lastIndexOf(quote, at - 1)) {
    if (!isEscaped(part, at, 0)) end = end < 0 ? from + at : -1;
  }
  return end;
}

/** Where a string may be cut at or before a place, neither in an escape nor in a character: all up to there can be decoded by itself, and so can the rest. */
function cutBefore(bytes: Buffer, from: number, at: number): number {
  let cut = at;
  // The second byte of a character, and those behind it, are 10xxxxxx. Of more than three of them in a row the last is part of none.
  while (cut > at - 4 && ((bytes[cut] ?? 0) & 0xc0) === 0x80) cut -= 1;
  if (((bytes[cut] ?? 0) & 0xc0) === 0x80) cut = at;
  const last = bytes.subarray(Math.max(from, cut - 6), cut).lastIndexOf(backslash);
  if (last < 0) return cut;
  const begin = Math.max(from, cut - 6) + last;
  if (isEscaped(bytes, begin, from)) return cut;
  const length = begin + 1 < cut && bytes[begin + 1] === letterU ? 6 : 2;
  return begin + length > cut ? begin : cut;
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

/** The URI of the document that a message says that it is about. */
export function documentOf(message: unknown): string | undefined {
  const uri = isFields(message) ? textAt(fieldsAt(fieldsAt(message, 'params'), 'textDocument'), 'uri') : '';
  return uri === '' ? undefined : uri;
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

/** What is around the long string. */
interface Around {
  readonly before: string;
  readonly behind: string;
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
 * @param sizes only tests say them
 */
export function createLongMessage(length: number, sizes: PieceSizes = usualSizes): LongMessage {
  const bytes = createBytes(length);
  let phase: 'head' | 'text' | 'behind' | 'whole' | 'broken' = 'head';
  let before = '';
  let long: LongString | undefined;
  let broken: unknown;
  let about: { readonly uri: string | undefined } | undefined;
  const isComplete = (): boolean => bytes.got() === length;

  function decodeHead(): boolean {
    const end = Math.min(sizes.head, length);
    if (bytes.got() < end) return false;
    const begin = openString(bytes.all(), end);
    phase = begin < 0 ? 'whole' : 'text';
    if (begin < 0) return false;
    before = bytes.all().toString('utf8', 0, begin - 1);
    long = createLongString(bytes, begin);
    return true;
  }

  function decodePiece(text: LongString): boolean {
    const [all, at] = [bytes.all(), text.at()];
    // What comes next decides where it may be cut.
    const isLast = at + sizes.piece >= bytes.got();
    if (isLast && !isComplete()) return false;
    const end = isLast ? length : cutBefore(all, at, at + sizes.piece);
    try {
      text.decode(end);
      return true;
    } catch (error) {
      // The text ends in this piece, or is none.
      broken = error;
    }
    phase = 'broken';
    const close = endOfString(all, at, end);
    if (close < 0) return false;
    try {
      text.decode(close);
      phase = 'behind';
    } catch (error) {
      broken = error;
    }
    return false;
  }

  function aboutOf(): string | undefined {
    if (!isComplete()) return undefined;
    if (phase === 'head') decodeHead();
    about ??= { uri: long === undefined ? undefined : uriAround(bytes, before, long.at()) };
    return about.uri;
  }

  return {
    take: bytes.take,
    room: bytes.room,
    more: bytes.more,
    isComplete,
    decode() {
      if (phase === 'head') return decodeHead();
      return phase === 'text' && long !== undefined && long.at() < bytes.got() ? decodePiece(long) : false;
    },
    about: aboutOf,
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

/** The URI of the document that a message is about, without its long string. @param from what is before may be decoded already */
function uriAround(bytes: Bytes, before: string, from: number): string | undefined {
  const all = bytes.all().subarray(0, bytes.length);
  const end = endOfLastLong(all, Math.max(from, bytes.length - tailBytes));
  if (end < 0) return undefined;
  try {
    return documentOf(JSON.parse(`${before}""${all.toString('utf8', end + 1)}`));
  } catch {
    return undefined;
  }
}
