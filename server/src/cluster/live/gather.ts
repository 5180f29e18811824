import type { Timing } from './timing.ts';

/** Many calls, few runs. */
export interface Gathering {
  /** Has what is gathered for run soon. */
  schedule(): void;
  stop(): void;
}

/** Gathers calls for some hundred milliseconds and runs `run` once for them. */
export function gather({ gather: shortest, longestGather }: Timing, run: () => void): Gathering {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let interval = shortest;
  let ranAt = Number.NEGATIVE_INFINITY;
  let isStopped = false;
  return {
    schedule() {
      if (isStopped || timer !== undefined) return;
      // What is made of it takes its time: where calls never stop, it is run less often.
      const isBusy = performance.now() - ranAt < interval * 2;
      interval = isBusy ? Math.min(interval * 2, longestGather) : shortest;
      timer = setTimeout(() => {
        timer = undefined;
        ranAt = performance.now();
        run();
      }, interval);
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
