/** Text of files, of pipes and of standard input: bounded in size and, for a pipe that nobody writes to, in time. */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { describeFileError } from '../lsp/node/file-error.ts';
import { limitYoungGeneration } from '../lsp/node/young-generation.ts';
import { decodeBytes } from './decode-bytes.ts';
import { isNull } from './output.ts';
import { tty } from './seldom-loaded.ts';
import { UsageError } from './usage-error.ts';

// V8 holds no longer string.
export const mostBytes = 500_000_000;
const firstBytes = 1 << 16;
const chunkBytes = 1 << 20;
/** Of a file of more bytes than these, so much stays in memory that it matters how it is collected. */
const largeFile = 4_000_000;
const standardInput = ['-', '/dev/stdin', '/dev/fd/0', '/proc/self/fd/0'];

let isStandardInputRead = false;

/** How a file is called in messages: as given, "<stdin>" for `-`. */
export function nameOfInput(path: string): string {
  if (path === '') return '""';
  return path === '-' ? '<stdin>' : path;
}

/** What may be behind a name that is not found: of bytes that are no UTF-8 Node.js makes another character, and then there is no such file. Empty for all else. */
export function nameHint(path: string): string {
  return path.includes('\ufffd')
    ? '; a name that is not UTF-8 does not reach this program: rename the file, or give it as - (- < FILE)'
    : '';
}

/**
 * The text of a file or of a pipe (`<(kubectl get ...)`), `-` for standard input. A device has no end and is refused; a pipe that nobody writes to
 * is waited for as long as IPTABLES_INSPECT_PIPE_SECONDS says, 30 seconds without. Throws UsageError with the file and what is wrong.
 */
export function readText(path: string): string {
  return decodeBytes(readWhole(path));
}

/** The bytes of a file or of a pipe, with the same bounds and errors. */
export function readWhole(path: string): Buffer {
  try {
    return readBytes(path);
  } catch (error) {
    throw new UsageError(`${nameOfInput(path)}: ${describeFileError(error)}${nameHint(path)}`);
  }
}

/** Makes ready for text of so many bytes to stay in memory. */
export function prepareForBytes(bytes: number): void {
  if (bytes > largeFile) limitYoungGeneration();
}

function readBytes(path: string): Buffer {
  if (standardInput.includes(path)) return readStandardInput();
  const stats = statSync(path);
  if (stats.isSocket()) throw new Error('is a socket, not a file');
  refuse(stats);
  prepareForBytes(stats.size);
  const file = openSync(path, withoutWaiting);
  try {
    return readAll(file, stats.isFIFO() ? pipeMilliseconds() : null, stats.size);
  } finally {
    closeSync(file);
  }
}

/** A named pipe is not waited for on opening: whoever is to write to it may never come. */
const withoutWaiting = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * The bytes of a plain file, which is not followed where it is a link. A file of the kernel's may say that it is empty and have no end.
 * @param most of so many bytes at most
 * @throws TooLargeError for more, else Error with what is wrong, to stand behind its name
 */
export function readPlainFile(path: string, most: number): Buffer {
  const file = openSync(path, withoutWaiting | (constants.O_NOFOLLOW ?? 0));
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw new Error('is no file');
    return readAll(file, null, stats.size, most);
  } finally {
    closeSync(file);
  }
}

function readStandardInput(): Buffer {
  if (isStandardInputRead) throw new Error('can be read once only');
  isStandardInputRead = true;
  const stats = fstatSync(0);
  // A terminal is a device, too, at which somebody types.
  if (!stats.isCharacterDevice() || !tty().isatty(0)) refuse(stats);
  return readAll(0, Number.POSITIVE_INFINITY);
}

function refuse(stats: Stats): void {
  if (stats.isDirectory()) throw new Error('is a directory, not a file');
  if (stats.isBlockDevice() || (stats.isCharacterDevice() && !isNull(stats))) throw new Error('is a device, not a file');
  if (stats.size > mostBytes) throw new TooLargeError(mostBytes);
}

/** More than was asked for. */
export class TooLargeError extends Error {
  constructor(most: number) {
    super(`is larger than ${Math.floor(most / 1_000_000)} MB`);
    this.name = 'TooLargeError';
  }
}

function pipeMilliseconds(): number {
  const seconds = Number(process.env['IPTABLES_INSPECT_PIPE_SECONDS']);
  return (seconds > 0 ? seconds : 30) * 1000;
}

const idle = new Int32Array(new SharedArrayBuffer(4));
const waitMilliseconds = 20;

/**
 * All that can be read.
 * @param patience how long nothing may come from a pipe or a terminal, in milliseconds; null for a plain file, which is there already
 * @param size how many bytes are expected; a file may be longer or shorter than its status says
 */
function readAll(file: number, patience: number | null, size = 0, most = mostBytes): Buffer {
  const chunks: Buffer[] = [];
  let length = 0;
  let deadline = patience === null ? 0 : performance.now() + patience;
  for (;;) {
    // All of a file at once, and one byte more, so that nothing is copied.
    const chunk = Buffer.allocUnsafe(length === 0 ? Math.max(Math.min(size, most) + 1, firstBytes) : chunkBytes);
    const read = readSome(file, chunk);
    if (read === 0 && (length > 0 || patience === null || patience === Number.POSITIVE_INFINITY)) {
      return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, length);
    }
    if (read > 0) {
      chunks.push(read * 2 > chunk.length ? chunk.subarray(0, read) : Buffer.from(chunk.subarray(0, read)));
      length += read;
      if (length > most) throw new TooLargeError(most);
      if (patience !== null) deadline = performance.now() + patience;
      continue;
    }
    // As the kernel's log: it looks like a file, and is read as long as there is a kernel.
    if (patience === null) throw new Error('has no end: the kernel writes to it while it is read');
    // Nothing yet; of a named pipe that nobody has opened for writing, too.
    if (performance.now() > deadline) throw new Error(`is a pipe, and nothing came for ${patience / 1000} seconds`);
    Atomics.wait(idle, 0, 0, waitMilliseconds);
  }
}

/** How many bytes came; 0 at the end, -1 where there are none yet. */
function readSome(file: number, chunk: Buffer): number {
  try {
    return readSync(file, chunk, 0, chunk.length, null);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EAGAIN') return -1;
    // What a pipe says on Windows when its writer has gone.
    if (code === 'EOF') return 0;
    throw error;
  }
}
