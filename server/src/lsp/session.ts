import {
  type CancellationToken,
  CodeLensRefreshRequest,
  type Connection,
  type Diagnostic,
  DiagnosticRefreshRequest,
  ErrorCodes,
  LSPErrorCodes,
  MessageType,
  ResponseError,
  ShowMessageNotification,
} from 'vscode-languageserver';
import { notificationText } from '../base/safe-text.ts';
import { Cancelled, runBehind, runInSlices } from '../base/scheduler.ts';
import type { Steps } from '../base/steps.ts';
import type { DumpState } from '../features/support/state.ts';
import { clusterOfDump, clusterOfDumpSteps, knownCluster } from '../kube/drift/other-cluster.ts';
import type { Resolution } from '../kube/identity/chain-identity.ts';
import { resolveChains } from '../kube/identity/resolve.ts';
import type { DumpOrigin } from '../kube/proxy/dump-node.ts';
import { prepareQuestions } from '../kube/question/prepare.ts';
import {
  type ClusterStatusParams,
  clusterStatusNotification,
  type InitializationOptions,
  type RulesetChangedParams,
  rulesetChangedNotification,
  type Settings,
} from '../protocol/requests.ts';
import { type AwaitedTexts, createAwaitedTexts } from './awaited-texts.ts';
import { factsBeside } from './bundles.ts';
import { abilitiesOf, type ClientAbilities } from './client-capabilities.ts';
import { createSnapshotPlaces, type SnapshotPlaces } from './clusters/snapshot-places.ts';
import { type Clusters, createClusters } from './clusters/sources.ts';
import type { DumpPart } from './dump-part.ts';
import { tryFirstEdit } from './first-edit.ts';
import { createKeptDiagnostics, type KeptDiagnostics } from './kept-diagnostics.ts';
import type { OpenDump, ReadDump } from './open-documents.ts';
import { placesInText } from './places-in-text.ts';
import { createDiagnosticsPublisher, type DiagnosticsPublisher, isOldVersion } from './publish-diagnostics.ts';
import { createPullStore, type PullStore } from './pull-store.ts';
import type { Runtime } from './runtime.ts';
import { readInitializationOptions, readSettings } from './settings.ts';
import { createSnapshotImplementations, type SnapshotImplementations } from './snapshot-implementations.ts';

/** All that a server knows between two messages. The functions beside it, and they alone, change it. */
export interface Session {
  readonly connection: Connection;
  readonly runtime: Runtime;
  readonly dumps: Map<string, OpenDump>;
  /** The state of the version that was read last, by the document's URI; made again when the cluster behind it changes. */
  readonly states: Map<string, DumpState>;
  /** What was answered of dumps that are being read for the first time, by URI. */
  readonly parts: Map<string, DumpPart>;
  /** What lies beside dumps that are in a bundle says of their node, by the dump's URI. */
  readonly facts: Map<string, NonNullable<DumpOrigin['facts']>>;
  /** Documents whose text the client was asked for. */
  readonly awaited: AwaitedTexts;
  /** What was found in large documents when they were opened before. */
  readonly keptDiagnostics: KeptDiagnostics;
  readonly clusters: Clusters;
  readonly places: SnapshotPlaces;
  readonly implementations: SnapshotImplementations;
  readonly diagnostics: DiagnosticsPublisher;
  /** What is found, until the client asks for it. */
  readonly pulled: PullStore;
  /** Whether the client asks for diagnostics, and is sent none. */
  isPulled: boolean;
  settings: Settings;
  /** Settles when the client's settings are known. */
  settingsRead: Promise<void>;
  options: InitializationOptions;
  /** URIs of the workspace's folders. */
  folders: readonly string[];
  client: ClientAbilities;
}

