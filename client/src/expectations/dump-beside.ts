import { l10n, RelativePattern, Uri, window, workspace } from 'vscode';
import { fileNameOf } from '../file-name.ts';
import { type PickItem, pick } from '../show.ts';

/** Files that are dumps by their names, as package.json has it. */
export const dumpNames =
  '{*.iptables,*.ip6tables,*.iptables-save,*.ip6tables-save,rules.v4,rules.v6,iptables-save*,ip6tables-save*}';
const mostDumps = 200;

/** The name up to its first dot: "node-a" of "node-a.packets.yaml" and of "node-a.iptables". */
function stemOf(uri: Uri): string {
  return fileNameOf(uri).split('.', 1)[0] ?? '';
}

interface DumpItem extends PickItem {
  readonly dump: Uri;
}

async function askFor(file: Uri, found: readonly Uri[]): Promise<Uri | undefined> {
  const items = found.map((dump): DumpItem => ({ label: fileNameOf(dump), dump }));
  const title = l10n.t('The dump that {0} is about', fileNameOf(file));
  return (await pick(items, { title, placeHolder: l10n.t('Named like the file, it is found by itself') }))?.dump;
}

/**
 * The dump that a file of expectations is about: the one beside it of that name, or of its node's, or the only one, or the one that is looked at;
 * else the user says it. Undefined where there is none, or none was said.
 * @param node the node that the file says; empty where it does not
 */
export async function dumpBeside(file: Uri, node: string): Promise<Uri | undefined> {
  const folder = Uri.joinPath(file, '..');
  const found = await workspace.findFiles(new RelativePattern(folder, dumpNames), null, mostDumps);
  const [only] = found;
  if (found.length <= 1) return only;
  const named = found.filter((dump) => stemOf(dump) === stemOf(file));
  const ofNode = named.length > 0 ? named : found.filter((dump) => stemOf(dump) === node);
  const candidates = ofNode.length > 0 ? ofNode : found;
  if (candidates.length === 1) return candidates[0];
  const shown = new Set(window.visibleTextEditors.map(({ document }) => document.uri.toString()));
  const visible = candidates.filter((dump) => shown.has(dump.toString()));
  return visible.length === 1 ? visible[0] : askFor(file, candidates);
}
