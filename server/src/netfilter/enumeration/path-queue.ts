import type { Path } from './path.ts';

/** Paths that wait to be followed: those of the fewest unlikely assumptions first, of equal ones the latest. */
export class PathQueue {
  readonly #byOddity: Path[][] = [];
  /** No path waits that has fewer unlikely assumptions. */
  #lowest = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(path: Path): void {
    while (this.#byOddity.length <= path.oddity) this.#byOddity.push([]);
    this.#byOddity[path.oddity]?.push(path);
    this.#lowest = this.#size === 0 ? path.oddity : Math.min(this.#lowest, path.oddity);
    this.#size += 1;
  }

  /** Whether a path waits that has fewer unlikely assumptions than this one. */
  hasLikelierThan(path: Path): boolean {
    return this.#size > 0 && this.#lowest < path.oddity;
  }

  /** Takes the next one out; undefined where none waits. */
  take(): Path | undefined {
    if (this.#size === 0) return undefined;
    const path = this.#byOddity[this.#lowest]?.pop();
    this.#size -= 1;
    while (this.#size > 0 && this.#byOddity[this.#lowest]?.length === 0) this.#lowest += 1;
    return path;
  }
}
