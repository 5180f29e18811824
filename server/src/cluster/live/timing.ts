import { setTimeout as sleep } from 'node:timers/promises';

/** How often things are done, in milliseconds. */
export interface Timing {
  /** The first wait after a failure; it doubles with each further one. */
  readonly firstRetry: number;
  /** The longest wait between two attempts, unless the server asks for more. */
  readonly longestRetry: number;
  /** The same while nothing answers at all: trying costs nobody much, and the one who waits sees that the server is back. */
  readonly longestOffline: number;
  /** Nothing heard for this long: the server is asked whether it is still there. */
  readonly heartbeat: number;
  /** How long it has to answer that. */
  readonly heartbeatPatience: number;
  /** A watch that lasted this long was a good one: the next failure is a first one again. */
  readonly steady: number;
  /** Changes are gathered for this long before a new cluster is made of them; longer while they do not stop coming. */
  readonly gather: number;
  readonly longestGather: number;
  /** How long the server is asked to keep a watch open. */
  readonly watch: number;
  /** How long a node may take to pick up a debug pod. */
  readonly pickUp: number;
  /** How long a fetched Pod counts as current. */
  readonly podLasts: number;
}

export const defaultTiming: Timing = {
  firstRetry: 1_000,
  longestRetry: 60_000,
  longestOffline: 3_000,
  heartbeat: 15_000,
  heartbeatPatience: 10_000,
  steady: 30_000,
  gather: 300,
  longestGather: 5_000,
  watch: 300_000,
  pickUp: 30_000,
  podLasts: 30_000,
};

/** The wait before the next attempt, with jitter: half of it at least, so that clients do not come back all at once. */
export function retryDelay(timing: Timing, failures: number, random: () => number, longest: number): number {
  if (failures <= 0) return 0;
  const whole = Math.min(timing.firstRetry * 2 ** Math.min(failures - 1, 30), longest);
  return whole / 2 + (whole / 2) * random();
}

/** Waits; returns early when the signal aborts. A process that waits is not done: it is kept alive meanwhile. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch {
    // Aborted: whoever waits looks at the signal.
  }
}
