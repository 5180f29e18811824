/** Node bundles as the server reads them: whole ones for a diagnosis, and the parts beside a dump that is open. */
import { deepestFolder, mostEntries, mostUnpacked, noFileText, unreadText } from '../base/unread-part.ts';
import { isBesideDump, isBundleRules, isPartOfBundle } from '../features/diagnose.ts';
import { nameInUri } from '../features/support/name-in-uri.ts';
import { factsOfFiles } from '../features/support/node-facts.ts';
import { type FileAccess, type FileEntry, listedOrNone } from './runtime.ts';

type FactsSteps = ReturnType<typeof factsOfFiles>;

interface BundleFile {
  readonly path: string;
  readonly text: string;
}

/** Lists of the match recent, a file each. */
const mostLists = 5_000;
const mostBytes = 500_000_000;

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The files of a bundle's folder, and of those that were not read why. @throws Error for more than any bundle has */
export async function readFolder(
  files: FileAccess,
  folder: string,
): Promise<{ readonly files: readonly BundleFile[]; readonly notes: readonly string[] }> {
  const read: BundleFile[] = [];
  const notes: string[] = [];
  let entries = 0;
  let bytes = 0;
  let room = mostUnpacked;
  const walk = async (uri: string, path: string, depth: number): Promise<void> => {
    let listed: readonly FileEntry[] = [];
    try {
      listed = await files.list(uri);
    } catch (error) {
      notes.push(unreadText(path === '' ? 'The folder' : path, reasonOf(error)));
    }
    for (const entry of listed.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      entries += 1;
      if (entries > mostEntries)
        throw new Error(`The folder holds more than ${mostEntries} files and folders: it is no node bundle.`);
      const inner = path === '' ? entry.name : `${path}/${entry.name}`;
      if (entry.kind === 'link' || entry.kind === 'device') {
        if (isPartOfBundle(inner)) notes.push(noFileText(inner, entry.kind));
        continue;
      }
      if (entry.kind === 'folder') {
        if (depth < deepestFolder) await walk(entry.uri, inner, depth + 1);
        continue;
      }
      try {
        const content = await files.readBytes(entry.uri, Math.min(room, mostBytes - bytes));
        bytes += content.length;
        if (entry.name.endsWith('.gz')) room -= content.length;
        if (bytes <= mostBytes) read.push({ path: inner.replace(/\.gz$/, ''), text: new TextDecoder().decode(content) });
      } catch (error) {
        notes.push(unreadText(inner, reasonOf(error)));
      }
      if (bytes > mostBytes) throw new Error(`The folder holds more than ${mostBytes / 1_000_000} MB: it is no node bundle.`);
    }
  };
  await walk(folder, '', 0);
  return { files: read, notes };
}

/** "file:///a/b/" of "file:///a/b/c". */
export function folderOf(uri: string): string {
  return uri.slice(0, uri.lastIndexOf('/') + 1);
}

/** Whether a dump lies in a bundle: it has a plain name, and parts of a bundle stand beside it. */
export async function liesInBundle(files: FileAccess, uri: string): Promise<boolean> {
  if (!uri.startsWith('file:') || !isBundleRules(nameInUri(uri))) return false;
  return (await listedOrNone(files, folderOf(uri))).some(({ name, kind }) => kind === 'file' && isBesideDump(name));
}

/** What reads what the files beside a dump say of its node; undefined for a dump that lies in no bundle. */
export async function factsBeside(files: FileAccess, uri: string): Promise<FactsSteps | undefined> {
  if (!(await liesInBundle(files, uri))) return undefined;
  const read: BundleFile[] = [];
  const listed = await listedOrNone(files, folderOf(uri));
  const lists = listed.find(({ name, kind }) => kind === 'folder' && name === 'xt_recent');
  const inLists = lists === undefined ? [] : (await listedOrNone(files, lists.uri)).filter(({ kind }) => kind === 'file');
  const wanted = [
    ...listed.filter(({ name, kind }) => kind === 'file' && isBesideDump(name)).map(({ uri: at, name }) => ({ at, path: name })),
    ...inLists.slice(0, mostLists).map(({ uri: at, name }) => ({ at, path: `xt_recent/${name}` })),
  ];
  for (const { at, path } of wanted) {
    try {
      read.push({ path, text: (await files.read(at)).text });
    } catch {
      // A part that cannot be read is one that is not there.
    }
  }
  return read.length === 0 ? undefined : factsOfFiles(read);
}
