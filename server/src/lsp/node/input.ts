import { fstatSync } from 'node:fs';
import { createConnection, type OnReadOpts, Socket } from 'node:net';

/** What comes in from a client. */
export interface Input {
  readonly stream: NodeJS.ReadableStream;
  /** How much has come in so far. */
  bytesRead(): number;
  /**
   * Begins to read, once. The memory of a chunk is used for the next one.
   * @param place where what comes next is wanted, at most so much of it; it is in the chunk then that `take` gets. Undefined where that is all the same
   */
  read(take: (chunk: Buffer) => void, place: () => Buffer | undefined): void;
}

/** More than a socket between two processes holds. */
const bytesAtOnce = 262_144;

interface Reading {
  readonly onread: OnReadOpts;
  readonly begin: Input['read'];
}

/** Memory that is used for each chunk anew: Node.js takes fresh one otherwise, and to touch that takes as long as to read into it. */
function createReading(): Reading {
  const buffer = Buffer.allocUnsafeSlow(bytesAtOnce);
  let take: ((chunk: Buffer) => void) | undefined;
  let place = (): Buffer | undefined => undefined;
  return {
    onread: {
      buffer: () => place() ?? buffer,
      callback(length, memory) {
        take?.(Buffer.from(memory.buffer, memory.byteOffset, length));
        return true;
      },
    },
    begin(taker, placer) {
      take = taker;
      place = placer;
    },
  };
}

/** Connects to where a client listens: a port of this machine, or the name of a pipe. */
export function connectTo(where: { readonly port: number } | { readonly path: string }): Input & { readonly stream: Socket } {
  const { onread, begin } = createReading();
  const to = 'port' in where ? { ...where, host: '127.0.0.1' } : where;
  const socket = createConnection({ ...to, onread });
  return { stream: socket, bytesRead: () => socket.bytesRead, read: begin };
}

function isPipe(descriptor: number): boolean {
  try {
    const stats = fstatSync(descriptor);
    return stats.isFIFO() || stats.isSocket();
  } catch {
    return false;
  }
}

/** Standard input, which may be a file as well. */
export function standardInput(): Input {
  const { onread, begin } = createReading();
  if (process.channel === undefined && isPipe(0)) {
    const socket = new Socket({ fd: 0, readable: true, writable: false, manualStart: true, onread } as object);
    return {
      stream: socket,
      bytesRead: () => socket.bytesRead,
      read(take, place) {
        begin(take, place);
        socket.resume();
      },
    };
  }
  const { stdin } = process;
  return { stream: stdin, bytesRead: () => stdin.bytesRead, read: (take) => void stdin.on('data', take) };
}
