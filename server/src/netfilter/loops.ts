/** Jumps that lead back to where they came from, which iptables refuses; dumps that were edited may have them. */
import { createMemory } from '../base/memory.ts';
import { runToEnd, type Steps } from '../base/steps.ts';
import type { Chain, Table } from '../ruleset/ruleset.ts';

const known = createMemory<Table, ReadonlyMap<Chain, ReadonlySet<Chain>>>();

const jumpsBetweenPauses = 1024;

const isOpen = 1;
const isDone = 2;

/**
 * Goes through all chains depth first, without recursion: a jump to a chain that is still being gone through leads back. Reads the numbers of the table's
 * lists: a chain may jump to a hundred thousand others, of which no loop has one.
 */
function* findLoops({ chains, lists: { jumps } }: Table): Steps<ReadonlyMap<Chain, ReadonlySet<Chain>>> {
  const loops = new Map<Chain, Set<Chain>>();
  const states = new Uint8Array(chains.size);
  const nextJumps = jumps.starts.slice();
  let looked = 0;
  for (let start = 0; start < states.length; start += 1) {
    if (states[start] === isDone) continue;
    const stack = [start];
    states[start] = isOpen;
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const at = nextJumps[top] ?? 0;
      looked += 1;
      if (looked % jumpsBetweenPauses === 0) yield;
      if (at >= (jumps.starts[top + 1] ?? 0)) {
        states[top] = isDone;
        stack.pop();
        continue;
      }
      nextJumps[top] = at + 1;
      const next = jumps.values[at] as number;
      if (states[next] === isOpen) addLoop(loops, chains.at(top), chains.at(next));
      else if (states[next] !== isDone) {
        states[next] = isOpen;
        stack.push(next);
      }
    }
  }
  return loops;
}

function addLoop(loops: Map<Chain, Set<Chain>>, from: Chain | undefined, to: Chain | undefined): void {
  if (from === undefined || to === undefined) return;
  const back = loops.get(from);
  if (back === undefined) loops.set(from, new Set([to]));
  else back.add(to);
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
