import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NameIndex } from '../../server/src/base/name-index.ts';

describe('an index of names', () => {
  it('numbers names as a Map would', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 30, unit: 'binary' }), { maxLength: 400 }), (names) => {
        const index = new NameIndex();
        const map = new Map<string, number>();
        for (const name of names) {
          expect(index.get(name)).toBe(map.get(name));
          if (!map.has(name)) map.set(name, map.size);
          const number = map.size % 2 === 0 ? index.add(name) : index.addWithin(`<${name}>`, 1, name.length + 1);
          expect(number).toBe(map.get(name));
        }
        expect(index.names).toEqual([...map.keys()]);
        for (const [name, number] of map) expect(index.addWithin(`<${name}>`, 1, name.length + 1)).toBe(number);
        expect(index.get('no such name, as it is longer than any of these')).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });

  it('numbers names anew in another order, with new ones among them', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ maxLength: 30 }), { maxLength: 300 }), fc.nat(), (all, seed) => {
        const known = all.filter((_, at) => at % 3 !== 0);
        const index = new NameIndex();
        for (const name of known) index.add(name);
        const order = all.filter((_, at) => (at * 7 + seed) % 5 !== 0).reverse();
        const reordered = index.reordered(
          [...order],
          Int32Array.from(order, (name) => known.indexOf(name)),
          Int32Array.from(known, (name) => order.indexOf(name)),
        );
        expect(reordered.names).toEqual(order);
        for (const name of all) expect(reordered.get(name)).toBe(order.includes(name) ? order.indexOf(name) : undefined);
        expect(reordered.add('a name that is new, and longer than any')).toBe(order.length);
        expect(index.names).toEqual(known);
      }),
      { numRuns: 100 },
    );
  });

  it('numbers names anew where the first ones keep their numbers, again and again', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ maxLength: 30 }), { minLength: 2, maxLength: 300 }), fc.nat(), (all, seed) => {
        let names = all.filter((_, at) => at % 4 !== 0);
        let index = new NameIndex();
        for (const name of names) index.add(name);
        for (let round = 0; round < 5; round += 1) {
          const kept = (seed + round * 31) % (names.length + 1);
          const others = all.filter((name) => !names.slice(0, kept).includes(name));
          const order = [...names.slice(0, kept), ...others.filter((_, at) => (at * 7 + seed + round) % 3 !== 0).reverse()];
          const before = Int32Array.from(order, (name) => names.indexOf(name));
          const after = Int32Array.from(names, (name) => order.indexOf(name));
          index = index.reordered([...order], before, after, kept);
          names = order;
          expect(index.names).toEqual(order);
          for (const name of all) expect(index.get(name)).toBe(order.includes(name) ? order.indexOf(name) : undefined);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('finds names that share their last characters, and so their hash', () => {
    const index = new NameIndex();
    const names = Array.from({ length: 3_000 }, (_, number) => `${String(number).padStart(8, '0')}-the same end`);
    for (const [number, name] of names.entries()) expect(index.add(name)).toBe(number);
    for (const [number, name] of names.entries()) expect(index.get(name)).toBe(number);
    expect(index.get('99999999-the same end')).toBeUndefined();
  });
});
