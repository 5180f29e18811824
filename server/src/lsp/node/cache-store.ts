/** Entries of a cache that are called by SHA-256: nobody can make two of one name. */
import { hash } from 'node:crypto';
import { type CacheBounds, type Digest, readEntryBy, writeEntryBesideBy, writeEntryBy } from './cache-entries.ts';

const sha256: Digest = (text) => hash('sha256', text, 'hex');

/** The name of an entry: SHA-256 of all that what it holds depends on. */
export function entryKey(parts: unknown): string {
  return sha256(JSON.stringify(parts));
}

/** SHA-256 of what a file holds. */
export function contentDigest(content: Buffer | string): string {
  return hash('sha256', content, 'hex');
}

/** `readEntryBy` SHA-256. */
export function readEntry(folder: string, key: string, bounds?: CacheBounds): string | undefined {
  return readEntryBy(sha256, folder, key, bounds);
}

/** `writeEntryBy` SHA-256. */
export function writeEntry(folder: string, key: string, content: string, bounds?: CacheBounds): void {
  writeEntryBy(sha256, folder, key, content, bounds);
}

/** `writeEntryBesideBy` SHA-256. */
export function writeEntryBeside(folder: string, key: string, content: string, bounds?: CacheBounds): Promise<void> {
  return writeEntryBesideBy(sha256, folder, key, content, bounds);
}
