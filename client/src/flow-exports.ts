import { env, l10n, UIKind, Uri, window, workspace } from 'vscode';
import type { Print, SaveFile } from '../../webview/src/messages.ts';
import { extensions, type SaveFormat } from '../../webview/src/model/export-check.ts';
import { showInStatusBar } from './show.ts';

const filterNames: Readonly<Record<SaveFormat, string>> = {
  svg: 'SVG',
  png: 'PNG',
  html: 'HTML',
  mermaid: 'Mermaid',
  dot: 'Graphviz DOT',
};

/** Puts text on the clipboard and says so in the status bar. */
export async function copyText(text: string, what: string): Promise<void> {
  await env.clipboard.writeText(text);
  showInStatusBar(l10n.t('{0} copied', what), 3_000);
}

/** Asks where to save a drawing, beside the dump to begin with, and saves it there. */
export async function saveFile(message: SaveFile, dump: Uri): Promise<void> {
  const bytes =
    message.format === 'png' ? Uint8Array.from(atob(message.content), (char) => char.charCodeAt(0)) : encode(message.content);
  await save(message.name, bytes, dump, message.format);
}

/** Opens a page in the system's browser, which can print it. Where that is another machine, it is saved instead. */
export async function printPage(message: Print, dump: Uri, storage: Uri): Promise<void> {
  if (env.uiKind === UIKind.Web || env.remoteName !== undefined) {
    await save(message.name, encode(message.html), dump, 'html');
    return;
  }
  const page = Uri.joinPath(storage, message.name);
  await workspace.fs.createDirectory(storage);
  await workspace.fs.writeFile(page, encode(message.html));
  await env.openExternal(page);
}

async function save(name: string, bytes: Uint8Array, dump: Uri, format: SaveFormat): Promise<void> {
  const folder = dump.scheme === 'untitled' ? workspace.workspaceFolders?.[0]?.uri : Uri.joinPath(dump, '..');
  const target = await window.showSaveDialog({
    ...(folder === undefined ? {} : { defaultUri: Uri.joinPath(folder, name) }),
    filters: { [filterNames[format]]: [extensions[format]] },
  });
  if (target !== undefined) await workspace.fs.writeFile(target, bytes);
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
