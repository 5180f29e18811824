import { describe, expect, it } from 'vitest';
import type { Hook } from '../../server/src/catalog/types.ts';
import { chainsReachedFrom, isReachedFrom, otherHooks, reachOf } from '../../server/src/ruleset/reachable.ts';
import type { Chain, Ruleset, Table } from '../../server/src/ruleset/ruleset.ts';
import { rulesetOf } from '../support/dumps.ts';

function nat(...lines: readonly string[]): { readonly ruleset: Ruleset; readonly table: Table; chain(name: string): Chain } {
  const builtins = ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'].map((name) => `:${name} ACCEPT [0:0]`);
  const ruleset = rulesetOf(['*nat', ...builtins, ...lines, 'COMMIT', ''].join('\n'));
  const [table] = ruleset.tables;
  if (table === undefined) throw new Error('no table');
  return {
    ruleset,
    table,
    chain(name) {
      const chain = table.chains.get(name);
      if (chain === undefined) throw new Error(`no chain ${name}`);
      return chain;
    },
  };
}

const declared = (...names: readonly string[]): readonly string[] => names.map((name) => `:${name} - [0:0]`);

describe('the built-in chains that lead to a chain', () => {
  const { table, chain } = nat(
    ...declared('A', 'B', 'C', 'ALONE', 'OF-ALONE'),
    '-A PREROUTING -j A',
    '-A POSTROUTING -g B',
    '-A A -j C',
    '-A B -j C',
    '-A ALONE -j OF-ALONE',
    '-D OUTPUT -j ALONE',
    '-C OUTPUT -j ALONE',
  );
  const reach = reachOf(table);

  it('are named in the order in which a packet meets them', () => {
    expect(reach.hooksOf(chain('C'))).toEqual(['PREROUTING', 'POSTROUTING']);
    expect(reach.hooksOf(chain('A'))).toEqual(['PREROUTING']);
    expect(reach.hooksOf(chain('B'))).toEqual(['POSTROUTING']);
    expect(reach.hooksOf(chain('OUTPUT'))).toEqual(['OUTPUT']);
  });

  it('are none for chains that only orphans, or rules that are taken away, jump to', () => {
    for (const name of ['ALONE', 'OF-ALONE']) {
      expect(reach.isReached(chain(name))).toBe(false);
      expect(reach.hooksOf(chain(name))).toEqual([]);
    }
  });

  it('make it reached, by its place as well', () => {
    const reached = [...table.chains.values()].filter((each) => reach.isReached(each)).map(({ name }) => name);
    expect(reached).toEqual(['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING', 'A', 'B', 'C']);
    for (const each of table.chains.values()) expect(reach.isReachedAt(each.index)).toBe(reach.isReached(each));
  });

  it('are those of a rule that leads to another one, which the kernel refuses, themselves alone', () => {
    const odd = nat(...declared('A'), '-A OUTPUT -j INPUT', '-A INPUT -j A', '-A A -j OUTPUT');
    expect(reachOf(odd.table).hooksOf(odd.chain('INPUT'))).toEqual(['INPUT']);
    expect(reachOf(odd.table).hooksOf(odd.chain('OUTPUT'))).toEqual(['OUTPUT']);
    expect(reachOf(odd.table).hooksOf(odd.chain('A'))).toEqual(['INPUT']);
    expect(reachOf(odd.table).loops).toEqual([]);
  });

  it('are themselves alone where no rule jumps', () => {
    const { table: flat, chain: of } = nat(...declared('A'), '-A OUTPUT -j ACCEPT');
    expect([reachOf(flat).hooksOf(of('OUTPUT')), reachOf(flat).hooksOf(of('A'))]).toEqual([['OUTPUT'], []]);
  });

  it('can be asked the other way round', () => {
    const from = (...hooks: readonly Hook[]): readonly string[] =>
      [...chainsReachedFrom(table, hooks)].map(({ name }) => name).toSorted();
    expect(from('PREROUTING')).toEqual(['A', 'C', 'PREROUTING']);
    expect(from('PREROUTING', 'POSTROUTING')).toEqual(['A', 'B', 'C', 'POSTROUTING', 'PREROUTING']);
    // FORWARD is no chain of nat.
    expect(from('FORWARD')).toEqual([]);
  });

  it('can be looked for from the chain upwards', () => {
    const { ruleset, chain: named } = nat(
      ...declared('A', 'B', 'C', 'ALONE'),
      '-A PREROUTING -j A',
      '-A A -j B',
      '-A B -j C',
      '-D OUTPUT -j C',
      '-C INPUT -j C',
      '-A ALONE -j C',
    );
    const reached = (name: string, ...hooks: readonly Hook[]): boolean => isReachedFrom(ruleset, named(name), hooks);
    expect(reached('C', 'PREROUTING')).toBe(true);
    expect(reached('C', 'OUTPUT', 'INPUT', 'POSTROUTING')).toBe(false);
    expect(reached('ALONE', 'PREROUTING', 'OUTPUT')).toBe(false);
    expect(reached('PREROUTING', 'PREROUTING')).toBe(true);
    expect(reached('PREROUTING', 'OUTPUT')).toBe(false);
  });

  it('are all but the named ones', () => {
    expect(otherHooks(['INPUT', 'FORWARD', 'OUTPUT'])).toEqual(['PREROUTING', 'POSTROUTING']);
  });
});