/** A session in which nothing is open yet. */
export function createSession(connection: Connection, runtime: Runtime): Session {
  const session: Session = {
    connection,
    runtime,
    dumps: new Map(),
    states: new Map(),
    parts: new Map(),
    facts: new Map(),
    awaited: createAwaitedTexts(),
    keptDiagnostics: createKeptDiagnostics(runtime.kept, () => session.settings),
    clusters: createClusters(
      runtime,
      () => clusterChanged(session),
      (message) => warnOfSnapshot(connection, message),
    ),
    places: createSnapshotPlaces(runtime.files, runtime.pause),
    implementations: createSnapshotImplementations(connection),
    diagnostics: createDiagnosticsPublisher(
      runtime,
      () => session.settings,
      (state) => session.dumps.get(state.uri)?.version === state.version,
      (uri, version, found) => giveDiagnostics(session, uri, version, found),
      (state, found) => {
        const { uri, version } = state;
        void keepDiagnostics(session, uri, version, placesInText(session, uri, found));
        runtime.afterOpening?.();
        void prepareEdit(session, state);
      },
      (state, error) => logError(connection, `lint of ${state.uri}: ${describeError(error)}`),
    ),
    pulled: createPullStore(),
    isPulled: false,
    settings: readSettings(undefined),
    settingsRead: Promise.resolve(),
    options: readInitializationOptions(undefined),
    folders: [],
    client: abilitiesOf({}),
  };
  return session;
}

/** Keeps what was found in a version of a document that was opened. What goes wrong stands in the log. */
async function keepDiagnostics(session: Session, uri: string, version: number, found: Diagnostic[]): Promise<void> {
  const { connection, runtime, keptDiagnostics } = session;
  try {
    await runBehind(keptDiagnostics.keep(uri, version, found), runtime.pause, () => false);
  } catch (error) {
    logError(connection, `diagnostics of ${uri}: ${describeError(error)}`);
  }
}

/** Sends what was found in a version of a document, or keeps it for a client that asks; without a version the document was closed. */
async function giveDiagnostics(session: Session, uri: string, version: number | undefined, found: Diagnostic[]): Promise<void> {
  const { connection, pulled, client, isPulled } = session;
  const shown = placesInText(session, uri, found);
  if (!isPulled) {
    await connection.sendDiagnostics({ uri, ...(version === undefined ? {} : { version }), diagnostics: shown });
    return;
  }
  if (version === undefined) pulled.forget(uri);
  else if (pulled.take(uri, shown) && client.canRefreshDiagnostics) void connection.sendRequest(DiagnosticRefreshRequest.type);
}

/** Looks for what is wrong with a state; settles when all of it is found. */
export function lookForDiagnostics({ diagnostics, pulled, isPulled }: Session, state: DumpState): Promise<void> {
  const done = diagnostics.publish(state);
  if (isPulled) pulled.begin(state.uri, state.version, done);
  return done;
}

/** Has the first edit of a dump that was opened take no longer than those behind it. */
async function prepareEdit({ connection, runtime, dumps }: Session, state: DumpState): Promise<void> {
  const isOutdated = (): boolean => dumps.get(state.uri)?.version !== state.version;
  try {
    await runBehind(tryFirstEdit(state), runtime.pause, isOutdated);
  } catch (error) {
    if (!(error instanceof Cancelled)) logError(connection, `first edit of ${state.uri}: ${describeError(error)}`);
  }
}

/** Looks up what questions about packets need, once all else is found, so that the first of them is answered as soon as later ones. */
async function prepareAnswers({ connection, runtime, states }: Session, state: DumpState): Promise<void> {
  const isOutdated = (): boolean => states.get(state.uri) !== state;
  if (isOldVersion(state.uri) || isOutdated()) return;
  try {
    await runBehind(prepareQuestions(state.resolution()), runtime.pause, isOutdated);
  } catch (error) {
    if (!(error instanceof Cancelled)) logError(connection, `questions of ${state.uri}: ${describeError(error)}`);
  }
}

