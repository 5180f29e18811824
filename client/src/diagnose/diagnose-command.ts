import { commands, type Disposable, l10n, languages, Uri, window, workspace } from 'vscode';
import { type DiagnoseParams, type DiagnoseResult, diagnoseRequest } from '../../../server/src/protocol/trace.ts';
import { showFailure } from '../failure.ts';
import { fileNameOf } from '../file-name.ts';
import type { ServerAccess } from '../server-access.ts';
import { pick, showInformation, showProgress } from '../show.ts';
import { type DiagnoseQuestion, pickDiagnoseQuestion, typeDiagnoseQuestion } from './diagnose-question.ts';
import {
  askDiagnosisCommand,
  createDiagnosisDocuments,
  type DiagnosisDocuments,
  type DiagnosisSource,
} from './diagnosis-documents.ts';

/** Registers the commands that say what is wrong on a node, and the documents that they make. */
export function registerDiagnose(server: ServerAccess): Disposable {
  const documents = createDiagnosisDocuments();
  const guarded = async (run: () => Promise<void>): Promise<void> => {
    try {
      await run();
    } catch (error) {
      await showFailure(server, error, (why) => l10n.t('Nothing can be said of the node: {0}', why));
    }
  };
  const parts: readonly Disposable[] = [
    documents,
    commands.registerCommand('iptables.diagnose', (given?: unknown) => guarded(() => diagnose(server, documents, given))),
    commands.registerCommand(askDiagnosisCommand, (given?: unknown) =>
      guarded(async () => {
        const source = given instanceof Uri ? documents.sourceOf(given) : undefined;
        if (source === undefined) return;
        // The diagnosis may have taken the tab of the dump, which is closed then.
        if (source.isDump) await workspace.openTextDocument(source.uri);
        await askAndShow(server, documents, source.uri);
      }),
    ),
  ];
  return {
    dispose: () => {
      for (const part of parts) part.dispose();
    },
  };
}

/** What to diagnose: what a menu gives; else the open dump, a folder or an archive, as the user picks. */
async function chooseSource(given: unknown): Promise<Uri | undefined> {
  if (given instanceof Uri) return given;
  const editor = window.activeTextEditor;
  const dump = editor?.document.languageId === 'iptables' ? editor.document.uri : undefined;
  const title = l10n.t('Diagnose');
  const ofDump = {
    icon: 'file',
    label: l10n.t('The open dump'),
    description: dump === undefined ? '' : fileNameOf(dump),
    detail: l10n.t('with the node bundle that it lies in, if any'),
    kind: 'dump',
  } as const;
  const others = [
    { icon: 'folder', label: l10n.t('A node bundle in a folder...'), kind: 'folder' },
    { icon: 'archive', label: l10n.t('A node bundle in an archive...'), description: '.tar, .tar.gz', kind: 'archive' },
  ] as const;
  const picked = await pick<(typeof others)[number] | typeof ofDump>(dump === undefined ? others : [ofDump, ...others], {
    title,
    placeHolder: l10n.t('What was taken of the node?'),
  });
  if (picked === undefined || picked.kind === 'dump') return picked === undefined ? undefined : dump;
  const isFolder = picked.kind === 'folder';
  const defaultUri = workspace.workspaceFolders?.[0]?.uri;
  const chosen = await window.showOpenDialog({
    canSelectFiles: !isFolder,
    canSelectFolders: isFolder,
    canSelectMany: false,
    openLabel: title,
    title,
    ...(defaultUri === undefined ? {} : { defaultUri }),
    ...(isFolder ? {} : { filters: { [l10n.t('Archives')]: ['tar', 'gz', 'tgz'] } }),
  });
  return chosen?.[0];
}

async function diagnose(server: ServerAccess, documents: DiagnosisDocuments, given: unknown): Promise<void> {
  const source = await chooseSource(given);
  if (source !== undefined) await askAndShow(server, documents, source);
}

async function askAndShow(server: ServerAccess, documents: DiagnosisDocuments, uri: Uri): Promise<void> {
  const isDump = workspace.textDocuments.some((each) => each.languageId === 'iptables' && each.uri.toString() === uri.toString());
  const question = isDump ? await pickDiagnoseQuestion(server, uri) : await typeDiagnoseQuestion();
  if (question !== undefined) await show(server, documents, { uri, isDump }, question);
}

async function show(
  server: ServerAccess,
  documents: DiagnosisDocuments,
  source: DiagnosisSource,
  question: DiagnoseQuestion,
): Promise<void> {
  const params: DiagnoseParams = { source: source.uri.toString(), ...question };
  const result = await showProgress(l10n.t('Diagnosing {0}', fileNameOf(source.uri)), async (token) => {
    try {
      return await server.ask<DiagnoseResult>(diagnoseRequest, params, token);
    } catch (error) {
      if (token.isCancellationRequested) return undefined;
      throw error;
    }
  });
  if (result === undefined) return;
  if (result.text === '') {
    await showInformation(result.reason);
    return;
  }
  const opened = await workspace.openTextDocument(documents.keep(source, result));
  // Named after a dump, and none.
  const document = await languages.setTextDocumentLanguage(opened, 'plaintext');
  await window.showTextDocument(document, { preview: true });
}
