import { l10n } from 'vscode';
import {
  type NodeDumpProgressParams,
  type NodesResult,
  nodeDumpProgressNotification,
  nodesRequest,
} from '../../server/src/protocol/node.ts';
import type { NodeDumpOrigin } from './node-dumps.ts';
import type { ServerAccess } from './server-access.ts';
import { pick, showProgress } from './show.ts';

/** Lets the user choose a node of the live cluster; undefined where none was chosen. `title` says what for. */
export async function pickNode(server: ServerAccess, title: string): Promise<NodeDumpOrigin | undefined> {
  const { context, nodes } = await server.ask<NodesResult>(nodesRequest);
  const picked = await pick(
    nodes.map(({ name, addresses, kubeletVersion }) => ({
      label: name,
      description: addresses.join(', '),
      detail: kubeletVersion,
      name,
    })),
    { title, placeHolder: l10n.t('A node of {0}', context), matchOnDescription: true },
  );
  return picked === undefined ? undefined : { context, node: picked.name };
}

/** Asks the server what it has to ask a node for, and shows how that goes; undefined where the user gave it up. */
export async function askOfNode<Result>(
  server: ServerAccess,
  node: string,
  title: string,
  request: string,
  params: object,
): Promise<Result | undefined> {
  return showProgress(title, async (token, say) => {
    const progress = server.onNotification<NodeDumpProgressParams>(nodeDumpProgressNotification, (told) => {
      if (told.node === node) say(told.text);
    });
    try {
      return await server.ask<Result>(request, params, token);
    } catch (error) {
      if (token.isCancellationRequested) return undefined;
      throw error;
    } finally {
      progress.dispose();
    }
  });
}
