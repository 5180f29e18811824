import type { Path } from './path.ts';

/** Paths that wait to be followed: those that take the fewest unlikely things to be so first, of equal ones the latest. */
export class PathQueue {
  readonly #byOddity: Path[][] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(path: Path): void {
    let equal = this.#byOddity[path.oddity];
    while (equal === undefined) {
      this.#byOddity.push([]);
      equal = this.#byOddity[path.oddity];
    }
    equal.push(path);
    this.#size += 1;
  }

  /** Takes the next one out; undefined where none waits. */
  take(): Path | undefined {
    if (this.#size === 0) return undefined;
    const equal = this.#byOddity.find((paths) => paths.length > 0);
    this.#size -= 1;
    return equal?.pop();
  }
}
