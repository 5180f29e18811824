/** How answers of an API server are read: bounded in size and in time, whole or not at all. */
import type { IncomingMessage } from 'node:http';
import { ApiError, errorOfConnection } from './api-error.ts';

/** Breaks an answer that stays out, tells of each chunk. */
export interface Reading {
  /** So many milliseconds without a chunk; of an answer in lines, without a line's end. */
  readonly quiet: number;
  /** So many milliseconds for all of it: a byte now and then is never quiet, and never done. Undefined for an answer in lines. */
  readonly whole: number | undefined;
  /** For messages. */
  readonly server: string;
  readonly heard: () => void;
}

/** The error of a server that says nothing for too long. */
export function timedOut(server: string): ApiError {
  return new ApiError('unreachable', `${server} does not answer in time.`);
}

function isConnectionError(error: unknown): boolean {
  return error instanceof Error && ('code' in error || error.name === 'AbortError');
}

/** Gives each chunk to `onChunk` as it comes, which says whether the answer went on by it; ends with the answer. */
async function readChunks(
  response: IncomingMessage,
  { quiet, whole, server, heard }: Reading,
  onChunk: (chunk: Buffer) => boolean,
): Promise<void> {
  const giveUp = (): unknown => response.destroy(timedOut(server));
  const timer = setTimeout(giveUp, quiet);
  const end = whole === undefined ? undefined : setTimeout(giveUp, whole);
  try {
    for await (const chunk of response) {
      heard();
      if (onChunk(Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk)))) timer.refresh();
    }
    if (!response.complete) throw new ApiError('unreachable', `${server} broke the connection.`);
  } catch (error) {
    response.destroy();
    throw error instanceof ApiError || !isConnectionError(error) ? error : errorOfConnection(error, server);
  } finally {
    clearTimeout(timer);
    clearTimeout(end);
  }
}

/** The answer as UTF-8 text, of at most `most` bytes. @throws ApiError, also where it is longer */
export async function readText(response: IncomingMessage, most: number, reading: Reading): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  await readChunks(response, reading, (chunk) => {
    size += chunk.length;
    if (size > most) throw new ApiError('garbage', `The answer of ${reading.server} is longer than ${most} bytes.`);
    chunks.push(chunk);
    return true;
  });
  return Buffer.concat(chunks, size).toString('utf8');
}

/** Calls `onLine` with each line, of at most `longest` bytes. @throws ApiError, and whatever `onLine` throws */
export async function readLines(
  response: IncomingMessage,
  longest: number,
  reading: Reading,
  onLine: (line: string) => void,
): Promise<void> {
  let parts: Buffer[] = [];
  let size = 0;
  const take = (part: Buffer): void => {
    size += part.length;
    if (size > longest) {
      throw new ApiError('garbage', `A line of the answer of ${reading.server} is longer than ${longest} bytes.`);
    }
    parts.push(part);
  };
  await readChunks(response, reading, (chunk) => {
    let start = 0;
    let hasLine = false;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      take(chunk.subarray(start, end));
      const line = Buffer.concat(parts, size).toString('utf8');
      parts = [];
      size = 0;
      start = end + 1;
      if (line.trim() === '') continue;
      onLine(line);
      hasLine = true;
    }
    if (start < chunk.length) take(chunk.subarray(start));
    return hasLine;
  });
  if (size > 0) throw new ApiError('garbage', `The answer of ${reading.server} ends within a line.`);
}
