/** Work that pauses about every few hundred lines, so that whoever runs it can let others in or give up. */
export type Steps<T> = Generator<void, T, void>;

/**
 * How many rules are read as statements, or followed, between two pauses. Each makes some kilobytes of garbage, and while V8 looks for what is no longer in use it may stop the
 * program for 5 to 8 ms at every 64 KB that are made: with hundreds of rules a step of 4 ms lasted 300.
 */
export const statementsBetweenPauses = 16;

/** Runs to the end without a pause. */
export function runToEnd<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

const piecesBetweenPauses = 4_096;

/** Many pieces of text in runs of some thousand, with a text between each two, which together are the whole. Pauses after each run. */
export function* textRunSteps(pieces: readonly string[], between: string): Steps<readonly string[]> {
  const runs: string[] = [];
  for (let at = 0; at < pieces.length; at += piecesBetweenPauses) {
    const to = at + piecesBetweenPauses;
    const run = pieces.slice(at, to).join(between);
    runs.push(to < pieces.length ? run + between : run);
    yield;
  }
  return runs;
}

/** The same as one text. */
export function* joinedSteps(pieces: readonly string[], between: string): Steps<string> {
  return (yield* textRunSteps(pieces, between)).join('');
}

/** What a function makes of each item. Pauses every few thousand of them. */
export function* mappedSteps<T, R>(items: Iterable<T>, make: (item: T) => R): Steps<R[]> {
  // An array that grows has room for 17 items from the first on: of the ports of thousands of Services most of it would stay empty.
  const made: R[] = Array.isArray(items) ? new Array<R>(items.length) : [];
  let count = 0;
  for (const item of items) {
    made[count] = make(item);
    count += 1;
    if (count % piecesBetweenPauses === 0) yield;
  }
  return made;
}

/** The lines of a text, without their line feeds. Pauses every few thousand lines. */
export function* lineSteps(text: string): Steps<string[]> {
  const lines: string[] = [];
  for (let from = 0; ; ) {
    const end = text.indexOf('\n', from);
    lines.push(end < 0 ? text.slice(from) : text.slice(from, end));
    if (end < 0) return lines;
    from = end + 1;
    if (lines.length % piecesBetweenPauses === 0) yield;
  }
}

/**
 * The place of the first of some sorted items, from a place on, that stands behind another; looked for in steps that grow.
 * @param isBehind whether an item stands behind the other
 */
function firstBehind<T>(items: readonly T[], from: number, isBehind: (item: T) => boolean): number {
  let low = from;
  let step = 1;
  while (low + step <= items.length && !isBehind(items[low + step - 1] as T)) {
    low += step;
    step *= 2;
  }
  let high = Math.min(low + step - 1, items.length);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBehind(items[middle] as T)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function* merged<T>(one: readonly T[], other: readonly T[], compare: (a: T, b: T) => number): Steps<T[]> {
  const all: T[] = [];
  let [left, right] = [0, 0];
  let pause = piecesBetweenPauses;
  const add = function* (items: readonly T[], from: number, to: number): Steps<void> {
    for (let at = from; at < to; at += 1) {
      all.push(items[at] as T);
      if (all.length < pause) continue;
      pause = all.length + piecesBetweenPauses;
      yield;
    }
  };
  while (right < other.length) {
    const next = other[right] as T;
    const leftEnd = firstBehind(one, left, (item) => compare(item, next) > 0);
    yield* add(one, left, leftEnd);
    left = leftEnd;
    if (left === one.length) break;
    const bound = one[left] as T;
    const rightEnd = firstBehind(other, right, (item) => compare(bound, item) <= 0);
    yield* add(other, right, rightEnd);
    right = rightEnd;
  }
  yield* add(one, left, one.length);
  yield* add(other, right, other.length);
  return all;
}

/** How many of some items, from a place on up to another (exclusive), stand in their order, counted from the first item. */
function sortedUpTo<T>(items: readonly T[], from: number, to: number, compare: (a: T, b: T) => number): number {
  let at = Math.max(from, 1);
  while (at < to && compare(items[at - 1] as T, items[at] as T) <= 0) at += 1;
  return at;
}

/** Items in the order of `toSorted`, which keeps the order of those that are alike. Pauses every few thousand. */
export function* sortedSteps<T>(items: readonly T[], compare: (a: T, b: T) => number): Steps<T[]> {
  const { length } = items;
  // Most stand in their order already.
  let sorted = 0;
  for (let to = 0; sorted === to && to < length; ) {
    to = Math.min(sorted + piecesBetweenPauses, length);
    sorted = sortedUpTo(items, sorted, to, compare);
    yield;
  }
  let runs: T[][] = [items.slice(0, sorted)];
  for (let at = sorted; at < length; at += piecesBetweenPauses) {
    runs.push(items.slice(at, at + piecesBetweenPauses).sort(compare));
    yield;
  }
  while (runs.length > 1) {
    const next: T[][] = [];
    for (let at = 0; at < runs.length; at += 2) next.push(yield* merged(runs[at] ?? [], runs[at + 1] ?? [], compare));
    runs = next;
  }
  return runs[0] ?? [];
}
