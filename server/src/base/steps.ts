/** Work that pauses about every few hundred lines, so that whoever runs it can let others in or give up. */
export type Steps<T> = Generator<void, T, void>;

/** Runs to the end without a pause. */
export function runToEnd<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
