/** So many ends of the server within the span are a fault that another start does not mend. */
const mostCrashes = 5;
const span = 3 * 60 * 1_000;

/** Counts how often a server ended by itself. */
export interface CrashCount {
  /** It ended once more; whether it should be started again. */
  ended(): boolean;
  /** How often it has ended lately. */
  lately(): number;
  /** Somebody starts it by hand: what was counts no more. */
  forget(): void;
}

/** `now` is in milliseconds. */
export function createCrashCount(now: () => number = Date.now): CrashCount {
  let crashes: readonly number[] = [];
  return {
    ended() {
      const at = now();
      crashes = [...crashes.filter((crash) => at - crash < span), at];
      return crashes.length < mostCrashes;
    },
    lately: () => crashes.length,
    forget() {
      crashes = [];
    },
  };
}
