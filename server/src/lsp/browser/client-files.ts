import type { Connection } from 'vscode-languageserver';
import { Utils } from 'vscode-uri';
import {
  type FolderEntry,
  type ListFolderParams,
  listFolderRequest,
  type ReadFileParams,
  type ReadFileResult,
  readFileRequest,
} from '../../protocol/files.ts';
import { noScheme, parseUri } from '../parse-uri.ts';
import { isOldVersion } from '../publish-diagnostics.ts';
import type { FileAccess } from '../runtime.ts';

/** Schemes whose documents are in no folder. */
const withoutFolder: ReadonlySet<string> = new Set([noScheme, 'untitled', 'inmemory', 'output', 'vscode', 'vscode-userdata']);

/** Files as the client has them: a worker sees none itself. A client that does not know the requests has none for us. */
export function clientFiles(connection: Connection): FileAccess {
  const read = async (params: ReadFileParams): Promise<ReadFileResult> => {
    try {
      return await connection.sendRequest<ReadFileResult>(readFileRequest, params);
    } catch {
      return { problem: 'the editor gives the language server no files' };
    }
  };
  return {
    hasFolder: (uri) => !isOldVersion(uri) && !withoutFolder.has(parseUri(uri).scheme),

    async list(directoryUri) {
      const params: ListFolderParams = { uri: directoryUri };
      const entries = await connection.sendRequest<readonly FolderEntry[]>(listFolderRequest, params).catch(() => []);
      const directory = parseUri(directoryUri);
      return entries.map((entry) => ({ ...entry, uri: Utils.joinPath(directory, entry.name).toString() }));
    },

    async readHead(uri, bytes) {
      const result = await read({ uri, bytes });
      return 'problem' in result ? undefined : result.text;
    },

    async changedAt() {
      return undefined;
    },

    async read(uri) {
      const result = await read({ uri });
      if ('problem' in result) throw new Error(result.problem);
      return result;
    },

    async readBytes(uri) {
      if (/\.(?:gz|tgz|tar)$/i.test(uri)) throw new Error('packed files are not read in a browser');
      const result = await read({ uri });
      if ('problem' in result) throw new Error(result.problem);
      return new TextEncoder().encode(result.text);
    },
  };
}
