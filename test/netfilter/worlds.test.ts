import { describe, expect, it } from 'vitest';
import type { Fact } from '../../server/src/netfilter/answer.ts';
import {
  addWorld,
  answerIn,
  newWorld,
  passing,
  stepping,
  supposing,
  type World,
  type Worlds,
} from '../../server/src/netfilter/enumeration/worlds.ts';
import { numbers, type Ranges } from '../../server/src/netfilter/ranges.ts';
import { packet, ruleset } from './support.ts';

function fact(key: string, likely = false): Fact {
  return { about: 'other', key, yes: `${key}.`, no: `not ${key}.`, likely };
}

function ttl(within: Ranges, likely = false): Fact {
  return { ...fact(`ttl ${JSON.stringify(within)}`, likely), value: { of: 'ttl', within, among: numbers(0, 255) } };
}

function mac(within: Ranges): Fact {
  return { ...fact(`mac ${JSON.stringify(within)}`), value: { of: 'mac', within } };
}

/** What a world says, a subject each: the spans that are left. */
function told(world: World | undefined): readonly string[] {
  return [...(world?.answers ?? [])].map(
    ([subject, { left }]) => `${subject}: ${left.map(([from, to]) => `${from}..${to}`).join(' ')}`,
  );
}

const [a, b, c] = [fact('a'), fact('b'), fact('c')];
const chain = ruleset('*filter\n:A - [0:0]\nCOMMIT\n').tables[0]?.chains.get('A');
if (chain === undefined) throw new Error('no chain');
const step = { chain, line: 3, kind: 'accept', words: 'accept', target: null } as const;

