const wantedBytes = 8_000_000;
const mostRounds = 64;
const arraysARound = 32;
const kilobyte = 128;

type V8 = typeof import('node:v8');

/** What V8 has set aside for what is new, in bytes, both halves of it. */
function youngBytes({ getHeapSpaceStatistics }: V8): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? wantedBytes;
}

let limitedBy: V8 | undefined;

/** Sets flags of V8 back to what they are by default, for a program that has done its work: code that it keeps is taken under the flags only that it was made under. */
export function setFlagsBack(): void {
  for (const flag of ['--parallel-scavenge', '--page-promotion-threshold=70', '--semi-space-growth-factor=2']) {
    limitedBy?.setFlagsFromString(flag);
  }
  limitedBy = undefined;
}

/**
 * Keeps the room for what is new at 4 MB. V8 copies what is new until it is old, in one go, and gives it ever more room, up to 16 MB twice. All of
 * a dump stays, so that each go lasts long and the room is full of copies: so it is a third less memory, and no go lasts longer than some milliseconds.
 * V8 takes the size from its command line alone, but not the factor by which the room grows: it grows once, and then no more. Takes about 4 ms.
 * So little is copied by one thread: to wake others for it, and to wait for them, takes longer than the work, where they have to wait for a processor many times as long.
 * Where V8 goes through all that is old, it copies what is new as well, but for pages that are in use for the most part, 70 %; from 30 % on a page is left where it is, which
 * halves how long the program stands still then.
 */
export function limitYoungGeneration(): void {
  // Loaded here: who reads a small dump does not wait for it. Node.js before 22.3 does not give it, and takes the memory.
  const v8 = process.getBuiltinModule?.('node:v8');
  if (v8 === undefined) return;
  const { setFlagsFromString } = v8;
  limitedBy = v8;
  setFlagsFromString('--no-parallel-scavenge');
  setFlagsFromString('--page-promotion-threshold=30');
  // It may have grown already.
  setFlagsFromString(`--semi-space-growth-factor=${Math.max(1, Math.round(wantedBytes / youngBytes(v8)))}`);
  const kept: unknown[][] = [];
  for (let round = 0; round < mostRounds && youngBytes(v8) < wantedBytes; round += 1) {
    for (let piece = 0; piece < arraysARound; piece += 1) kept.push(new Array(8 * kilobyte));
  }
  setFlagsFromString('--semi-space-growth-factor=1');
}
