/** Standard output and standard error: all of it arrives, or it is said that it did not. */
import { writeSync } from 'node:fs';
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

// Node.js tells whoever writes as well as these events, and ends the process where nobody listens.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

let isReaderGone = false;

/**
 * Writes all of a text to standard output, with a line end behind it; bytes as they are. A reader that goes away early (`| head`) has what it wanted: that is no error,
 * and nothing more is written. Throws OutputError for any other failure.
 */
export async function print(text: string | Buffer): Promise<void> {
  if (isReaderGone || text.length === 0) return;
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(typeof text !== 'string' || text.endsWith('\n') ? text : `${text}\n`, (error) => {
      if (error === null || error === undefined) {
        resolve();
      } else if (codeOf(error) === 'EPIPE') {
        isReaderGone = true;
        resolve();
      } else {
        reject(new OutputError(error));
      }
    });
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
    if (codeOf(error) === 'EAGAIN') process.stderr.write(line);
  }
}