describe('a world', () => {
  it('leaves open what nobody asked', () => {
    expect([answerIn(newWorld, a), answerIn(newWorld, ttl([[64, 65]])), answerIn(newWorld, mac([[1, 2]]))]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    // All values that there are, and none.
    expect([answerIn(newWorld, ttl([[0, 256]])), answerIn(newWorld, ttl([[300, 400]]))]).toEqual([true, false]);
    expect(answerIn(newWorld, mac([[null, null]]))).toBe(true);
  });

  it('says what it was told', () => {
    expect([answerIn(supposing(newWorld, a, true), a), answerIn(supposing(newWorld, a, false), a)]).toEqual([true, false]);
    expect(answerIn(supposing(newWorld, a, true), b)).toBeUndefined();
  });

  it('says of a value what follows from that', () => {
    const low = supposing(newWorld, ttl([[null, 100]]), true);
    expect(told(low)).toEqual(['value ttl: 0..100']);
    expect([answerIn(low, ttl([[0, 200]])), answerIn(low, ttl([[100, 200]])), answerIn(low, ttl([[50, 150]]))]).toEqual([
      true,
      false,
      undefined,
    ]);
    const between = supposing(low, ttl([[null, 50]]), false);
    expect(told(between)).toEqual(['value ttl: 50..100']);
    expect(told(supposing(newWorld, mac([[5, 6]]), false))).toEqual(['value mac: null..5 6..null']);
  });

  it('counts what is unlikely', () => {
    const oddity = (likely: boolean, holds: boolean): number =>
      supposing(supposing(newWorld, fact('x', likely), holds), fact('y', likely), holds).oddity;
    expect([oddity(true, true), oddity(true, false), oddity(false, true), oddity(false, false)]).toEqual([0, 2, 2, 0]);
  });

  it('knows the steps on the way in', () => {
    const [first, second] = [stepping(newWorld, step), stepping(stepping(newWorld, step), { ...step, line: 4 })];
    expect(first.trail).toEqual({ previous: null, step, within: null });
    expect(second.trail).toEqual({ previous: first.trail, step: { ...step, line: 4 }, within: null });
  });
});

describe('a world behind a chain', () => {
  const inner: World = { ...stepping(supposing(newWorld, b, true), step), probability: 0.25 };
  const outer: World = { ...stepping(supposing(newWorld, a, true), step), probability: 0.5 };

  it('says what both say', () => {
    const passed = passing(outer, inner);
    expect(told(passed)).toEqual(['fact a: 1..2', 'fact b: 1..2']);
    expect([passed?.probability, passed?.oddity]).toEqual([0.125, 2]);
    expect(passed?.trail).toEqual({ previous: outer.trail, step: null, within: inner.trail });
  });

  it('has no step more where the chain had none', () => {
    expect(passing(outer, newWorld)?.trail).toBe(outer.trail);
  });

  it('is none where the two contradict each other', () => {
    expect(passing(outer, supposing(newWorld, a, false))).toBeUndefined();
    const low = supposing(newWorld, ttl([[null, 100]]), true);
    expect(passing(low, supposing(newWorld, ttl([[null, 100]]), false))).toBeUndefined();
    expect(told(passing(low, supposing(newWorld, ttl([[null, 50]]), false)))).toEqual(['value ttl: 50..100']);
    expect(told(passing(low, supposing(newWorld, ttl([[null, 50]]), true)))).toEqual(['value ttl: 0..50']);
  });
});

function added(...worlds: readonly World[]): readonly World[] {
  const all: Worlds = { packet: packet(), byKey: new Map() };
  for (const world of worlds) expect(addWorld(all, world)).toBe(true);
  return [...all.byKey.values()];
}

/** A world that says these of a, b, c, ...; nothing for null. */
function saying(answers: readonly (boolean | null)[], probability = 1): World {
  const facts = [a, b, c, fact('d')];
  const said = answers.reduce<World>((world, holds, at) => {
    const about = facts[at];
    return holds === null || about === undefined ? world : supposing(world, about, holds);
  }, newWorld);
  return { ...said, probability };
}

describe('worlds at one place', () => {
  it('that say the same are one, as likely as both, on the likelier way in', () => {
    const [one, ...others] = added(
      { ...stepping(saying([true, false]), step), oddity: 3, probability: 0.25 },
      { ...stepping(saying([true, false]), { ...step, line: 9 }), oddity: 1, probability: 0.5 },
      { ...stepping(saying([true, false]), { ...step, line: 8 }), oddity: 2, probability: 0.125 },
    );
    expect(others).toEqual([]);
    expect([one?.probability, one?.oddity, one?.trail?.step?.line]).toEqual([0.875, 1, 9]);
  });

  it('that say the same in another order are one', () => {
    const other = supposing(supposing(newWorld, b, true), a, true);
    expect(added(saying([true, true]), other).map(({ probability }) => probability)).toEqual([2]);
  });

  it('that differ in one answer leave it open', () => {
    expect(added(saying([true, true]), saying([true, false])).map(told)).toEqual([['fact a: 1..2']]);
    expect(added(saying([true]), saying([false])).map(told)).toEqual([[]]);
    const all = [true, false].flatMap((one) => [true, false].map((other) => saying([one, other])));
    expect(added(...all).map(told)).toEqual([[]]);
    expect(added(...all).map(({ oddity, probability }) => [oddity, probability])).toEqual([[0, 1]]);
  });

  it.each<readonly [name: string, worlds: readonly World[]]>([
    ['in two answers', [saying([true, true]), saying([false, false])]],
    ['in what they answer', [saying([true, null]), saying([null, true])]],
    ['in how much they answer', [saying([true]), saying([true, true])]],
    ['in how likely they are', [saying([true], 0.5), saying([false], 0.25)]],
  ])('that differ %s stay apart', (_name, worlds) => {
    expect(added(...worlds)).toHaveLength(2);
  });

  it('join what they say of one value', () => {
    const one = (within: Ranges): World => supposing(newWorld, ttl(within), true);
    expect(added(one([[1, 2]]), one([[2, 3]])).map(told)).toEqual([['value ttl: 1..3']]);
    expect(
      added(
        one([[1, 2]]),
        one([
          [1, 2],
          [5, 6],
        ]),
      ).map(told),
    ).toEqual([['value ttl: 1..2 5..6']]);
    expect(
      added(
        one([
          [1, 2],
          [5, 6],
        ]),
        one([[1, 2]]),
      ).map(told),
    ).toEqual([['value ttl: 1..2 5..6']]);
    expect(added(one([[0, 100]]), one([[100, 256]])).map(told)).toEqual([[]]);
    expect(added(one([[0, 100]]), one([[101, 256]])).map(told)).toEqual([['value ttl: 0..100 101..256']]);
    expect(added(one([[0, 100]]), one([[0, 101]])).map(told)).toEqual([['value ttl: 0..101']]);
  });

  it('that are too many are left out', () => {
    const all: Worlds = { packet: packet(), byKey: new Map() };
    // None as likely as another, so that none are joined.
    const worlds = Array.from({ length: 65 }, (_, at) => ({ ...supposing(newWorld, fact(`f${at}`), true), probability: at + 1 }));
    expect(worlds.map((world) => addWorld(all, world)).indexOf(false)).toBe(64);
    expect(all.byKey.size).toBe(64);
    // One that is there already is no other.
    expect(addWorld(all, { ...supposing(newWorld, fact('f3'), true), probability: 9 })).toBe(true);
  });

  it('that say too much are left out', () => {
    const much = (count: number): World =>
      Array.from({ length: count }, (_, at) => fact(`f${at}`)).reduce((world, each) => supposing(world, each, true), newWorld);
    const all: Worlds = { packet: packet(), byKey: new Map() };
    expect([addWorld(all, much(256)), addWorld(all, much(257))]).toEqual([true, false]);
  });
});
