import { commands, type Disposable, l10n, Uri, window, workspace } from 'vscode';
import { type CompareParams, type CompareResult, type CompareSide, compareRequest } from '../../server/src/protocol/compare.ts';
import type { CompareView } from './compare-view.ts';
import type { ComparedDumps } from './compared-dumps.ts';
import { showFailure } from './failure.ts';
import { fileNameOf } from './file-name.ts';
import { committedDump, openDumps } from './other-dump-pick.ts';
import type { ServerAccess } from './server-access.ts';
import { pick, showInformation, showProgress } from './show.ts';

/** One side of a comparison, with how it is called. */
interface NamedSide {
  readonly name: string;
  /** Null for what kube-proxy would write. */
  readonly side: CompareSide | null;
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

/** Two names that are one are told apart by their folders. */
function apart(first: Uri, second: Uri): readonly [string, string] {
  const [a, b] = [fileNameOf(first), fileNameOf(second)];
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
  const own: NamedSide = { name: fileNameOf(uri), side: await sideOf(uri) };
  const committed = await committedSide(uri);
  const picked = await pick(
    [
      { id: 'file', icon: 'file', label: l10n.t('With Another File...'), description: l10n.t('which comes first') },
      ...openDumps(uri).map((other) => ({
        id: 'open',
        icon: 'files',
        label: fileNameOf(other),
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

async function openDialog(canSelectMany: boolean): Promise<readonly Uri[] | undefined> {
  return window.showOpenDialog({ canSelectMany, openLabel: l10n.t('Compare'), title: l10n.t('Compare Dumps by Meaning') });
}

/** The file as it was committed last; undefined without Git, or where it never was. */
async function committedSide(uri: Uri): Promise<NamedSide | undefined> {
  const committed = await committedDump(uri);
  if (committed === undefined) return undefined;
  const document = await workspace.openTextDocument(committed.uri);
  return { name: `${fileNameOf(uri)} (${committed.commit})`, side: { uri: uri.toString(), text: document.getText() } };
}
