import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { count, counted } from '../../server/src/base/counted.ts';

describe('counts', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1_000, '1,000'],
    [215_060, '215,060'],
    // The largest counter of a rule, and a sum of some.
    [2 ** 64, '18,446,744,073,709,552,000'],
    [2 ** 70, '1,180,591,620,717,411,300,000'],
    [-1_204, '-1,204'],
    [1_204.5, '1,204.5'],
  ])('of %d is "%s"', (value, text) => {
    expect(count(value)).toBe(text);
  });

  it('are grouped as Intl does', () => {
    const grouped = new Intl.NumberFormat('en-US');
    const numbers = fc.oneof(fc.integer(), fc.maxSafeNat(), fc.double({ min: 0, max: 1e25, noNaN: true }).map(Math.floor));
    fc.assert(
      fc.property(numbers, (value) => count(value) === grouped.format(value)),
      { seed: 20261127, numRuns: 1_000 },
    );
  });

  it('say one of a thing, and more', () => {
    expect([counted(1, 'endpoint'), counted(1_200, 'endpoint')]).toEqual(['1 endpoint', '1,200 endpoints']);
  });
});
