import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLongMessage, type LongMessage } from '../../server/src/lsp/node/long-message.ts';
import type { OpenedBytes } from '../../server/src/lsp/node/opened-text.ts';

/** What is read of a body that comes in pieces of these sizes, or that it is none. */
function read(long: LongMessage, body: Buffer, sizes: readonly number[]): unknown {
  for (let at = 0, turn = 0; at < body.length; turn += 1) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? 1);
    // What comes in is overwritten by what comes next.
    const chunk = Buffer.from(body.subarray(at, at + size));
    long.take(chunk);
    chunk.fill('"');
    if (turn % 3 !== 0) long.decode();
    at += size;
  }
  return decoded(long);
}

function decoded(long: LongMessage): unknown {
  for (let isMore = true; isMore; ) isMore = long.decode();
  try {
    return { value: long.value() };
  } catch (error) {
    return error instanceof SyntaxError ? 'no JSON' : error;
  }
}

function parsed(body: Buffer): unknown {
  try {
    return { value: JSON.parse(body.toString('utf8')) as unknown };
  } catch {
    return 'no JSON';
  }
}

const part = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('-A KUBE-SVC -j ACCEPT', '\\n', '\\"', '\\\\', '\\/', '\\t', '\\u0041', ' ') },
  {
    weight: 2,
    arbitrary: fc.constantFrom('é', '€', '😀', '\\u00e9', '\\u20ac', '\\ud83d\\ude00', '\\ud83d', '\\udE00', '\u2028'),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 80, unit: 'binary' }).map((text) => JSON.stringify(text).slice(1, -1)) },
);
const faulty = fc.constantFrom('"', '\\', '\\x', '\n', '\\u12', '\\u', '","a":"', '{', '\\"}');
const bytesOf = (text: string): Buffer => Buffer.from(text);
const wrong = fc.constantFrom(
  Buffer.from([0x80]),
  Buffer.from([0xc3]),
  Buffer.from([0xf0, 0x9f]),
  Buffer.from([0xff, 0xfe]),
  Buffer.alloc(20, 0x80),
);
const text = fc.array(part, { maxLength: 60 }).map((parts) => bytesOf(parts.join('')));
const anyText = fc
  .array(
    fc.oneof(
      { weight: 9, arbitrary: part.map(bytesOf) },
      { weight: 1, arbitrary: faulty.map(bytesOf) },
      { weight: 1, arbitrary: wrong },
    ),
    {
      maxLength: 60,
    },
  )
  .map((parts) => Buffer.concat(parts));
const around: readonly (readonly [string, string])[] = [
  ['{"method":"textDocument/didOpen","params":{"textDocument":{"uri":"file:///a","version":1,"text":"', '"}}}'],
  ['{"params":{"textDocument":{"text":"', '","uri":"file:///\\u0061","version":1}},"method":"textDocument/didOpen"}'],
  ['{"params":{"textDocument":{"uri":"file:///a"},"contentChanges":[{"text":""},{"text":"', '"}]}}'],
  ['{"a":"short","text":"', '","text":"another"}'],
  ['{"text":"short","__proto__":{"text":"', '"}}'],
  ['{"', '":1}'],
  ['[[[[[[[["', '"]]]]]]]]'],
  ['"', '"'],
  [' [ "a" , "', '" , 2 ] '],
  ['[', ']'],
  ['{"é":"€","text":"', '"},'],
];
const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });
const pieces = fc.record({
  head: fc.integer({ min: 1, max: 120 }),
  piece: fc.integer({ min: 16, max: 40 }),
  tail: fc.integer({ min: 1, max: 120 }),
});

