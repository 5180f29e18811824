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

const sliceMilliseconds = 6;
/** Of what only prepares: a request that comes meanwhile waits for no more than itself takes. */
const shortSliceMilliseconds = 2;

/** A connection hands over one message each time that waiting work runs, and an editor sends several with each keystroke. */
const messagesAtATime = 6;

/** Lets the messages in that came with a keystroke. */
export async function letMessagesIn(pause: Pause): Promise<void> {
  for (let message = 0; message < messagesAtATime; message += 1) await pause();
}

/** Longer than a message of tens of megabytes takes to a client that reads. */
const longestHold = 200;

/** How much is on its way that work would hold up, and who waits for it. */
let onItsWay = 0;
let held: (() => void)[] = [];

/**
 * Has slices wait while a large message is on its way, which takes the processor for nothing but moments between: behind it all others wait, and with a slice after each
 * part of it they would wait many times as long. Gives what ends it; it ends by itself when the other side does not read.
 */
export function holdSlices(): () => void {
  onItsWay += 1;
  let isOver = false;
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    onItsWay -= 1;
    if (onItsWay > 0) return;
    const released = held;
    held = [];
    for (const release of released) release();
  };
  const timer = setTimeout(end, longestHold);
  return end;
}

/** Waits until no large message is on its way, or it has held up others long enough. */
export async function untilReleased(): Promise<void> {
  while (onItsWay > 0) await new Promise<void>((resolve) => held.push(resolve));
}

/** Settles when it is the next one's turn. */
let turn: Promise<void> = Promise.resolve();

/** How much work has a turn, or waits for one. */
let inTurns = 0;

/**
 * Waits for a turn, before which everything that waits may run; gives what ends the turn. However much work is under way, one slice of it runs
 * between two looks at the messages that came in, so that a request waits for one slice and not for one of each.
 */
async function nextTurn(pause: Pause): Promise<() => void> {
  const before = turn;
  let isOver = false;
  let end: () => void = () => undefined;
  turn = new Promise((done) => {
    end = () => {
      if (!isOver) inTurns -= 1;
      isOver = true;
      done();
    };
  });
  inTurns += 1;
  await before;
  await letMessagesIn(pause);
  await untilReleased();
  return end;
}

/** How much work is under way that somebody waits for. */
let ahead = 0;
let behind: (() => void)[] = [];

/** Waits until nothing is under way that somebody waits for. */
export async function untilNothingIsAhead(pause: Pause): Promise<void> {
  while (ahead > 0) {
    await new Promise<void>((resolve) => behind.push(resolve));
    // What ended may have been one of several parts.
    await pause();
  }
}

/**
 * Does work in several parts, such as an edit, between which nothing is under way: what only prepares waits until all of it is done, as one step of that may take as long
 * as a part.
 */
export async function aheadOfOthers<T>(work: () => Promise<T>): Promise<T> {
  ahead += 1;
  try {
    return await work();
  } finally {
    ahead -= 1;
    if (ahead === 0) {
      const woken = behind;
      behind = [];
      for (const wake of woken) wake();
    }
  }
}

/**
 * Runs steps in slices of some milliseconds and pauses between them, so that no request waits longer behind long work. The first slice runs at once.
 * @throws Cancelled after the slice in which `isCancelled` turned true
 */
export function runInSlices<T>(steps: Steps<T>, pause: Pause, isCancelled: () => boolean): Promise<T> {
  return aheadOfOthers(() => runSlices(steps, pause, isCancelled));
}

/** The same for work that only prepares what may be asked for: all that `runInSlices` runs goes before it. */
export async function runBehind<T>(steps: Steps<T>, pause: Pause, isCancelled: () => boolean): Promise<T> {
  await untilNothingIsAhead(pause);
  return runSlices(steps, pause, isCancelled, 'behind');
}

/** How much short work is under way that goes before all other, and who waits for it. */
let short = 0;
let afterShort: (() => void)[] = [];

/** An editor that is scrolled asks again and again. */
const longestFirst = 300;

/** Waits until no short work is under way: what an editor shows first. Not without an end: where one follows the other, work begins between two. */
export async function untilNothingIsFirst(pause: Pause): Promise<void> {
  const end = performance.now() + longestFirst;
  while (short > 0 && performance.now() < end) {
    await new Promise<void>((resolve) => afterShort.push(resolve));
    // What ended may have been one of several parts.
    await pause();
  }
}

/** Lets the messages in that came with another, and what they ask for first: a slice of work would hold both up. */
export async function letOthersGoFirst(pause: Pause): Promise<void> {
  await letMessagesIn(pause);
  await untilNothingIsFirst(pause);
}

/** The same for short work that what is under way waits for, but for the messages that come in. */
export async function runFirst<T>(steps: Steps<T>, pause: Pause, isCancelled: () => boolean): Promise<T> {
  short += 1;
  try {
    return await runSlices(steps, pause, isCancelled, 'first');
  } finally {
    short -= 1;
    if (short === 0) {
      const woken = afterShort;
      afterShort = [];
      for (const wake of woken) wake();
    }
  }
}

async function runSlices<T>(steps: Steps<T>, pause: Pause, isCancelled: () => boolean, rank?: 'first' | 'behind'): Promise<T> {
  const givesWay = rank === 'behind';
  const slice = givesWay ? shortSliceMilliseconds : sliceMilliseconds;
  // Where other work is under way what only prepares begins with a turn, too: all that begins at once would run before a request that has come is answered.
  let sliceEnd = givesWay && inTurns > 0 ? 0 : performance.now() + slice;
  let endTurn: (() => void) | undefined;
  try {
    for (;;) {
      if (performance.now() >= sliceEnd) {
        if (rank === 'first' && endTurn !== undefined) {
          await letMessagesIn(pause);
        } else {
          endTurn?.();
          endTurn = await nextTurn(pause);
        }
        while (givesWay && ahead > 0) {
          endTurn();
          await untilNothingIsAhead(pause);
          endTurn = await nextTurn(pause);
        }
        if (isCancelled()) throw new Cancelled();
        sliceEnd = performance.now() + slice;
      }
      const step = steps.next();
      if (step.done === true) return step.value;
    }
  } finally {
    endTurn?.();
  }
}
