import { describe, expect, it } from 'vitest';
import { type Counts, measureCounts, recordedCounts } from './counts.ts';

const tolerance = 1.1;
const figures: readonly (keyof Counts)[] = ['check', 'edits', 'snapshot', 'bytes'];

/** What became more than it may; nothing where all is well. */
function grown(now: Counts, before: Counts): readonly string[] {
  return figures
    .filter((figure) => !(now[figure] <= before[figure] * tolerance))
    .map((figure) => `${figure}: ${now[figure]}, ${before[figure]} was recorded`);
}

describe('the work that a small dump is', () => {
  it('is no more than a tenth above what was recorded (`npm run bench -- --record`, where more is meant)', {
    timeout: 120_000,
  }, () => {
    expect(grown(measureCounts(), recordedCounts())).toEqual([]);
  });

  it('is said to have grown where it has', () => {
    const before = recordedCounts();
    expect(grown({ ...before, edits: Math.ceil(before.edits * 1.11) }, before)).toHaveLength(1);
    expect(grown({ ...before, bytes: Number.NaN }, before)).toHaveLength(1);
    expect(grown({ ...before, check: Math.floor(before.check * 1.09) }, before)).toEqual([]);
  });
});
