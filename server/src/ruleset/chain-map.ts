import type { NameIndex } from '../base/name-index.ts';

/** What a map of chains needs to know of one. */
interface Named {
  readonly name: string;
}

/**
 * The chains of a table by name, in the order first mentioned. A chain is made when it is asked for, and is the same object from then on: a large
 * table has 50,000, of which few are. Names and chains are kept apart, so that a ruleset after an edit that adds no chain shares the names: hashing
 * them takes longer than all else about such an edit.
 */
export class ChainMap<C extends Named> implements ReadonlyMap<string, C> {
  readonly #places: NameIndex;
  readonly #make: (place: number, name: string) => C;
  #made: (C | undefined)[] = [];

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
    const made = this.#made[place];
    if (made !== undefined) return made;
    const { names } = this.#places;
    const name = names[place];
    if (name === undefined) return undefined;
    if (this.#made.length < names.length) this.#made = withRoom(this.#made, names.length);
    const chain = this.#make(place, name);
    this.#made[place] = chain;
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

/** The same with room for more, which V8 would otherwise keep in a table by number. */
function withRoom<C>(made: readonly (C | undefined)[], size: number): (C | undefined)[] {
  const larger = new Array<C | undefined>(size);
  for (let place = 0; place < made.length; place += 1) larger[place] = made[place];
  return larger;
}
