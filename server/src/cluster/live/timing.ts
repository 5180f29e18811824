import { setTimeout as sleep } from 'node:timers/promises';

/** How often things are done, in milliseconds. */
export interface Timing {
  /** The first wait after a failure; it doubles with each further one. */
  readonly firstRetry: number;
  /** The longest wait between two attempts, unless the server asks for more. */
  readonly longestRetry: number;
  /** A watch that lasted this long was a good one: the next failure is a first one again. */
  readonly steady: number;
  /** Changes are gathered for this long before a new cluster is made of them; longer while they do not stop coming. */
  readonly gather: number;
  readonly longestGather: number;
  /** How long the server is asked to keep a watch open. */
  readonly watch: number;
  /** How long a fetched Pod counts as current. */
  readonly podLasts: number;
}

export const defaultTiming: Timing = {
  firstRetry: 1_000,
  longestRetry: 60_000,
  steady: 30_000,
  gather: 300,
  longestGather: 5_000,
  watch: 300_000,
  podLasts: 30_000,
};

/** The wait before the next attempt, with jitter: half of it at least, so that clients do not come back all at once. */
export function retryDelay(timing: Timing, failures: number, random: () => number): number {
  if (failures <= 0) return 0;
  const whole = Math.min(timing.firstRetry * 2 ** Math.min(failures - 1, 30), timing.longestRetry);
  return whole / 2 + (whole / 2) * random();
}

/** Waits; returns early when the signal aborts. Keeps no process alive. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal, ref: false });
  } catch {
    // Aborted: whoever waits looks at the signal.
  }
}
