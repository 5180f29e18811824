/** Standard output and standard error: all of it arrives, or it is said that it did not. */
import { fstatSync, type Stats, statSync, writeSync } from 'node:fs';
import { devNull } from 'node:os';
import { terminalText } from '../base/safe-text.ts';
import { describeFileError } from '../lsp/node/file-error.ts';

export const programName = 'iptables-inspect';

/** Standard output took not all: the disk is full, or what it leads to is gone. */
export class OutputError extends Error {
  constructor(cause: unknown) {
    super(`standard output: ${describeFileError(cause)}`);
    this.name = 'OutputError';
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

type Descriptor = 1 | 2;

const streams = new Map<Descriptor, NodeJS.WriteStream>();

/** Node.js' own stream: it takes some milliseconds to load, so it is for what has to be written with it. */
function streamOf(descriptor: Descriptor): NodeJS.WriteStream {
  let stream = streams.get(descriptor);
  if (stream === undefined) {
    stream = descriptor === 1 ? process.stdout : process.stderr;
    // Node.js tells whoever writes as well as these events, and ends the process where nobody listens.
    stream.on('error', () => {});
    streams.set(descriptor, stream);
  }
  return stream;
}

/** Whether a descriptor leads to a file, a pipe, a socket or nowhere, which is no terminal for certain, and takes bytes as they are. */
function isPlain(descriptor: Descriptor): boolean {
  if (process.platform === 'win32') return false;
  try {
    const stats = fstatSync(descriptor);
    return stats.isFile() || stats.isFIFO() || stats.isSocket() || (stats.isCharacterDevice() && isNull(stats));
  } catch {
    return false;
  }
}

/** Whether a device is the one that is empty. */
export function isNull({ rdev }: Stats): boolean {
  return rdev === statSync(devNull, { throwIfNoEntry: false })?.rdev;
}

/** Whether standard output (1) or standard error (2) is a terminal. */
export function isTerminal(descriptor: Descriptor): boolean {
  return !isPlain(descriptor) && streamOf(descriptor).isTTY === true;
}

/** Whether nothing is left to be written. */
export function isAllWritten(): boolean {
  for (const stream of streams.values()) if (stream.writableLength > 0) return false;
  return true;
}

let isReaderGone = false;

/** Writes bytes at once; how many: the others are for later, where whoever reads is slow and nobody may wait for it. */
function writeAtOnce(bytes: Buffer): number {
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(1, bytes, written);
  } catch (error) {
    if (codeOf(error) !== 'EAGAIN') throw error;
  }
  return written;
}

/**
 * Writes all of a text to standard output, with a line end behind it; bytes as they are. A reader that goes away early (`| head`) has what it wanted: that is no error,
 * and nothing more is written. Throws OutputError for any other failure.
 */
export async function print(text: string | Buffer): Promise<void> {
  if (isReaderGone || text.length === 0) return;
  const whole = typeof text !== 'string' || text.endsWith('\n') ? text : `${text}\n`;
  try {
    if (isPlain(1)) {
      const bytes = typeof whole === 'string' ? Buffer.from(whole) : whole;
      const written = writeAtOnce(bytes);
      if (written < bytes.length) await writeLater(bytes.subarray(written));
    } else {
      await writeLater(whole);
    }
  } catch (error) {
    if (codeOf(error) !== 'EPIPE') throw new OutputError(error);
    isReaderGone = true;
  }
}

async function writeLater(text: string | Buffer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    streamOf(1).write(text, (error) => (error === null || error === undefined ? resolve() : reject(error)));
  });
}

let heard: string[] | undefined;

/** From now on keeps what is said, as it was given. */
export function keepSaid(): readonly string[] {
  heard = [];
  return heard;
}

const longestSaid = 3_000;
const headOfLong = 1_500;
const tailOfLong = 1_000;

/** Both ends of what is too long to be read: a value that is repeated may have any length, and what would be right stands behind it. */
function shortened(text: string): string {
  if (text.length <= longestSaid) return text;
  const left = text.length - headOfLong - tailOfLong;
  return `${text.slice(0, headOfLong)} [${left} more characters] ${text.slice(-tailOfLong)}`;
}

/** One line on standard error, the program's name in front: "iptables-inspect: node-a.iptables: is empty". */
export function say(message: string): void {
  heard?.push(message);
  const parts = message.trim().split(/\n\s*/);
  const line = `${programName}: ${terminalText(shortened(parts.map((part) => part.trimEnd()).join(' ')))}\n`;
  try {
    writeSync(2, line);
  } catch (error) {
    // A standard error that is closed, full or gone leaves nobody to tell; one that is slow is written to in its own time.
    if (codeOf(error) === 'EAGAIN') streamOf(2).write(line);
  }
}
