import { DiagnosticSeverity } from 'vscode-languageserver';
import { Cancelled, letOthersGoFirst, runFirst } from '../base/scheduler.ts';
import {
  didOpenFileNotification,
  readingFileNotification,
  readingTextNotification,
  type SendTextParams,
  sendTextNotification,
} from '../protocol/open-file.ts';
import { afterChanges, sizeOf } from '../syntax/text-bounds.ts';
import type { KeptDiagnostics } from './kept-diagnostics.ts';
import { onNotified } from './notifications.ts';
import { openDump } from './open-documents.ts';
import type { Params } from './params.ts';
import { isOldVersion } from './publish-diagnostics.ts';
import { describeError, logError, lookBeside, readFactsBeside, type Session, sendClusterStatus, showState } from './session.ts';

/** Follows what the client says of its documents. A message that is not as the protocol has it changes nothing, and stands in the log. */
export function registerDocuments(session: Session): void {
  const { awaited } = session;
  const refused = new Set<string>();
  /** How many lines each document has that is open. */
  const lines = new Map<string, number>();
  const giveUp = (document: Pick<Params['openedDocument'], 'uri' | 'version'>, why: string): void => {
    forget(session, document.uri);
    lines.delete(document.uri);
    refused.add(document.uri);
    refuse(session, document, why);
  };
  onNotified(session, 'textDocument/didOpen', ['openedDocument'], ({ openedDocument }) => {
    const { uri, text, version } = openedDocument;
    awaited.come(uri, version);
    refused.delete(uri);
    const size = sizeOf(text);
    if (size.beyond !== undefined) return giveUp(openedDocument, size.beyond);
    lines.set(uri, size.lines);
    open(session, openedDocument, size.lines);
  });
  // The file has another text, or what comes in is not read by our own reader.
  onNotified(session, didOpenFileNotification, ['openedFile'], ({ openedFile: { uri } }) => {
    if (session.dumps.has(uri)) forget(session, uri);
    lines.delete(uri);
    refused.delete(uri);
    awaited.ask(uri);
    const params: SendTextParams = { textDocument: { uri } };
    void session.connection.sendNotification(sendTextNotification, params);
  });
  onNotified(session, readingFileNotification, ['openedFile'], ({ openedFile }) => {
    const { uri, version, bytes, sha256 } = openedFile;
    void showFoundEarly(session, { uri, version, bytes }, (kept) => kept.openByDigest(uri, version, sha256));
  });
  onNotified(session, readingTextNotification, ['openedBytes'], ({ openedBytes }) => {
    const { uri, version, bytesSha256 } = openedBytes;
    void showFoundEarly(session, openedBytes, (kept) => kept.openByBytes(uri, version, bytesSha256));
  });
  onNotified(session, 'textDocument/didChange', ['changedDocument', 'contentChanges'], ({ changedDocument, contentChanges }) => {
    const { uri, version } = changedDocument;
    const dump = session.dumps.get(uri);
    if (dump === undefined || awaited.isIn(uri, version)) return;
    const after = afterChanges(lines.get(uri) ?? 1, contentChanges);
    if (after.beyond !== undefined) return giveUp(changedDocument, after.beyond);
    lines.set(uri, after.lines);
    dump.change(contentChanges, version);
  });
  onNotified(session, 'textDocument/didClose', ['textDocument'], ({ textDocument: { uri } }) => {
    forget(session, uri);
    awaited.close(uri);
    lines.delete(uri);
    if (refused.delete(uri)) void session.connection.sendDiagnostics({ uri, diagnostics: [] });
  });
}

function forget({ dumps, states, parts, facts, keptDiagnostics, diagnostics }: Session, uri: string): void {
  dumps.get(uri)?.close();
  dumps.delete(uri);
  states.delete(uri);
  parts.delete(uri);
  facts.delete(uri);
  keptDiagnostics.close(uri);
  diagnostics.close(uri);
}