function warnOfSnapshot(connection: Connection, message: string): void {
  connection.console.warn(message);
  // Not the request of that name, which a client need not know.
  void connection.sendNotification(ShowMessageNotification.type, {
    type: MessageType.Warning,
    message: notificationText(`Cluster snapshot ${message}`),
  });
}

/** Reads the client's settings, and has the clusters follow them. What goes wrong stands in the log: nobody waits for it, and all else goes on. */
export async function configure(session: Session): Promise<void> {
  try {
    await readConfiguration(session);
  } catch (error) {
    logError(session.connection, `settings: ${describeError(error)}`);
  }
}

async function readConfiguration(session: Session): Promise<void> {
  const { clusters, diagnostics, states } = session;
  const { severities } = session.settings;
  session.settingsRead = askForSettings(session);
  await session.settingsRead;
  // What was opened before the client answered is shown as findings are on their own.
  if (JSON.stringify([...severities]) !== JSON.stringify([...session.settings.severities]))
    for (const state of states.values()) void diagnostics.publish(state);
  await clusters.configure(session.folders, session.settings, session.options);
}

async function askForSettings(session: Session): Promise<void> {
  const { client, connection } = session;
  if (client.canAskConfiguration) session.settings = readSettings(await connection.workspace.getConfiguration('iptables'));
}

function makeState({ clusters, facts }: Session, uri: string, { version, document, ruleset }: ReadDump): DumpState {
  const { cluster } = clusters.statusFor(uri);
  let resolution: Resolution | undefined;
  return {
    uri,
    version,
    document,
    ruleset,
    cluster,
    podDetails: clusters.podDetails,
    resolution: () => {
      resolution ??= resolveChains(ruleset, clusterOfDump(ruleset, cluster), originOf(facts.get(uri), uri));
      return resolution;
    },
  };
}

function originOf(facts: DumpOrigin['facts'], fileName: string): DumpOrigin {
  if (facts === undefined) return { fileName };
  const node = facts.meta?.node ?? '';
  return node === '' ? { fileName, facts } : { fileName, facts, node };
}

/** Looks for snapshots beside a dump. What goes wrong stands in the log. */
export async function lookBeside({ connection, clusters }: Session, uri: string): Promise<void> {
  try {
    await clusters.addDump(uri);
  } catch (error) {
    logError(connection, `snapshots beside ${uri}: ${describeError(error)}`);
  }
}

/** Looks for what a bundle says of a dump's node, and shows the dump anew with it. */
export async function readFactsBeside(session: Session, uri: string): Promise<void> {
  const { connection, runtime, facts, dumps, states } = session;
  const opened = dumps.get(uri);
  // A dump that is closed and opened again reads for itself, and may be done sooner.
  const isOver = (): boolean => dumps.get(uri) !== opened;
  try {
    const found = await factsBeside(runtime.files, uri);
    if (found === undefined || isOver()) return;
    const read = await runInSlices(found, runtime.pause, isOver);
    if (isOver()) return;
    facts.set(uri, read);
    const state = states.get(uri);
    if (state !== undefined) showState(session, uri, state);
  } catch (error) {
    if (!(error instanceof Cancelled)) logError(connection, `the bundle of ${uri}: ${describeError(error)}`);
  }
}

/** Has the client ask from the snapshot files behind the dumps, too. */
function offerSnapshots({ client, clusters, implementations, states }: Session): void {
  if (!client.canRegisterImplementations) return;
  const files = [...states.keys()].flatMap((uri) => clusters.statusFor(uri).file ?? []);
  implementations.offer(new Set(files));
}

/** Takes a version of a dump that was read, tells the client and looks for what is wrong with it. */
export function showState(session: Session, uri: string, read: ReadDump): void {
  const state = makeState(session, uri, read);
  const isNew = !session.states.has(uri);
  session.states.set(uri, state);
  if (isNew) offerSnapshots(session);
  const params: RulesetChangedParams = { uri, version: state.version };
  void session.connection.sendNotification(rulesetChangedNotification, params);
  if (isNew) askAgain(session, uri);
  void lookForDiagnostics(session, state).then(() => prepareAnswers(session, state));
}

