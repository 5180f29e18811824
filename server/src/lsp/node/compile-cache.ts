import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { ownCacheFolder } from './cache-folder.ts';

/**
 * Has Node.js keep compiled code in this user's cache folder, or nowhere where there can be none. Its usual place is a folder with a known name in the machine's folder for
 * temporary files: whoever makes that folder first may put code there, and it would be run.
 */
export function keepCompiledCode(): void {
  const folder = ownCacheFolder();
  if (folder !== undefined) enableCompileCache(join(folder, 'compiled'));
}
