import { describe, expect, it } from 'vitest';
import { contextBefore, type LineContext, lineContext, type Surroundings, sameContext } from '../../server/src/syntax/line.ts';

const filter = lineContext('ipv4', 'nft', 'filter');
const nat = lineContext('ipv4', 'nft', 'nat');

const within = (surroundings: Surroundings): LineContext => ({ ...filter, within: surroundings });

/** A copy, as another reading of the text makes it. */
const again = (context: LineContext): LineContext => ({
  ...context,
  within: context.within === undefined ? undefined : { ...context.within },
});

const listing = { kind: 'listing', chain: 'A', numbered: false, counted: false, interfaces: false, named: false } as const;

/** Circumstances of which no two are the same. */
const circumstances: readonly LineContext[] = [
  filter,
  nat,
  lineContext('ipv6', 'nft', 'filter'),
  lineContext('ipv4', 'legacy', 'filter'),
  lineContext(undefined, undefined, undefined),
  within({ kind: 'output' }),
  within(listing),
  within({ ...listing, chain: 'B' }),
  within({ ...listing, numbered: true }),
  within({ ...listing, counted: true }),
  within({ ...listing, interfaces: true }),
  within({ ...listing, named: true }),
  within({ kind: 'set', name: 'a', members: false }),
  within({ kind: 'set', name: 'b', members: false }),
  within({ kind: 'set', name: 'a', members: true }),
  within({ kind: 'nft', depth: 1 }),
  within({ kind: 'nft', depth: 2 }),
  within({ kind: 'command', more: '', before: filter }),
  within({ kind: 'command', more: '-j DROP', before: filter }),
  within({ kind: 'command', more: '', before: nat }),
  within({ kind: 'wrapped', more: undefined, before: filter }),
  within({ kind: 'wrapped', more: '', before: filter }),
  within({ kind: 'wrapped', more: undefined, before: nat }),
];

describe('what stands above two lines', () => {
  it.each(circumstances.map((context, at) => [at, context] as const))(
    'is the same for equal circumstances alone: %i',
    (at, context) => {
      expect(circumstances.map((other) => sameContext(again(context), other))).toEqual(
        circumstances.map((_, other) => other === at),
      );
    },
  );
});

describe('what the lines above say', () => {
  it('is kept apart from what a command, and a line that was broken, say of themselves', () => {
    expect(contextBefore({ context: within({ kind: 'command', more: '', before: nat }) })).toBe(nat);
    expect(contextBefore({ context: within({ kind: 'wrapped', more: undefined, before: nat }) })).toBe(nat);
    const listed = within(listing);
    expect([contextBefore({ context: listed }), contextBefore({ context: filter })]).toEqual([listed, filter]);
  });
});
