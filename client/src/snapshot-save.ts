import { l10n, Uri, window, workspace } from 'vscode';
import { type ClusterSnapshotResult, clusterSnapshotRequest } from '../../server/src/protocol/requests.ts';
import { partOfFileName } from './file-name.ts';
import type { ServerAccess } from './server-access.ts';
import { showInformation, showProgress, showWarning } from './show.ts';

/** Writes the live cluster's objects to a file, beside the dump to begin with, where they are found as its snapshot. */
export async function saveSnapshot(server: ServerAccess): Promise<void> {
  const snapshot = await showProgress(l10n.t("Reading the cluster's objects"), async (token) => {
    try {
      return await server.ask<ClusterSnapshotResult>(clusterSnapshotRequest, undefined, token);
    } catch (error) {
      if (token.isCancellationRequested) return undefined;
      throw error;
    }
  });
  if (snapshot === undefined) return;
  const folder = besideDump();
  const name = `cluster-${partOfFileName(snapshot.context)}.json`;
  const target = await window.showSaveDialog({
    title: l10n.t('Save Cluster Snapshot'),
    ...(folder === undefined ? {} : { defaultUri: Uri.joinPath(folder, name) }),
    filters: { [l10n.t('Cluster snapshot')]: ['json'] },
    saveLabel: l10n.t('Save Snapshot'),
  });
  if (target === undefined) return;
  await workspace.fs.writeFile(target, new TextEncoder().encode(snapshot.text));
  const open = l10n.t('Open');
  const saved = l10n.t('Saved without secrets: {0}.', snapshot.summary);
  const shown =
    snapshot.problems.length === 0 ? showInformation(saved, open) : showWarning(`${saved} ${snapshot.problems.join(' ')}`, open);
  if ((await shown) === open) await window.showTextDocument(target);
}

function besideDump(): Uri | undefined {
  const dump = window.activeTextEditor?.document;
  const isFile = dump?.languageId === 'iptables' && workspace.fs.isWritableFileSystem(dump.uri.scheme) === true;
  return isFile ? Uri.joinPath(dump.uri, '..') : workspace.workspaceFolders?.[0]?.uri;
}
