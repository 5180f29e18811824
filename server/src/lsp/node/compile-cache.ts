import { readdirSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { ownCacheFolder } from './cache-folder.ts';

/** Node.js takes none away: those of other versions, and what it could not write to the end on a full disk, stay. */
const mostFiles = 200;

/** Whether Node.js may open all that lies in a folder of compiled code, which it does before it looks: at a pipe it would wait for ever. */
export function isFitForCode(folder: string): boolean {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    return entries.length <= mostFiles && entries.every((entry) => entry.isFile() || entry.isDirectory());
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

/**
 * Has Node.js keep compiled code in this user's cache folder, or nowhere where there can be none. Its usual place is a folder with a known name in the machine's folder for
 * temporary files: whoever makes that folder first may put code there, and it would be run.
 */
export function keepCompiledCode(): void {
  const caches = ownCacheFolder();
  if (caches === undefined) return;
  const folder = join(caches, 'compiled');
  if (isFitForCode(folder)) enableCompileCache(folder);
}
