/** Which files can be a dump's cluster snapshot: all that look like one, or those that the setting names. */
import picomatch from 'picomatch';
import { URI, Utils } from 'vscode-uri';
import { looksLikeSnapshot } from '../../cluster/snapshot-sniff.ts';
import { parseUri } from '../parse-uri.ts';
import { type FileAccess, listedOrNone } from '../runtime.ts';

/** Where is looked. */
export interface SearchPlaces {
  /** The workspace's folders. */
  readonly folders: readonly string[];
  /** The folders of open dumps that lie in no workspace folder. */
  readonly dumpFolders: readonly string[];
}

// A workspace is not ours to crawl: few files, the near ones first, a glance at each.
const deepestFolder = 8;
const deepestBesideDump = 1;
const mostFiles = 5_000;
const bytesToSniff = 16_384;
const skippedFolders = new Set(['node_modules', 'vendor', 'dist', 'build', 'out', 'target']);

/** Whether a file's name is one that a snapshot could have. */
export function isSnapshotName(uri: string): boolean {
  return /\.(?:json|ya?ml)$/i.test(uri);
}

/** Whether a file begins as a snapshot does. */
export async function sniff(files: FileAccess, uri: string): Promise<boolean> {
  const head = await files.readHead(uri, bytesToSniff);
  return head !== undefined && looksLikeSnapshot(head);
}

interface Folder {
  readonly uri: string;
  /** How far below it is still looked. */
  readonly depth: number;
}

/** The files below some folders, those in the upper ones first; few enough that this takes a moment at most. */
async function filesBelow(files: FileAccess, roots: readonly Folder[]): Promise<readonly string[]> {
  const found = new Set<string>();
  const seen = new Set<string>();
  let left = mostFiles;
  for (let level = roots; level.length > 0 && left > 0; ) {
    const below: Folder[] = [];
    for (const { uri, depth } of level) {
      if (seen.has(uri)) continue;
      seen.add(uri);
      for (const entry of await listedOrNone(files, uri)) {
        if (left <= 0) break;
        left -= 1;
        const isSearched = depth > 0 && !entry.name.startsWith('.') && !skippedFolders.has(entry.name);
        if (entry.kind === 'file') found.add(entry.uri);
        else if (entry.kind === 'folder' && isSearched) below.push({ uri: entry.uri, depth: depth - 1 });
      }
    }
    level = below;
  }
  return [...found];
}

/** All files that look like snapshots. */
export async function findByContent(files: FileAccess, { folders, dumpFolders }: SearchPlaces): Promise<readonly string[]> {
  const roots = [
    ...folders.map((uri) => ({ uri, depth: deepestFolder })),
    ...dumpFolders.map((uri) => ({ uri, depth: deepestBesideDump })),
  ];
  const found: string[] = [];
  for (const uri of await filesBelow(files, roots)) if (isSnapshotName(uri) && (await sniff(files, uri))) found.push(uri);
  return found;
}

/** A setting's path or glob within one folder; absolute ones are in none. */
interface Pattern {
  readonly folder: URI;
  /** Relative to the folder. */
  readonly glob: string;
}

function isAbsolute(setting: string): boolean {
  return setting.startsWith('/') || /^[A-Za-z]:[\\/]/.test(setting);
}

function patternsOf(setting: string, { folders, dumpFolders }: SearchPlaces): readonly Pattern[] {
  if (isTooInvolved(setting)) return [];
  if (isAbsolute(setting)) {
    const { base, glob, isGlob } = picomatch.scan(setting.replaceAll('\\', '/'));
    const virtual = folders.map(parseUri).find(({ scheme }) => scheme !== 'file');
    // In a virtual file system a path from the root is one of that file system.
    const at = (path: string): URI => virtual?.with({ path: path.replace(/^\/+/, '/') }) ?? URI.file(path);
    return [isGlob ? { folder: at(base === '' ? '/' : base), glob } : { folder: at(setting), glob: '' }];
  }
  // Without a workspace a path is relative to the dump.
  const roots = folders.length > 0 ? folders : dumpFolders;
  const { base, glob, isGlob } = picomatch.scan(setting);
  return roots.map((root) => {
    const folder = Utils.resolvePath(parseUri(root), isGlob ? base : setting);
    return { folder, glob: isGlob ? glob : '' };
  });
}

