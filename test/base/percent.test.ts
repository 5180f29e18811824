import { expect, it } from 'vitest';
import { percentText } from '../../server/src/base/percent.ts';

it('rounds shares without making them certain', () => {
  expect([1, 0.5, 1 / 3, 0.0017, 0.99999, 0, 1e-9].map(percentText)).toEqual([
    '100 %',
    '50 %',
    '33.3 %',
    '0.17 %',
    '> 99.9 %',
    '0 %',
    '< 0.001 %',
  ]);
});
