import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { longJsonSteps } from '../../server/src/cluster/long-json.ts';

/** So small that most of a value is taken apart. */
const small = { run: 3, long: 8, scan: 5 };

/** Of both the text of the value, which shows the order of names and "__proto__" as well; undefined where it is none. */
function written(read: () => unknown): string | undefined {
  try {
    return JSON.stringify(read());
  } catch (error) {
    expect(error).toBeInstanceOf(SyntaxError);
    return undefined;
  }
}

function expectSame(text: string): void {
  const parsed = written(() => JSON.parse(text));
  expect(written(() => runToEnd(longJsonSteps(text, 0, text.length, small)))).toBe(parsed);
  expect(written(() => runToEnd(longJsonSteps(`[${text}]`, 1, text.length + 1, small)))).toBe(parsed);
}

describe('a long value', () => {
  it('is read as JSON.parse reads it, whatever is in it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 9 }), fc.constantFrom(undefined, 2, '\t'), (value, space) => {
        expectSame(JSON.stringify(value, null, space));
      }),
      { seed: 20_261_128, numRuns: 500 },
    );
  });

  it('is refused where JSON.parse refuses it: one character more, less, or another', () => {
    const place = fc.nat(10_000);
    const piece = fc.constantFrom('', ',', '[', ']', '{', '}', '"', '\\', ':', '1', ' ', '\n', '\u00a0', '"a":1,', '],[');
    fc.assert(
      fc.property(fc.jsonValue(), place, fc.nat(3), piece, (value, from, gone, put) => {
        const text = JSON.stringify(value);
        const at = from % (text.length + 1);
        expectSame(text.slice(0, at) + put + text.slice(at + gone));
      }),
      { seed: 20_261_128, numRuns: 3_000 },
    );
  });

  it.each([
    '{"a":1111111,"b":2222222,"a":3333333}',
    '{"__proto__":{"a":11111111},"b":2222222}',
    '{"2":1111111,"1":2222222,"a":3333333}',
    '[              ]',
    '{              }',
    '[1,2,3,4,5,6,7,]',
    '[,1,2,3,4,5,6,7]',
    '[1,2,3,,4,5,6,7]',
    '[1,2,3],[4,5,6,7]',
    '{"a":1},{"b":22222222}',
    '{"a":[1,2,3},"b":[1]]}',
    '{"a":[1,2,3]   ,   "b"   :   {"c":"dddddddddd"}   }',
    '{"a"  "dddddddddddddddd"}',
    '{aaaaaaaaaaaaaaaa:1}',
    '{:1111111111111111}',
    '["aaaaaaaaaaaaaaaaaaaaaa","b\\"b\\\\"]',
    '["aaaaaaaaaaaaaaaaaaaaaa',
    '',
  ])('is read, or refused, as JSON.parse does it: %s', expectSame);

  it('pauses within an object of megabytes, as etcd keeps them', () => {
    const ingress = Array.from({ length: 75_000 }, (_, index) => ({ ip: `10.0.${index >> 8}.${index & 255}` }));
    const service = { kind: 'Service', metadata: { name: 'a' }, status: { loadBalancer: { ingress } } };
    const text = JSON.stringify(service);
    expect([...longJsonSteps(text)].length).toBeGreaterThan(text.length / 20_000);
    expect(runToEnd(longJsonSteps(text))).toEqual(service);
  });
});
