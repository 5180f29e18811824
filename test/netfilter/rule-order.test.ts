import { describe, expect, it } from 'vitest';
import { policyOf, rulesInOrder } from '../../server/src/netfilter/rule-order.ts';
import type { Chain } from '../../server/src/ruleset/ruleset.ts';
import { ruleset } from './support.ts';

function chainOf(text: string, name: string): { readonly read: ReturnType<typeof ruleset>; readonly chain: Chain } {
  const read = ruleset(text);
  const chain = read.tables[0]?.chains.get(name);
  if (chain === undefined) throw new Error(`no chain ${name}`);
  return { read, chain };
}

/** The rules of INPUT behind these commands, by what each logs. */
function inOrder(...commands: readonly string[]): string {
  const { read, chain } = chainOf(
    ['*filter', ':INPUT ACCEPT [0:0]', ':OTHER - [0:0]', ...commands, 'COMMIT', ''].join('\n'),
    'INPUT',
  );
  return rulesInOrder(read, chain)
    .map((line) => /prefix (\w+)/.exec(read.lines.at(line)?.text ?? '')?.[1] ?? '?')
    .join(' ');
}

const log = (command: string, name: string): string => `${command} -j LOG --log-prefix ${name}`;
const abc = ['a', 'b', 'c'].map((name) => log('-A INPUT', name));

describe('the rules of a chain, as commands leave them', () => {
  it.each<readonly [what: string, commands: readonly string[], order: string]>([
    ['appended', abc, 'a b c'],
    ['inserted: first', [...abc, log('-I INPUT', 'd')], 'd a b c'],
    ['inserted at a number', [...abc, log('-I INPUT 3', 'd')], 'a b d c'],
    ['inserted behind the last', [...abc, log('-I INPUT 4', 'd')], 'a b c d'],
    ['inserted far behind the last, which iptables refuses: at the end', [...abc, log('-I INPUT 9', 'd')], 'a b c d'],
    ['inserted one after another', [log('-I INPUT', 'a'), log('-I INPUT', 'b'), log('-I INPUT 2', 'c')], 'b c a'],
    ['replaced', [...abc, log('-R INPUT 2', 'd')], 'a d c'],
    ['replaced: the last', [...abc, log('-R INPUT 3', 'd')], 'a b d'],
    ['replaced where there is none: nothing', [...abc, log('-R INPUT 4', 'd')], 'a b c'],
    ['replaced at 0: nothing', [...abc, log('-R INPUT 0', 'd')], 'a b c'],
    ['deleted by number', [...abc, '-D INPUT 2'], 'a c'],
    ['deleted by number, and no rule without conditions besides', [...abc, '-A INPUT', '-D INPUT 2'], 'a c ?'],
    ['flushed, where something else is said of the chain', [...abc, '-P INPUT DROP', '-F INPUT', log('-A INPUT', 'd')], 'd'],
    ['declared once more behind the first', [log('-A INPUT', 'a'), ':INPUT DROP [0:0]', log('-A INPUT', 'b')], 'b'],
    ['deleted by number: the first', [...abc, '-D INPUT 1'], 'b c'],
    ['deleted by number where there is none: nothing', [...abc, '-D INPUT 4'], 'a b c'],
    ['deleted by what it says', [...abc, log('-D INPUT', 'b')], 'a c'],
    ['deleted by what it says: the first that says it', [...abc, log('-A INPUT', 'a'), log('-D INPUT', 'a')], 'b c a'],
    ['deleted by what none says: nothing', [...abc, log('-D INPUT', 'd')], 'a b c'],
    ['deleted twice', [...abc, log('-D INPUT', 'b'), log('-D INPUT', 'c')], 'a'],
    ['deleted, and appended again', [...abc, log('-D INPUT', 'a'), log('-A INPUT', 'a'), log('-D INPUT', 'a')], 'b c'],
    [
      'deleted: with ! it is another one',
      [log('-A INPUT ! -i lo', 'a'), log('-A INPUT -i lo', 'b'), log('-D INPUT -i lo', 'b')],
      'a',
    ],
    ['looked for: nothing', [...abc, log('-C INPUT', 'b')], 'a b c'],
    ['flushed', [...abc, '-F INPUT', log('-A INPUT', 'd')], 'd'],
    ['flushed where they are another chain’s: nothing', [...abc, '-F OTHER'], 'a b c'],
    ['declared once more: emptied', [...abc, ':INPUT DROP [0:0]', log('-A INPUT', 'd')], 'd'],
  ])('%s', (_, commands, order) => {
    expect(inOrder(...commands)).toBe(order);
  });
});

describe('the policy of a built-in chain', () => {
  it.each<readonly [what: string, text: string, verdict: string, line: number | null]>([
    ['of its declaration', '*filter\n:INPUT DROP [0:0]\nCOMMIT\n', 'drop', 1],
    ['of a command, the last one', '*filter\n:INPUT DROP [0:0]\n-P INPUT DROP\n-P INPUT ACCEPT\nCOMMIT\n', 'accept', 3],
    ['of a declaration behind a command', '*filter\n-P INPUT ACCEPT\n:INPUT DROP [0:0]\nCOMMIT\n', 'drop', 2],
    ['that nothing says', '*filter\n-A INPUT -j DROP\nCOMMIT\n', 'accept', null],
    ['that no built-in chain can have', '*filter\n:INPUT DROP [0:0]\n-P INPUT REJECT\nCOMMIT\n', 'drop', 1],
  ])('is that %s', (_, text, verdict, line) => {
    const { read, chain } = chainOf(text, 'INPUT');
    expect(policyOf(read, chain)).toEqual({ verdict, line });
  });
});