/** Has the client ask again for what was answered from some lines of a dump that is read now. */
function askAgain({ connection, parts }: Session, uri: string): void {
  const told = parts.get(uri)?.told;
  parts.delete(uri);
  if (told?.has('hints') === true) void connection.languages.inlayHint.refresh();
  if (told?.has('lenses') === true) void connection.sendRequest(CodeLensRefreshRequest.type);
}

function clusterChanged(session: Session): void {
  const { connection, clusters, dumps, states, client, folders } = session;
  let hasNewNames = false;
  // Of a dump that is being read, too: what was said when it was opened may not be so any more.
  for (const uri of dumps.keys()) {
    const { cluster, status } = clusters.statusFor(uri);
    sendClusterStatus(session, status);
    const old = states.get(uri);
    if (old === undefined || cluster === old.cluster) continue;
    hasNewNames = true;
    showState(session, uri, old);
  }
  offerSnapshots(session);
  if (hasNewNames && client.canRefreshHints) void connection.languages.inlayHint.refresh();
  if (hasNewNames && client.canRefreshLenses) void connection.sendRequest(CodeLensRefreshRequest.type);
  if (dumps.size === 0 && folders.length > 0) sendClusterStatus(session, clusters.statusFor(folders[0] ?? '').status);
}

/** Tells the client where names come from. */
export function sendClusterStatus({ connection }: Session, status: ClusterStatusParams): void {
  void connection.sendNotification(clusterStatusNotification, status);
}

/** Runs a feature on the newest state of a document; an unknown document gets the empty answer, and an error becomes the protocol's. */
export async function withState<T>(
  session: Session,
  uri: string,
  token: CancellationToken,
  empty: T,
  feature: (state: DumpState) => T | Steps<T>,
): Promise<T | ResponseError<void>> {
  const text = session.awaited.until(uri);
  if (text !== undefined) await text;
  const dump = session.dumps.get(uri);
  if (dump === undefined) return empty;
  return answering(session, async () => {
    await dump.current();
    const state = session.states.get(uri);
    if (token.isCancellationRequested) throw new Cancelled();
    if (state === undefined) return empty;
    // Whether the cluster at hand is the dump's takes long to tell of a large one, and nearly every feature asks.
    if (knownCluster(state.ruleset, state.cluster) === undefined)
      await inSlices(session, clusterOfDumpSteps(state.ruleset, state.cluster), token);
    const result = feature(state);
    return isSteps(result) ? inSlices(session, result, token) : result;
  });
}

/** Runs steps to their end, giving way every few milliseconds. @throws Cancelled */
export function inSlices<T>({ runtime }: Session, steps: Steps<T>, token: CancellationToken): Promise<T> {
  return runInSlices(steps, runtime.pause, () => token.isCancellationRequested);
}

/** An answer, or the protocol's error for what was thrown. */
export async function answering<T>({ connection }: Session, answer: () => Promise<T>): Promise<T | ResponseError<void>> {
  try {
    return await answer();
  } catch (error) {
    if (error instanceof Cancelled) return new ResponseError(LSPErrorCodes.RequestCancelled, 'cancelled');
    logError(connection, describeError(error));
    return new ResponseError(ErrorCodes.InternalError, describeError(error));
  }
}

function isSteps<T>(value: T | Steps<T>): value is Steps<T> {
  return typeof value === 'object' && value !== null && 'next' in value && typeof value.next === 'function';
}

/** Says in the client's log what went wrong. Of work that ends after its connection nobody is told. */
export function logError(connection: Connection, text: string): void {
  try {
    connection.console.error(text);
  } catch {
    // The connection is closed.
  }
}

/** An error with its stack, for the log. */
export function describeError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
