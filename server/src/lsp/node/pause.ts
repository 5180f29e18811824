import type { Pause } from '../../base/scheduler.ts';

/** More than any message but one with a large document has: what came in between two looks is a part of one. */
const bytesOfPart = 32_000;
/** Longer than a client takes from one part of a message to the next. */
const silentMilliseconds = 2;
/** A client may stop in the middle, or never stop. */
const longestMilliseconds = 200;

function once(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Lets everything that waits run once; while a large message comes in, until all of it is there. A hover that was sent behind a document of megabytes is read behind it,
 * and with a slice of work after each part it would wait for dozens of slices.
 * @param bytesRead how much has come in so far
 */
export function createPause(bytesRead: () => number): Pause {
  return async () => {
    let before = bytesRead();
    await once();
    if (bytesRead() - before < bytesOfPart) return;
    const end = performance.now() + longestMilliseconds;
    let silentFrom = performance.now();
    for (let now = silentFrom; now < end && now < silentFrom + silentMilliseconds; now = performance.now()) {
      before = bytesRead();
      await once();
      if (bytesRead() > before) silentFrom = performance.now();
    }
  };
}
