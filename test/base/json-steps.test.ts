import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLongJson, jsonSteps, withText, withTextOf } from '../../server/src/base/json-steps.ts';
import { runToEnd, textRunSteps } from '../../server/src/base/steps.ts';

function jsonOf(value: unknown): string {
  return runToEnd(jsonSteps(value)).join('');
}

/** The steps that a value takes. */
function stepsOf(value: unknown): number {
  const steps = jsonSteps(value);
  for (let count = 0; ; count += 1) if (steps.next().done === true) return count;
}

const symbol = (index: number): object => ({ name: `KUBE-SVC-${index}`, kind: 12, range: { start: index, end: undefined } });
const symbols = Array.from({ length: 20_000 }, (_, index) => symbol(index));

describe('JSON in steps', () => {
  it.each<[string, unknown]>([
    ['many objects', symbols],
    ['many objects within one', { jsonrpc: '2.0', id: 1, result: [{ children: symbols, kind: 1 }, { children: symbols }] }],
    ['many numbers', { data: Array.from({ length: 100_000 }, (_, index) => index) }],
    ['a long text', { text: '"\n\\\u0000é\u2028😀'.repeat(100_000) }],
    ['a long text of halves of characters', ['\ud83d'.repeat(700_000), '\ude00'.repeat(700_000)]],
    ['many fields', Object.fromEntries(symbols.map((each, index) => [`file:///${index}"`, each]))],
    ['fields without a value', { a: undefined, b: symbols, c: () => 0, d: Symbol('d'), e: null }],
    ['what JSON has no word for', [...symbols, undefined, () => 0, Number.NaN, -0, symbols, undefined]],
    ['what says itself how it is written', { at: new Date(0), many: symbols, one: { toJSON: () => 'x' } }],
    ['fields named like numbers and prototypes', JSON.parse(`{"9":1,"__proto__":${JSON.stringify(symbols)},"1":2}`)],
    ['many fields with nothing in them', Object.fromEntries(Array.from({ length: 9_000 }, (_, index) => [index, undefined]))],
  ])('is what JSON.stringify writes: %s', (_, value) => {
    expect(jsonOf(value)).toBe(JSON.stringify(value));
    expect(stepsOf(value)).toBeGreaterThan(3);
  });

  it('writes a text that is made of runs run by run, and as it is where it is short', () => {
    for (const count of [0, 1, 4_096, 4_097, 50_000]) {
      const lines = Array.from(
        { length: count },
        (_, index) => `-A KUBE-SVC-${index} -m comment --comment "\ud83d\ude00" -j ACCEPT`,
      );
      const made = withText({ count }, runToEnd(textRunSteps(lines, '\n')));
      expect(made).toEqual({ count, text: lines.join('\n') });
      const answer = { jsonrpc: '2.0', id: 1, result: withTextOf({ kind: 'text' }, made) };
      expect(jsonOf(answer)).toBe(JSON.stringify({ jsonrpc: '2.0', id: 1, result: { kind: 'text', text: lines.join('\n') } }));
      expect(jsonOf(withTextOf({}, { text: made.text }))).toBe(JSON.stringify({ text: made.text }));
    }
  });

  it('takes no step for what is small', () => {
    expect(isLongJson({ jsonrpc: '2.0', id: 1, result: symbols.slice(0, 20) })).toBe(false);
    expect(stepsOf(symbols.slice(0, 20))).toBe(0);
    expect(jsonOf('')).toBe('""');
  });

  it('is what JSON.stringify writes, of anything', () => {
    const filler = symbols.slice(0, 2_000);
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        const value = { one, filler, list: [other, filler, one], other };
        expect(jsonOf(value)).toBe(JSON.stringify(value));
      }),
      { numRuns: 200 },
    );
  });
});
