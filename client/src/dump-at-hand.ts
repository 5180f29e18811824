import { type Disposable, type TextEditor, type Uri, window, workspace } from 'vscode';
import { isUsersDocument } from './users-document.ts';

/** The dump that a command is about which was not told. */
export interface DumpAtHand extends Disposable {
  /** The dump in the active editor; else the one that was looked at last, as long as it is open: the walkthrough or a view may be in front. */
  uri(): Uri | undefined;
}

/** Remembers from now on which dump is looked at. */
export function createDumpAtHand(): DumpAtHand {
  let last: Uri | undefined;
  const look = (editor: TextEditor | undefined): void => {
    const document = editor?.document;
    if (document?.languageId === 'iptables' && isUsersDocument(document.uri)) last = document.uri;
  };
  look(window.activeTextEditor);
  const following = window.onDidChangeActiveTextEditor(look);
  return {
    uri() {
      const document = window.activeTextEditor?.document;
      if (document?.languageId === 'iptables') return document.uri;
      // A text that is read as rules since it was looked at, and whatever else is in sight.
      const seen = window.visibleTextEditors.find(({ document: { languageId } }) => languageId === 'iptables');
      const key = last?.toString();
      const isOpen = workspace.textDocuments.some(({ uri, languageId }) => languageId === 'iptables' && uri.toString() === key);
      return isOpen ? last : seen?.document.uri;
    },
    dispose: () => following.dispose(),
  };
}
