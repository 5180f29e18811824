/** Jumps that lead back to where they came from, which iptables refuses; dumps that were edited may have them. */
import type { Chain, Table } from '../ruleset/ruleset.ts';

const known = new WeakMap<Table, ReadonlyMap<Chain, ReadonlySet<Chain>>>();

/** Goes through all chains depth first, without recursion: a jump to a chain that is still being gone through leads back. */
function findLoops(table: Table): ReadonlyMap<Chain, ReadonlySet<Chain>> {
  const loops = new Map<Chain, Set<Chain>>();
  const open = new Set<Chain>();
  const done = new Set<Chain>();
  for (const start of table.chains.values()) {
    if (done.has(start)) continue;
    const stack: { readonly chain: Chain; at: number }[] = [{ chain: start, at: 0 }];
    open.add(start);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const next = top.chain.jumps[top.at];
      top.at += 1;
      if (next === undefined) {
        open.delete(top.chain);
        done.add(top.chain);
        stack.pop();
      } else if (open.has(next)) {
        const back = loops.get(top.chain) ?? new Set();
        loops.set(top.chain, back.add(next));
      } else if (!done.has(next)) {
        open.add(next);
        stack.push({ chain: next, at: 0 });
      }
    }
  }
  return loops;
}

/** Whether a jump from one chain to another closes a loop. */
export function leadsBack(from: Chain, to: Chain): boolean {
  let loops = known.get(from.table);
  if (loops === undefined) {
    loops = findLoops(from.table);
    known.set(from.table, loops);
  }
  return loops.get(from)?.has(to) === true;
}
