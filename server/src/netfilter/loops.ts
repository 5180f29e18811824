/** Jumps that lead back to where they came from, which iptables refuses; dumps that were edited may have them. */
import { createMemory } from '../base/memory.ts';
import { runToEnd, type Steps } from '../base/steps.ts';
import type { Chain, Table } from '../ruleset/ruleset.ts';

const known = createMemory<Table, ReadonlyMap<Chain, ReadonlySet<Chain>>>();

const jumpsBetweenPauses = 1024;

/** Goes through all chains depth first, without recursion: a jump to a chain that is still being gone through leads back. */
function* findLoops(table: Table): Steps<ReadonlyMap<Chain, ReadonlySet<Chain>>> {
  const loops = new Map<Chain, Set<Chain>>();
  const open = new Set<Chain>();
  const done = new Set<Chain>();
  let looked = 0;
  for (const start of table.chains.values()) {
    if (done.has(start)) continue;
    const stack: { readonly chain: Chain; at: number }[] = [{ chain: start, at: 0 }];
    open.add(start);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const next = top.chain.jumps[top.at];
      top.at += 1;
      looked += 1;
      if (looked % jumpsBetweenPauses === 0) yield;
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

function* loopsOf(table: Table): Steps<ReadonlyMap<Chain, ReadonlySet<Chain>>> {
  let loops = known.get(table);
  if (loops === undefined) {
    loops = yield* findLoops(table);
    known.set(table, loops);
  }
  return loops;
}

/** Looks for the loops of tables, so that `leadsBack` knows them at once. Pauses every thousand jumps. */
export function* knowLoops(tables: Iterable<Table>): Steps<void> {
  for (const table of tables) yield* loopsOf(table);
}

/** Whether a jump from one chain to another closes a loop. */
export function leadsBack(from: Chain, to: Chain): boolean {
  return (known.get(from.table) ?? runToEnd(loopsOf(from.table))).get(from)?.has(to) === true;
}
