import { open, readdir, readFile, stat } from 'node:fs/promises';
import { URI, Utils } from 'vscode-uri';
import type { FileAccess } from '../runtime.ts';

// A string in V8 holds 512 MB at most, and a snapshot of the largest clusters has some 200 MB.
const largestFile = 500_000_000;

/** Files of this machine by `file:` URI. */
export const nodeFiles: FileAccess = {
  async list(directoryUri) {
    const directory = URI.parse(directoryUri);
    if (directory.scheme !== 'file') return [];
    try {
      const entries = await readdir(directory.fsPath, { withFileTypes: true });
      return entries
        .filter((entry) => entry.isFile() || entry.isDirectory())
        .map((entry) => ({
          uri: Utils.joinPath(directory, entry.name).toString(),
          name: entry.name,
          isDirectory: entry.isDirectory(),
        }));
    } catch {
      return [];
    }
  },

  async readHead(uri, bytes) {
    try {
      const file = await open(URI.parse(uri).fsPath, 'r');
      try {
        const buffer = Buffer.alloc(bytes);
        const { bytesRead } = await file.read(buffer, 0, bytes, 0);
        return buffer.toString('utf8', 0, bytesRead);
      } finally {
        await file.close();
      }
    } catch {
      return undefined;
    }
  },

  async read(uri) {
    const path = URI.parse(uri).fsPath;
    try {
      const { size, mtimeMs } = await stat(path);
      if (size > largestFile) throw new Error(`is larger than ${largestFile / 1_000_000} MB`);
      return { text: await readFile(path, 'utf8'), modifiedAt: mtimeMs };
    } catch (error) {
      throw new Error(describeFileError(error));
    }
  },
};

/** What is wrong with a file, in a few words that follow its name. */
export function describeFileError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  switch ('code' in error ? error.code : undefined) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EACCES':
    case 'EPERM':
      return 'permission to read it is denied';
    case 'ENOSPC':
      return 'no space left on the device';
    case 'EISDIR':
      return 'is a directory, not a file';
    default:
      return error.message;
  }
}
