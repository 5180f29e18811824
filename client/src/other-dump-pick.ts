import { extensions, l10n, type Uri, window, workspace } from 'vscode';
import { comparedScheme } from './compared-dumps.ts';
import { fileNameOf } from './file-name.ts';
import { type PickItem, pick } from './show.ts';

/** What of Git's extension is used (vscode.git, API version 1). */
interface GitApi {
  getRepository(uri: Uri): { readonly state: { readonly HEAD?: { readonly commit?: string } } } | null;
  toGitUri(uri: Uri, ref: string): Uri;
}

/** The other dumps that are open. */
export function openDumps(than: Uri): readonly Uri[] {
  return workspace.textDocuments
    .filter(({ languageId, uri, isClosed }) => languageId === 'iptables' && !isClosed && uri.toString() !== than.toString())
    .map(({ uri }) => uri)
    .filter(({ scheme }) => scheme !== 'git' && scheme !== comparedScheme);
}

/** The file as it was committed last, and the commit; undefined without Git, or where it never was. */
export async function committedDump(uri: Uri): Promise<{ readonly uri: Uri; readonly commit: string } | undefined> {
  const git = extensions.getExtension<{ getAPI(version: 1): GitApi }>('vscode.git');
  if (git === undefined || uri.scheme !== 'file') return undefined;
  try {
    const api = (git.isActive ? git.exports : await git.activate()).getAPI(1);
    const commit = api.getRepository(uri)?.state.HEAD?.commit;
    if (commit === undefined) return undefined;
    const committed = api.toGitUri(uri, 'HEAD');
    await workspace.openTextDocument(committed);
    return { uri: committed, commit: commit.slice(0, 7) };
  } catch {
    // Git is turned off, or the file is new.
    return undefined;
  }
}

/** What a flow is compared with: the flow of another dump, or of what kube-proxy would write. */
export interface OtherDump {
  readonly uri: Uri;
  readonly expected: boolean;
}

interface OtherItem extends PickItem {
  readonly other: OtherDump | 'file';
}

/** Lets the user pick what the flow of a dump is compared with; undefined when nothing was picked. `hasExpected`: kube-proxy writes such a flow. */
export async function pickOtherDump(dump: Uri, hasExpected: boolean): Promise<OtherDump | undefined> {
  const committed = await committedDump(dump);
  const title = l10n.t('Compare Flow With');
  const items: OtherItem[] = openDumps(dump).map((uri) => ({
    icon: 'files',
    label: fileNameOf(uri),
    description: workspace.asRelativePath(uri),
    other: { uri, expected: false },
  }));
  items.push({ icon: 'file', label: l10n.t('Another File...'), other: 'file' });
  if (hasExpected)
    items.push({
      icon: 'server',
      label: l10n.t('What kube-proxy Would Write'),
      description: l10n.t('by the cluster'),
      other: { uri: dump, expected: true },
    });
  if (committed !== undefined)
    items.push({
      icon: 'git-commit',
      label: l10n.t('The Committed Version'),
      description: committed.commit,
      other: { uri: committed.uri, expected: false },
    });
  const placeHolder = l10n.t('What is the flow in {0} to be compared with?', fileNameOf(dump));
  const picked = (await pick(items, { title, placeHolder }))?.other;
  if (picked !== 'file') return picked;
  const [file] = (await window.showOpenDialog({ title, openLabel: l10n.t('Compare'), canSelectMany: false })) ?? [];
  return file === undefined ? undefined : { uri: file, expected: false };
}
