import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLongMessage, type LongMessage } from '../../server/src/lsp/node/long-message.ts';

/** What is read of a body that comes in pieces of these sizes, or that it is none. */
function read(body: Buffer, sizes: readonly number[], pieces = { head: 64, piece: 16 }): unknown {
  const long = createLongMessage(body.length, pieces);
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
const pieces = fc.record({ head: fc.integer({ min: 1, max: 120 }), piece: fc.integer({ min: 16, max: 40 }) });

describe('a long message', () => {
  it.each([
    ['of JSON', text],
    ['of anything', anyText],
  ])('%s is what it is when all of it is parsed at once', (_, inside) => {
    fc.assert(
      fc.property(fc.constantFrom(...around), inside, cuts, pieces, ([before, behind], bytes, sizes, at) => {
        const body = Buffer.concat([bytesOf(before), bytes, bytesOf(behind)]);
        expect(read(body, sizes, at)).toEqual(parsed(body));
      }),
      { numRuns: 3_000 },
    );
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
