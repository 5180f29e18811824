import { type Disposable, EventEmitter, RelativePattern, Uri, workspace } from 'vscode';
import { fileNameOf } from './file-name.ts';

/** Where a dump lies, as long as somebody looks. */
export interface DumpPlace extends Disposable {
  uri(): Uri;
  /** It was renamed or moved, by itself or with a folder. */
  readonly onDidMove: (listener: (uri: Uri) => void) => Disposable;
  /** It is gone (true), or there again (false). */
  readonly onDidVanish: (listener: (isGone: boolean) => void) => Disposable;
  isGone(): boolean;
}

/** Where something is after a folder or file was renamed; undefined where that does not concern it. */
export function movedUri(uri: Uri, oldUri: Uri, newUri: Uri): Uri | undefined {
  if (uri.scheme !== oldUri.scheme || uri.authority !== oldUri.authority) return undefined;
  if (uri.path === oldUri.path) return newUri;
  const below = oldUri.path.endsWith('/') ? oldUri.path : `${oldUri.path}/`;
  return uri.path.startsWith(below) ? Uri.joinPath(newUri, uri.path.slice(below.length)) : undefined;
}

class WatchedDump implements DumpPlace {
  readonly #moved = new EventEmitter<Uri>();
  readonly #vanished = new EventEmitter<boolean>();
  readonly #disposables: Disposable[];
  #uri: Uri;
  #isGone = false;
  #watcher: Disposable;

  constructor(uri: Uri) {
    this.#uri = uri;
    this.#watcher = this.#watch();
    this.#disposables = [
      workspace.onDidRenameFiles(({ files }) => {
        for (const { oldUri, newUri } of files) this.#renamed(oldUri, newUri);
      }),
      workspace.onDidDeleteFiles(() => void this.#look()),
      // What was never saved is nowhere but in its document.
      workspace.onDidCloseTextDocument((document) => {
        if (this.#uri.scheme === 'untitled' && document.uri.toString() === this.#uri.toString()) this.#setGone(true);
      }),
    ];
  }

  get onDidMove() {
    return this.#moved.event;
  }

  get onDidVanish() {
    return this.#vanished.event;
  }

  uri(): Uri {
    return this.#uri;
  }

  isGone(): boolean {
    return this.#isGone;
  }

  dispose(): void {
    for (const disposable of [...this.#disposables, this.#watcher, this.#moved, this.#vanished]) disposable.dispose();
  }

  #watch(): Disposable {
    // Documents without a file system are read through their provider.
    if (this.#uri.scheme === 'untitled' || workspace.fs.isWritableFileSystem(this.#uri.scheme) === undefined) {
      return { dispose: () => undefined };
    }
    const name = fileNameOf(this.#uri);
    // Characters that a pattern would read as its own stand for any one character: what was meant is looked up then.
    const pattern = new RelativePattern(Uri.joinPath(this.#uri, '..'), name.replace(/[*?{}[\],!]/g, '?'));
    const watcher = workspace.createFileSystemWatcher(pattern, false, true, false);
    const listeners = [watcher.onDidCreate(() => void this.#look()), watcher.onDidDelete(() => void this.#look())];
    return { dispose: () => [watcher, ...listeners].forEach((disposable) => void disposable.dispose()) };
  }

  #renamed(oldUri: Uri, newUri: Uri): void {
    const moved = movedUri(this.#uri, oldUri, newUri);
    if (moved === undefined) return;
    this.#uri = moved;
    this.#watcher.dispose();
    this.#watcher = this.#watch();
    this.#isGone = false;
    this.#moved.fire(moved);
  }

  /** Looks whether the file is there. */
  async #look(): Promise<void> {
    const looked = this.#uri;
    const isThere = await Promise.resolve(workspace.fs.stat(looked)).then(
      () => true,
      () => false,
    );
    // It may have been moved meanwhile.
    if (looked.toString() === this.#uri.toString()) this.#setGone(!isThere);
  }

  #setGone(isGone: boolean): void {
    if (isGone === this.#isGone) return;
    this.#isGone = isGone;
    this.#vanished.fire(isGone);
  }
}

/** Follows a dump from where it lies now. */
export function watchDump(uri: Uri): DumpPlace {
  return new WatchedDump(uri);
}