/** What stands around the text of a document that is opened, or nearly so. */
const opening: readonly (readonly [string, string])[] = [
  ['{"method":"textDocument/didOpen","params":{"textDocument":{"uri":"file:///a","languageId":"","version":1,"text":"', '"}}}'],
  ['{"params":{"textDocument":{"text":"', '","uri":"file:///a","version":1,"languageId":""}},"method":"textDocument/didOpen"}'],
];
const anyOpening = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...opening) },
  { weight: 1, arbitrary: fc.constantFrom(...around) },
);
const openingPieces = fc.record({
  head: fc.integer({ min: 60, max: 160 }),
  piece: fc.integer({ min: 16, max: 40 }),
  tail: fc.integer({ min: 1, max: 160 }),
});
/** A text that ends, with fields behind it that make it look as if it went on. */
const endingText = fc
  .tuple(
    text,
    fc.constantFrom(
      '","text":"',
      '","x":"',
      '","version":2,"x":"',
      '","uri":"file:///b","x":"',
      '"}},"params":{"textDocument":{"uri":"file:///b","languageId":"","version":1,"text":"',
      '"},"textDocument":{"uri":"file:///b","languageId":"","version":1,"text":"',
    ),
    text,
  )
  .map(([one, between, other]) => Buffer.concat([one, bytesOf(between), other]));

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The bytes that a document was told by. */
function withDigest(body: Buffer, { bytes, bytesSha256 }: OpenedBytes): Buffer {
  for (let at = body.indexOf('"'); at >= 0; at = body.indexOf('"', at + 1)) {
    const found = body.subarray(at + 1, at + 1 + bytes);
    if (sha256(found) === bytesSha256) return found;
  }
  throw new Error('there are no such bytes');
}

interface Document {
  readonly uri: string;
  readonly version: number;
  readonly text: string;
}

function documentOf(value: unknown): Document {
  return (value as { readonly value: { readonly params: { readonly textDocument: Document } } }).value.params.textDocument;
}

