import { CancellationTokenSource, l10n, Uri, window, workspace } from 'vscode';
import { type WriteExpectationsResult, writeExpectationsRequest } from '../../../server/src/protocol/trace.ts';
import { showFailure } from '../failure.ts';
import { fileNameOf } from '../file-name.ts';
import type { ServerAccess } from '../server-access.ts';
import { showInformation } from '../show.ts';

/** Writes what comes of packets to the Services of the dump that is looked at as what must: a file beside it, which the user saves. */
export async function writeExpectations(server: ServerAccess): Promise<void> {
  const dump = window.activeTextEditor?.document;
  if (dump?.languageId !== 'iptables') {
    await showInformation(l10n.t('Open an iptables dump first: what is true of it is written.'));
    return;
  }
  const { uri } = dump;
  const cancellation = new CancellationTokenSource();
  try {
    const params = { textDocument: { uri: uri.toString() } };
    const { text, reason } = await server.askOfDump<WriteExpectationsResult>(
      writeExpectationsRequest,
      params,
      cancellation.token,
    );
    if (text === '') {
      await showInformation(reason);
      return;
    }
    const isFile = workspace.fs.isWritableFileSystem(uri.scheme) === true;
    const stem = fileNameOf(uri).replace(/\.[^.]*$/, '');
    const target = await window.showSaveDialog({
      title: l10n.t('Keep What Is True Now'),
      ...(isFile ? { defaultUri: Uri.joinPath(uri, '..', `${stem}.packets.yaml`) } : {}),
      filters: { [l10n.t('Expected packets')]: ['yaml'] },
      saveLabel: l10n.t('Save Expectations'),
    });
    if (target === undefined) return;
    await workspace.fs.writeFile(target, new TextEncoder().encode(text));
    await window.showTextDocument(target);
  } catch (error) {
    await showFailure(server, error, (why) => l10n.t('Nothing was written: {0}', why));
  } finally {
    cancellation.dispose();
  }
}
