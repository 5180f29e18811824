/** Work that pauses about every few hundred lines, so that whoever runs it can let others in or give up. */
export type Steps<T> = Generator<void, T, void>;

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

function* merged<T>(one: readonly T[], other: readonly T[], compare: (a: T, b: T) => number): Steps<T[]> {
  const all: T[] = [];
  let [left, right] = [0, 0];
  while (left < one.length || right < other.length) {
    const takesLeft = right >= other.length || (left < one.length && compare(one[left] as T, other[right] as T) <= 0);
    all.push((takesLeft ? one[left] : other[right]) as T);
    if (takesLeft) left += 1;
    else right += 1;
    if (all.length % piecesBetweenPauses === 0) yield;
  }
  return all;
}

/** Items in the order of `toSorted`, which keeps the order of those that are alike. Pauses every few thousand. */
export function* sortedSteps<T>(items: readonly T[], compare: (a: T, b: T) => number): Steps<T[]> {
  let runs: T[][] = [];
  for (let at = 0; at < items.length; at += piecesBetweenPauses) {
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
