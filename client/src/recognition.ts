import { type Disposable, type ExtensionContext, l10n, languages, Range, type TextDocument, window, workspace } from 'vscode';
import { looksLikeDump } from '../../server/src/base/recognize-dump.ts';
import { fileNameOf } from './file-name.ts';
import { showInformation } from './show.ts';
import { isUsersDocument } from './users-document.ts';

/** Languages that say nothing of what a file holds. */
const plainLanguages: ReadonlySet<string> = new Set(['plaintext', 'log']);
/** Where the files are kept, by URI, for which the offer was left or refused. */
const declinedKey = 'iptables.declinedDumps';
const mostDeclined = 500;
/** The recognizer looks at fewer. */
const linesRead = 200;

type Setting = 'ask' | 'always' | 'never';

function settingOf(document: TextDocument): Setting {
  return workspace.getConfiguration('iptables', document).get<Setting>('recognizeDumps', 'ask');
}

/** Whether a document may be a dump that nobody has said to be one. VS Code guesses at the language of what is untitled. */
function mayBeDump({ languageId, uri }: TextDocument): boolean {
  return isUsersDocument(uri) && (plainLanguages.has(languageId) || (uri.scheme === 'untitled' && languageId !== 'iptables'));
}

function isDump(document: TextDocument): boolean {
  return looksLikeDump(document.getText(new Range(0, 0, linesRead, 0)));
}

/** Recognizes dumps among text files and pastes, and reads them as rules or offers to. */
class Recognition {
  readonly #context: ExtensionContext;
  /** Documents that were dealt with: what a user makes of them then is left alone. */
  readonly #handled = new Set<string>();

  constructor(context: ExtensionContext) {
    this.#context = context;
  }

  async look(document: TextDocument | undefined): Promise<void> {
    if (document === undefined || !mayBeDump(document)) return;
    const key = document.uri.toString();
    if (this.#handled.has(key) || this.#declined().includes(key)) return;
    const setting = settingOf(document);
    if (setting === 'never' || !isDump(document)) return;
    this.#handled.add(key);
    if (setting === 'always' || document.uri.scheme === 'untitled') await languages.setTextDocumentLanguage(document, 'iptables');
    else await this.#offer(document);
  }

  forget(document: TextDocument): void {
    // A new untitled document may have the name of one that was closed.
    if (document.uri.scheme === 'untitled') this.#handled.delete(document.uri.toString());
  }

  async #offer(document: TextDocument): Promise<void> {
    const yes = l10n.t('Yes');
    const always = l10n.t('Always for Such Files');
    const never = l10n.t('Never');
    const file = fileNameOf(document.uri);
    const question = l10n.t('{0} holds iptables rules. Read it as such?', file);
    const answer = await showInformation(question, yes, always, never);
    if (answer === always || answer === never) {
      const value: Setting = answer === always ? 'always' : 'never';
      await workspace.getConfiguration('iptables').update('recognizeDumps', value, true);
    }
    if (answer === yes || answer === always) {
      if (!document.isClosed) await languages.setTextDocumentLanguage(document, 'iptables');
      return;
    }
    const declined = [...this.#declined(), document.uri.toString()].slice(-mostDeclined);
    await this.#context.workspaceState.update(declinedKey, declined);
  }

  #declined(): readonly string[] {
    const kept: unknown = this.#context.workspaceState.get(declinedKey);
    return Array.isArray(kept) ? kept.filter((uri) => typeof uri === 'string') : [];
  }
}

/** From now on looks at each text document that comes to the front, and at what is pasted into untitled ones. */
export function recognizeDumps(context: ExtensionContext): Disposable {
  const recognition = new Recognition(context);
  const disposables = [
    window.onDidChangeActiveTextEditor((editor) => void recognition.look(editor?.document)),
    workspace.onDidCloseTextDocument((document) => recognition.forget(document)),
    workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      // Not at each key.
      if (document.uri.scheme !== 'untitled' || !contentChanges.some(({ text }) => text.includes('\n'))) return;
      if (document === window.activeTextEditor?.document) void recognition.look(document);
    }),
  ];
  void recognition.look(window.activeTextEditor?.document);
  return {
    dispose: () => {
      for (const disposable of disposables) disposable.dispose();
    },
  };
}
