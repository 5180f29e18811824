/** What V8 compiled in earlier runs, or when the program was built, kept so that a run compiles nothing that another compiled before. */
import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  futimesSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { openOwnFile, removeFile } from '../lsp/node/cache-folder.ts';

/** Where the code of each piece lies in a file of kept code. */
export interface KeptCode {
  /**
   * Of one piece, in memory that the next one is read into as well; undefined where there is none. It may be code of anything: V8 has to say whether it takes it.
   */
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
  /**
   * When the file was last changed, in seconds since 1970, a while before it was made: whatever is written to it later gives it another time. V8 runs
   * what is damaged, and the program would crash; to look at all bytes takes as long as to load half of them. Nobody looks at it where the code came with the program.
   */
  readonly changedAt: number;
  /** Where each piece begins, how many bytes it has, and what `markOf` says of them. */
  readonly places: Readonly<Record<string, readonly [start: number, length: number, mark: number]>>;
}

const headerBytes = 4096;
const mostFiles = 48;
/** More than two clocks differ. */
const secondsBefore = 86_400;

/** Every file has a name of its own: what is compiled depends on the command, on the program's build and on Node.js. */
export function keptName(command: string | undefined, build: string): string {
  const name = command !== undefined && /^[a-z]{1,20}$/.test(command) ? command : 'none';
  return `${name}-${build}-${process.version}-${process.arch}.code`;
}

/** Of the code that was made with a build, by the Node.js that built it. The build says with it whose code it is. */
export function shippedName(build: string): string {
  return `${build}-${process.version}-${process.platform}-${process.arch}.code`;
}

/** The code that is kept in a file; undefined where there is none that this user wrote and nobody else may write. V8 runs what it says. */
export function openKept(path: string): KeptCode | undefined {
  return codeIn(() => openOwnFile(path), true);
}

/**
 * The code that was built with the program; undefined where there is none, or it belongs to another than the program's first module beside it: that one could write what the
 * program does, too. Installers give files times of their own.
 */
export function openShipped(path: string, main: string): KeptCode | undefined {
  return codeIn(() => {
    const file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    const stats = fstatSync(file);
    if (stats.isFile() && stats.uid === statSync(main).uid) return { file, stats };
    closeSync(file);
    return undefined;
  }, false);
}

function codeIn(open: () => ReturnType<typeof openOwnFile>, hasItsTime: boolean): KeptCode | undefined {
  try {
    const opened = open();
    if (opened === undefined) return undefined;
    const { file, stats } = opened;
    const header = readPart(file, 0, Buffer.allocUnsafeSlow(headerBytes));
    const { size, changedAt, places } = JSON.parse(header.toString('latin1')) as Header;
    if (size !== stats.size || (hasItsTime && changedAt * 1000 !== stats.mtimeMs)) return undefined;
    const longest = Math.max(...Object.values(places).map(([, length]) => length));
    let room: Buffer | undefined;
    const read = (piece: string): Buffer | undefined => {
      const place = places[piece];
      if (place === undefined) return undefined;
      const [start, length, mark] = place;
      // Memory that is touched for the first time costs more than what is read into it.
      room ??= Buffer.allocUnsafeSlow(longest);
      const code = readPart(file, start, room.subarray(0, length));
      return code.length === length && markOf(code) === mark ? code : undefined;
    };
    return { read, pieces: Object.keys(places), size: size - headerBytes };
  } catch {
    // It is compiled anew.
    return undefined;
  }
}

function readPart(file: number, start: number, part: Buffer): Buffer {
  return part.subarray(0, readSync(file, part, 0, part.length, start));
}

const bytesBetweenSamples = 256;

/** A number for some of the bytes of a piece: one word in each 256 bytes and the last one, so that there is no block of a disk without any. */
function markOf(code: Buffer): number {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  const last = code.byteLength - 4;
  if (last < 0) return code.byteLength;
  let mark = view.getInt32(last, true);
  for (let at = 0; at < last; at += bytesBetweenSamples) mark = (Math.imul(mark, 31) + view.getInt32(at, true)) | 0;
  return mark;
}

/** In seconds; no system of files keeps a time less exactly. */
function wholeMinutes(milliseconds: number): number {
  return Math.floor(milliseconds / 60_000) * 60;
}

/** Whether files can be kept in a folder, or it can be made: to find that out takes less than to make what would be kept. */
export function canKeep(folder: string): boolean {
  try {
    accessSync(lstatSync(folder, { throwIfNoEntry: false }) === undefined ? dirname(folder) : folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Keeps code in one step. It is not waited for until it is on the disk, which takes up to 10 ms: of a file that the machine lost when it stopped a block or more is missing or empty,
 * its size, its time or a mark tells. What cannot be written is not kept.
 */
export function writeKept(folder: string, name: string, codes: ReadonlyMap<string, Buffer>): void {
  const places: Record<string, readonly [number, number, number]> = {};
  let size = headerBytes;
  for (const [piece, code] of codes) {
    places[piece] = [size, code.length, markOf(code)];
    size += code.length;
  }
  const changedAt = wholeMinutes(Date.now()) - secondsBefore;
  const header = JSON.stringify({ size, changedAt, places } satisfies Header);
  if (header.length > headerBytes) return;
  const beside = join(folder, `${name}.${Math.random().toString(36).slice(2)}.tmp`);
  try {
    if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) mkdirSync(folder, { mode: 0o700 });
    const file = openSync(beside, 'wx', 0o600);
    try {
      for (const part of [Buffer.from(header.padEnd(headerBytes), 'latin1'), ...codes.values()]) {
        for (let written = 0; written < part.length; ) written += writeSync(file, part, written);
      }
      futimesSync(file, changedAt, changedAt);
    } finally {
      closeSync(file);
    }
    renameSync(beside, join(folder, name));
    makeRoom(folder);
  } catch {
    removeFile(beside);
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
  for (const { path } of files.slice(mostFiles)) removeFile(path);
}
