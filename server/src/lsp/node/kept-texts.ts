import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { cutBefore } from '../../base/json-steps.ts';
import { projectVersion } from '../../base/project.ts';
import type { Steps } from '../../base/steps.ts';
import type { KeptTexts } from '../runtime.ts';
import { ownCacheFolder } from './cache-folder.ts';
import { entryKey, readEntry, writeEntryBeside } from './cache-store.ts';
import { knownBytes, knownDigest } from './known-digest.ts';

/** Size and time of the program: another build finds other things. */
function buildOf(program: string): readonly number[] {
  const { size, mtimeMs } = statSync(program);
  return [size, mtimeMs];
}

const charactersAtOnce = 500_000;
const digestForm = /^[0-9a-f]{64}$/;

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
  const keyOfPointer = (bytesSha256: string): string => entryKey([build, 'bytes', bytesSha256]);
  /** One after the other: two that make room would count each other's. */
  const write = (key: string, text: string): void => {
    written = written.then(() => writeEntryBeside(folder, key, text));
  };
  /** The digest of the text that came in as bytes last, where it is known. */
  let came: { readonly bytesSha256: string; readonly sha256: string | undefined } | undefined;
  /** The text whose digest was worked out last, and came in as bytes that are not kept. */
  let unkept: { readonly key: string; readonly bytesSha256: string; readonly sha256: string } | undefined;
  const digestOfBytes = (bytesSha256: string): string | undefined => {
    if (came?.bytesSha256 !== bytesSha256) {
      const sha256 = readEntry(folder, keyOfPointer(bytesSha256));
      came = { bytesSha256, sha256: sha256 !== undefined && digestForm.test(sha256) ? sha256 : undefined };
    }
    return came.sha256;
  };
  const known = (text: string): string | undefined => {
    const bytesSha256 = knownBytes(text);
    return bytesSha256 === undefined ? knownDigest(text) : digestOfBytes(bytesSha256);
  };
  return {
    *keyOf(text) {
      const bytesSha256 = knownBytes(text);
      const before = known(text);
      const sha256 = before ?? (yield* digestOf(text));
      const key = keyOfDigest(sha256);
      unkept = bytesSha256 === undefined || before !== undefined ? undefined : { key, bytesSha256, sha256 };
      return key;
    },
    keyOfDigest,
    keyOfBytes(bytesSha256) {
      const sha256 = digestOfBytes(bytesSha256);
      return sha256 === undefined ? undefined : keyOfDigest(sha256);
    },
    knownKeyOf(text) {
      const sha256 = known(text);
      return sha256 === undefined ? undefined : keyOfDigest(sha256);
    },
    read: (key) => readEntry(folder, key),
    write,
    writeBytes(key) {
      if (unkept?.key !== key) return;
      write(keyOfPointer(unkept.bytesSha256), unkept.sha256);
      came = unkept = undefined;
    },
    settled: () => written,
  };
}
