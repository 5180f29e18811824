import { CancellationTokenSource, l10n, type Uri } from 'vscode';
import type { ServerAccess } from './server-access.ts';
import { type PickItem, pick, showInformation } from './show.ts';

interface TargetItem extends PickItem {
  readonly to: string;
}

/** Lets the user pick a Service's address of this dump. What `iptables/flow` takes as `to`; undefined when nothing was picked. */
export async function pickFlowTarget(server: ServerAccess, uri: Uri): Promise<string | undefined> {
  const cancellation = new CancellationTokenSource();
  try {
    const result = server.flowTargets({ textDocument: { uri: uri.toString() } }, cancellation.token);
    const items = result.then(({ targets }) =>
      targets.map((target): TargetItem => ({ label: target.label, description: target.description, to: target.to })),
    );
    // Shown at once and filled when the answer is there; with nothing to choose from, the reason takes its place.
    const none = new Promise<undefined>((resolve) => {
      result.then(
        ({ targets, reason }) => {
          if (targets.length > 0) return;
          void showInformation(reason);
          resolve(undefined);
          cancellation.cancel();
        },
        () => resolve(undefined),
      );
    });
    const options = {
      title: l10n.t('Show NAT Flow'),
      placeHolder: l10n.t('A Service or its address'),
      matchOnDescription: true,
      token: cancellation.token,
    };
    const picked = await Promise.race([pick(items, options), none]);
    await result;
    return picked?.to;
  } finally {
    cancellation.dispose();
  }
}
