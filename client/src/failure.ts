import { l10n } from 'vscode';
import { type ServerAccess, ServerStopped } from './server-access.ts';
import { messageOf, showError } from './show.ts';

/** Says why something could not be done; `text` makes a sentence of the reason. Where the server is down, it can be restarted from there. */
export async function showFailure(
  server: ServerAccess,
  error: unknown,
  text = (reason: string): string => reason,
): Promise<void> {
  const message = text(messageOf(error));
  if (!(error instanceof ServerStopped)) {
    await showError(message);
    return;
  }
  const restart = l10n.t('Restart');
  if ((await showError(message, restart)) === restart) await server.restart();
}