/** Says in a document why it is not read, also to a client that asks for diagnostics: there is no document to ask for them. */
function refuse({ connection }: Session, { uri, version }: Pick<Params['openedDocument'], 'uri' | 'version'>, why: string): void {
  const start = { line: 0, character: 0 };
  const diagnostic = {
    range: { start, end: start },
    severity: DiagnosticSeverity.Error,
    source: 'iptables',
    message: `This text ${why}: it is not read. Once it has fewer, open it again.`,
  };
  void connection.sendDiagnostics({ uri, version, diagnostics: [diagnostic] });
}

function open(session: Session, document: Params['openedDocument'], lines: number): void {
  const { dumps, clusters, connection, runtime, keptDiagnostics } = session;
  const { uri } = document;
  dumps.get(uri)?.close();
  let before: Promise<unknown> = Promise.resolve();
  const dump = openDump(
    { ...document, lines },
    async () => {
      await before;
      await runtime.pause();
    },
    (read) => {
      if (dumps.get(uri) === dump) showState(session, uri, read);
    },
    (error) => logError(connection, `reading ${uri}: ${describeError(error)}`),
  );
  dumps.set(uri, dump);
  // A client may open a document once more without closing it: what is found now is not of the text of before.
  const isShown = keptDiagnostics.isOpen(uri, document.version, document.text);
  if (!isShown) keptDiagnostics.close(uri);
  // What was found before is on the screen sooner where nothing is read meanwhile.
  if (!isShown) before = Promise.race([showFoundBefore(session, document), afterLongest()]);
  void lookBeside(session, uri);
  void readFactsBeside(session, uri);
  sendClusterStatus(session, clusters.statusFor(uri).status);
}

const longestMilliseconds = 100;

/** A client may never say its settings, which what was found depends on. */
function afterLongest(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, longestMilliseconds));
}

/** Shows what was found when the same text was opened before, until it is read. Who asks for diagnostics waits for those that are found now. */
async function showFoundBefore(session: Session, { uri, version, text }: Params['openedDocument']): Promise<void> {
  const { connection, runtime, keptDiagnostics, dumps, isPulled } = session;
  if (isPulled || isOldVersion(uri) || !keptDiagnostics.mayKeep(text.length)) return;
  const opened = dumps.get(uri);
  const isOver = (): boolean => dumps.get(uri) !== opened;
  // To tell one text from all others takes longer than a screenful of it, which an editor may ask for with it.
  if (!keptDiagnostics.isQuick(text)) await letOthersGoFirst(runtime.pause);
  if (isOver()) return;
  try {
    await runFirst(keptDiagnostics.open(uri, version, text), runtime.pause, isOver);
    if (!keptDiagnostics.isKept(uri, version)) return;
  } catch (error) {
    if (!(error instanceof Cancelled)) logError(connection, `diagnostics of ${uri}: ${describeError(error)}`);
    return;
  }
  await sendKept(session, uri, version, () => dumps.get(uri)?.version === version);
}

/** Sends what was found before in a version of a document, where it is still that one and not read meanwhile. */
async function sendKept(session: Session, uri: string, version: number, isStill: () => boolean): Promise<void> {
  const { connection, keptDiagnostics, states } = session;
  // Where the client does not answer, those of before hold.
  await session.settingsRead.catch(() => undefined);
  if (!isStill() || states.has(uri)) return;
  const diagnostics = keptDiagnostics.foundBefore(uri, version);
  if (diagnostics !== undefined) await connection.sendDiagnostics({ uri, version, diagnostics });
}

/**
 * Shows what was found when a text was opened before whose digest is there sooner than the text: its file is being read, or its bytes are being decoded.
 * @param open has what was found looked up
 */
async function showFoundEarly(
  session: Session,
  { uri, version, bytes }: Pick<Params['openedBytes'], 'uri' | 'version' | 'bytes'>,
  open: (kept: KeptDiagnostics) => void,
): Promise<void> {
  const { dumps, keptDiagnostics, isPulled } = session;
  // Nobody closed it, and what is known of it is of another text.
  if (dumps.has(uri) || isPulled || isOldVersion(uri) || !keptDiagnostics.mayKeep(bytes)) return;
  open(keptDiagnostics);
  await sendKept(session, uri, version, () => keptDiagnostics.isKept(uri, version));
}
