import { commands, type Disposable, extensions, l10n, Uri, window, workspace } from 'vscode';
import { type CompareParams, type CompareResult, type CompareSide, compareRequest } from '../../server/src/compare-protocol.ts';
import type { CompareView } from './compare-view.ts';
import type { ComparedDumps } from './compared-dumps.ts';
import { showFailure } from './failure.ts';
import type { ServerAccess } from './server-access.ts';
import { pick, showInformation, showProgress } from './show.ts';

/** One side of a comparison, with how it is called. */
interface NamedSide {
  readonly name: string;
  /** Null for what kube-proxy would write. */
  readonly side: CompareSide | null;
}

/** What of Git's extension is used (vscode.git, API version 1). */
interface GitApi {
  getRepository(uri: Uri): { readonly state: { readonly HEAD?: { readonly commit?: string } } } | null;
  toGitUri(uri: Uri, ref: string): Uri;
}

/** Registers *Compare Dumps by Meaning*. */
export function registerCompareCommands(server: ServerAccess, kept: ComparedDumps, view: CompareView): readonly Disposable[] {
  return [
    commands.registerCommand('iptables.compareDumps', async (uri?: unknown, selected?: unknown) => {
      try {
        const sides = await chooseSides(uri, selected);
        if (sides !== undefined) await compare(server, kept, view, sides);
      } catch (error) {
        await showFailure(server, error, (reason) => l10n.t('Nothing was compared: {0}', reason));
      }
    }),
  ];
}

async function compare(
  server: ServerAccess,
  kept: ComparedDumps,
  view: CompareView,
  [before, after]: readonly [NamedSide, NamedSide],
): Promise<void> {
  const params = { before: before.side, after: after.side } as CompareParams;
  const title = l10n.t('Comparing {0} and {1}', before.name, after.name);
  const result = await showProgress(title, (token) => server.ask<CompareResult>(compareRequest, params, token));
  if (result.kind === 'nothing') {
    await showInformation(result.reason);
    return;
  }
  await view.show(kept.keep(result, before.name, after.name));
}

function nameOf(uri: Uri): string {
  return uri.path.slice(uri.path.lastIndexOf('/') + 1);
}

/** Two names that are one are told apart by their folders. */
function apart(first: Uri, second: Uri): readonly [string, string] {
  const [a, b] = [nameOf(first), nameOf(second)];
  return a === b ? [workspace.asRelativePath(first), workspace.asRelativePath(second)] : [a, b];
}

/** A document as the editor has it, be it saved or not. */
async function sideOf(uri: Uri): Promise<CompareSide> {
  const document = await workspace.openTextDocument(uri);
  return document.languageId === 'iptables' ? { uri: uri.toString() } : { uri: uri.toString(), text: document.getText() };
}

async function files(first: Uri, second: Uri): Promise<readonly [NamedSide, NamedSide]> {
  const [before, after] = apart(first, second);
  return [
    { name: before, side: await sideOf(first) },
    { name: after, side: await sideOf(second) },
  ];
}

/** Two files that were selected in the Explorer; else what the user chooses for the dump that is open. */
async function chooseSides(given: unknown, selected: unknown): Promise<readonly [NamedSide, NamedSide] | undefined> {
  const [first, second] = Array.isArray(selected) ? selected.filter((each): each is Uri => each instanceof Uri) : [];
  if (first !== undefined && second !== undefined) return files(first, second);
  const uri = given instanceof Uri ? given : window.activeTextEditor?.document.uri;
  if (uri === undefined) {
    const [one, other] = (await openDialog(true)) ?? [];
    return one === undefined || other === undefined ? undefined : files(one, other);
  }
  const own: NamedSide = { name: nameOf(uri), side: await sideOf(uri) };
  const committed = await committedSide(uri);
  const picked = await pick(
    [
      { id: 'file', icon: 'file', label: l10n.t('With Another File...'), description: l10n.t('which comes first') },
      ...openDumps(uri).map((other) => ({
        id: 'open',
        icon: 'files',
        label: nameOf(other),
        description: workspace.asRelativePath(other),
        other,
      })),
      {
        id: 'expected',
        icon: 'server',
        label: l10n.t('With What kube-proxy Would Write'),
        description: l10n.t('by the cluster'),
      },
      ...(committed === undefined
        ? []
        : [{ id: 'committed', icon: 'git-commit', label: l10n.t('With the Committed Version'), description: committed.name }]),
    ],
    { title: l10n.t('Compare Dumps by Meaning'), placeHolder: l10n.t('What is {0} to be compared with?', own.name) },
  );
  switch (picked?.id) {
    case 'expected':
      return [{ name: l10n.t('kube-proxy'), side: null }, own];
    case 'committed':
      return committed === undefined ? undefined : [committed, own];
    case 'file': {
      const [other] = (await openDialog(false)) ?? [];
      return other === undefined ? undefined : files(other, uri);
    }
    case 'open':
      return 'other' in picked ? files(picked.other, uri) : undefined;
    default:
      return undefined;
  }
}

/** The other dumps that are open. */
function openDumps(than: Uri): readonly Uri[] {
  return workspace.textDocuments
    .filter(({ languageId, uri, isClosed }) => languageId === 'iptables' && !isClosed && uri.toString() !== than.toString())
    .map(({ uri }) => uri)
    .filter(({ scheme }) => scheme !== 'git' && scheme !== 'iptables-compared');
}

async function openDialog(canSelectMany: boolean): Promise<readonly Uri[] | undefined> {
  return window.showOpenDialog({ canSelectMany, openLabel: l10n.t('Compare'), title: l10n.t('Compare Dumps by Meaning') });
}

/** The file as it was committed last; undefined without Git, or where it never was. */
async function committedSide(uri: Uri): Promise<NamedSide | undefined> {
  const git = extensions.getExtension<{ getAPI(version: 1): GitApi }>('vscode.git');
  if (git === undefined || uri.scheme !== 'file') return undefined;
  try {
    const api = (git.isActive ? git.exports : await git.activate()).getAPI(1);
    const commit = api.getRepository(uri)?.state.HEAD?.commit;
    if (commit === undefined) return undefined;
    const document = await workspace.openTextDocument(api.toGitUri(uri, 'HEAD'));
    return { name: `${nameOf(uri)} (${commit.slice(0, 7)})`, side: { uri: uri.toString(), text: document.getText() } };
  } catch {
    // Git is turned off, or the file is new.
    return undefined;
  }
}
