import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFrameGuard } from '../../server/src/lsp/node/frame-guard.ts';

/** What a guard says of bytes that come in pieces of these sizes. */
function judged(bytes: Buffer, sizes: readonly number[] = [bytes.length]): readonly string[] {
  const said: string[] = [];
  const guard = createFrameGuard((why) => said.push(why));
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? 1);
    guard(bytes.subarray(at, at + size));
    at += size;
  }
  return said;
}

const framed = (body: string, more = ''): string => `Content-Length: ${Buffer.byteLength(body)}\r\n${more}\r\n${body}`;

describe('what comes in of the protocol', () => {
  it.each<[string, string, readonly string[]]>([
    ['messages', framed('{}') + framed('{"a":"\r\n\r\nContent-Length: x"}', 'Content-Type: a\r\n') + framed(''), []],
    ['a head in small letters, with blanks', 'content-length :  2 \r\n\r\n{}', []],
    ['no length', 'Content-Type: a\r\n\r\n{}', ['it has no Content-Length']],
    ['a negative length', 'Content-Length: -5\r\n\r\n{}', ['its Content-Length is no number of bytes']],
    ['a length of another form', 'Content-Length: 1e3\r\n\r\n{}', ['its Content-Length is no number of bytes']],
    ['two lengths', 'Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}', ['its Content-Length is no number of bytes']],
    ['a length that nothing holds', 'Content-Length: 9007199254740992\r\n\r\n{}', ['its Content-Length is more than 500 MB']],
    ['a head without an end', 'X'.repeat(20_000), ['it has no end']],
    [
      'a body that is longer than its head says',
      `Content-Length: 1\r\n\r\n{}${framed('{}')}${framed('{}')}`,
      ['it has no Content-Length'],
    ],
  ])('%s', (_what, text, wanted) => {
    const bytes = Buffer.from(text);
    expect(judged(bytes)).toEqual(wanted);
    expect(judged(bytes, [1])).toEqual(wanted);
  });

  it('is judged alike in whatever pieces it comes', () => {
    const part = fc.oneof(
      fc.string({ maxLength: 40 }).map((body) => framed(body)),
      fc.constantFrom('\r\n', 'Content-Length: 3\r\n\r\n', 'abc', '\r'),
    );
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
        (parts, sizes) => {
          const bytes = Buffer.from(parts.join(''));
          expect(judged(bytes, sizes)).toEqual(judged(bytes));
        },
      ),
    );
  });
});
