import type { NameIndex } from '../base/name-index.ts';

/** What a map of chains needs to know of one. */
interface Named {
  readonly name: string;
}

/**
 * The chains of a table by name, in the order first mentioned. Names and chains are kept apart, so that a ruleset after an edit that adds
 * no chain shares the names: hashing 50,000 of them takes longer than all else about such an edit.
 */
export class ChainMap<C extends Named> implements ReadonlyMap<string, C> {
  readonly #places: NameIndex;
  readonly #chains: readonly C[];

  /** @param places where each chain is in the list; both may still grow together while a table is read */
  constructor(places: NameIndex, chains: readonly C[]) {
    this.#places = places;
    this.#chains = chains;
  }

  /** The same names for other chains, in the same order. */
  withChains<D extends Named>(chains: readonly D[]): ChainMap<D> {
    return new ChainMap(this.#places, chains);
  }

  /** Where each chain is in their order, by its name. */
  get places(): NameIndex {
    return this.#places;
  }

  /** The name at a place; empty where there is none. */
  nameAt(place: number): string {
    return this.#places.names[place] ?? '';
  }

  /** The chains at these places. */
  atAll(places: readonly number[]): readonly C[] {
    const chains: C[] = [];
    for (const place of places) {
      const chain = this.#chains[place];
      if (chain !== undefined) chains.push(chain);
    }
    return chains;
  }

  get size(): number {
    return this.#chains.length;
  }

  get(name: string): C | undefined {
    const place = this.#places.get(name);
    return place === undefined ? undefined : this.#chains[place];
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  keys(): ArrayIterator<string> {
    return this.#places.names.values();
  }

  values(): ArrayIterator<C> {
    return this.#chains.values();
  }

  *entries(): Generator<[string, C], undefined, unknown> {
    for (const chain of this.#chains) yield [chain.name, chain];
  }

  [Symbol.iterator](): Generator<[string, C], undefined, unknown> {
    return this.entries();
  }

  forEach(callback: (value: C, key: string, map: ReadonlyMap<string, C>) => void): void {
    for (const chain of this.#chains) callback(chain, chain.name, this);
  }
}
