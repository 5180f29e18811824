import picomatch from 'picomatch';
import { URI, Utils } from 'vscode-uri';
import { type Pause, runInSlices } from '../../base/scheduler.ts';
import { type Cluster, emptyCluster } from '../../cluster/cluster.ts';
import { looksLikeSnapshot, snapshotSteps } from '../../cluster/snapshot.ts';
import type { FileAccess } from '../runtime.ts';

/** What is known of the cluster behind a dump, and why. */
export interface SnapshotStatus {
  /** The file it comes from; undefined when there is none. */
  readonly uri: string | undefined;
  readonly cluster: Cluster;
  /** What is wrong with the file, in a sentence; empty when it was read as it is now. */
  readonly problem: string;
}

/** Finds, reads and rereads cluster snapshot files. */
export interface Snapshots {
  /** The snapshot for a dump: the one that the setting names; else the nearest found by content, seen from the dump. */
  statusFor(dumpUri: string): SnapshotStatus;
  /** Where to look: the workspace folders, and the setting (a path or glob, relative to a folder; empty for none). Looks again. */
  configure(folders: readonly string[], setting: string): Promise<void>;
  /** Also looks beside this dump, which may lie in no workspace folder. */
  addDump(dumpUri: string): Promise<void>;
  /** Reads again what has changed on disk. */
  filesChanged(uris: readonly string[]): Promise<void>;
}

interface SnapshotFile {
  readonly uri: string;
  readonly cluster: Cluster | undefined;
  readonly problem: string;
}

// A workspace is not ours to crawl: shallow, few files, a glance at each.
const deepestFolder = 4;
const mostFiles = 2_000;
const bytesToSniff = 16_384;
const skippedFolders = new Set(['node_modules', 'vendor', 'dist', 'build', 'out', 'target']);

/** Whether a file's name is one that a snapshot could have. */
export function isSnapshotName(uri: string): boolean {
  return /\.(?:json|ya?ml)$/i.test(uri);
}

/**
 * Snapshots over files. `onChange` is told when the cluster behind any dump may be another; `onProblem` once for each new problem.
 */
