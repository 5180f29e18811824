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

  it.each([0, 1, 4_095, 4_096, 8_192, 20_000])('sorts items of which the first %i stand in their order', (count) => {
    const items = [...many.slice(0, count).sort((a, b) => a.key - b.key), ...many.slice(count)];
    expect(runToEnd(sortedSteps(items, (a, b) => a.key - b.key))).toEqual(items.toSorted((a, b) => a.key - b.key));
    const others = [...items.slice(0, count), ...items.slice(0, 3)];
    expect(runToEnd(sortedSteps(others, (a, b) => a.key - b.key))).toEqual(others.toSorted((a, b) => a.key - b.key));
    expect(runToEnd(sortedSteps(items, (a, b) => b.key - a.key))).toEqual(items.toSorted((a, b) => b.key - a.key));
  });

  it('pauses', () => {
    const steps = sortedSteps(many, (a, b) => a.key - b.key);
    let count = 0;
    while (steps.next().done !== true) count += 1;
    expect(count).toBeGreaterThan(20);
  });
});
