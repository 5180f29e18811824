import type { TextDocumentContentChangeEvent } from 'vscode-languageserver';
import { aheadOfOthers, Cancelled, letOthersGoFirst, type Pause, runInSlices } from '../base/scheduler.ts';
import type { Steps } from '../base/steps.ts';
import { buildRuleset, rebuildRuleset } from '../ruleset/build.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';
import { putApart } from '../syntax/apart.ts';
import { changeDocument, readDocument, type SourceDocument, type TextChange } from '../syntax/document.ts';
import { nextChange } from '../syntax/merge-changes.ts';
import { type Typing, typingAfter } from './typing.ts';

/** One version of a dump, read. */
export interface ReadDump {
  readonly version: number;
  /** With lines that stand on one put apart. */
  readonly document: SourceDocument;
  readonly ruleset: Ruleset;
}

/** A dump that a client has open: its pending changes, and the last version that was read to the end. */
export interface OpenDump {
  readonly uri: string;
  readonly languageId: string;
  /** The newest version that the client has told of; it may not be read yet. */
  readonly version: number;
  /** Its text as it was opened, until that is read or changed. */
  unread(): string | undefined;
  /** What was typed last, in its newest version. */
  typing(): Typing | undefined;
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

/** Those who wait for a dump's newest version. */
interface Waiters {
  wait(): Promise<ReadDump>;
  resolve(dump: ReadDump): void;
  reject(error: Error): void;
}

function createWaiters(): Waiters {
  let waiting: Waiter[] = [];
  const take = (): typeof waiting => {
    const taken = waiting;
    waiting = [];
    return taken;
  };
  return {
    wait() {
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    resolve(dump) {
      for (const waiter of take()) waiter.resolve(dump);
    },
    reject(error) {
      for (const waiter of take()) waiter.reject(error);
    },
  };
}

/** Only what lies behind the last full text matters. */
function fromLastFullText(changes: TextChange[]): readonly TextChange[] {
  const lastFull = changes.findLastIndex((change) => change.range === undefined);
  return lastFull > 0 ? changes.slice(lastFull) : changes;
}

function changed(document: SourceDocument | undefined, change: TextChange, uri: string): Steps<SourceDocument> {
  return document === undefined ? readDocument(change.text, uri, change.lines) : changeDocument(document, change, uri);
}

function* builtOf(document: SourceDocument, uri: string, before: Ruleset | undefined): Steps<Omit<ReadDump, 'version'>> {
  const apart = yield* putApart(document, uri);
  return { document: apart, ruleset: yield* before === undefined ? buildRuleset(apart) : rebuildRuleset(apart, before) };
}

function* changedByAll(
  before: SourceDocument | undefined,
  changes: readonly TextChange[],
  uri: string,
): Steps<SourceDocument | undefined> {
  let document = before;
  for (let at = 0; at < changes.length; ) {
    const { change, count } =
      document === undefined ? { change: changes[at], count: 1 } : yield* nextChange(document, changes, at);
    if (change !== undefined) document = yield* changed(document, change, uri);
    at += count;
  }
  return document;
}

/** How many changes were told of, the whole text the first, and how many of them were read. */
interface Progress {
  told(): number;
  tell(): void;
  haveRead(upTo: number): void;
  isBehind(): boolean;
}

/** Not by versions: a client may give a text a new one without a change, or one that it had before. */
function createProgress(): Progress {
  let told = 1;
  let read = 0;
  return {
    told: () => told,
    tell() {
      told += 1;
    },
    haveRead(upTo) {
      read = upTo;
    },
    isBehind: () => read !== told,
  };
}

/** A document as a client opens it. */
export interface Opened {
  readonly uri: string;
  readonly languageId: string;
  readonly version: number;
  readonly text: string;
  /** How many lines the text has. */
  readonly lines: number;
}

/**
 * Opens a dump and begins to read it. Reading happens in slices; changes that arrive meanwhile are applied in order.
 * @param onRead told of every version that was read to the end
 * @param onFailure told of an error in the reader itself, which must not happen; the dump stays at its last good version
 */
export function openDump(
  identity: Opened,
  pause: Pause,
  onRead: (dump: ReadDump) => void,
  onFailure: (error: unknown) => void,
): OpenDump {
  let newest: { readonly version: number; readonly typing?: Typing | undefined } = { version: identity.version };
  let pending: TextChange[] = [{ text: identity.text, lines: identity.lines }];
  let read: ReadDump | undefined;
  let document: SourceDocument | undefined;
  let isRunning = false;
  let isClosed = false;
  const waiters = createWaiters();
  const progress = createProgress();

  const run = async (): Promise<void> => {
    if (isRunning) return;
    let hasFailed = false;
    isRunning = true;
    try {
      // A burst of changes comes in, and what an editor asks of a text that it opens is answered.
      await letOthersGoFirst(pause);
      while (progress.isBehind() && !isClosed) {
        // A change that arrives from here on is not in this version.
        const [target, upTo] = [newest.version, progress.told()];
        const changes = fromLastFullText(pending);
        pending = [];
        document = await runInSlices(changedByAll(document, changes, identity.uri), pause, () => isClosed);
        // Each of the two may take a slice, and a hover elsewhere waits for one.
        await letOthersGoFirst(pause);
        if (isClosed) break;
        if (pending.length > 0 || document === undefined) continue;
        const built = builtOf(document, identity.uri, read?.ruleset);
        read = { version: target, ...(await runInSlices(built, pause, () => isClosed || pending.length > 0)) };
        progress.haveRead(upTo);
        onRead(read);
        if (pending.length > 0) continue;
        waiters.resolve(read);
      }
    } catch (error) {
      if (!(error instanceof Cancelled)) {
        hasFailed = pending.length === 0;
        onFailure(error);
        waiters.reject(error instanceof Error ? error : new Error(String(error)));
      }
    } finally {
      isRunning = false;
      if (progress.isBehind() && !isClosed && !hasFailed) void aheadOfOthers(run);
    }
  };

  // A snapshot beside it, which what is said of a dump depends on, may be read between its parts.
  void run();
  return {
    uri: identity.uri,
    languageId: identity.languageId,
    get version() {
      return newest.version;
    },
    unread: () => (read === undefined && progress.told() === 1 && !isClosed ? identity.text : undefined),
    typing: () => newest.typing,
    change(changes, newVersion) {
      newest = { version: newVersion, typing: changes.reduce(typingAfter, newest.typing) };
      progress.tell();
      pending = [...pending, ...changes];
      void aheadOfOthers(run);
    },
    current() {
      if (isClosed) return Promise.reject(new Cancelled());
      if (read !== undefined && !progress.isBehind()) return Promise.resolve(read);
      void aheadOfOthers(run);
      return waiters.wait();
    },
    close() {
      isClosed = true;
      pending = [];
      waiters.reject(new Cancelled());
    },
  };
}
