import { commands, type Disposable, l10n, type Memento } from 'vscode';
import { refreshClusterRequest } from '../../server/src/protocol/requests.ts';
import { pickContext } from './context-pick.ts';
import { showFailure } from './failure.ts';
import { collectNodeBundle } from './node-bundle-command.ts';
import { compareNodeDump, openNodeDump, refreshNodeDump } from './node-dump-commands.ts';
import type { NodeDumps } from './node-dumps.ts';
import { type ServerAccess, ServerStopped } from './server-access.ts';
import { messageOf, showError } from './show.ts';
import { saveSnapshot } from './snapshot-save.ts';

/** Registers the commands that need a live cluster. What is in their way is told to the user. */
export function registerClusterCommands(server: ServerAccess, dumps: NodeDumps, state: Memento): readonly Disposable[] {
  const register = (name: string, run: (given?: unknown) => Promise<void>): Disposable =>
    commands.registerCommand(`iptables.${name}`, async (given?: unknown) => {
      try {
        await run(given);
      } catch (error) {
        if (error instanceof ServerStopped) {
          await showFailure(server, error);
          return;
        }
        const select = l10n.t('Select Cluster');
        if ((await showError(messageOf(error), select)) === select) await pickContext(server, state);
      }
    });
  return [
    register('selectContext', () => pickContext(server, state)),
    register('refreshCluster', () => server.ask(refreshClusterRequest)),
    register('openNodeDump', () => openNodeDump(server, dumps)),
    register('refreshNodeDump', (given) => refreshNodeDump(server, dumps, given)),
    register('compareNodeDump', (given) => compareNodeDump(dumps, given)),
    register('collectNodeBundle', () => collectNodeBundle(server)),
    register('saveClusterSnapshot', () => saveSnapshot(server)),
  ];
}
