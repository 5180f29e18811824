import { Utils } from 'vscode-uri';
import { type Pause, runBehind, untilNothingIsAhead } from '../../base/scheduler.ts';
import { type Cluster, emptyCluster } from '../../cluster/cluster.ts';
import { snapshotSteps } from '../../cluster/snapshot.ts';
import { parseUri } from '../parse-uri.ts';
import type { FileAccess } from '../runtime.ts';
import {
  fileLabels,
  findByContent,
  findNamed,
  isNamed,
  isSnapshotName,
  isTooInvolved,
  mostStars,
  nearest,
  type SearchPlaces,
  sniff,
} from './snapshot-search.ts';

/** What is known of the cluster behind a dump, and why. */
export interface SnapshotStatus {
  /** The file it comes from; undefined when there is none. */
  readonly uri: string | undefined;
  /** The file as it is named to people; empty when there is none. */
  readonly label: string;
  readonly cluster: Cluster;
  /** What is wrong with the file or the setting, in a sentence; empty when it was read as it is now. */
  readonly problem: string;
  /** Other snapshots that are as near to the dump, as they are named to people. */
  readonly asNear: readonly string[];
}

/** Finds, reads and rereads cluster snapshot files. */
export interface Snapshots {
  /** The snapshot for a dump: of those that the setting names, or else of those found by content, the nearest to the dump. */
  statusFor(dumpUri: string): SnapshotStatus;
  /** Where to look: the workspace folders, and the setting (a path or glob, relative to a folder; empty for none). Looks again. */
  configure(folders: readonly string[], setting: string): Promise<void>;
  /** Also looks beside this dump, which may lie in no workspace folder. */
  addDump(dumpUri: string): Promise<void>;
  /** Reads again what has changed on disk. */
  filesChanged(uris: readonly string[]): Promise<void>;
}

interface SnapshotFile {
  readonly label: string;
  readonly cluster: Cluster | undefined;
  readonly problem: string;
}

/** A file that is being read. */
interface Reading {
  label: string;
  /** It changed meanwhile, and is read once more. */
  hasChanged: boolean;
  /** It is none any more: what is read of it counts for nothing. */
  isGone: boolean;
  done: Promise<void>;
}

interface State {
  readonly files: FileAccess;
  readonly pause: Pause;
  readonly onChange: () => void;
  readonly onProblem: (message: string) => void;
  readonly found: Map<string, SnapshotFile>;
  readonly reading: Map<string, Reading>;
  readonly dumpFolders: Set<string>;
  /** Problems that were told. */
  readonly told: Set<string>;
  folders: readonly string[];
  setting: string;
  /** Nothing is looked for before it is known what is wanted. */
  isConfigured: boolean;
  generation: number;
  /** Files that changed and were not looked at since: a client may tell of thousands, each by itself. */
  changed: Set<string>;
  /** Under way while there are any. */
  changing: Promise<void> | undefined;
}

/**
 * Snapshots over files. `onChange` is told when the cluster behind any dump may be another; `onProblem` once for each new problem.
 */
export function createSnapshots(
  files: FileAccess,
  pause: Pause,
  onChange: () => void,
  onProblem: (message: string) => void,
): Snapshots {
  const state: State = {
    files,
    pause,
    onChange,
    onProblem,
    found: new Map(),
    reading: new Map(),
    dumpFolders: new Set(),
    told: new Set(),
    folders: [],
    setting: '',
    isConfigured: false,
    generation: 0,
    changed: new Set(),
    changing: undefined,
  };
  return {
    statusFor: (dumpUri) => statusFor(state, dumpUri),
    async configure(folders, setting) {
      state.folders = folders;
      state.setting = setting;
      state.isConfigured = true;
      await look(state);
    },
    async addDump(dumpUri) {
      const uri = parseUri(dumpUri);
      if (!files.hasFolder(dumpUri)) return;
      const folder = Utils.dirname(uri).toString();
      if (state.dumpFolders.has(folder)) return;
      state.dumpFolders.add(folder);
      if (state.isConfigured && !isInWorkspace(state, folder)) await look(state);
    },
    filesChanged: (uris) => filesChanged(state, uris),
  };
}

function isInWorkspace({ folders }: State, folder: string): boolean {
  return folders.some((root) => folder === root || folder.startsWith(root.endsWith('/') ? root : `${root}/`));
}

function placesOf(state: State): SearchPlaces {
  return { folders: state.folders, dumpFolders: [...state.dumpFolders].filter((folder) => !isInWorkspace(state, folder)) };
}

/** Why the setting leads to no file at all; empty where it does, or is not set. */
function settingProblem({ setting, found, isConfigured }: State): string {
  if (!isConfigured || setting === '' || found.size > 0) return '';
  const why = isTooInvolved(setting)
    ? `has more than ${mostStars} stars in a name, or more than ${mostStars} times **`
    : 'matches no file';
  return `"${setting}" (iptables.cluster.snapshot) ${why}.`;
}