export function createSnapshots(
  files: FileAccess | undefined,
  pause: Pause,
  onChange: () => void,
  onProblem: (message: string) => void,
): Snapshots {
  const found = new Map<string, SnapshotFile>();
  const dumpFolders = new Set<string>();
  let folders: readonly string[] = [];
  let setting = '';
  let named: readonly string[] = [];
  let generation = 0;
  const reported = new Set<string>();

  const read = async (uri: string): Promise<void> => {
    if (files === undefined) return;
    const before = found.get(uri);
    let problem = '';
    let cluster: Cluster | undefined;
    try {
      const content = await files.read(uri);
      const steps = snapshotSteps(content.text, Utils.basename(URI.parse(uri)), content.modifiedAt);
      const result = await runInSlices(steps, pause, () => false);
      if (result.ok) cluster = result.cluster;
      else problem = result.error.line === null ? result.error.message : `line ${result.error.line}: ${result.error.message}`;
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    // A file that is being written is broken for a moment: what it said last stays until it is whole again.
    found.set(uri, { uri, cluster: cluster ?? before?.cluster, problem });
    if (problem !== '') {
      const message = `${Utils.basename(URI.parse(uri))}: ${problem}`;
      if (!reported.has(message)) onProblem(message);
      reported.add(message);
    }
  };

  const sniff = async (uri: string): Promise<boolean> => {
    const head = await files?.readHead(uri, bytesToSniff);
    return head !== undefined && looksLikeSnapshot(head);
  };

  const candidatesIn = async (folder: string, depth: number, budget: { left: number }): Promise<readonly string[]> => {
    if (files === undefined || budget.left <= 0) return [];
    const candidates: string[] = [];
    const entries = await files.list(folder);
    for (const entry of entries) {
      if (budget.left <= 0) break;
      if (entry.isDirectory) {
        if (depth >= deepestFolder || entry.name.startsWith('.') || skippedFolders.has(entry.name)) continue;
        candidates.push(...(await candidatesIn(entry.uri, depth + 1, budget)));
      } else {
        budget.left -= 1;
        if (isSnapshotName(entry.name)) candidates.push(entry.uri);
      }
    }
    return candidates;
  };

  const look = async (): Promise<void> => {
    if (files === undefined) return;
    generation += 1;
    const mine = generation;
    const roots = [...new Set([...folders, ...dumpFolders])];
    const budget = { left: mostFiles };
    const candidates: string[] = [];
    for (const root of roots) candidates.push(...(await candidatesIn(root, dumpFolders.has(root) ? deepestFolder : 0, budget)));
    if (mine !== generation) return;
    const unique = [...new Set(candidates)];
    named = setting === '' ? [] : namedBySetting(setting, folders, unique);
    const wanted = new Set(named);
    for (const uri of unique) if (!wanted.has(uri) && (await sniff(uri))) wanted.add(uri);
    if (mine !== generation) return;
    for (const uri of found.keys()) if (!wanted.has(uri)) found.delete(uri);
    for (const uri of wanted) if (!found.has(uri)) await read(uri);
    if (mine !== generation) return;
    onChange();
  };

  return {
    statusFor(dumpUri) {
      const choices = named.length > 0 ? named : [...found.keys()];
      const best = nearest(dumpUri, choices, (uri) => found.get(uri)?.cluster !== undefined);
      const file = best === undefined ? undefined : found.get(best);
      return { uri: file?.uri, cluster: file?.cluster ?? emptyCluster, problem: file?.problem ?? '' };
    },
    async configure(newFolders, newSetting) {
      folders = newFolders;
      setting = newSetting;
      await look();
    },
    async addDump(dumpUri) {
      const uri = URI.parse(dumpUri);
      if (uri.scheme !== 'file') return;
      const folder = Utils.dirname(uri).toString();
      if (dumpFolders.has(folder) || folders.some((root) => folder === root || folder.startsWith(`${root}/`))) return;
      dumpFolders.add(folder);
      await look();
    },
    async filesChanged(uris) {
      if (files === undefined) return;
      let lookAgain = false;
      for (const uri of uris) {
        if (found.has(uri)) {
          if ((await files.readHead(uri, 1)) === undefined) lookAgain = true;
          else await read(uri);
        } else if (isSnapshotName(uri) && (named.includes(uri) || (await sniff(uri)))) {
          lookAgain = true;
        }
      }
      if (lookAgain) await look();
      else onChange();
    },
  };
}

function namedBySetting(setting: string, folders: readonly string[], candidates: readonly string[]): readonly string[] {
  if (setting.startsWith('/') || /^[A-Za-z]:[\\/]/.test(setting)) return [URI.file(setting).toString()];
  const base = picomatch.scan(setting);
  if (!base.isGlob) return folders.map((folder) => Utils.joinPath(URI.parse(folder), setting).toString());
  const matches = picomatch(setting, { dot: true });
  return candidates.filter((uri) =>
    folders.some((folder) => uri.startsWith(`${folder}/`) && matches(decodeURIComponent(uri.slice(folder.length + 1)))),
  );
}

/** The choice whose folder is closest to the dump's: beside it, above it, elsewhere. Readable ones win over broken ones. */
function nearest(dumpUri: string, choices: readonly string[], isReadable: (uri: string) => boolean): string | undefined {
  const distance = (uri: string): number => {
    const from = URI.parse(dumpUri).path.split('/').slice(0, -1);
    const to = URI.parse(uri).path.split('/').slice(0, -1);
    let shared = 0;
    while (shared < from.length && shared < to.length && from[shared] === to[shared]) shared += 1;
    return from.length - shared + (to.length - shared);
  };
  let best: string | undefined;
  let bestRank = Number.POSITIVE_INFINITY;
  for (const uri of choices) {
    const rank = distance(uri) + (isReadable(uri) ? 0 : 1_000);
    if (rank < bestRank || (rank === bestRank && best !== undefined && uri < best)) {
      best = uri;
      bestRank = rank;
    }
  }
  return best;
}
