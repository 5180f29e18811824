/** How long anything in the editor may take before it counts as not happening, in milliseconds. */
export const patience = 30_000;

/** After so long without an effect a key press or a click was lost, in milliseconds. */
export const lost = 3_000;

/** What was done again because the editor lost it, and how often: printed at the end, as a number that grows says that something is wrong. */
const counted = new Map<string, number>();

/**
 * Does something and waits for its effect. A key that is pressed or a click while the editor moves its focus, or draws anew what was clicked, is
 * lost: it is done again, and counted under `what`. Rejects where the effect does not come in `patience`.
 */
export async function doUntil(what: string, act: () => Promise<unknown>, isDone: () => Promise<boolean>): Promise<void> {
  const giveUp = Date.now() + patience;
  for (let isFirst = true; ; isFirst = false) {
    if (!isFirst) counted.set(what, (counted.get(what) ?? 0) + 1);
    await act();
    const until = Math.min(Date.now() + lost, giveUp);
    do {
      if (await isDone()) return;
      await new Promise((next) => setTimeout(next, 50));
    } while (Date.now() < until);
    if (Date.now() >= giveUp) throw new Error(`${what}: nothing came of it in ${patience / 1_000} s`);
  }
}

/** What was done again so far, to be read; empty for nothing. */
export function doneAgain(): string {
  return [...counted].map(([what, times]) => `${what}: ${times} more`).join(', ');
}
