import { describe, expect, it } from 'vitest';
import { runToEnd, sortedSteps } from '../../server/src/base/steps.ts';

const many = Array.from({ length: 30_000 }, (_, place) => ({ key: (place * 7_919) % 1_000, place }));

describe('sorting in steps', () => {
  it.each([0, 1, 4_096, 4_097, 12_289, 30_000])(
    'sorts %i items as toSorted does, those that are alike in their order',
    (count) => {
      const items = many.slice(0, count);
      expect(runToEnd(sortedSteps(items, (a, b) => a.key - b.key))).toEqual(items.toSorted((a, b) => a.key - b.key));
    },
  );

  it('pauses', () => {
    const steps = sortedSteps(many, (a, b) => a.key - b.key);
    let count = 0;
    while (steps.next().done !== true) count += 1;
    expect(count).toBeGreaterThan(20);
  });
});
