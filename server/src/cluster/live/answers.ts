/** How answers of an API server are read: bounded in size and in time, whole or not at all. */
import type { IncomingMessage } from 'node:http';
import { ApiError, errorOfConnection } from './api-error.ts';

/** Breaks an answer after so many milliseconds without a chunk, tells of each. */
export interface Reading {
  readonly quiet: number;
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

/** Gives each chunk to `onChunk` as it comes; ends with the answer. */
async function readChunks(
  response: IncomingMessage,
  { quiet, server, heard }: Reading,
  onChunk: (chunk: Buffer) => void,
): Promise<void> {
  const timer = setTimeout(() => response.destroy(timedOut(server)), quiet);
  try {
    for await (const chunk of response) {
      timer.refresh();
      heard();
      onChunk(Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk)));
    }
    if (!response.complete) throw new ApiError('unreachable', `${server} broke the connection.`);
  } catch (error) {
    response.destroy();
    throw error instanceof ApiError || !isConnectionError(error) ? error : errorOfConnection(error, server);
  } finally {
    clearTimeout(timer);
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
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      take(chunk.subarray(start, end));
      const line = Buffer.concat(parts, size).toString('utf8');
      parts = [];
      size = 0;
      start = end + 1;
      if (line.trim() !== '') onLine(line);
    }
    if (start < chunk.length) take(chunk.subarray(start));
  });
  if (size > 0) throw new ApiError('garbage', `The answer of ${reading.server} ends within a line.`);
}
