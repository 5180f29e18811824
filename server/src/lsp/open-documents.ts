import type { TextDocumentContentChangeEvent } from 'vscode-languageserver';
import { Cancelled, type Pause, runInSlices } from '../base/scheduler.ts';
import { buildRuleset, rebuildRuleset } from '../ruleset/build.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';
import { changeDocument, readDocument, type SourceDocument, type TextChange } from '../syntax/document.ts';

/** One version of a dump, read. */
export interface ReadDump {
  readonly version: number;
  readonly document: SourceDocument;
  readonly ruleset: Ruleset;
}

/** A dump that a client has open: its pending changes, and the last version that was read to the end. */
export interface OpenDump {
  readonly uri: string;
  readonly languageId: string;
  /** The newest version that the client has told of; it may not be read yet. */
  readonly version: number;
  /** Queues changes and begins to read them; earlier work goes on and is shared. */
  change(changes: readonly TextDocumentContentChangeEvent[], version: number): void;
  /** The newest version, once it is read. Rejects with Cancelled when the dump is closed before. */
  current(): Promise<ReadDump>;
  close(): void;
}

interface Waiter {
  readonly resolve: (dump: ReadDump) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Opens a dump and begins to read it. Reading happens in slices; changes that arrive meanwhile are applied in order.
 * @param onRead told of every version that was read to the end
 * @param onFailure told of an error in the reader itself, which must not happen; the dump stays at its last good version
 */
export function openDump(
  identity: { readonly uri: string; readonly languageId: string; readonly version: number; readonly text: string },
  pause: Pause,
  onRead: (dump: ReadDump) => void,
  onFailure: (error: unknown) => void,
): OpenDump {
  let version = identity.version;
  let pending: TextChange[] = [{ text: identity.text }];
  let read: ReadDump | undefined;
  let document: SourceDocument | undefined;
  let isRunning = false;
  let isClosed = false;
  let waiters: Waiter[] = [];

  // A client may give a text a new version without a change.
  const isBehind = (): boolean => pending.length > 0 || (read !== undefined && read.version !== version);

  const run = async (): Promise<void> => {
    isRunning = true;
    let hasFailed = false;
    try {
      // Give a burst of changes, and whatever else waits, a chance to come in first.
      await pause();
      while (isBehind() && !isClosed) {
        const target = version;
        // Only what lies behind the last full text matters.
        const lastFull = pending.findLastIndex((change) => change.range === undefined);
        const changes = lastFull > 0 ? pending.slice(lastFull) : pending;
        pending = [];
        for (const change of changes) {
          const steps =
            document === undefined ? readDocument(change.text, identity.uri) : changeDocument(document, change, identity.uri);
          document = await runInSlices(steps, pause, () => isClosed);
        }
        if (pending.length > 0 || document === undefined) continue;
        // A change that arrives from here on is not in this version: `target` is what was taken above.
        const built = read === undefined ? buildRuleset(document) : rebuildRuleset(document, read.ruleset);
        const ruleset = await runInSlices(built, pause, () => isClosed || pending.length > 0);
        read = { version: target, document, ruleset };
        onRead(read);
        if (pending.length > 0) continue;
        const done = waiters;
        waiters = [];
        for (const waiter of done) waiter.resolve(read);
      }
    } catch (error) {
      if (!(error instanceof Cancelled)) {
        hasFailed = pending.length === 0;
        onFailure(error);
        failWaiters(error instanceof Error ? error : new Error(String(error)));
      }
    } finally {
      isRunning = false;
      if (isBehind() && !isClosed && !hasFailed) start();
    }
  };
  const start = (): void => {
    if (!isRunning) void run();
  };
  const failWaiters = (error: Error): void => {
    const failed = waiters;
    waiters = [];
    for (const waiter of failed) waiter.reject(error);
  };

  start();
  return {
    uri: identity.uri,
    languageId: identity.languageId,
    get version() {
      return version;
    },
    change(changes, newVersion) {
      version = newVersion;
      pending = [...pending, ...changes];
      start();
    },
    current() {
      if (isClosed) return Promise.reject(new Cancelled());
      if (read !== undefined && read.version === version && pending.length === 0) return Promise.resolve(read);
      return new Promise((resolve, reject) => {
        waiters.push({ resolve, reject });
        start();
      });
    },
    close() {
      isClosed = true;
      pending = [];
      failWaiters(new Cancelled());
    },
  };
}
