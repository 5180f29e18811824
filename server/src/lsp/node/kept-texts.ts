import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { cutBefore } from '../../base/json-steps.ts';
import { projectVersion } from '../../base/project.ts';
import type { Steps } from '../../base/steps.ts';
import type { KeptTexts } from '../runtime.ts';
import { ownCacheFolder } from './cache-folder.ts';
import { entryKey, readEntry, writeEntryBeside } from './cache-store.ts';
import { knownDigest } from './known-digest.ts';

/** Size and time of the program: another build finds other things. */
function buildOf(program: string): readonly number[] {
  const { size, mtimeMs } = statSync(program);
  return [size, mtimeMs];
}

const charactersAtOnce = 500_000;

/** SHA-256 of a text. One of ten megabytes takes longer than a hover elsewhere should wait. */
function* digestOf(text: string): Steps<string> {
  const digest = createHash('sha256');
  for (let from = 0; from < text.length; ) {
    const to = cutBefore(text, Math.min(from + charactersAtOnce, text.length));
    digest.update(text.slice(from, to));
    from = to;
    yield;
  }
  return digest.digest('hex');
}

/**
 * Texts in this user's cache folder; undefined where there can be none.
 * @param program the path of the server's own file
 */
export function keptTexts(program: string | undefined): KeptTexts | undefined {
  const folder = program === undefined ? undefined : ownCacheFolder();
  if (program === undefined || folder === undefined) return undefined;
  let written: Promise<void> = Promise.resolve();
  const build = ['iptables-language-server', projectVersion, process.version, ...buildOf(program)];
  const keyOfDigest = (sha256: string): string => entryKey([build, sha256]);
  return {
    *keyOf(text) {
      return keyOfDigest(knownDigest(text) ?? (yield* digestOf(text)));
    },
    keyOfDigest,
    knownKeyOf(text) {
      const sha256 = knownDigest(text);
      return sha256 === undefined ? undefined : keyOfDigest(sha256);
    },
    read: (key) => readEntry(folder, key),
    write(key, text) {
      // One after the other: two that make room would count each other's.
      written = written.then(() => writeEntryBeside(folder, key, text));
    },
    settled: () => written,
  };
}
