import type { CancellationToken } from 'vscode-languageserver';
import type { Steps } from '../base/steps.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { snapshotSteps } from '../cluster/snapshot.ts';
import { type DiagnosisClusters, type DiagnosisText, diagnoseDump, diagnoseFiles, filesOfArchive } from '../features/diagnose.ts';
import { nameInUri } from '../features/support/name-in-uri.ts';
import type { DumpState } from '../features/support/state.ts';
import { type DiagnoseResult, diagnoseRequest } from '../protocol/trace.ts';
import { folderOf, liesInBundle, readFolder } from './bundles.ts';
import { answerFor } from './params.ts';
import type { FileAccess } from './runtime.ts';
import { answering, inSlices, type Session } from './session.ts';

interface Asked {
  readonly source: string;
  readonly from: string;
  readonly to: string;
}

/** Answers what the editor asks of a node, by its bundle or a dump. */
export function registerDiagnoseRequests(session: Session): void {
  session.connection.onRequest<unknown, void>(diagnoseRequest, (message: unknown, token: CancellationToken) =>
    answerFor(message, ['source', 'from', 'to'], (asked) => answering(session, () => diagnose(session, asked, token))),
  );
}

function* readCluster(text: string, file: string): Steps<Cluster | undefined> {
  const result = yield* snapshotSteps(text, file, 0);
  return result.ok ? result.cluster : undefined;
}

function clustersOf(given: Cluster): DiagnosisClusters {
  return { given, read: readCluster };
}

function withFiles(text: DiagnosisText, files: DiagnoseResult['files']): DiagnoseResult {
  return { ...text, files };
}

async function diagnose(session: Session, asked: Asked, token: CancellationToken): Promise<DiagnoseResult> {
  const { source } = asked;
  const { files } = session.runtime;
  const dump = session.dumps.get(source);
  if (dump !== undefined) {
    await dump.current();
    const state = session.states.get(source);
    if (state === undefined)
      return { text: '', markdown: '', files: [], reason: 'This document is not open as an iptables dump.' };
    if (await liesInBundle(files, source)) return inBundle(session, files, state, asked, token);
    const name = nameInUri(source);
    return withFiles(await inSlices(session, diagnoseDump(state, asked), token), [{ name, uri: source }]);
  }
  const { cluster } = session.clusters.statusFor(source);
  if (/\.(?:tar|tgz|tar\.gz|gz)$/i.test(source)) return ofArchive(session, files, cluster, asked, token);
  return ofFolder(session, files, source.endsWith('/') ? source : `${source}/`, cluster, asked, token);
}

/** A dump's own text counts as it is in the editor, saved or not. */
async function inBundle(
  session: Session,
  files: FileAccess,
  state: DumpState,
  asked: Asked,
  token: CancellationToken,
): Promise<DiagnoseResult> {
  const name = nameInUri(state.uri);
  const text = Array.from(state.document.lines, (line) => line.text).join('\n');
  return ofFolder(session, files, folderOf(state.uri), state.cluster, asked, token, { path: name, text });
}

async function ofFolder(
  session: Session,
  files: FileAccess,
  folder: string,
  cluster: Cluster,
  asked: Asked,
  token: CancellationToken,
  open?: { readonly path: string; readonly text: string },
): Promise<DiagnoseResult> {
  const { files: read, notes } = await readFolder(files, folder);
  const current = read.map((file) => (file.path === open?.path ? open : file));
  const text = await inSlices(session, diagnoseFiles(folder, current, notes, clustersOf(cluster), asked), token);
  return withFiles(
    text,
    read.map(({ path }) => ({ name: path, uri: `${folder}${path.split('/').map(encodeURIComponent).join('/')}` })),
  );
}

async function ofArchive(
  session: Session,
  files: FileAccess,
  cluster: Cluster,
  asked: Asked,
  token: CancellationToken,
): Promise<DiagnoseResult> {
  const read = filesOfArchive(await files.readBytes(asked.source));
  if (typeof read === 'string') return { text: '', markdown: '', files: [], reason: `The archive cannot be read: ${read}.` };
  return withFiles(
    await inSlices(session, diagnoseFiles(asked.source, read.files, read.notes, clustersOf(cluster), asked), token),
    [],
  );
}