function statusFor(state: State, dumpUri: string): SnapshotStatus {
  const { found } = state;
  const readable = [...found.keys()].filter((uri) => found.get(uri)?.cluster !== undefined);
  const [best, ...asNear] = nearest(dumpUri, readable.length > 0 ? readable : [...found.keys()]);
  const file = best === undefined ? undefined : found.get(best);
  return {
    uri: best,
    label: file?.label ?? '',
    cluster: file?.cluster ?? emptyCluster,
    problem: file?.problem ?? settingProblem(state),
    asNear: asNear.map((uri) => found.get(uri)?.label ?? ''),
  };
}

function tell(state: State, problem: string): void {
  if (!state.told.has(problem)) state.onProblem(problem);
  state.told.add(problem);
}

/**
 * Reads a file as it is now. Where it is read already it is read once more behind that: two at once would end in any order, and what is read
 * first may be what is older.
 */
function read(state: State, uri: string, label: string): Promise<void> {
  const under = state.reading.get(uri);
  if (under !== undefined) {
    under.label = label;
    under.hasChanged = true;
    under.isGone = false;
    return under.done;
  }
  const reading: Reading = { label, hasChanged: true, isGone: false, done: Promise.resolve() };
  state.reading.set(uri, reading);
  reading.done = readUntilCurrent(state, uri, reading).finally(() => state.reading.delete(uri));
  return reading.done;
}

async function readUntilCurrent(state: State, uri: string, reading: Reading): Promise<void> {
  while (reading.hasChanged) {
    reading.hasChanged = false;
    await readOnce(state, uri, reading);
    // A file that changes all the time is shown as it was a moment ago.
    if (reading.hasChanged) state.onChange();
  }
}

async function readOnce(state: State, uri: string, reading: Reading): Promise<void> {
  const { label } = reading;
  const before = state.found.get(uri);
  let problem = '';
  let cluster: Cluster | undefined;
  try {
    // Names may come later; an open dump is waited for.
    await untilNothingIsAhead(state.pause);
    const content = await state.files.read(uri);
    const result = await runBehind(snapshotSteps(content.text, label, content.modifiedAt), state.pause, () => false);
    if (result.ok) {
      cluster = result.cluster;
      await runBehind(cluster.indexSteps(), state.pause, () => false);
    } else problem = result.error.line === null ? result.error.message : `line ${result.error.line}: ${result.error.message}`;
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
  }
  if (reading.isGone) return;
  // A file that is being written is broken for a moment: what it said last stays until it is whole again.
  state.found.set(uri, { label, cluster: cluster ?? before?.cluster, problem });
  if (problem !== '') tell(state, `${label}: ${problem}`);
}

/** Finds the files anew, and reads those that were not read yet. */
async function look(state: State): Promise<void> {
  state.generation += 1;
  const mine = state.generation;
  const { files, setting, found } = state;
  const places = placesOf(state);
  const wanted = setting === '' ? await findByContent(files, places) : await findNamed(files, setting, places);
  if (mine !== state.generation) return;
  const labels = fileLabels(wanted);
  for (const uri of found.keys()) if (!labels.has(uri)) found.delete(uri);
  for (const [uri, reading] of state.reading) if (!labels.has(uri)) reading.isGone = true;
  for (const [uri, label] of labels) {
    const known = found.get(uri);
    if (known === undefined) await read(state, uri, label);
    else if (known.label !== label) found.set(uri, { ...known, label, cluster: relabelled(known.cluster, label) });
    if (mine !== state.generation) return;
  }
  const problem = settingProblem(state);
  if (problem !== '') tell(state, problem);
  state.onChange();
}

function relabelled(cluster: Cluster | undefined, label: string): Cluster | undefined {
  return cluster === undefined ? undefined : { ...cluster, source: { ...cluster.source, label } };
}

function filesChanged(state: State, uris: readonly string[]): Promise<void> {
  for (const uri of uris) state.changed.add(uri);
  state.changing ??= lookUntilNoneChanged(state);
  return state.changing;
}

async function lookUntilNoneChanged(state: State): Promise<void> {
  try {
    do {
      // What came with the same event is told one by one.
      await state.pause();
      const { changed } = state;
      state.changed = new Set();
      await lookAtChanged(state, changed);
    } while (state.changed.size > 0);
  } finally {
    state.changing = undefined;
  }
}

async function lookAtChanged(state: State, uris: Iterable<string>): Promise<void> {
  const { files, found, setting } = state;
  const places = placesOf(state);
  let isToLookFor = false;
  for (const uri of uris) {
    const known = found.get(uri) ?? state.reading.get(uri);
    if (known !== undefined) {
      if ((await files.readHead(uri, 1)) === undefined) isToLookFor = true;
      else await read(state, uri, known.label);
    } else if (isSnapshotName(uri)) {
      isToLookFor ||= setting === '' ? await sniff(files, uri) : isNamed(setting, places, uri);
    }
  }
  if (isToLookFor) await look(state);
  else state.onChange();
}
