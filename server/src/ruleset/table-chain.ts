import { isBuiltinChain } from '../catalog/tables.ts';
import type { Chain, Table } from './ruleset.ts';

const noChains: readonly Chain[] = Object.freeze([]);
/** More jumps than these are kept once they were asked for, as long lists of numbers are. */
const fewJumps = 32;

/** A chain that reads in its table's lists what it says. */
export class TableChain implements Chain {
  readonly index: number;
  readonly name: string;
  readonly table: Table;
  #manyJumps: readonly Chain[] | undefined;

  constructor(table: Table, index: number, name: string) {
    this.index = index;
    this.name = name;
    this.table = table;
  }

  get builtin(): boolean {
    return isBuiltinChain(this.table.name, this.name);
  }

  get declarations(): readonly number[] {
    return this.table.lists.declarations.at(this.index);
  }

  get rules(): readonly number[] {
    return this.table.lists.rules.at(this.index);
  }

  get references(): readonly number[] {
    return this.table.lists.references.at(this.index);
  }

  get mentions(): readonly number[] {
    return this.table.lists.mentions.at(this.index);
  }

  get jumps(): readonly Chain[] {
    if (this.#manyJumps !== undefined) return this.#manyJumps;
    const indices = this.table.lists.jumps.at(this.index);
    if (indices.length === 0) return noChains;
    const jumps = this.table.chains.atAll(indices);
    if (jumps.length > fewJumps) this.#manyJumps = jumps;
    return jumps;
  }
}
