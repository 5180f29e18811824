import { createMemory } from '../base/memory.ts';
import { ruleAt } from '../ruleset/rules.ts';
import type { Chain, Ruleset } from '../ruleset/ruleset.ts';
import { statementOf } from '../syntax/document.ts';
import type { RuleStatement } from '../syntax/statement.ts';

const orders = createMemory<Chain, readonly number[]>();

function samePlace(rule: RuleStatement): string {
  return rule.options
    .flatMap((option) => [option.negation === undefined ? '' : '!', option.name, ...option.values.map((value) => value.text)])
    .join('\0');
}

/** What the lines of a chain, taken as commands one after the other, leave in it. */
function replay(ruleset: Ruleset, chain: Chain): readonly number[] {
  const kept: number[] = [];
  const lines = [...chain.rules, ...chain.mentions, ...chain.declarations].toSorted((a, b) => a - b);
  for (const line of lines) {
    const source = ruleset.lines[line];
    if (source === undefined) continue;
    // `:CHAIN` and -F empty a chain that was filled before.
    if (source.kind === 'chain' || source.command === 'flush') kept.length = 0;
    const rule = ruleAt(ruleset, line);
    if (rule === undefined) continue;
    const number = Number(rule.number?.text ?? '1');
    switch (rule.command) {
      case 'append':
        kept.push(line);
        break;
      case 'insert':
        kept.splice(Math.min(Math.max(number - 1, 0), kept.length), 0, line);
        break;
      case 'replace':
        if (number >= 1 && number <= kept.length) kept[number - 1] = line;
        break;
      case 'delete': {
        const wanted = samePlace(rule);
        const at =
          rule.number === undefined
            ? kept.findIndex((candidate) => {
                const other = ruleAt(ruleset, candidate);
                return other !== undefined && samePlace(other) === wanted;
              })
            : number - 1;
        if (at >= 0 && at < kept.length) kept.splice(at, 1);
        break;
      }
      case 'check':
    }
  }
  return kept;
}

/** The rules of a chain in the order in which packets meet them, as lines (0-based): -I, -R, -D and -F are done, -C changes nothing. */
export function rulesInOrder(ruleset: Ruleset, chain: Chain): readonly number[] {
  let order = orders.get(chain);
  if (order === undefined) {
    const isPlain =
      chain.rules.every((line) => ruleset.lines[line]?.command === 'append') &&
      chain.mentions.every((line) => ruleset.lines[line]?.command !== 'flush') &&
      chain.declarations.every((line) => line <= (chain.rules[0] ?? line));
    order = isPlain ? chain.rules : replay(ruleset, chain);
    orders.set(chain, order);
  }
  return order;
}

/** What a built-in chain does with a packet that no rule decided on, and where the dump says so (0-based). */
export interface Policy {
  readonly verdict: 'accept' | 'drop';
  /** null where the dump does not say: then it is ACCEPT, which every chain starts with. */
  readonly line: number | null;
}

/** The policy of a built-in chain: the last of `:CHAIN POLICY` and `-P CHAIN POLICY`. */
export function policyOf(ruleset: Ruleset, chain: Chain): Policy {
  let policy: Policy = { verdict: 'accept', line: null };
  for (const number of [...chain.declarations, ...chain.mentions].toSorted((a, b) => a - b)) {
    const line = ruleset.lines[number];
    if (line === undefined) continue;
    const statement = statementOf(line);
    const word =
      statement.kind === 'chain'
        ? statement.policy
        : statement.kind === 'chain-command' && statement.command === 'policy'
          ? statement.argument
          : undefined;
    if (word?.text === 'ACCEPT' || word?.text === 'DROP') {
      policy = { verdict: word.text === 'DROP' ? 'drop' : 'accept', line: number };
    }
  }
  return policy;
}
