import { commands, type Location, type LocationLink, l10n, Position, Selection, type Uri, ViewColumn, window } from 'vscode';
import { showInformation } from './show.ts';

/** Opens the object that a line (1-based) of a dump stands for, where it is in the snapshot: the Pod of an endpoint's chain. */
export async function openObject(dump: Uri, line: number): Promise<void> {
  const found = await commands.executeCommand<readonly (Location | LocationLink)[] | undefined>(
    'vscode.executeTypeDefinitionProvider',
    dump,
    new Position(line - 1, 0),
  );
  const [place] = found ?? [];
  if (place === undefined) {
    await showInformation(l10n.t('No snapshot file has the object: it is only in a live cluster, or not known.'));
    return;
  }
  const isLink = 'targetUri' in place;
  const { start } = isLink ? (place.targetSelectionRange ?? place.targetRange) : place.range;
  const uri = isLink ? place.targetUri : place.uri;
  await window.showTextDocument(uri, { viewColumn: ViewColumn.One, selection: new Selection(start, start) });
}
