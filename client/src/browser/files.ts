import { FileSystemError, FileType, Uri, workspace } from 'vscode';
import type { BaseLanguageClient } from 'vscode-languageclient';
import {
  type FolderEntry,
  type ListFolderParams,
  listFolderRequest,
  type ReadFileParams,
  type ReadFileResult,
  readFileRequest,
} from '../../../server/src/protocol/files.ts';

/** The whole file is handed over at once, and the server makes a string of it. */
const largestFile = 200_000_000;

/** What is wrong with a file, in a few words that follow its name. */
function describeError(error: unknown): string {
  switch (error instanceof FileSystemError ? error.code : '') {
    case 'FileNotFound':
      return 'there is no such file';
    case 'FileIsADirectory':
      return 'is a directory, not a file';
    case 'NoPermissions':
      return 'permission to read it is denied';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

/** The editor follows links itself. */
function kindOf(type: FileType): FolderEntry['kind'] {
  if ((type & FileType.Directory) !== 0) return 'folder';
  return (type & FileType.File) === 0 ? 'device' : 'file';
}

async function listFolder({ uri }: ListFolderParams): Promise<readonly FolderEntry[]> {
  try {
    const entries = await workspace.fs.readDirectory(Uri.parse(uri, true));
    return entries.map(([name, type]) => ({ name, kind: kindOf(type) }));
  } catch {
    return [];
  }
}

async function readFile({ uri, bytes }: ReadFileParams): Promise<ReadFileResult> {
  try {
    const file = Uri.parse(uri, true);
    const { mtime, size } = await workspace.fs.stat(file);
    if (size > largestFile) return { problem: `is larger than ${largestFile / 1_000_000} MB` };
    const content = await workspace.fs.readFile(file);
    return { text: new TextDecoder().decode(content.subarray(0, bytes)), modifiedAt: mtime };
  } catch (error) {
    return { problem: describeError(error) };
  }
}

/** Reads files for a server that has none of its own, as the editor has them: in a browser's own folder, a repository on the web, in memory. */
export function giveFiles(client: BaseLanguageClient): void {
  client.onRequest(listFolderRequest, listFolder);
  client.onRequest<ReadFileResult, never>(readFileRequest, readFile);
}
