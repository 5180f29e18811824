import type { Steps } from './steps.ts';

/** What ended work early: a newer version, a closed document, a request that its client cancelled. */
export class Cancelled extends Error {
  constructor() {
    super('cancelled');
    this.name = 'Cancelled';
  }
}

/** Lets everything that waits run once. Node and a browser worker have different ways, so it is given from outside. */
export type Pause = () => Promise<void>;

const sliceMilliseconds = 10;

/**
 * Runs steps in slices of about 10 ms and pauses between them, so that no request waits longer behind long work.
 * @throws Cancelled after the slice in which `isCancelled` turned true
 */
export async function runInSlices<T>(steps: Steps<T>, pause: Pause, isCancelled: () => boolean): Promise<T> {
  let sliceEnd = performance.now() + sliceMilliseconds;
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() < sliceEnd) continue;
    await pause();
    if (isCancelled()) throw new Cancelled();
    sliceEnd = performance.now() + sliceMilliseconds;
  }
}
