import { closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync, type Stats, unlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

const folderName = 'iptables-inspect';

/**
 * Where a user's caches are kept, by the habits of the system: XDG_CACHE_HOME or ~/.cache, ~/Library/Caches, LOCALAPPDATA. Undefined where nothing says it.
 * @param home the user's home folder; empty for none
 */
export function cachesOf(platform: NodeJS.Platform, env: NodeJS.ProcessEnv, home: string): string | undefined {
  const given = platform === 'win32' ? env['LOCALAPPDATA'] : env['XDG_CACHE_HOME'];
  // A relative path is to be ignored (XDG Base Directory Specification), an empty one is none.
  if (given !== undefined && isAbsolute(given)) return given;
  if (platform === 'win32' || !isAbsolute(home)) return undefined;
  return platform === 'darwin' ? join(home, 'Library/Caches') : join(home, '.cache');
}

function statusOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

/** Whether what lies at a path is this user's; there are no owners on Windows, where the folder is the user's by its place. */
function isOwn(stats: Stats): boolean {
  return process.geteuid === undefined || stats.uid === process.geteuid();
}

/** Whether nobody but the owner may read or write it. */
function isPrivate(stats: Stats): boolean {
  return process.platform === 'win32' || (stats.mode & 0o077) === 0;
}

/**
 * Makes a folder and those that it lies in, in the nearest that is there already, and only where that is this user's. One at a time: where the kernel says that a folder
 * which is there is not (as in /proc), Node.js' own way to make several never ends.
 */
function makeOwn(folder: string): void {
  const lacking: string[] = [];
  let at = folder;
  for (; statusOf(at) === undefined && dirname(at) !== at; at = dirname(at)) lacking.push(at);
  const nearest = statusOf(at);
  if (nearest === undefined || !isOwn(nearest)) throw new Error(`${at}: is another's`);
  for (const path of lacking.toReversed()) mkdirSync(path, { mode: 0o700 });
}

/**
 * The folder for this program's caches, made where it is not there; undefined where there can be none: no home folder, a read-only one, another's (as with sudo), or
 * a folder of that name that others may read or write, is another's, or is a link. Nobody is told: a cache is not missed.
 */
export function ownCacheFolder(
  platform: NodeJS.Platform = process.platform,
  env: NodeJS.ProcessEnv = process.env,
  home: () => string = homedir,
): string | undefined {
  try {
    const caches = cachesOf(platform, env, home());
    if (caches === undefined) return undefined;
    const folder = join(caches, folderName);
    makeOwn(folder);
    const stats = statusOf(folder);
    return stats?.isDirectory() === true && isOwn(stats) && isPrivate(stats) ? folder : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Opens a file of a cache; undefined, and nothing open, where it is not this user's alone, has another name as well, or is no file. No link is followed, and a pipe is
 * not waited for: Windows has neither flag, and no links that need no rights. @throws where it cannot be opened
 */
export function openOwnFile(path: string): { readonly file: number; readonly stats: Stats } | undefined {
  const file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  const stats = fstatSync(file);
  if (stats.isFile() && stats.nlink === 1 && isOwn(stats) && isPrivate(stats)) return { file, stats };
  closeSync(file);
  return undefined;
}

/** Takes a file of a cache away, if another has not. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Another took it away.
  }
}
