import { commands, l10n, Uri, ViewColumn, window, workspace } from 'vscode';
import { labelText } from '../../server/src/base/safe-text.ts';
import {
  type NodeDumpParams,
  type NodeDumpResult,
  type NodeReader,
  type NodeReadersResult,
  nodeDumpRequest,
  nodeReadersRequest,
} from '../../server/src/protocol/node.ts';
import { askOfNode, pickNode } from './ask-node.ts';
import { fileNameOf } from './file-name.ts';
import { type NodeDumpOrigin, type NodeDumps, nodeDumpOrigin } from './node-dumps.ts';
import type { ServerAccess } from './server-access.ts';
import { confirm, pick, showInformation, showInStatusBar, showWarning } from './show.ts';

/** Lets the user choose a node, shows what will be run there and where, and opens what it prints. */
export async function openNodeDump(server: ServerAccess, dumps: NodeDumps): Promise<void> {
  const origin = await pickNode(server, l10n.t('Open Dump from Node'));
  if (origin !== undefined) await readAndOpen(server, dumps, origin);
}

/** Reads a node again, in the container that it was read in before. */
export async function refreshNodeDump(server: ServerAccess, dumps: NodeDumps, given: unknown): Promise<void> {
  const uri = dumpUri(given);
  const origin = uri === undefined ? undefined : nodeDumpOrigin(uri);
  if (uri === undefined || origin === undefined) {
    await showInformation(l10n.t('This is no dump that was read from a node.'));
    return;
  }
  const reader = dumps.readerOf(uri);
  // A Pod is created only when it was agreed to, each time anew.
  if (reader === undefined || reader.kind === 'debug-pod') {
    await readAndOpen(server, dumps, origin);
    return;
  }
  const result = await read(server, origin, reader);
  if (result === undefined) return;
  dumps.keep(origin, reader, result);
  await report(origin, result);
  if (result.dumps.length > 0) {
    const at = new Date(result.readAt).toLocaleTimeString();
    showInStatusBar(l10n.t('{0} was read again at {1}', origin.node, at), 5_000);
  }
}

/** Shows what changed on a node between the last two times that it was read. */
export async function compareNodeDump(dumps: NodeDumps, given: unknown): Promise<void> {
  const uri = dumpUri(given)?.with({ query: '' });
  const versions = uri === undefined ? undefined : dumps.versionsOf(uri);
  if (uri === undefined || versions === undefined) {
    await showInformation(l10n.t('There is no dump before this one: refresh it first.'));
    return;
  }
  const name = fileNameOf(uri);
  const [before, current] = [versions.beforeAt, versions.currentAt].map((at) => new Date(at).toLocaleTimeString());
  await commands.executeCommand('vscode.diff', versions.before, uri, labelText(`${name}: ${before} \u2194 ${current}`));
}

function dumpUri(given: unknown): Uri | undefined {
  return given instanceof Uri ? given : window.activeTextEditor?.document.uri;
}

async function readAndOpen(server: ServerAccess, dumps: NodeDumps, origin: NodeDumpOrigin): Promise<void> {
  const found = await server.ask<NodeReadersResult>(nodeReadersRequest, { node: origin.node });
  if (found.context !== origin.context) {
    throw new Error(l10n.t('This dump is of {0}, but the cluster is {1}.', origin.context, found.context));
  }
  const reader = await chooseReader(origin.node, found);
  if (reader === undefined || !(await agreedTo(origin, reader, found))) return;
  const result = await read(server, origin, reader);
  if (result === undefined) return;
  const uris = dumps.keep(origin, reader, result);
  await report(origin, result);
  // The first one in front, the others as tabs behind it: IPv6, and the other back end.
  for (const uri of uris.toReversed()) {
    const document = await workspace.openTextDocument(uri);
    await window.showTextDocument(document, { preview: false, viewColumn: ViewColumn.Active });
  }
}

/** kube-proxy's container where it runs; else the user chooses among what there is. */
async function chooseReader(node: string, { readers }: NodeReadersResult): Promise<NodeReader | undefined> {
  const kubeProxy = readers.find((reader) => reader.kind === 'pod' && reader.isKubeProxy);
  if (kubeProxy !== undefined) return kubeProxy;
  const picked = await pick(
    readers.map((reader) =>
      reader.kind === 'pod'
        ? {
            icon: 'package',
            label: reader.pod,
            description: l10n.t('container {0}, namespace {1}', reader.container, reader.namespace),
            detail: l10n.t("runs on the node already, in the node's network"),
            reader,
          }
        : {
            icon: 'add',
            label: l10n.t('A debug pod'),
            description: l10n.t('namespace {0}', reader.namespace),
            detail: l10n.t('created for it and removed afterwards, image {0}', reader.image),
            reader,
          },
    ),
    { title: l10n.t('Open Dump from Node'), placeHolder: l10n.t('{0} has no kube-proxy pod. Where to read its rules?', node) },
  );
  return picked?.reader;
}

/** Shows what will be run, and where; nothing is run without a yes. */
async function agreedTo({ node, context }: NodeDumpOrigin, reader: NodeReader, found: NodeReadersResult): Promise<boolean> {
  const runs = found.commands.map((command) => `    ${command}`).join('\n');
  const where = `${context} (${found.server})`;
  const [question, detail, yes] =
    reader.kind === 'pod'
      ? [
          l10n.t('Run iptables-save in {0} on {1}?', reader.pod, node),
          l10n.t(
            'Cluster: {0}\nPod: {1}/{2}, container {3}\n\nThese programs are run, without a shell; they read and change nothing:\n{4}',
            where,
            reader.namespace,
            reader.pod,
            reader.container,
            runs,
          ),
          l10n.t('Run'),
        ]
      : [
          l10n.t('Create a debug pod on {0}?', node),
          l10n.t(
            "Cluster: {0}\nA Pod is created in namespace {1} from the image {2}, in the node's network and with the capabilities NET_ADMIN and NET_RAW. It is removed as soon as it has run:\n{3}",
            where,
            reader.namespace,
            reader.image,
            runs,
          ),
          l10n.t('Create and Run'),
        ];
  return confirm(question, detail, yes);
}

/** Runs it; undefined where the user gave it up. */
async function read(
  server: ServerAccess,
  { context, node }: NodeDumpOrigin,
  reader: NodeReader,
): Promise<NodeDumpResult | undefined> {
  const params: NodeDumpParams = { context, node, reader };
  return askOfNode<NodeDumpResult>(server, node, l10n.t('Reading the rules of {0}', node), nodeDumpRequest, params);
}

/** Says what could not be read. A cut dump is never shown. */
async function report({ node }: NodeDumpOrigin, { dumps, problems }: NodeDumpResult): Promise<void> {
  if (problems.length === 0) return;
  const text = problems.join(' ');
  if (dumps.length === 0) throw new Error(l10n.t('The rules of {0} could not be read. {1}', node, text));
  // Not awaited: what was read is shown behind it.
  void showWarning(l10n.t('Not all rules of {0} could be read. {1}', node, text));
}