describe('a long message', () => {
  it.each([
    ['of JSON', text],
    ['of anything', anyText],
  ])('%s is what it is when all of it is parsed at once', (_, inside) => {
    fc.assert(
      fc.property(fc.constantFrom(...around), inside, cuts, pieces, ([before, behind], bytes, sizes, at) => {
        const body = Buffer.concat([bytesOf(before), bytes, bytesOf(behind)]);
        const long = createLongMessage(body.length, () => true, at);
        expect(read(long, body, sizes)).toEqual(parsed(body));
      }),
      { numRuns: 3_000 },
    );
  });

  it.each([
    ['of JSON', text],
    ['of anything', anyText],
    ['that ends in it', endingText],
  ])('%s tells of no document by bytes that are a text, but of the one that it opens with it', (kind, inside) => {
    let told = 0;
    let proven = 0;
    fc.assert(
      fc.property(anyOpening, inside, cuts, openingPieces, ([before, behind], bytes, sizes, at) => {
        const body = Buffer.concat([bytesOf(before), bytes, bytesOf(behind)]);
        const long = createLongMessage(body.length, () => true, at);
        const value = read(long, body, sizes);
        expect(value).toEqual(parsed(body));
        const [document, digest] = [long.opening(), long.provenDigest()];
        if (digest !== undefined) expect(document?.bytesSha256).toBe(digest);
        if (document === undefined) return;
        told += 1;
        const seen = parsed(Buffer.concat([bytesOf('"'), withDigest(body, document), bytesOf('"')]));
        // Where what was seen is no text, nobody knows its digest.
        if (seen === 'no JSON') {
          expect(digest).toBeUndefined();
          return;
        }
        proven += 1;
        expect(digest).toBeDefined();
        const { uri, version, text: opened } = documentOf(value);
        expect({ uri, version }).toEqual({ uri: document.uri, version: document.version });
        expect(seen).toEqual({ value: opened });
      }),
      { numRuns: 2_000, seed: 20_261_128 },
    );
    expect(proven).toBeGreaterThan(kind === 'of JSON' ? 100 : 5);
    if (kind !== 'of JSON') expect(told).toBeGreaterThan(proven);
  });

  it.each([
    ['that ends sooner than is seen from behind', 'a","version":2,"x":"b'],
    ['with another document behind it', 'a"}},"params":{"textDocument":{"uri":"file:///b","version":1,"languageId":"","text":"b'],
    ['that is no text', 'a\\x'],
  ])('with a text %s proves no digest', (_, inside) => {
    const [before, behind] = opening[0] ?? ['', ''];
    const body = bytesOf(before + inside + behind);
    const long = createLongMessage(body.length, () => true, { head: before.length, piece: 16, tail: behind.length });
    expect(read(long, body, [body.length])).toEqual(parsed(body));
    expect(long.provenDigest()).toBeUndefined();
  });

  it.each([
    [
      'opens no document',
      '{"method":"textDocument/didChange","params":{"textDocument":{"uri":"file:///a","version":1,"text":"',
      '"}}}',
    ],
    [
      'is a request',
      '{"id":1,"method":"textDocument/didOpen","params":{"textDocument":{"uri":"file:///a","languageId":"","version":1,"text":"',
      '"}}}',
    ],
    [
      'has another text behind it',
      '{"method":"textDocument/didOpen","params":{"textDocument":{"uri":"file:///a","languageId":"","version":1,"text":"',
      '","text":"b"}}}',
    ],
    [
      'has another document behind it',
      '{"method":"textDocument/didOpen","params":{"textDocument":{"uri":"file:///a","languageId":"","version":1,"text":"',
      '"}, "textDocument":{"uri":"file:///b","languageId":"","version":1,"text":""}}}',
    ],
    [
      'has it elsewhere',
      '{"method":"textDocument/didOpen","params":{"textDocument":{"uri":"file:///a","languageId":"","version":1,"text":"b"},"text":"',
      '"}}',
    ],
    [
      'has no version',
      '{"method":"textDocument/didOpen","params":{"textDocument":{"uri":"file:///a","languageId":"","text":"',
      '"}}}',
    ],
    [
      'is no JSON',
      '{"method":"textDocument/didOpen","params":{"textDocument":{"uri":"file:///a","languageId":"","version":1,"text":"',
      '"}}',
    ],
  ])('that %s tells of none that is opened', (_, before, behind) => {
    const body = bytesOf(before + '-A INPUT -j ACCEPT\\n'.repeat(20) + behind);
    const long = createLongMessage(body.length, () => true, { head: before.length + 20, piece: 32, tail: 200 });
    expect(read(long, body, [50])).toEqual(parsed(body));
    expect(long.opening()).toBeUndefined();
    expect(long.provenDigest()).toBeUndefined();
  });

  it('of which more was claimed than is set aside at first is read all the same', () => {
    const text = '-A INPUT -j ACCEPT\n'.repeat(2_000_000);
    const body = bytesOf(JSON.stringify({ params: { textDocument: { text } } }));
    expect(body.length).toBeGreaterThan(32_000_000);
    const long = createLongMessage(body.length);
    for (let at = 0; at < body.length; at += 1_000_000) {
      long.take(body.subarray(at, at + 1_000_000));
      while (long.decode());
    }
    expect(decoded(long)).toEqual({ value: { params: { textDocument: { text } } } });
  });

  it('says which document it is about as soon as all of it is there', () => {
    const documents = [
      { uri: 'file:///a', text: 'x\\"\n'.repeat(30_000) },
      { text: '"'.repeat(100_000), uri: 'file:///a' },
    ].map((textDocument) => JSON.stringify({ method: 'textDocument/didOpen', params: { textDocument } }));
    for (const document of documents) {
      const body = bytesOf(document);
      const long = createLongMessage(body.length);
      long.take(body.subarray(0, 90_000));
      long.decode();
      expect(long.about()).toBeUndefined();
      long.take(body.subarray(90_000));
      expect(long.about()).toBe('file:///a');
      expect(decoded(long)).toEqual(parsed(body));
    }
  });
});
