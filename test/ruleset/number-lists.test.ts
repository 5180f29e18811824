import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NumberPairs, reorderedLists, withLists, withoutRepeats } from '../../server/src/ruleset/number-lists.ts';

type Lists = readonly (readonly number[])[];

/** Lists as they are made: of pairs, in any order of the lists. */
function listsOf(lists: Lists): ReturnType<NumberPairs['toLists']> {
  const pairs = new NumberPairs();
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  for (let at = 0; at < longest; at += 1)
    for (const [index, list] of lists.entries()) if (at < list.length) pairs.add(index, list[at] ?? 0);
  return pairs.toLists(lists.length);
}

function read(lists: ReturnType<NumberPairs['toLists']>, count: number): Lists {
  return Array.from({ length: count }, (_, index) => [...lists.at(index)]);
}

const seeded = { seed: 20_261_126 };
const anyList = fc.array(fc.nat(8), { maxLength: 40 });
const anyLists = fc.array(anyList, { minLength: 1, maxLength: 9 });

describe('lists side by side', () => {
  it('are the lists that were put together, with their lengths and first numbers', () => {
    fc.assert(
      fc.property(anyLists, (lists) => {
        const made = listsOf(lists);
        expect(read(made, lists.length)).toEqual(lists);
        expect(lists.map((_, index) => made.lengthOf(index))).toEqual(lists.map(({ length }) => length));
        expect(lists.map((_, index) => made.firstOf(index))).toEqual(lists.map(([first]) => first));
      }),
      seeded,
    );
  });

  it('in another order are the same, with empty ones among them', () => {
    fc.assert(
      fc.property(anyLists, fc.array(fc.integer({ min: -1, max: 8 }), { maxLength: 12 }), (lists, order) => {
        const before = [...new Set(order.filter((old) => old < lists.length))];
        const reordered = reorderedLists(listsOf(lists), Int32Array.from(before));
        expect(read(reordered, before.length)).toEqual(before.map((old) => lists[old] ?? []));
        expect(reordered.values).toHaveLength(before.reduce((sum, old) => sum + (lists[old]?.length ?? 0), 0));
      }),
      seeded,
    );
  });

  it('with others in the place of some hold those, and no room for more', () => {
    fc.assert(
      fc.property(anyLists, fc.array(fc.option(anyList), { maxLength: 9 }), (lists, given) => {
        const others = new Map(given.flatMap((list, index) => (list === null || index >= lists.length ? [] : [[index, list]])));
        const made = withLists(listsOf(lists), lists.length, others);
        const expected = lists.map((list, index) => others.get(index) ?? list);
        expect(read(made, lists.length)).toEqual(expected);
        expect(made.values).toHaveLength(expected.flat().length);
      }),
      seeded,
    );
  });

  it('without repeats have each number where it stood first', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat(8), { maxLength: 40 }), { minLength: 9, maxLength: 9 }), (lists) => {
        expect(read(withoutRepeats(listsOf(lists)), lists.length)).toEqual(lists.map((list) => [...new Set(list)]));
      }),
      seeded,
    );
  });
});
