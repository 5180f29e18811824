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

  it('finds names that share their last characters, and so their hash', () => {
    const index = new NameIndex();
    const names = Array.from({ length: 3_000 }, (_, number) => `${String(number).padStart(8, '0')}-the same end`);
    for (const [number, name] of names.entries()) expect(index.add(name)).toBe(number);
    for (const [number, name] of names.entries()) expect(index.get(name)).toBe(number);
    expect(index.get('99999999-the same end')).toBeUndefined();
  });
});
