import { l10n } from 'vscode';
import { type ClusterStatusParams, clusterStatusNotification } from '../../server/src/protocol/requests.ts';
import type { ServerAccess } from './server-access.ts';
import { createStatus } from './show.ts';

/** Shows beside the language, in the status bar, where the names of Services and Pods come from. */
export function showClusterStatus(server: ServerAccess): { dispose(): void } {
  const command = { title: l10n.t('Select Cluster'), command: 'iptables.selectContext' };
  const first = { text: l10n.t('Cluster'), detail: '', severity: 'ok', busy: true, command } as const;
  const status = createStatus('iptables.cluster', l10n.t('Cluster of the iptables dump'), 'iptables', first);
  const stopped = server.onDidChangeState((state) => {
    if (state.kind === 'starting') status.show(first);
    if (state.kind !== 'stopped') return;
    const restart = { title: l10n.t('Restart'), command: 'iptables.restartServer' };
    const text = l10n.t('The iptables language server is not running');
    status.show({ text, detail: state.reason, severity: 'error', busy: false, command: restart });
  });
  const changed = server.onNotification<ClusterStatusParams>(clusterStatusNotification, (params) => {
    const asOf = params.asOf === undefined ? '' : l10n.t('As of {0}.', new Date(params.asOf).toLocaleString());
    const detail = asOf === '' ? params.detail : `${params.detail} ${asOf}`;
    status.show({ text: params.label, detail, severity: params.severity, busy: params.busy === true, command });
  });
  return {
    dispose() {
      stopped.dispose();
      changed.dispose();
      status.dispose();
    },
  };
}
