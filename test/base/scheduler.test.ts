import { describe, expect, it } from 'vitest';
import {
  aheadOfOthers,
  Cancelled,
  runBehind,
  runFirst,
  runInSlices,
  untilNothingIsFirst,
} from '../../server/src/base/scheduler.ts';
import type { Steps } from '../../server/src/base/steps.ts';

/** Work of so many steps of two milliseconds, which says who worked. */
function* work(name: string, steps: number, log: string[]): Steps<string> {
  for (let step = 0; step < steps; step += 1) {
    const end = performance.now() + 2;
    while (performance.now() < end);
    log.push(name);
    yield;
  }
  return name;
}

describe('long work', () => {
  it('gives way, and only one piece of it runs between two looks at what came in', async () => {
    const log: string[] = [];
    const pause = (): Promise<void> =>
      new Promise((done) =>
        setImmediate(() => {
          log.push('|');
          done();
        }),
      );
    const never = (): boolean => false;
    const tasks = ['a', 'b', 'c'].map((name) => runInSlices(work(name, 20, log), pause, never));
    expect(await Promise.all(tasks)).toEqual(['a', 'b', 'c']);
    // The first pieces run at once, as the beginning of every task does; then there is one between two pauses.
    const pieces = log.join('').split('|').slice(1);
    expect(pieces.filter((piece) => new Set(piece).size > 1)).toEqual([]);
    expect(pieces.length).toBeGreaterThan(6);
  });

  it('lets the messages in that came with a keystroke, one of which a connection hands over at a time', async () => {
    const log: string[] = [];
    const pause = (): Promise<void> => new Promise((done) => setImmediate(done));
    const hearing = runInSlices(work('a', 12, log), pause, () => false);
    for (const message of [1, 2, 3, 4]) {
      log.push(String(message));
      await pause();
    }
    await hearing;
    expect(log.join('')).toMatch(/^a+1234a+$/);
  });

  it('may wait for what comes first, in all its parts', async () => {
    const log: string[] = [];
    const pause = (): Promise<void> => new Promise((done) => setImmediate(done));
    const never = (): boolean => false;
    const first = async (): Promise<void> => {
      await runFirst(work('1', 8, log), pause, never);
      await runFirst(work('2', 8, log), pause, never);
      await expect(runFirst(work('3', 8, log), pause, () => true)).rejects.toThrow(Cancelled);
    };
    const ended = first();
    await untilNothingIsFirst(pause);
    log.push('|');
    await ended;
    await untilNothingIsFirst(pause);
    expect(log.join('')).toMatch(/^1{8}2{8}3+\|$/);
  });

  it('does not wait without an end where what comes first never ends', async () => {
    const pause = (): Promise<void> => new Promise((done) => setImmediate(done));
    const log: string[] = [];
    let isOver = false;
    const endless = (async () => {
      while (!isOver) await runFirst(work('1', 8, log), pause, () => false);
    })();
    await untilNothingIsFirst(pause);
    isOver = true;
    await endless;
    expect(log.length).toBeGreaterThan(8);
  });

  it('that is cancelled or fails leaves the turn to others', async () => {
    const log: string[] = [];
    const pause = (): Promise<void> => new Promise((done) => setImmediate(done));
    const failing = function* (): Steps<string> {
      yield* work('f', 8, log);
      throw new Error('failed');
    };
    const cancelled = runInSlices(work('c', 50, log), pause, () => log.length > 10);
    const failed = runInSlices(failing(), pause, () => false);
    const finished = runInSlices(work('d', 20, log), pause, () => false);
    await expect(cancelled).rejects.toThrow(Cancelled);
    await expect(failed).rejects.toThrow('failed');
    expect(await finished).toBe('d');
  });

  it('that only prepares waits for what somebody waits for', async () => {
    const log: string[] = [];
    const pause = (): Promise<void> => new Promise((done) => setImmediate(done));
    const never = (): boolean => false;
    const first = runInSlices(work('a', 12, log), pause, never);
    const prepared = runBehind(work('p', 12, log), pause, never);
    const parts = first.then(() => runInSlices(work('b', 12, log), pause, never));
    await Promise.all([prepared, parts]);
    expect(log.join('')).toBe(`${'a'.repeat(12)}${'b'.repeat(12)}${'p'.repeat(12)}`);
    // What comes while it is under way goes before it, too.
    log.length = 0;
    const again = runBehind(work('p', 30, log), pause, never);
    await pause();
    const asked = runInSlices(work('a', 12, log), pause, never);
    await Promise.all([again, asked]);
    expect(log.join('')).toMatch(/^p{1,9}a+p+$/);
  });

  it('that only prepares begins no earlier than its turn where other work is under way', async () => {
    const log: string[] = [];
    const pause = (): Promise<void> => new Promise((done) => setImmediate(done));
    const never = (): boolean => false;
    const one = runBehind(work('p', 30, log), pause, never);
    while (log.length === 0) await pause();
    const other = runBehind(work('q', 12, log), pause, never);
    // All that can run before a message comes in has run then.
    for (let round = 0; round < 10; round += 1) await Promise.resolve();
    expect(log).not.toContain('q');
    await Promise.all([one, other]);
    expect(log.filter((step) => step === 'q')).toHaveLength(12);
  });

  it('in parts is done before what only prepares goes on, also between the parts', async () => {
    const log: string[] = [];
    const pause = (): Promise<void> => new Promise((done) => setImmediate(done));
    const never = (): boolean => false;
    const prepared = runBehind(work('p', 30, log), pause, never);
    await pause();
    const parts = aheadOfOthers(async () => {
      log.push('(');
      for (let part = 0; part < 3; part += 1) {
        for (let turn = 0; turn < 40; turn += 1) await pause();
        await runInSlices(work('a', 5, log), pause, never);
      }
      log.push(')');
    });
    await Promise.all([prepared, parts]);
    // What was under way ends its step.
    expect(log.join('')).toMatch(/^p{0,9}\(p{0,9}a{15}\)p+$/);
    await expect(aheadOfOthers(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    expect(await runBehind(work('p', 1, log), pause, never)).toBe('p');
  });

  it('that failed keeps nothing waiting', async () => {
    const pause = (): Promise<void> => new Promise((done) => setImmediate(done));
    const failing = function* (): Steps<string> {
      yield* work('f', 8, []);
      throw new Error('failed');
    };
    const failed = runInSlices(failing(), pause, () => false);
    const prepared = runBehind(work('p', 3, []), pause, () => false);
    await expect(failed).rejects.toThrow('failed');
    expect(await prepared).toBe('p');
  });
});
