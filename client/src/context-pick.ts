import { commands, l10n, type Memento, workspace } from 'vscode';
import {
  type ContextsResult,
  contextsRequest,
  refreshClusterRequest,
  type SelectContextParams,
  selectContextRequest,
} from '../../server/src/protocol/requests.ts';
import { pickClusterSnapshot } from './cluster-snapshot-pick.ts';
import { keepContext, pickedContext } from './context-choice.ts';
import type { ServerAccess } from './server-access.ts';
import { settingText } from './setting-text.ts';
import { type PickItem, pick, showInformation } from './show.ts';

interface Choice extends PickItem {
  readonly run?: () => Promise<void>;
}

/** Lets the user choose where this workspace's names come from: a context's live cluster, a snapshot, or neither. */
export async function pickContext(server: ServerAccess, state: Memento): Promise<void> {
  if (!workspace.isTrusted) {
    await offerTrust();
    return;
  }
  const known = server.ask<ContextsResult>(contextsRequest);
  const options = {
    title: l10n.t('Cluster of This Workspace'),
    placeHolder: l10n.t('A context of the kubeconfig, or a snapshot'),
    matchOnDescription: true,
  };
  const picked = await pick<Choice>(
    known.then((contexts) => choices(server, state, contexts)),
    options,
  );
  await picked?.run?.();
}

/** Says that Restricted Mode is in the way, and leads out of it. */
export async function offerTrust(): Promise<void> {
  const manage = l10n.t('Manage Workspace Trust');
  const text = l10n.t('In Restricted Mode no cluster is contacted and no credential program is run. Trust the workspace first.');
  if ((await showInformation(text, manage)) === manage) await commands.executeCommand('workbench.trust.manage');
}

function choices(
  server: ServerAccess,
  state: Memento,
  { contexts, origin, problem, selected }: ContextsResult,
): readonly Choice[] {
  const select = async (context: string | null): Promise<void> => {
    const params: SelectContextParams = { context };
    await server.ask(selectContextRequest, params);
    await keepContext(state, context);
  };
  const setting = settingText('cluster.context');
  const isPicked = pickedContext(state).context !== undefined;
  const items: Choice[] = [];
  if (problem !== '') {
    items.push({ icon: 'warning', label: l10n.t('No contexts'), detail: problem, alwaysShow: true });
  } else {
    items.push({ isSeparator: true, label: l10n.t('Contexts of {0}', origin) });
    for (const context of contexts) {
      const details = [
        context.current ? l10n.t('current context of kubectl') : '',
        context.program === '' ? '' : l10n.t('runs {0} for credentials', context.program),
      ].filter((text) => text !== '');
      items.push({
        icon: context.name === selected ? 'check' : 'server-environment',
        label: context.name,
        description: context.server,
        ...(details.length === 0 ? {} : { detail: details.join(', ') }),
        run: () => select(context.name),
      });
    }
  }
  items.push({ isSeparator: true, label: l10n.t('Without a live cluster') });
  items.push({
    icon: selected === '' ? 'check' : 'circle-slash',
    label: l10n.t('No live cluster'),
    description: l10n.t("names come from a snapshot and the dump's comments"),
    run: () => select(''),
  });
  if (isPicked) {
    items.push({
      icon: 'settings-gear',
      label: l10n.t('As the settings say'),
      description: setting === '' ? l10n.t('no live cluster') : setting,
      run: () => select(null),
    });
  }
  items.push({ icon: 'file', label: l10n.t('Snapshot file...'), run: pickClusterSnapshot });
  if (selected !== '') {
    items.push({
      icon: 'refresh',
      label: l10n.t('Connect again'),
      description: l10n.t('reads the credentials anew'),
      run: async () => {
        await server.ask(refreshClusterRequest);
      },
    });
  }
  return items;
}
