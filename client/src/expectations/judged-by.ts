import { type Disposable, type Event, EventEmitter, type TestItem, Uri, workspace } from 'vscode';
import { type RulesetChangedParams, rulesetChangedNotification } from '../../../server/src/protocol/requests.ts';
import type { ServerAccess } from '../server-access.ts';
import { dumpNames } from './dump-beside.ts';

/** Which dump each file of expectations was judged by, and which of them may fare otherwise now. */
export interface JudgedBy extends Disposable {
  /** A file whose dump is another now, or has another cluster behind it. */
  readonly onDidChange: Event<TestItem>;
  /** A file is about to be judged by a dump; gives what tells that it was. The answer is of the dump as it is then, whatever changes before. */
  begin(file: TestItem, dump: Uri): () => void;
  /** The dump that a file was judged by last, while it is there. */
  dumpOf(file: TestItem): Uri | undefined;
}

/** Knows of no file yet. */
export function createJudgedBy(server: ServerAccess): JudgedBy {
  const dumps = new Map<TestItem, Uri>();
  const asking = new Set<TestItem>();
  const changed = new EventEmitter<TestItem>();
  const tell = (dump: string, but: ReadonlySet<TestItem> = new Set()): void => {
    for (const [file, judgedBy] of dumps) if (judgedBy.toString() === dump && !but.has(file)) changed.fire(file);
  };
  // Another file may be the one beside it from now on.
  const tellBeside = (dump: Uri): void => {
    const folder = Uri.joinPath(dump, '..').toString();
    for (const file of dumps.keys())
      if (file.uri !== undefined && Uri.joinPath(file.uri, '..').toString() === folder) changed.fire(file);
  };
  // What is no open document is read anew at the next run.
  const watcher = workspace.createFileSystemWatcher(`**/${dumpNames}`);
  const disposables: readonly Disposable[] = [
    server.onNotification<RulesetChangedParams>(rulesetChangedNotification, ({ uri }) => tell(uri, asking)),
    watcher,
    watcher.onDidChange((uri) => tell(uri.toString())),
    watcher.onDidCreate(tellBeside),
    watcher.onDidDelete((uri) => {
      const outdated = [...dumps].filter(([, judgedBy]) => judgedBy.toString() === uri.toString());
      for (const [file] of outdated) dumps.delete(file);
      for (const [file] of outdated) changed.fire(file);
    }),
    changed,
  ];
  return {
    onDidChange: changed.event,
    begin: (file, dump) => {
      dumps.set(file, dump);
      asking.add(file);
      return () => asking.delete(file);
    },
    dumpOf: (file) => dumps.get(file),
    dispose: () => {
      for (const disposable of disposables) disposable.dispose();
    },
  };
}
