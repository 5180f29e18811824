import type { Pause } from '../base/scheduler.ts';
import type { Steps } from '../base/steps.ts';
import type * as live from '../cluster/live/live.ts';
import type { FolderEntry } from '../protocol/files.ts';

export interface FileEntry extends FolderEntry {
  readonly uri: string;
}

export interface FileContent {
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
}

/** Files as the server may see them. All are asked by URI. */
export interface FileAccess {
  /** Whether a document of this URI lies in a folder that may be looked into. */
  hasFolder(uri: string): boolean;
  /** The entries of a directory. Throws as `read` does; a client that gives files may give none for a directory that it cannot read. */
  list(directoryUri: string): Promise<readonly FileEntry[]>;
  /** The first bytes of a file as text; undefined where it cannot be read. */
  readHead(uri: string, bytes: number): Promise<string | undefined>;
  /** When a file was last changed, in milliseconds since 1970; undefined where that is not told without reading it. */
  changedAt(uri: string): Promise<number | undefined>;
  /** A whole file. Throws an Error whose message says in a sentence what is wrong ("permission denied", "larger than 512 MB"). */
  read(uri: string): Promise<FileContent>;
  /** The bytes of a file, unpacked where gzip packed it: to so many at most. Throws as `read` does. */
  readBytes(uri: string, mostUnpacked?: number): Promise<Uint8Array>;
}

/** The entries of a directory; none of one that cannot be read. */
export async function listedOrNone(files: FileAccess, directoryUri: string): Promise<readonly FileEntry[]> {
  try {
    return await files.list(directoryUri);
  } catch {
    return [];
  }
}

/** Texts that outlast the server, by what they are of. What cannot be kept is not, and nobody is told. */
export interface KeptTexts {
  /** The key of what is kept of a document with this text. Pauses about every millisecond. */
  keyOf(text: string): Steps<string>;
  /** The key of what is kept of a document whose text in UTF-8 has this SHA-256. */
  keyOfDigest(sha256: string): string;
  /** The key of what is kept of a document whose text came in as bytes with this SHA-256; undefined where it did not come in so before. */
  keyOfBytes(bytesSha256: string): string | undefined;
  /** The key of a text, where it is told at once. */
  knownKeyOf(text: string): string | undefined;
  read(key: string): string | undefined;
  /** Begins to keep a text. */
  write(key: string, text: string): void;
  /** Begins to keep what the text that has a key came in as, where that is known and not kept. */
  writeBytes(key: string): void;
  /** Settles when all that was begun to be kept is kept. */
  settled(): Promise<void>;
}

/** What differs between Node and a browser worker. The server knows no more of where it runs. */
export interface Runtime {
  readonly pause: Pause;
  readonly files: FileAccess;
  /** Undefined where nothing is kept: in a browser worker, or without a cache folder of the user's own. */
  readonly kept: KeptTexts | undefined;
  /** Loads the cluster's API client; undefined where there is none, in a browser worker. */
  readonly live: (() => Promise<typeof live>) | undefined;
  /** Has `cleanUp` run before the process ends, however it is told to end; undefined where nothing needs to be. */
  readonly beforeExit: ((cleanUp: () => Promise<void>) => void) | undefined;
  /** Is told when a document was opened and what lint finds in it was sent; undefined where nothing depends on that. */
  readonly afterOpening: (() => void) | undefined;
}
