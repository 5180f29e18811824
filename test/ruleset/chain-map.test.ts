/** The chains of a table by name and by place. */
import { expect, it } from 'vitest';
import { rulesetOf } from '../support/dumps.ts';

const { chains } = rulesetOf('*filter\n:INPUT ACCEPT [0:0]\n:A - [0:0]\n-A INPUT -j B\nCOMMIT\n').tables[0] ?? expect.fail();
const names = ['INPUT', 'A', 'B'];

it('are gone through in the order first named', () => {
  expect([...chains].map(([name, chain]) => [name, chain.name, chain.index])).toEqual(names.map((name, at) => [name, name, at]));
  expect([...chains.keys()]).toEqual(names);
  expect(Array.from(chains.values(), ({ name }) => name)).toEqual(names);
  expect(chains.size).toBe(3);
});

it('are one object each, however they are asked for', () => {
  for (const [at, name] of names.entries()) {
    expect(chains.at(at)).toBe(chains.get(name));
    expect(chains.nameAt(at)).toBe(name);
    expect(chains.has(name)).toBe(true);
  }
  expect(chains.atAll([2, 0]).map(({ name }) => name)).toEqual(['B', 'INPUT']);
});

it('are none at other places and of other names', () => {
  for (const place of [-1, 3, 99]) expect([chains.at(place), chains.nameAt(place)]).toEqual([undefined, '']);
  expect([chains.get('C'), chains.has('C')]).toEqual([undefined, false]);
});
