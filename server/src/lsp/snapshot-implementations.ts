import { type Connection, type Disposable, ImplementationRequest } from 'vscode-languageserver';
import { parseUri } from './parse-uri.ts';

/** Has a client ask for implementations in snapshot files too, which are of another language than dumps. */
export interface SnapshotImplementations {
  /** The files, by URI, that names come from now. */
  offer(files: ReadonlySet<string>): void;
}

/** Characters that a pattern reads as its own stand for any one character: that the file is a snapshot is looked up when it is asked about. */
function patternOf(uri: string): string {
  return parseUri(uri)
    .fsPath.replaceAll('\\', '/')
    .replace(/[*?{}[\],!]/g, '?');
}

/** Registers anew only when the files are others. */
export function createSnapshotImplementations(connection: Connection): SnapshotImplementations {
  let offered = '';
  let registered: Promise<Disposable | undefined> = Promise.resolve(undefined);
  return {
    offer(files) {
      const wanted = [...files].sort();
      if (wanted.join('\n') === offered) return;
      offered = wanted.join('\n');
      registered = registered.then(async (before) => {
        before?.dispose();
        if (wanted.length === 0) return undefined;
        const documentSelector = wanted.map((uri) => ({ scheme: parseUri(uri).scheme, pattern: patternOf(uri) }));
        return connection.client.register(ImplementationRequest.type, { documentSelector }).catch(() => undefined);
      });
    },
  };
}
