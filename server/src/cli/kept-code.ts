/** What V8 compiled in earlier runs, kept so that a run compiles nothing that another compiled before. */
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { isOwn, isPrivate } from '../lsp/node/cache-folder.ts';

/** Where the code of each piece lies in a file of kept code. */
export interface KeptCode {
  /** Of one piece as it was written; undefined where there is none, or not that any more. Whether it is code of this piece V8 has to say. */
  readonly read: (piece: string) => Buffer | undefined;
  /** The pieces that it has. */
  readonly pieces: readonly string[];
  /** In bytes, of all of them. */
  readonly size: number;
}

/** At the beginning of a file: JSON, filled up with blanks. */
interface Header {
  /** Of the whole file: one that was cut is none. */
  readonly size: number;
  /** Where each piece begins, how many bytes it has, and their CRC-32: V8 runs what is damaged, and the program would crash. */
  readonly places: Readonly<Record<string, readonly [start: number, length: number, sum: number]>>;
}

const headerBytes = 4096;
const mostFiles = 48;

/** Every file has a name of its own: what is compiled depends on the command, on the program's build and on Node.js. */
export function keptName(command: string | undefined, build: string): string {
  const name = command !== undefined && /^[a-z]{1,20}$/.test(command) ? command : 'none';
  return `${name}-${build}-${process.version}-${process.arch}.code`;
}

/** The code that is kept in a file; undefined where there is none that this user wrote and nobody else may write. V8 runs what it says. */
export function openKept(path: string): KeptCode | undefined {
  try {
    const file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    const stats = fstatSync(file);
    if (stats.isFile() && stats.nlink === 1 && isOwn(stats) && isPrivate(stats)) {
      const { size, places } = JSON.parse(readPart(file, 0, headerBytes).toString('latin1')) as Header;
      if (size === stats.size) {
        const read = (piece: string): Buffer | undefined => {
          const [start, length, sum] = places[piece] ?? [];
          if (start === undefined || length === undefined) return undefined;
          const part = readPart(file, start, length);
          return crc32(part) === sum ? part : undefined;
        };
        return { read, pieces: Object.keys(places), size: size - headerBytes };
      }
    }
    closeSync(file);
  } catch {
    // It is compiled anew.
  }
  return undefined;
}

function readPart(file: number, start: number, length: number): Buffer {
  const part = Buffer.allocUnsafeSlow(length);
  return part.subarray(0, readSync(file, part, 0, length, start));
}

/** Keeps code in one step, on the disk before it has its name: V8 does not look whether it is whole. What cannot be written is not kept. */
export function writeKept(folder: string, name: string, codes: ReadonlyMap<string, Buffer>): void {
  const places: Record<string, readonly [number, number, number]> = {};
  let size = headerBytes;
  for (const [piece, code] of codes) {
    places[piece] = [size, code.length, crc32(code)];
    size += code.length;
  }
  const header = JSON.stringify({ size, places } satisfies Header);
  if (header.length > headerBytes) return;
  const beside = join(folder, `${name}.${Math.random().toString(36).slice(2)}.tmp`);
  try {
    if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) mkdirSync(folder, { mode: 0o700 });
    const file = openSync(beside, 'wx', 0o600);
    try {
      for (const part of [Buffer.from(header.padEnd(headerBytes), 'latin1'), ...codes.values()]) {
        for (let written = 0; written < part.length; ) written += writeSync(file, part, written);
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(beside, join(folder, name));
    makeRoom(folder);
  } catch {
    remove(beside);
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Another took it away.
  }
}

/** Takes the oldest files away until few enough are left: those of other builds, and what a run that was ended left half written. */
function makeRoom(folder: string): void {
  const files: { readonly path: string; readonly madeAt: number }[] = [];
  for (const name of readdirSync(folder)) {
    if (!/\.(?:code|tmp)$/.test(name)) continue;
    const path = join(folder, name);
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats?.isFile() === true) files.push({ path, madeAt: stats.mtimeMs });
  }
  files.sort((a, b) => b.madeAt - a.madeAt);
  for (const { path } of files.slice(mostFiles)) remove(path);
}
