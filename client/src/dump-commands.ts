import { commands, type Disposable, type ExtensionContext, env, l10n, Uri, window, workspace } from 'vscode';
import { looksLikeDump } from '../../server/src/base/recognize-dump.ts';
import { showInformation } from './show.ts';

/** Registers the ways to a dump that need neither a file nor a cluster. */
export function registerDumpCommands({ extensionUri, globalStorageUri }: ExtensionContext): readonly Disposable[] {
  return [
    commands.registerCommand('iptables.pasteDump', pasteDump),
    commands.registerCommand('iptables.openSample', () => openSample(extensionUri, globalStorageUri)),
  ];
}

/** Opens what is on the clipboard as an untitled dump. */
async function pasteDump(): Promise<void> {
  const content = await env.clipboard.readText();
  if (content.trim() === '') {
    await showInformation(l10n.t('The clipboard holds no text. Copy what iptables-save prints first.'));
    return;
  }
  if (!looksLikeDump(content)) {
    const open = l10n.t('Open Anyway');
    const answer = await showInformation(l10n.t('The clipboard does not begin like iptables rules.'), open);
    if (answer !== open) return;
  }
  await window.showTextDocument(await workspace.openTextDocument({ language: 'iptables', content }));
}

/** Opens a copy of the sample, so that nobody edits the extension; its cluster lies beside it. */
async function openSample(extensionUri: Uri, storage: Uri): Promise<void> {
  const folder = Uri.joinPath(storage, 'sample');
  const dump = Uri.joinPath(folder, 'worker-1.iptables');
  await workspace.fs.createDirectory(folder);
  for (const name of ['cluster.json', 'worker-1.iptables']) {
    const from = Uri.joinPath(extensionUri, 'dist/sample', name);
    const isOpen = workspace.textDocuments.some(({ uri, isDirty }) => isDirty && uri.toString() === dump.toString());
    if (!isOpen) await workspace.fs.writeFile(Uri.joinPath(folder, name), await workspace.fs.readFile(from));
  }
  await window.showTextDocument(dump, { preview: false });
}
