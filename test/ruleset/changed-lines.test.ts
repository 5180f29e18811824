/** Where two versions of a list differ: one stretch, as short as can be. */
import { expect, it } from 'vitest';
import { changedBetween } from '../../server/src/ruleset/changed-lines.ts';

it.each<readonly [old: string, now: string, at: number, removed: number, added: number]>([
  ['', '', 0, 0, 0],
  ['abc', 'abc', 3, 0, 0],
  ['', 'abc', 0, 0, 3],
  ['abc', '', 0, 3, 0],
  ['abc', 'abxc', 2, 0, 1],
  ['abc', 'xabc', 0, 0, 1],
  ['abc', 'abcx', 3, 0, 1],
  ['abc', 'ac', 1, 1, 0],
  ['abcd', 'axyd', 1, 2, 2],
  ['abc', 'xyz', 0, 3, 3],
  // What stands several times is the same from the front first.
  ['aa', 'aaa', 2, 0, 1],
  ['aaa', 'aa', 2, 1, 0],
  ['abab', 'ab', 2, 2, 0],
])('%s and %s', (old, now, at, removed, added) => {
  const isSame = (one: number, other: number): boolean => old.charAt(one) === now.charAt(other);
  expect(changedBetween(old.length, now.length, isSame)).toEqual({ at, removed, added });
});
