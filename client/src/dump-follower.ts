import { commands, type Disposable, type Uri, window } from 'vscode';
import { type RulesetChangedParams, rulesetChangedNotification } from '../../server/src/protocol/requests.ts';
import type { ServerAccess } from './server-access.ts';
import { isUsersDocument } from './users-document.ts';

/** The views are there once a dump was looked at. */
const contextKey = 'iptables.hasDump';

/** What follows the dump that the user looks at. */
export interface FollowsDump {
  /** A dump is looked at; undefined where the active editor is none, and then the one before stays. */
  look(dump: Uri | undefined): void;
  /** A dump, or its cluster, has changed. */
  changed(uri: string): void;
}

/** Tells a view which dump is looked at, from now on. */
export function followDump(server: ServerAccess, view: FollowsDump): Disposable {
  const look = (): void => {
    const document = window.activeTextEditor?.document;
    const dump = document?.languageId === 'iptables' && isUsersDocument(document.uri) ? document.uri : undefined;
    if (dump !== undefined) void commands.executeCommand('setContext', contextKey, true);
    view.look(dump);
  };
  const disposables = [
    window.onDidChangeActiveTextEditor(look),
    server.onNotification<RulesetChangedParams>(rulesetChangedNotification, ({ uri }) => {
      look();
      view.changed(uri);
    }),
  ];
  look();
  return {
    dispose: () => {
      for (const disposable of disposables) disposable.dispose();
    },
  };
}
