import { ConfigurationTarget, l10n, Uri, window, workspace } from 'vscode';
import { settingText } from './setting-text.ts';
import { type PickItem, pick, showInformation } from './show.ts';

const setting = 'cluster.snapshot';

/** Lets the user choose the cluster's snapshot for this workspace, by a file dialog, or leave it to be found; writes the setting. */
export async function pickClusterSnapshot(): Promise<void> {
  if (!workspace.isTrusted) {
    await showInformation(l10n.t('The setting for a snapshot is not used in Restricted Mode. Trust the workspace first.'));
    return;
  }
  const document = window.activeTextEditor?.document;
  const scope = document?.uri ?? null;
  const current = settingText(setting, scope);
  const choose: PickItem = {
    label: l10n.t('Choose a file...'),
    detail: 'kubectl get nodes,services,endpointslices,pods -A -o json',
  };
  const find: PickItem = {
    label: l10n.t('Find one by its content'),
    detail: l10n.t('in the workspace and beside the dump'),
  };
  const options = { title: l10n.t('Cluster Snapshot'), placeHolder: current === '' ? l10n.t('found by its content') : current };
  const picked = await pick([choose, find], options);
  if (picked === undefined) return;
  const path = picked === find ? '' : await chooseFile(document?.uri);
  if (path === undefined) return;
  const target = workspace.workspaceFolders === undefined ? ConfigurationTarget.Global : ConfigurationTarget.Workspace;
  await workspace.getConfiguration('iptables', scope).update(setting, path === '' ? undefined : path, target);
}

/** A path relative to the workspace folder where the file lies in one, an absolute path elsewhere. */
async function chooseFile(dump: Uri | undefined): Promise<string | undefined> {
  const beside = dump?.scheme === 'file' ? Uri.joinPath(dump, '..') : undefined;
  const files = await window.showOpenDialog({
    ...(beside === undefined ? {} : { defaultUri: beside }),
    filters: { [l10n.t('Cluster snapshot')]: ['json', 'yaml', 'yml'] },
    openLabel: l10n.t('Use as Snapshot'),
  });
  const file = files?.[0];
  return file === undefined ? undefined : workspace.asRelativePath(file, false);
}
