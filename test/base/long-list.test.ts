import { expect, it } from 'vitest';
import { createLongList } from '../../server/src/base/long-list.ts';
import { seeded } from '../property/random-edits.ts';

it.each([1, 2, 3])('is as a plain list is, whatever is put in and taken out (seed %i)', (seed) => {
  const below = seeded(seed);
  const list = createLongList<{ readonly name: string; readonly number: number }>(({ name }) => name);
  let plain: { readonly name: string; readonly number: number }[] = [];
  for (let number = 0; number < 6_000; number += 1) {
    const name = `k${below(300)}`;
    switch (below(8)) {
      case 0: {
        const first = plain.findIndex((item) => item.name === name);
        expect(list.has(name)).toBe(first >= 0);
        expect(list.removeFirst(name)).toBe(first >= 0);
        if (first >= 0) plain.splice(first, 1);
        break;
      }
      case 1:
        if (plain.length === 0) break;
        {
          const at = below(plain.length);
          list.removeAt(at);
          plain.splice(at, 1);
        }
        break;
      default: {
        const at = below(3) === 0 ? plain.length : below(plain.length + 1);
        list.insert(at, { name, number });
        plain.splice(at, 0, { name, number });
      }
    }
    expect(list.length).toBe(plain.length);
  }
  expect(list.items()).toEqual(plain);
  list.clear();
  plain = [];
  expect([list.length, list.items(), list.has('k1')]).toEqual([0, plain, false]);
});
