import { CancellationTokenSource, commands, type Disposable, l10n, Uri, workspace } from 'vscode';
import { type ReachParams, type ReachResult, reachRequest } from '../../server/src/protocol/trace.ts';
import type { DumpAtHand } from './dump-at-hand.ts';
import { showFailure } from './failure.ts';
import { fileNameOf } from './file-name.ts';
import { pickFlowTarget } from './flow-target-pick.ts';
import type { ServerAccess } from './server-access.ts';
import { showInformation } from './show.ts';

/** Tables that were made; nothing else has such a URI. */
const scheme = 'iptables-reach';
const mostKept = 20;

/** Registers the command that shows who reaches a Service, and the documents that it makes. */
export function registerReach(server: ServerAccess, atHand: DumpAtHand): Disposable {
  const texts = new Map<string, string>();
  const provider = workspace.registerTextDocumentContentProvider(scheme, {
    provideTextDocumentContent: (uri) => texts.get(uri.toString()) ?? l10n.t('This table is gone: ask for it again.'),
  });
  const command = commands.registerCommand('iptables.showReach', (uri?: unknown, to?: unknown) =>
    showReach(server, texts, dumpOf(uri) ?? atHand.uri(), to),
  );
  return {
    dispose: () => {
      provider.dispose();
      command.dispose();
    },
  };
}

let shown = 0;

/** Keeps a table under a URI of its own, with a name that its tab shows. */
function keep(texts: Map<string, string>, dump: Uri, text: string): Uri {
  shown += 1;
  const name = fileNameOf(dump);
  const uri = Uri.from({ scheme, path: `/${shown}/${name}.md` });
  texts.set(uri.toString(), text);
  for (const key of texts.keys()) if (texts.size > mostKept) texts.delete(key);
  return uri;
}

/** The dump that the command was given, as text by a code lens; undefined where it was given none. */
function dumpOf(given: unknown): Uri | undefined {
  if (given instanceof Uri) return given;
  return typeof given === 'string' ? Uri.parse(given, true) : undefined;
}

/** Shows a table of who reaches a Service by which of its entries: of `to` where it is given, else of what the user picks. */
async function showReach(server: ServerAccess, texts: Map<string, string>, dump: Uri | undefined, to: unknown): Promise<void> {
  if (dump === undefined) {
    await showInformation(l10n.t('Open an iptables dump first: who reaches a Service is told from it.'));
    return;
  }
  const cancellation = new CancellationTokenSource();
  try {
    const wanted = typeof to === 'string' ? to : await pickFlowTarget(server, dump, l10n.t('Who Reaches a Service'));
    if (wanted === undefined) return;
    const params: ReachParams = { textDocument: { uri: dump.toString() }, to: wanted };
    const { text, reason } = await server.askOfDump<ReachResult>(reachRequest, params, cancellation.token);
    if (text === '') {
      await showInformation(reason);
      return;
    }
    await commands.executeCommand('markdown.showPreview', keep(texts, dump, text));
  } catch (error) {
    await showFailure(server, error, (why) => l10n.t('Nothing can be said of who reaches it: {0}', why));
  } finally {
    cancellation.dispose();
  }
}
