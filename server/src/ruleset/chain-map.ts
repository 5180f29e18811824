import type { NameIndex } from '../base/name-index.ts';

/** What a map of chains needs to know of one. */
interface Named {
  readonly name: string;
}

const blockBits = 9;
const lastOfBlock = (1 << blockBits) - 1;

/**
 * The chains of a table by name, in the order first mentioned. A chain is made when it is asked for, and is the same object from then on: a large
 * table has 50,000, of which few are. Names and chains are kept apart, so that a ruleset after an edit that adds no chain shares the names: hashing
 * them takes longer than all else about such an edit.
 */
export class ChainMap<C extends Named> implements ReadonlyMap<string, C> {
  readonly #places: NameIndex;
  readonly #make: (place: number, name: string) => C;
  /** In blocks, of which a version of a large table makes few: room for all chains would be half a megabyte at each edit. */
  readonly #made: (C | undefined)[][] = [];

  /**
   * @param places where each chain is in their order; it may still grow while a table is read
   * @param make the chain at a place
   */
  constructor(places: NameIndex, make: (place: number, name: string) => C) {
    this.#places = places;
    this.#make = make;
  }

  /** Where each chain is in their order, by its name. */
  get places(): NameIndex {
    return this.#places;
  }

  /** The name at a place; empty where there is none. */
  nameAt(place: number): string {
    return this.#places.names[place] ?? '';
  }

  /** The chain at a place; undefined where there is none. */
  at(place: number): C | undefined {
    const made = this.#made[place >>> blockBits]?.[place & lastOfBlock];
    if (made !== undefined) return made;
    const { names } = this.#places;
    const name = names[place];
    if (name === undefined) return undefined;
    const chain = this.#make(place, name);
    let block = this.#made[place >>> blockBits];
    if (block === undefined) {
      block = new Array<C | undefined>(Math.min(names.length, lastOfBlock + 1));
      this.#made[place >>> blockBits] = block;
    }
    block[place & lastOfBlock] = chain;
    return chain;
  }

  /** The chains at these places. */
  atAll(places: readonly number[]): readonly C[] {
    const chains: C[] = [];
    for (const place of places) chains.push(this.at(place) as C);
    return chains;
  }

  get size(): number {
    return this.#places.names.length;
  }

  get(name: string): C | undefined {
    const place = this.#places.get(name);
    return place === undefined ? undefined : this.at(place);
  }

  has(name: string): boolean {
    return this.#places.get(name) !== undefined;
  }

  keys(): ArrayIterator<string> {
    return this.#places.names.values();
  }

  *values(): Generator<C, undefined, unknown> {
    for (let place = 0; place < this.size; place += 1) yield this.at(place) as C;
  }

  *entries(): Generator<[string, C], undefined, unknown> {
    for (const chain of this.values()) yield [chain.name, chain];
  }

  [Symbol.iterator](): Generator<[string, C], undefined, unknown> {
    return this.entries();
  }

  forEach(callback: (value: C, key: string, map: ReadonlyMap<string, C>) => void): void {
    for (const chain of this.values()) callback(chain, chain.name, this);
  }
}
