import type { Chain, Ruleset, Table } from './ruleset.ts';

/** The chains that a rule of this chain jumps or goes to, each once, in rule order. Deleted and checked rules do not count. */
export function* jumpsOf(ruleset: Ruleset, chain: Chain): Generator<Chain> {
  let last = '';
  const seen = new Set<string>();
  for (const number of chain.rules) {
    const line = ruleset.lines[number];
    if (line === undefined || line.target === '' || line.target === last) continue;
    if (line.command === 'delete' || line.command === 'check') continue;
    last = line.target;
    if (seen.has(last)) continue;
    seen.add(last);
    const target = chain.table.chains.get(last);
    if (target !== undefined) yield target;
  }
}

/** The chains of a table that some way from a built-in chain leads to, built-in ones included. */
export function reachableChains(ruleset: Ruleset, table: Table): ReadonlySet<Chain> {
  const reached = new Set<Chain>();
  const waiting: Chain[] = [];
  for (const chain of table.chains.values()) {
    if (!chain.builtin) continue;
    reached.add(chain);
    waiting.push(chain);
  }
  for (let chain = waiting.pop(); chain !== undefined; chain = waiting.pop()) {
    for (const target of jumpsOf(ruleset, chain)) {
      if (reached.has(target)) continue;
      reached.add(target);
      waiting.push(target);
    }
  }
  return reached;
}
