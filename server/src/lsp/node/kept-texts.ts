import { hash } from 'node:crypto';
import { statSync } from 'node:fs';
import { projectVersion } from '../../base/project.ts';
import type { KeptTexts } from '../runtime.ts';
import { ownCacheFolder } from './cache-folder.ts';
import { entryKey, readEntry, writeEntry } from './cache-store.ts';

/** Size and time of the program: another build finds other things. */
function buildOf(program: string): readonly number[] {
  const { size, mtimeMs } = statSync(program);
  return [size, mtimeMs];
}

/**
 * Texts in this user's cache folder; undefined where there can be none.
 * @param program the path of the server's own file
 */
export function keptTexts(program: string | undefined): KeptTexts | undefined {
  const folder = program === undefined ? undefined : ownCacheFolder();
  if (program === undefined || folder === undefined) return undefined;
  const build = ['iptables-language-server', projectVersion, process.version, ...buildOf(program)];
  return {
    keyOf: (text) => entryKey([build, hash('sha256', text, 'hex')]),
    read: (key) => readEntry(folder, key),
    write: (key, text) => writeEntry(folder, key, text),
  };
}
