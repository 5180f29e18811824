import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runToEnd, type Steps } from '../../server/src/base/steps.ts';
import { type NumberLists, NumberPairs, noLists, withLists, withoutRepeats } from '../../server/src/ruleset/number-lists.ts';

type Lists = readonly (readonly number[])[];

/** Lists as they are made: of pairs, in any order of the lists. */
function listsOf(lists: Lists): NumberLists {
  const pairs = new NumberPairs();
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  for (let at = 0; at < longest; at += 1)
    for (const [index, list] of lists.entries()) if (at < list.length) pairs.add(index, list[at] ?? 0);
  return runToEnd(pairs.toLists(lists.length));
}

function read(lists: NumberLists, count: number): Lists {
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

  it('are moved as their numbers are, one edit after the other', () => {
    const edit = fc.record({ at: fc.nat(60), removed: fc.nat(3), added: fc.nat(3) });
    const ascending = fc.uniqueArray(fc.nat(60), { maxLength: 20 }).map((list) => list.sort((a, b) => a - b));
    fc.assert(
      fc.property(fc.array(ascending, { minLength: 1, maxLength: 5 }), fc.array(edit, { maxLength: 24 }), (lists, edits) => {
        let [made, expected] = [listsOf(lists), lists as Lists];
        for (const { at, removed, added } of edits) {
          // Numbers of lines that go are taken out before.
          const gone = (number: number): boolean => number >= at && number < at + removed;
          const others = new Map<number, readonly number[]>();
          for (const [index, list] of expected.entries())
            if (list.some(gone))
              others.set(
                index,
                list.filter((number) => !gone(number)),
              );
          made = withLists(made, lists.length, others).moved(at, added - removed);
          expected = expected.map((list, index) =>
            (others.get(index) ?? list).map((number) => (number < at ? number : number + added - removed)),
          );
          expect(read(made, lists.length)).toEqual(expected);
          expect(expected.map((_, index) => made.firstOf(index))).toEqual(expected.map(([first]) => first));
          const asked = expected[0]?.at(-1) ?? 0;
          expect(made.some(0, (number) => number === asked)).toBe(expected[0]?.length !== 0);
        }
        expect([...made.values]).toEqual(expected.flat());
        expect(read(made, lists.length)).toEqual(expected);
      }),
      { ...seeded, numRuns: 500 },
    );
  });

  it('that are moved back need nothing beside them', () => {
    const lists = listsOf([[1, 5, 9], [2]]);
    const back = lists.moved(5, 2).moved(9, 1).moved(9, -1).moved(5, -2);
    expect(read(back, 2)).toEqual([[1, 5, 9], [2]]);
    expect(back.values).toBe(lists.values);
  });

  it('without repeats have each number where it stood first', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat(8), { maxLength: 40 }), { minLength: 9, maxLength: 9 }), (lists) => {
        expect(read(runToEnd(withoutRepeats(listsOf(lists))), lists.length)).toEqual(lists.map((list) => [...new Set(list)]));
      }),
      seeded,
    );
  });
});

describe('lists of which none has a number', () => {
  it.each([0, 3, -1])('have none at %d', (index) => {
    expect(runToEnd(new NumberPairs().toLists(5))).toBe(noLists);
    expect([noLists.at(index), noLists.lengthOf(index), noLists.firstOf(index)]).toEqual([[], 0, undefined]);
    expect(noLists.countFilled([index])).toBe(0);
    expect(noLists.some(index, () => true)).toBe(false);
  });

  it('get others in the place of some, and are the same without repeats', () => {
    const others = new Map<number, readonly number[]>([
      [3, [7, 7]],
      [1, [9]],
    ]);
    expect(read(withLists(noLists, 5, others), 5)).toEqual([[], [9], [], [7, 7], []]);
    expect(withLists(noLists, 5, new Map())).toBe(noLists);
    expect(runToEnd(withoutRepeats(noLists))).toBe(noLists);
  });
});

describe('of many lists', () => {
  const lists = listsOf([[], [5], [], Array.from({ length: 40 }, (_, at) => at), [6, 7]]);

  it('it is told how many are filled, and whether something holds for a number of one', () => {
    expect(lists.countFilled([0, 1, 2, 3, 4])).toBe(3);
    expect(lists.countFilled([2, 2, 4])).toBe(1);
    const numbers: number[] = [];
    expect(lists.some(4, (number) => numbers.push(number) === 0)).toBe(false);
    expect(numbers).toEqual([6, 7]);
    expect([lists.some(3, (number) => number === 39), lists.some(1, (number) => number === 6)]).toEqual([true, false]);
  });

  it('a long one is one array whenever it is asked for, and nobody changes an empty one', () => {
    expect(lists.at(3)).toBe(lists.at(3));
    expect(lists.at(3)).toHaveLength(40);
    const [few, more] = [32, 33].map((length) => listsOf([Array.from({ length }, (_, at) => at)]));
    expect(few?.at(0)).not.toBe(few?.at(0));
    expect(more?.at(0)).toBe(more?.at(0));
    expect(Object.isFrozen(lists.at(0))).toBe(true);
  });
});

describe('pairs in room that was made for them', () => {
  it('stand behind those that were added, and those that are added later behind them', () => {
    const pairs = new NumberPairs();
    for (let number = 0; number < 9; number += 1) pairs.add(1, number);
    for (const more of [2, 30]) {
      const room = pairs.room(more);
      let { end } = pairs;
      for (let at = 0; at < more; at += 1) {
        room[end] = 0;
        room[end + 1] = more + at;
        end += 2;
      }
      pairs.added(end);
    }
    pairs.add(2, 5);
    const lists = runToEnd(pairs.toLists(3));
    expect(read(lists, 3)).toEqual([[2, 3, ...Array.from({ length: 30 }, (_, at) => 30 + at)], [0, 1, 2, 3, 4, 5, 6, 7, 8], [5]]);
    expect(lists.values).toHaveLength(42);
  });

  it('have just as much room as is asked for where that is much', () => {
    const pairs = new NumberPairs();
    expect(pairs.room(100)).toHaveLength(200);
    expect(pairs.room(100)).toHaveLength(200);
    pairs.added(200);
    expect(pairs.room(1)).toHaveLength(400);
  });
});

it('hundreds of thousands of lists are made with a pause every few ten thousand', () => {
  const pairs = new NumberPairs();
  const count = 300_000;
  for (let index = 0; index < count; index += 1) pairs.add(index, count - 1 - index);
  const pausesOf = (steps: Steps<unknown>): number => {
    let pauses = 0;
    while (steps.next().done !== true) pauses += 1;
    return pauses;
  };
  expect(pausesOf(pairs.toLists(count))).toBeGreaterThanOrEqual((2 * 2 * count) / 65_536 - 2);
  expect(pausesOf(withoutRepeats(runToEnd(pairs.toLists(count))))).toBeGreaterThanOrEqual(Math.floor((2 * count) / 65_536));
});