describe('jumps that lead back', () => {
  const loopsOf = (...lines: readonly string[]): readonly string[] =>
    reachOf(nat(...lines).table).loops.map(({ from, to }) => `${from.name} -> ${to.name}`);

  it('are found where a built-in chain leads into them', () => {
    const rules = ['-A A -j B', '-A B -j C', '-A C -j A'];
    expect(loopsOf(...declared('A', 'B', 'C'), '-A OUTPUT -j A', ...rules)).toEqual(['C -> A']);
    expect(loopsOf(...declared('A', 'B', 'C'), ...rules)).toEqual([]);
    expect(loopsOf(...declared('A'), '-A OUTPUT -j A', '-A A -j A')).toEqual(['A -> A']);
  });

  it('are no loops where two ways lead to one chain', () => {
    expect(loopsOf(...declared('A', 'B', 'C'), '-A OUTPUT -j A', '-A OUTPUT -j B', '-A A -j C', '-A B -j C')).toEqual([]);
  });

  it('do not keep a built-in chain from being known to lead there', () => {
    const { table, chain } = nat(
      ...declared('A', 'B', 'C'),
      '-A PREROUTING -j A',
      '-A POSTROUTING -j C',
      '-A A -j B',
      '-A B -j C',
      '-A C -j A',
    );
    for (const name of ['A', 'B', 'C']) expect(reachOf(table).hooksOf(chain(name))).toEqual(['PREROUTING', 'POSTROUTING']);
  });
});

describe('the jumps of a chain', () => {
  it('are each once and in rule order, however many they are', () => {
    const names = Array.from({ length: 40 }, (_, index) => `C${index}`);
    const twice = [...names, ...names.toReversed()];
    const { chain } = nat(...declared(...names), ...twice.map((name) => `-A OUTPUT -j ${name}`));
    expect(chain('OUTPUT').jumps.map(({ name }) => name)).toEqual(names);
  });

  it('are no rules that -D and -C name, of chains that are called like targets either', () => {
    const { chain } = nat(
      ...declared('LOG', 'MARK', 'A'),
      '-A A -j LOG',
      '-D OUTPUT -j LOG',
      '-C OUTPUT -j MARK',
      '-A OUTPUT -j A',
    );
    expect(chain('OUTPUT').jumps.map(({ name }) => name)).toEqual(['A']);
    expect(chain('A').jumps.map(({ name }) => name)).toEqual(['LOG']);
    expect(chain('LOG').references).toHaveLength(2);
  });
});
