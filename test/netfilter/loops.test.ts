import { describe, expect, it } from 'vitest';
import { leadsBack } from '../../server/src/netfilter/loops.ts';
import { ruleset } from './support.ts';

/** The jumps that lead back to where they came from, as "A B", of chains A to F and a table with these jumps in it. */
function loops(...jumps: readonly string[]): readonly string[] {
  const names = ['A', 'B', 'C', 'D', 'E', 'F'];
  const rules = jumps.map((jump) => `-A ${jump.replace(' ', ' -j ')}`);
  const [table] = ruleset(`*filter\n${names.map((name) => `:${name} - [0:0]\n`).join('')}${rules.join('\n')}\nCOMMIT\n`).tables;
  const chain = (name: string) => {
    const found = table?.chains.get(name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  };
  return jumps.filter((jump) => {
    const [from = '', to = ''] = jump.split(' ');
    return leadsBack(chain(from), chain(to));
  });
}

describe('a jump that leads back', () => {
  it.each<readonly [name: string, jumps: readonly string[], back: readonly string[]]>([
    ['is none in a row of chains', ['A B', 'B C', 'C D'], []],
    ['is none to a chain that two jump to', ['A B', 'A C', 'B D', 'C D', 'D E'], []],
    ['goes to its own chain', ['A A'], ['A A']],
    ['closes a circle of two', ['A B', 'B A'], ['B A']],
    ['closes a circle of three, behind other jumps', ['A B', 'B C', 'C E', 'C F', 'C A'], ['C A']],
    ['may be one of several from a chain', ['A B', 'B C', 'C B', 'C A', 'C D'], ['C B', 'C A']],
    ['is found in each circle', ['A B', 'B A', 'C D', 'D C', 'E F'], ['B A', 'D C']],
    ['is found behind a chain that is done', ['C D', 'A C', 'A B', 'B C', 'B A'], ['B A']],
  ])('%s', (_name, jumps, back) => {
    expect(loops(...jumps)).toEqual(back);
  });
});
