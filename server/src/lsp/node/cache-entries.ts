/** Entries of a cache as files: each read only where it is this user's and as it was written, and the oldest gone where there are too many. */
import { closeSync, lstatSync, readdirSync, readFileSync, renameSync, type Stats, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openOwnFile, removeFile } from './cache-folder.ts';

/** How much a cache may hold. */
export interface CacheBounds {
  readonly entries: number;
  /** Of all entries together. */
  readonly bytes: number;
  /** Of one entry. */
  readonly entryBytes: number;
}

export const cacheBounds: CacheBounds = { entries: 200, bytes: 64_000_000, entryBytes: 8_000_000 };

/** A name for a text, in hexadecimal digits: 64 of SHA-256, 16 of `briefDigest`. */
export type Digest = (text: string) => string;

const entryName = /^(?:[0-9a-f]{16}|[0-9a-f]{64})$/;
const temporaryName = /^[0-9a-z-]{1,36}\.tmp$/;
const abandonedMilliseconds = 3_600_000;

/** What is read before it is known what an entry is called by. */
const longestDigest = 64;

/**
 * A name for a text that can be had at once: Node's cryptography takes 5 ms to load, which is a tenth of what it takes to say again what was said before. Texts can be made to have the same
 * one: whoever asks by it has to compare the texts as well.
 */
export function briefDigest(text: string): string {
  const words = new Int32Array(Math.ceil(Buffer.byteLength(text) / Int32Array.BYTES_PER_ELEMENT));
  Buffer.from(words.buffer).write(text);
  let one = text.length;
  let other = 0x2545f491;
  for (const word of words) {
    one = Math.imul(one ^ word, 0x01000193) ^ (one >>> 15);
    other = Math.imul(other + word, 0x9e3779b1 | 0) ^ (other >>> 13);
  }
  return [one, other].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
}

/** What a file that is being written is called. */
function temporaryPath(folder: string): string {
  return join(folder, `${process.pid}-${Math.random().toString(36).slice(2)}.tmp`);
}

/**
 * What stands before an entry, so that one that was cut, damaged or copied under another's name is none. It has no secret: whoever may write into a folder that only its owner
 * may open could read a key there as well.
 */
function headOf(digest: Digest, key: string, content: string): string {
  return `${digest(`${key}\n${content}`)}\n`;
}

/** What was kept under a key; undefined where there is nothing, or nothing that this user wrote just so. */
export function readEntryBy(digest: Digest, folder: string, key: string, bounds: CacheBounds = cacheBounds): string | undefined {
  const path = join(folder, key);
  let opened: ReturnType<typeof openOwnFile>;
  try {
    opened = openOwnFile(path);
    if (opened === undefined || opened.stats.size > bounds.entryBytes + longestDigest + 1) return undefined;
    const text = readFileSync(opened.file, 'utf8');
    const start = text.indexOf('\n') + 1;
    const content = text.slice(start);
    if (text.slice(0, start) !== headOf(digest, key, content)) return undefined;
    markUsed(path);
    return content;
  } catch {
    return undefined;
  } finally {
    if (opened !== undefined) closeSync(opened.file);
  }
}

/** The oldest go first: old is what has not been used for long. */
function markUsed(path: string): void {
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    // It goes a little sooner.
  }
}

/** Keeps text under a key, in one step, and makes room. What does not fit, or cannot be written, is not kept. */
export function writeEntryBy(
  digest: Digest,
  folder: string,
  key: string,
  content: string,
  bounds: CacheBounds = cacheBounds,
): void {
  if (Buffer.byteLength(content) > bounds.entryBytes) return;
  const beside = temporaryPath(folder);
  try {
    writeFileSync(beside, `${headOf(digest, key, content)}${content}`, { flag: 'wx', mode: 0o600 });
    renameSync(beside, join(folder, key));
    makeRoom(folder, bounds);
  } catch {
    removeFile(beside);
  }
}

/**
 * The same while others are answered: a disk, or a home folder that is elsewhere, may let a program wait for long. Loaded here: who writes at once does not wait
 * for it. Settles when it is done; never rejects.
 */
export async function writeEntryBesideBy(
  digest: Digest,
  folder: string,
  key: string,
  content: string,
  bounds: CacheBounds = cacheBounds,
): Promise<void> {
  if (Buffer.byteLength(content) > bounds.entryBytes) return;
  const { lstat, readdir, rename, unlink, writeFile } = await import('node:fs/promises');
  const beside = temporaryPath(folder);
  const remove = (path: string): Promise<void> => unlink(path).catch(() => undefined);
  try {
    await writeFile(beside, `${headOf(digest, key, content)}${content}`, { flag: 'wx', mode: 0o600 });
    await rename(beside, join(folder, key));
    const found: (readonly [name: string, stats: Stats])[] = [];
    for (const name of await readdir(folder)) {
      if (!isOurs(name)) continue;
      const stats = await lstat(join(folder, name)).catch(() => undefined);
      if (stats !== undefined) found.push([name, stats]);
    }
    for (const name of superfluous(found, bounds)) await remove(join(folder, name));
  } catch {
    await remove(beside);
  }
}

/** Takes the oldest entries away until the others are within bounds; nothing else in the folder is touched. */
function makeRoom(folder: string, bounds: CacheBounds): void {
  const found = readdirSync(folder)
    .filter(isOurs)
    .flatMap((name): readonly (readonly [string, Stats])[] => {
      const stats = lstatSync(join(folder, name), { throwIfNoEntry: false });
      return stats === undefined ? [] : [[name, stats]];
    });
  for (const name of superfluous(found, bounds)) removeFile(join(folder, name));
}

function isOurs(name: string): boolean {
  return entryName.test(name) || temporaryName.test(name);
}

/** Which files have to go: entries that are too many or too large together, the oldest, and what was left by a program that ended while it wrote. */
function superfluous(found: readonly (readonly [name: string, stats: Stats])[], bounds: CacheBounds): readonly string[] {
  const files = found.filter(([, stats]) => !stats.isDirectory());
  const entries = files.filter(([name]) => entryName.test(name)).sort(([, a], [, b]) => b.mtimeMs - a.mtimeMs);
  let bytes = 0;
  const tooMany = entries.filter(([, { size }], index) => {
    bytes += size;
    return index >= bounds.entries || (bytes > bounds.bytes && index > 0);
  });
  const abandoned = files.filter(
    ([name, { mtimeMs }]) => temporaryName.test(name) && Date.now() - mtimeMs > abandonedMilliseconds,
  );
  return [...tooMany, ...abandoned].map(([name]) => name);
}
