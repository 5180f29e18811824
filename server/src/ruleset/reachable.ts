import type { Hook } from '../catalog/types.ts';
import type { Chain, Table } from './ruleset.ts';

const bits: Readonly<Record<Hook, number>> = { PREROUTING: 1, INPUT: 2, FORWARD: 4, OUTPUT: 8, POSTROUTING: 16 };
const hooks = Object.keys(bits) as readonly Hook[];

/** From where the chains of a table are reached. */
export interface Reach {
  /** Whether some way from a built-in chain leads to a chain; built-in chains are reached. */
  isReached(chain: Chain): boolean;
  /** The built-in chains that lead to it, itself if it is one, in the order in which a packet would meet them. */
  hooksOf(chain: Chain): readonly Hook[];
  /** The same as bits (`hookBits`); 0 for a chain that no built-in one leads to. */
  bitsOf(chain: Chain): number;
}

/** Built-in chains as a set of bits. */
export function hookBits(of: readonly Hook[]): number {
  return of.reduce((all, hook) => all | bits[hook], 0);
}

const known = new WeakMap<Table, Reach>();

function isHook(name: string): name is Hook {
  return Object.hasOwn(bits, name);
}

/** From where the chains of a table are reached. Worked out once for a table. */
export function reachOf(table: Table): Reach {
  let reach = known.get(table);
  if (reach === undefined) {
    reach = spread(table);
    known.set(table, reach);
  }
  return reach;
}

function spread(table: Table): Reach {
  const masks = new Uint8Array(table.chains.size);
  const waiting: Chain[] = [];
  for (const chain of table.chains.values()) {
    if (!chain.builtin || !isHook(chain.name)) continue;
    masks[chain.index] = bits[chain.name];
    waiting.push(chain);
  }
  for (let chain = waiting.pop(); chain !== undefined; chain = waiting.pop()) {
    const mask = masks[chain.index] ?? 0;
    for (const target of chain.jumps) {
      const before = masks[target.index] ?? 0;
      if ((before | mask) === before) continue;
      masks[target.index] = before | mask;
      waiting.push(target);
    }
  }
  return {
    isReached: (chain) => masks[chain.index] !== 0,
    hooksOf: (chain) => hooks.filter((hook) => ((masks[chain.index] ?? 0) & bits[hook]) !== 0),
    bitsOf: (chain) => masks[chain.index] ?? 0,
  };
}
