import { isAscii } from 'node:buffer';
import { constants, type Dirent } from 'node:fs';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Utils } from 'vscode-uri';
import { letMessagesIn, untilReleased } from '../../base/scheduler.ts';
import { noRoom } from '../../base/unread-part.ts';
import { parseUri } from '../parse-uri.ts';
import type { FileAccess, FileEntry } from '../runtime.ts';
import { describeFileError } from './file-error.ts';
import { asciiText, release, roomBefore } from './long-text.ts';

// A string in V8 holds 512 MB at most, and a snapshot of the largest clusters has some 200 MB.
const largestFile = 500_000_000;
const bytesAtOnce = 1_000_000;

/** Files of this machine by `file:` URI. */
export const nodeFiles: FileAccess = {
  hasFolder: (uri) => parseUri(uri).scheme === 'file',

  async list(directoryUri) {
    const directory = parseUri(directoryUri);
    if (directory.scheme !== 'file') return [];
    try {
      const entries = await readdir(directory.fsPath, { withFileTypes: true });
      return entries.map((entry) => ({
        uri: Utils.joinPath(directory, entry.name).toString(),
        name: entry.name,
        kind: kindOf(entry),
      }));
    } catch (error) {
      throw new Error(describeFileError(error));
    }
  },

  async readHead(uri, bytes) {
    try {
      return await withFile(pathOf(uri), async (file) => {
        const buffer = Buffer.alloc(bytes);
        const { bytesRead } = await file.read(buffer, 0, bytes, 0);
        return buffer.toString('utf8', 0, bytesRead);
      });
    } catch {
      return undefined;
    }
  },

  async changedAt(uri) {
    try {
      return (await stat(pathOf(uri))).mtimeMs;
    } catch {
      return undefined;
    }
  },

  async read(uri) {
    try {
      return await withFile(pathOf(uri), async (file) => {
        const { mtimeMs } = await file.stat();
        const bytes = await readWhole(file);
        if (bytes.length > bytesAtOnce) await untilItsTurn();
        return { text: textOf(bytes), modifiedAt: mtimeMs };
      });
    } catch (error) {
      throw new Error(describeFileError(error));
    }
  },

  async readBytes(uri, mostUnpacked = largestFile) {
    try {
      const bytes = (await withFile(pathOf(uri), readWhole)).subarray(roomBefore);
      if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
      return await unpacked(bytes, { maxOutputLength: Math.max(mostUnpacked, 1) });
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') throw new Error(noRoom);
      throw new Error(describeFileError(error));
    }
  },
};

function kindOf(entry: Dirent): FileEntry['kind'] {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  return entry.isSymbolicLink() ? 'link' : 'device';
}

/** @throws Error for what is no URI, or one of a file elsewhere */
function pathOf(uri: string): string {
  const { scheme, fsPath } = parseUri(uri);
  if (scheme !== 'file') throw new Error('there is no such file');
  return fsPath;
}

const unpacked = promisify<Buffer, { readonly maxOutputLength: number }, Buffer>(gunzip);

/** Opens a file that ends: a pipe would be waited for, a device read for ever. @throws Error for what is none, and where `use` does */
export async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const status = await file.stat();
    if (status.isDirectory()) throw new Error('is a directory, not a file');
    if (!status.isFile()) throw new Error('is a pipe or a device, not a file');
    return await use(file);
  } finally {
    await file.close();
  }
}

/**
 * To make a text of megabytes is one step, of some 25 ms for the snapshot of a large cluster, and a collection often comes with it: what stands behind a large message would wait
 * for that as well, and so would what was held up by the message and goes on now.
 */
async function untilItsTurn(): Promise<void> {
  await untilReleased();
  await letMessagesIn(() => new Promise((resolve) => setImmediate(resolve)));
}

/** The text of a file whose bytes stand behind some room. To read a snapshot of megabytes as UTF-8 takes half as long again as to see that it is ASCII, as most are. */
function textOf(bytes: Buffer): string {
  const isPlain = isAscii(bytes.subarray(roomBefore));
  const text = isPlain ? asciiText(bytes, roomBefore, bytes.length) : bytes.toString('utf8', roomBefore);
  release(bytes);
  return text;
}

/** All bytes of a file behind some room. It may be longer than its status says: in /proc, or while somebody writes it. */
async function readWhole(file: FileHandle): Promise<Buffer> {
  const { size } = await file.stat();
  // All in one place from the beginning, by itself: to put many megabytes together stops all else.
  let bytes = Buffer.allocUnsafeSlow(roomBefore + Math.min(size, largestFile) + 1);
  let end = roomBefore;
  for (;;) {
    const { bytesRead } = await file.read(bytes, end, Math.min(bytesAtOnce, bytes.length - end));
    if (bytesRead === 0) return bytes.subarray(0, end);
    end += bytesRead;
    if (end - roomBefore > largestFile) throw new Error(`is larger than ${largestFile / 1_000_000} MB`);
    if (end === bytes.length) bytes = Buffer.concat([bytes], 2 * end + bytesAtOnce);
  }
}