/** Each `*` of a name multiplies how often the name is gone through. */
export const mostStars = 3;

/** Whether a glob would be tried for as good as ever: its stars are of one name, or its `**` of one path. Nothing matches it. */
export function isTooInvolved(setting: string): boolean {
  const starsOf = (name: string): number => name.split('*').length - 1;
  const names = setting.replaceAll('\\', '/').split('/');
  return names.some((name) => starsOf(name) > mostStars) || names.filter((name) => name.includes('**')).length > mostStars;
}

/** A glob in which parentheses and plus signs are letters, as in names of files: the matcher would repeat with them what repeats itself. */
function withoutRegExp(glob: string): string {
  return glob.replace(/(?<!\\)[()+]/g, '\\$&');
}

function matches({ folder, glob }: Pattern, uri: string): boolean {
  const { path } = parseUri(uri);
  if (glob === '') return folder.path === path;
  const base = folder.path.endsWith('/') ? folder.path : `${folder.path}/`;
  return path.startsWith(base) && picomatch.isMatch(path.slice(base.length), withoutRegExp(glob), { dot: true });
}

/** Whether the setting names a file. */
export function isNamed(setting: string, places: SearchPlaces, uri: string): boolean {
  return patternsOf(setting, places).some((pattern) => matches(pattern, uri));
}

/**
 * The files that the setting names: a path, or a glob. Of a path relative to several folders those that exist; where none does, the first
 * one all the same, as what was asked for and is missing. None where a glob matches nothing.
 */
export async function findNamed(files: FileAccess, setting: string, places: SearchPlaces): Promise<readonly string[]> {
  const patterns = patternsOf(setting, places);
  const exact = patterns.filter(({ glob }) => glob === '').map(({ folder }) => folder.toString());
  if (exact.length > 0) {
    const there = await Promise.all(exact.map(async (uri) => (await files.readHead(uri, 1)) !== undefined));
    const existing = exact.filter((_uri, index) => there[index]);
    return existing.length > 0 ? existing : exact.slice(0, 1);
  }
  const roots = patterns.map(({ folder, glob }) => ({
    uri: folder.toString(),
    depth: glob.includes('**') ? deepestFolder : glob.split('/').length - 1,
  }));
  return (await filesBelow(files, roots)).filter((uri) => patterns.some((pattern) => matches(pattern, uri)));
}

/** Names for files, each as short as tells it from the others: "cluster.json", or "east/cluster.json" and "west/cluster.json". */
export function fileLabels(uris: readonly string[]): ReadonlyMap<string, string> {
  const paths = new Map(uris.map((uri) => [uri, parseUri(uri).path.split('/')] as const));
  const labels = new Map<string, string>();
  let open = uris;
  for (let parts = 1; open.length > 0; parts += 1) {
    const byLabel = new Map<string, string[]>();
    for (const uri of open) {
      const label = (paths.get(uri) ?? []).slice(-parts).join('/');
      const sharing = byLabel.get(label);
      if (sharing === undefined) byLabel.set(label, [uri]);
      else sharing.push(uri);
    }
    open = [];
    for (const [label, sharing] of byLabel) {
      const [first = ''] = sharing;
      if (sharing.length === 1 || parts >= (paths.get(first)?.length ?? 0)) for (const uri of sharing) labels.set(uri, label);
      else open = [...open, ...sharing];
    }
  }
  return labels;
}

function folderParts(uri: string): readonly string[] {
  return parseUri(uri).path.split('/').slice(0, -1);
}

/** How many steps lie between two files' folders. */
function distance(from: readonly string[], to: readonly string[]): number {
  let shared = 0;
  while (shared < from.length && shared < to.length && from[shared] === to[shared]) shared += 1;
  return from.length - shared + (to.length - shared);
}

/** The files whose folders are closest to a dump's, in a fixed order: beside it, above it, elsewhere. More than one where they are as near. */
export function nearest(dumpUri: string, uris: readonly string[]): readonly string[] {
  const from = folderParts(dumpUri);
  const ranked = uris.map((uri) => ({ uri, rank: distance(from, folderParts(uri)) }));
  const least = Math.min(...ranked.map(({ rank }) => rank));
  return ranked
    .filter(({ rank }) => rank === least)
    .map(({ uri }) => uri)
    .toSorted((a, b) => (a < b ? -1 : 1));
}
