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

/** Many pieces of text as one, with a text between each two. Pauses every few thousand pieces. */
export function* joinedSteps(pieces: readonly string[], between: string): Steps<string> {
  const runs: string[] = [];
  for (let at = 0; at < pieces.length; at += piecesBetweenPauses) {
    runs.push(pieces.slice(at, at + piecesBetweenPauses).join(between));
    yield;
  }
  return runs.join(between);
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
