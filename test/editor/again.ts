import type { Locator, Page } from 'playwright-core';

/** How long anything in the editor may take before it counts as not happening, in milliseconds: only against hanging, a busy machine is slow. */
export const patience = 90_000;

/** After so long without an effect a key press or a click was lost, in milliseconds. */
export const lost = 5_000;

/** The same of what must not be done twice, such as a step forward: long enough that it was not just slow. */
export const surelyLost = 25_000;

/** What comes of an action: something that is on the screen then, or a question that is answered by yes. */
export type Effect = Locator | (() => Promise<boolean>);

/** What was done again because the editor lost it, and how often: printed at the end, as a number that grows says that something is wrong. */
const counted = new Map<string, number>();

/**
 * Does something and waits for its effect. A key that is pressed or a click while the editor moves its focus, or draws anew what was clicked, is
 * lost: it is done again after `lostAfter`, or at once where `act` says `false`, and counted under `what`. What goes wrong in it counts as lost,
 * too. Rejects where the effect does not come in `patience`.
 */
export async function doUntil(what: string, act: () => Promise<unknown>, effect: Effect, lostAfter = lost): Promise<void> {
  const giveUp = Date.now() + patience;
  let cause: unknown;
  const attempt = async (step: () => Promise<unknown>): Promise<unknown> => {
    try {
      return await step();
    } catch (error) {
      cause = error;
      return false;
    }
  };
  const isDone = (): Promise<boolean> => hasCome(effect);
  for (let isFirst = true; ; isFirst = false) {
    if (!isFirst) counted.set(what, (counted.get(what) ?? 0) + 1);
    const until = (await attempt(act)) === false ? 0 : Math.min(Date.now() + lostAfter, giveUp);
    do {
      if ((await attempt(isDone)) === true) return;
      await new Promise((next) => setTimeout(next, 50));
    } while (Date.now() < until);
    if (Date.now() >= giveUp) throw new Error(`${what}: nothing came of it in ${patience / 1_000} s`, { cause });
  }
}

/** Clicks the first of what is there until the effect has come. What is not there any more is not clicked. */
export function clickUntil(
  what: string,
  item: Locator,
  effect: Effect,
  { lostAfter = lost, ...how }: Parameters<Locator['click']>[0] & { readonly lostAfter?: number } = {},
): Promise<void> {
  return doUntil(
    what,
    () =>
      item
        .first()
        .click({ ...how, timeout: lostAfter })
        .catch(ignoreTimeout),
    effect,
    lostAfter,
  );
}

/** Presses a key until the effect has come: where the focus is, or in an element that is given the focus first. */
export function pressUntil(where: Page | Locator, key: string, effect: Effect, lostAfter = lost): Promise<void> {
  const press = (): Promise<void> =>
    'keyboard' in where ? where.keyboard.press(key) : where.first().press(key, { timeout: lostAfter });
  return doUntil(`press ${key}`, press, effect, lostAfter);
}

/** Whether an effect is there at this moment. */
export async function hasCome(effect: Effect): Promise<boolean> {
  if (typeof effect === 'function') return effect();
  // In a frame that is not there is nothing.
  const count = await effect
    .filter({ visible: true })
    .count()
    .catch(() => 0);
  return count > 0;
}

/** Whether nothing of it is on the screen: the effect of what closes something. */
export function gone(item: Locator): () => Promise<boolean> {
  return async () => !(await hasCome(item));
}

/** It may have been clicked all the same: its effect says so. */
function ignoreTimeout(error: unknown): void {
  if (!(error instanceof Error && error.name === 'TimeoutError')) throw error;
}

/** What was done again since this was asked last, to be read; empty for nothing. */
export function doneAgain(): string {
  const said = [...counted].map(([what, times]) => `${what}: ${times} more`).join(', ');
  counted.clear();
  return said;
}
