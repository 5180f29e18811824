import {
  CancellationTokenSource,
  type Disposable,
  DocumentLink,
  EventEmitter,
  l10n,
  languages,
  Range,
  Uri,
  window,
  workspace,
} from 'vscode';
import { type RulesetChangedParams, rulesetChangedNotification } from '../../server/src/protocol/requests.ts';
import {
  type ChainAtParams,
  type ChainAtResult,
  chainAtRequest,
  type ExpandedChainParams,
  type ExpandedChainResult,
  expandedChainRequest,
} from '../../server/src/protocol/trace.ts';
import { showFailure } from './failure.ts';
import type { ServerAccess } from './server-access.ts';
import { messageOf, showInformation } from './show.ts';

/** Documents with a chain and all that it jumps to; read-only, and gone with the window. */
const scheme = 'iptables-expanded';

/** Which chain of which dump a document is of: both are in its URI, so that it is there again after a reload. */
interface Origin {
  readonly dump: string;
  readonly table: string;
  readonly chain: string;
}

function uriOf({ dump, table, chain }: Origin): Uri {
  const query = JSON.stringify({ dump, table, chain });
  return Uri.from({ scheme, path: `/${table}/${chain.replaceAll('/', '_')}.txt`, query });
}

function originOf({ query }: Uri): Origin | undefined {
  try {
    const { dump, table, chain } = JSON.parse(query) as Readonly<Record<string, unknown>>;
    const isOne = typeof dump === 'string' && typeof table === 'string' && typeof chain === 'string';
    return isOne ? { dump, table, chain } : undefined;
  } catch {
    // Not one that we made.
    return undefined;
  }
}

/** The documents of chains that were expanded. They follow their dump. */
export interface ExpandedChains extends Disposable {
  /** Opens the chain at the cursor, expanded. */
  open(): Promise<void>;
}

class Documents implements ExpandedChains {
  readonly #server: ServerAccess;
  readonly #changed = new EventEmitter<Uri>();
  readonly #links = new Map<string, ExpandedChainResult['links']>();
  readonly #disposables: readonly Disposable[];

  constructor(server: ServerAccess) {
    this.#server = server;
    this.#disposables = [
      this.#changed,
      workspace.registerTextDocumentContentProvider(scheme, {
        onDidChange: this.#changed.event,
        provideTextDocumentContent: (uri) => this.#read(uri),
      }),
      languages.registerDocumentLinkProvider(
        { scheme },
        { provideDocumentLinks: ({ uri, lineAt }) => this.#linksOf(uri, (line) => lineAt(line).text) },
      ),
      workspace.onDidCloseTextDocument(({ uri }) => this.#links.delete(uri.toString())),
      server.onNotification<RulesetChangedParams>(rulesetChangedNotification, (params) => {
        for (const { uri } of workspace.textDocuments)
          if (uri.scheme === scheme && originOf(uri)?.dump === params.uri) this.#changed.fire(uri);
      }),
    ];
  }

  async open(): Promise<void> {
    const editor = window.activeTextEditor;
    if (editor?.document.languageId !== 'iptables') {
      await showInformation(l10n.t('Open an iptables dump first, and put the cursor on a chain.'));
      return;
    }
    const dump = editor.document.uri.toString();
    const { line, character } = editor.selection.active;
    const cancellation = new CancellationTokenSource();
    try {
      const params: ChainAtParams = { textDocument: { uri: dump }, position: { line, character } };
      const found = await this.#server.askOfDump<ChainAtResult>(chainAtRequest, params, cancellation.token);
      if (found === null) await showInformation(l10n.t('There is no chain at the cursor.'));
      else await window.showTextDocument(uriOf({ dump, ...found }), { preview: true });
    } catch (error) {
      await showFailure(this.#server, error, (reason) => l10n.t('The chain was not expanded: {0}', reason));
    } finally {
      cancellation.dispose();
    }
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  async #read(uri: Uri): Promise<string> {
    const origin = originOf(uri);
    if (origin === undefined) return '';
    const { dump, table, chain } = origin;
    const params: ExpandedChainParams = { textDocument: { uri: dump }, table, chain };
    const cancellation = new CancellationTokenSource();
    try {
      const { text, links, reason } = await this.#server.askOfDump<ExpandedChainResult>(
        expandedChainRequest,
        params,
        cancellation.token,
      );
      this.#links.set(uri.toString(), links);
      return text === '' ? `${reason}\n` : text;
    } catch (error) {
      return `${messageOf(error)}\n`;
    } finally {
      cancellation.dispose();
    }
  }

  /** Each line that is of a rule leads to it; the place at its end is what is clicked. */
  #linksOf(uri: Uri, textOf: (line: number) => string): DocumentLink[] {
    const origin = originOf(uri);
    if (origin === undefined) return [];
    const dump = Uri.parse(origin.dump, true);
    return (this.#links.get(uri.toString()) ?? []).map(({ line, target }) => {
      const text = textOf(line);
      const start = text.lastIndexOf('(') + 1;
      return new DocumentLink(new Range(line, start, line, text.length - 1), dump.with({ fragment: `L${target + 1}` }));
    });
  }
}

/** The documents in which a chain stands expanded, asked of the server as they are opened. */
export function createExpandedChains(server: ServerAccess): ExpandedChains {
  return new Documents(server);
}
