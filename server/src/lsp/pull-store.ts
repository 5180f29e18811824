import type { Diagnostic } from 'vscode-languageserver';

/** What was found in one version of a document, for a client that asks for it. */
export interface FoundDiagnostics {
  readonly version: number;
  /** Settles when all of it is found. */
  readonly done: Promise<void>;
  diagnostics: readonly Diagnostic[];
  /** Another one each time that they are others. */
  resultId: string;
  isHandedOut: boolean;
  /** Settles when a part of it is found. */
  readonly first: Promise<void>;
  readonly tellFirst: () => void;
}

/** Keeps diagnostics until the client asks for them. */
export interface PullStore {
  /** A version is looked at; `done` settles when that is over. */
  begin(uri: string, version: number, done: Promise<void>): void;
  /** Something was found; true where the client holds an older answer for the same version and has to ask again. */
  take(uri: string, diagnostics: readonly Diagnostic[]): boolean;
  get(uri: string): FoundDiagnostics | undefined;
  forget(uri: string): void;
}

/** A store in which nothing is. */
export function createPullStore(): PullStore {
  const found = new Map<string, FoundDiagnostics>();
  let results = 0;
  return {
    begin(uri, version, done) {
      const before = found.get(uri);
      // The same version is looked at again: under another cluster, or after a change of the settings.
      const isSame = before?.version === version;
      let tellFirst = (): void => undefined;
      const first = new Promise<void>((resolve) => {
        tellFirst = resolve;
      });
      found.set(uri, {
        version,
        done,
        first,
        tellFirst,
        diagnostics: isSame ? before.diagnostics : [],
        resultId: isSame ? before.resultId : '',
        isHandedOut: isSame && before.isHandedOut,
      });
    },
    take(uri, diagnostics) {
      const entry = found.get(uri);
      if (entry === undefined) return false;
      const isOther = entry.resultId === '' || JSON.stringify(entry.diagnostics) !== JSON.stringify(diagnostics);
      if (isOther) {
        results += 1;
        entry.resultId = String(results);
        entry.diagnostics = diagnostics;
      }
      entry.tellFirst();
      return isOther && entry.isHandedOut;
    },
    get: (uri) => found.get(uri),
    forget: (uri) => found.delete(uri),
  };
}
