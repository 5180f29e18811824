import { l10n } from 'vscode';
import { CloseAction, ErrorAction, type ErrorHandler } from 'vscode-languageclient';

/** So many ends of the server within the span are a fault that another start does not mend. */
const mostCrashes = 5;
const span = 3 * 60 * 1_000;
/** So many messages that cannot be read or written in a row are let pass. */
const mostErrors = 3;

/**
 * Starts a server again that ended by itself, but not for ever: `gaveUp` is told why not, once, as a sentence for the user. `now` is in
 * milliseconds.
 */
export function createCrashHandler(gaveUp: (reason: string) => void, now: () => number = Date.now): ErrorHandler {
  let crashes: readonly number[] = [];
  return {
    error: (_error, _message, count) => ({
      action: (count ?? 0) <= mostErrors ? ErrorAction.Continue : ErrorAction.Shutdown,
      handled: true,
    }),
    closed: () => {
      const at = now();
      crashes = [...crashes.filter((crash) => at - crash < span), at];
      if (crashes.length < mostCrashes) return { action: CloseAction.Restart, handled: true };
      gaveUp(
        l10n.t(
          'The iptables language server ended {0} times within three minutes and is not started again by itself.',
          crashes.length,
        ),
      );
      return { action: CloseAction.DoNotRestart, handled: true };
    },
  };
}
