import { commands, FileType, l10n, Uri, window, workspace } from 'vscode';
import {
  type NodeBundleParams,
  type NodeBundleResult,
  type NodeReader,
  type NodeReadersResult,
  nodeBundleRequest,
  nodeReadersRequest,
} from '../../server/src/protocol/node.ts';
import { askOfNode, pickNode } from './ask-node.ts';
import { fileNameOf, partOfFileName } from './file-name.ts';
import type { NodeDumpOrigin } from './node-dumps.ts';
import type { ServerAccess } from './server-access.ts';
import { confirm, showInformation, showWarning } from './show.ts';

/**
 * Lets the user choose a node, shows what will be run there and where, and writes what it prints to a folder of its own. Its dump is opened.
 */
export async function collectNodeBundle(server: ServerAccess): Promise<void> {
  const origin = await pickNode(server, l10n.t('Collect Node Bundle'));
  if (origin === undefined) return;
  const { context, node } = origin;
  const found = await server.ask<NodeReadersResult>(nodeReadersRequest, { node });
  const reader = found.readers.find(({ kind }) => kind === 'pod') ?? found.readers[0];
  if (reader === undefined)
    throw new Error(
      l10n.t(
        'Nothing on {0} can be asked. On the node itself the script that {1} prints does the same.',
        node,
        'iptables-inspect collect --script',
      ),
    );
  if (!(await agreedTo(origin, reader, found))) return;
  const folder = await chooseFolder(node);
  if (folder === undefined) return;
  const params: NodeBundleParams = { context, node, reader };
  const result = await askOfNode<NodeBundleResult>(server, node, l10n.t('Collecting from {0}', node), nodeBundleRequest, params);
  if (result !== undefined) await write(folder, result);
}

async function agreedTo({ node }: NodeDumpOrigin, reader: NodeReader, found: NodeReadersResult): Promise<boolean> {
  const runs = found.bundleCommands.map((command) => `    ${command}`).join('\n');
  const where = `${found.context} (${found.server})`;
  if (reader.kind === 'debug-pod')
    return confirm(
      l10n.t('Create a debug pod on {0}?', node),
      l10n.t(
        "Cluster: {0}\nA Pod is created in namespace {1} from the image {2}, in the node's network and with the capabilities NET_ADMIN and NET_RAW. It is removed as soon as it has run:\n{3}\n\nThe API is asked for kube-proxy's configuration and for the cluster's objects, without secrets.",
        where,
        reader.namespace,
        reader.image,
        runs,
      ),
      l10n.t('Create and Collect'),
    );
  const { namespace, pod, container } = reader;
  return confirm(
    l10n.t('Collect a bundle in {0} on {1}?', pod, node),
    l10n.t(
      "Cluster: {0}\nPod: {1}/{2}, container {3}\n\nThese programs are run, without a shell; they read and change nothing:\n{4}\n\nThe API is asked for kube-proxy's log and configuration and for the cluster's objects, without secrets.",
      where,
      namespace,
      pod,
      container,
      runs,
    ),
    l10n.t('Collect'),
  );
}

/** A new folder, or one that is empty, in the one that the user chooses. */
async function chooseFolder(node: string): Promise<Uri | undefined> {
  const chosen = await window.showOpenDialog({
    canSelectFiles: false,
    canSelectFolders: true,
    openLabel: l10n.t('Collect Here'),
    title: l10n.t('The folder to make the bundle of {0} in', node),
    ...(workspace.workspaceFolders?.[0] === undefined ? {} : { defaultUri: workspace.workspaceFolders[0].uri }),
  });
  const [parent] = chosen ?? [];
  if (parent === undefined) return undefined;
  for (let number = 1; ; number += 1) {
    const name = `${partOfFileName(node)}-bundle`;
    const folder = Uri.joinPath(parent, number === 1 ? name : `${name}-${number}`);
    if (!(await isTaken(folder))) return folder;
  }
}

async function isTaken(folder: Uri): Promise<boolean> {
  try {
    if ((await workspace.fs.stat(folder)).type !== FileType.Directory) return true;
    return (await workspace.fs.readDirectory(folder)).length > 0;
  } catch {
    return false;
  }
}

/** Writes the files of a bundle into a new or an empty folder, all of them or none: a part would be taken for all that a node said. */
async function writeFiles(folder: Uri, files: NodeBundleResult['files']): Promise<void> {
  try {
    await workspace.fs.createDirectory(folder);
    for (const { path, text } of files) await workspace.fs.writeFile(Uri.joinPath(folder, path), new TextEncoder().encode(text));
  } catch (error) {
    await Promise.resolve(workspace.fs.delete(folder, { recursive: true })).catch(() => undefined);
    throw error;
  }
}

async function write(folder: Uri, { files, problems }: NodeBundleResult): Promise<void> {
  await writeFiles(folder, files);
  const rules = files.find(({ path, text }) => /^ip6?tables-.*save\.txt$/.test(path) && text !== '');
  if (rules !== undefined) {
    const document = await workspace.openTextDocument(Uri.joinPath(folder, rules.path));
    await window.showTextDocument(document, { preview: false });
  }
  const diagnose = l10n.t('Diagnose');
  const said = l10n.t('{0}: {1} files.', fileNameOf(folder), files.length);
  const lacking = problems.length === 0 ? '' : ` ${l10n.t('Not collected: {0}', problems.join(' '))}`;
  const shown = problems.length === 0 ? showInformation(said, diagnose) : showWarning(`${said}${lacking}`, diagnose);
  if ((await shown) === diagnose) await commands.executeCommand('iptables.diagnose', folder);
}
