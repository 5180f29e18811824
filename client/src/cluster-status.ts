import { type Disposable, LanguageStatusSeverity, l10n, languages } from 'vscode';
import { type ClusterStatusParams, clusterStatusNotification } from '../../server/src/protocol.ts';
import type { ServerAccess } from './server-access.ts';

const severities = {
  ok: LanguageStatusSeverity.Information,
  warning: LanguageStatusSeverity.Warning,
  error: LanguageStatusSeverity.Error,
} as const;

/** Shows beside the language, in the status bar, where the names of Services and Pods come from. */
export function showClusterStatus(server: ServerAccess): { dispose(): void } {
  const item = languages.createLanguageStatusItem('iptables.cluster', { language: 'iptables' });
  item.name = l10n.t('Cluster of the iptables dump');
  item.text = l10n.t('Cluster');
  item.busy = true;
  const select = { title: l10n.t('Select Cluster'), command: 'iptables.selectContext' };
  item.command = select;
  const stopped = server.onDidStop(() => {
    item.busy = false;
    item.text = l10n.t('The iptables language server is not running');
    item.detail = '';
    item.severity = LanguageStatusSeverity.Error;
    item.command = { title: l10n.t('Restart'), command: 'iptables.restartServer' };
  });
  const subscription: Disposable = server.onNotification<ClusterStatusParams>(clusterStatusNotification, (status) => {
    item.command = select;
    item.busy = status.busy === true;
    item.text = status.label;
    item.detail =
      status.asOf === undefined
        ? status.detail
        : `${status.detail} ${l10n.t('As of {0}.', new Date(status.asOf).toLocaleString())}`;
    item.severity = severities[status.severity];
  });
  return {
    dispose() {
      stopped.dispose();
      subscription.dispose();
      item.dispose();
    },
  };
}
