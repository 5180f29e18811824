import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createPause } from '../../server/src/lsp/node/pause.ts';

/** Looks at how much has come in so far, of which each gives so many bytes more, and how many looks there were. */
function input(parts: readonly number[]): { readonly bytesRead: () => number; readonly looks: () => number } {
  let looks = 0;
  let bytes = 0;
  return {
    bytesRead() {
      bytes += parts[looks] ?? 0;
      looks += 1;
      return bytes;
    },
    looks: () => looks,
  };
}

// On a machine that stands still meanwhile, too, no time is over.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

it('a pause lasts until a large message is there', async () => {
  const document = input([0, ...Array.from({ length: 300 }, () => 200_000)]);
  const paused = createPause(document.bytesRead)();
  while (document.looks() < 400) await new Promise((resolve) => setImmediate(resolve));
  vi.advanceTimersByTime(5);
  await paused;
  expect(document.looks()).toBeGreaterThan(300);
});

it('a pause is short where what comes in is short', async () => {
  const hovers = input([0, ...Array.from({ length: 300 }, () => 150)]);
  await createPause(hovers.bytesRead)();
  expect(hovers.looks()).toBe(2);
});
