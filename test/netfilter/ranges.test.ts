import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { icmpAnswer, stateAlone } from '../../server/src/netfilter/connection.ts';
import {
  both,
  complement,
  either,
  everything,
  includes,
  isWithin,
  names,
  numbers,
  numbersWhere,
  type Ranges,
  type Span,
} from '../../server/src/netfilter/ranges.ts';

const below = 12;
const all = Array.from({ length: below }, (_, value) => value);

/** Spans at random with ends within or beyond the numbers that are looked at, in ascending order, apart from each other or side by side. */
const ranges: fc.Arbitrary<Ranges> = fc
  .tuple(fc.uniqueArray(fc.integer({ min: 0, max: below }), { maxLength: 8 }), fc.boolean(), fc.boolean())
  .map(([ends, isOpenBelow, isOpenAbove]) => {
    const bounds = ends.toSorted((a, b) => a - b);
    const open: (number | null)[] = [...(isOpenBelow ? [null] : []), ...bounds];
    const even = open.length % 2 === 0 ? open : isOpenAbove ? [...open, null] : open.slice(0, -1);
    return Array.from({ length: even.length / 2 }, (_, at): Span => [even[2 * at] ?? null, even[2 * at + 1] ?? null]);
  });

const inside = (of: Ranges): readonly number[] => all.filter((value) => includes(of, value));

describe('spans of values', () => {
  it('are sets: what is in both, in either, in none, and within another', () => {
    fc.assert(
      fc.property(ranges, ranges, (one, other) => {
        const [a, b] = [inside(one), inside(other)];
        expect(inside(both(one, other))).toEqual(a.filter((value) => b.includes(value)));
        expect(inside(either(one, other))).toEqual(all.filter((value) => a.includes(value) || b.includes(value)));
        expect(inside(complement(one))).toEqual(all.filter((value) => !a.includes(value)));
        expect(isWithin(both(one, other), one)).toBe(true);
        if (isWithin(one, other)) expect(b).toEqual(expect.arrayContaining([...a]));
        expect(both(one, complement(one))).toEqual([]);
        expect(isWithin(everything, either(one, complement(one)))).toBe(true);
      }),
      { seed: 20_261_126, numRuns: 2000 },
    );
  });

  it('have both ends of numbers, and none where the first is behind the last', () => {
    expect(inside(numbers(3, 5))).toEqual([3, 4, 5]);
    expect(numbers(3)).toEqual([[3, 4]]);
    expect(numbers(5, 3)).toEqual([]);
  });

  it('are as few as may be where a question picks numbers', () => {
    expect(numbersWhere(8, (value) => value % 4 < 2)).toEqual([
      [0, 2],
      [4, 6],
    ]);
    expect(numbersWhere(4, () => true)).toEqual([[0, 4]]);
    expect(numbersWhere(4, () => false)).toEqual([]);
  });

  it('side by side have nothing between them, and nothing in both', () => {
    expect(both([[0, 5]], [[5, 9]])).toEqual([]);
    expect(either([[0, 5]], [[5, 9]])).toEqual([[0, 9]]);
    expect(
      complement([
        [0, 5],
        [5, 9],
      ]),
    ).toEqual([
      [null, 0],
      [9, null],
    ]);
    expect(includes([[0, 5]], 5)).toBe(false);
    expect(includes([[0, 5]], 0)).toBe(true);
  });

  it('of names hold one, or all that begin so', () => {
    expect(includes(names('eth0'), 'eth0')).toBe(true);
    expect(includes(names('eth0'), 'eth01')).toBe(false);
    expect(includes(names('eth', true), 'eth01')).toBe(true);
    expect(includes(names('eth', true), 'et')).toBe(false);
    expect(names('', true)).toEqual(everything);
    expect(isWithin(names('eth0'), names('eth', true))).toBe(true);
    expect(isWithin(names('eth', true), names('eth0'))).toBe(false);
  });
});

describe('what conntrack says of ICMP', () => {
  const answers = (protocol: string): readonly (readonly [number, number])[] =>
    Array.from({ length: 256 }, (_, type) => [type, icmpAnswer(protocol, type)] as const).flatMap(([type, answer]) =>
      answer === undefined ? [] : [[type, answer] as const],
    );

  it('a request is echo, timestamp, information, address mask or node information, each with its answer', () => {
    expect(answers('icmp')).toEqual([
      [8, 0],
      [13, 14],
      [15, 16],
      [17, 18],
    ]);
    expect(answers('ipv6-icmp')).toEqual([
      [128, 129],
      [139, 140],
    ]);
    expect(answers('tcp')).toEqual([]);
  });

  it('errors are about other packets, neighbour discovery is left alone, and an answer without a request is invalid', () => {
    const types = (protocol: string, state: string): readonly number[] =>
      Array.from({ length: 256 }, (_, type) => type).filter((type) => stateAlone(protocol, null, { type }) === state);
    expect(types('icmp', 'NEW')).toEqual([8, 13, 15, 17]);
    expect(types('icmp', 'RELATED')).toEqual([3, 4, 5, 11, 12]);
    expect(types('icmp', 'UNTRACKED')).toEqual([]);
    expect(types('ipv6-icmp', 'NEW')).toEqual([128, 139]);
    expect(types('ipv6-icmp', 'UNTRACKED')).toEqual([130, 131, 132, 133, 134, 135, 136, 137, 143]);
    expect(types('ipv6-icmp', 'RELATED')).toEqual(Array.from({ length: 128 }, (_, type) => type));
    expect(stateAlone('udp', null, { type: 3 })).toBe('NEW');
  });
});
