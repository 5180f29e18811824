/** The files of a tar archive, as `tar` in its POSIX, GNU and old forms writes it. An archive is hostile: nothing here trusts its sizes or names. */
import { type NoFile, noFileText } from '../base/unread-part.ts';
import { isNamedPart } from './part-kind.ts';

export interface TarFile {
  /** With slashes, relative, without "." and ".." parts. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

export type TarAnswer =
  | { readonly ok: true; readonly files: readonly TarFile[]; readonly notes: readonly string[] }
  /** Why it is none, in a sentence. */
  | { readonly ok: false; readonly message: string };

const blockBytes = 512;
const mostFiles = 10_000;
const mostNameBytes = 4096;
const mostExtendedBytes = 1_000_000;

/** Types of entries that stand where a file could: hard and symbolic links, devices, pipes. */
const noFileTypes: Readonly<Record<string, NoFile>> = { 1: 'link', 2: 'link', 3: 'device', 4: 'device', 6: 'device' };

const decoder = new TextDecoder();

/** The text of a field, up to its first NUL. */
function textOf(block: Uint8Array, from: number, length: number): string {
  const field = block.subarray(from, from + length);
  const end = field.indexOf(0);
  return decoder.decode(end < 0 ? field : field.subarray(0, end));
}

/** A number in octal; undefined for one that is none. Sizes beyond 8 GB, which are written in base 256, are none either. */
function octalOf(block: Uint8Array, from: number, length: number): number | undefined {
  const text = textOf(block, from, length).trim();
  if (text === '') return 0;
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : undefined;
}

/** Whether a header's checksum is right: the sum of its bytes, with blanks for the sum itself. */
function isSound(block: Uint8Array): boolean {
  let sum = 0;
  for (let at = 0; at < blockBytes; at += 1) sum += at >= 148 && at < 156 ? 32 : (block[at] ?? 0);
  return octalOf(block, 148, 8) === sum;
}

/** Whether bytes begin as a tar archive does. */
export function isTar(bytes: Uint8Array): boolean {
  return bytes.length >= blockBytes && bytes[0] !== 0 && isSound(bytes.subarray(0, blockBytes));
}

/** A path that stays within the archive's own folder; empty for one that does not, or names nothing. */
function safePath(name: string): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  const isOutside = name.startsWith('/') || parts.includes('..') || /[\\\0]/.test(name);
  return isOutside ? '' : parts.join('/');
}

/** What an extended header says of the next file. */
interface Extended {
  readonly path: string;
  /** Whether its bytes are a list of its parts, and the parts without what lies between them. */
  readonly isSparse: boolean;
}

/** An extended header's "LENGTH key=value" lines, by their lengths: a value may have line ends, and what looks like another key. */
function extendedOf(bytes: Uint8Array): Extended {
  let path = '';
  let isSparse = false;
  for (let at = 0; at < bytes.length; ) {
    const length = Number.parseInt(textOf(bytes, at, 10), 10);
    const record = bytes.subarray(at, at + length);
    const key = /^\d{1,9} ([^=]{1,100})=/.exec(textOf(record, 0, 111));
    if (!(length > 0) || key === null) break;
    if (key[1] === 'path') path = decoder.decode(record.subarray(key[0].length, Math.min(length - 1, mostNameBytes)));
    isSparse ||= key[1]?.startsWith('GNU.sparse.') === true;
    at += length;
  }
  return { path, isSparse };
}

/** Blocks behind a header of GNU's old form of sparse files that go on with the list of their parts. */
function moreOfSparse(bytes: Uint8Array, header: number): number {
  let blocks = 0;
  for (let more = bytes[header + 482]; more === 1; more = bytes[header + blocks * blockBytes + 504]) blocks += 1;
  return blocks;
}

function sparseText(count: number): string {
  return count === 1
    ? 'A file of the archive is sparse, and left out: pack it without --sparse.'
    : `${count} files of the archive are sparse, and left out: pack them without --sparse.`;
}

function outsideText(count: number): string {
  return count === 1
    ? 'A file that would lie outside of the archive is left out.'
    : `${count} files that would lie outside of the archive are left out.`;
}

/** Files of an archive, regular ones alone: no links, no devices. Bytes are shared with the archive. Never throws. */
export function readTar(bytes: Uint8Array): TarAnswer {
  if (!isTar(bytes)) return { ok: false, message: 'is no tar archive' };
  const files: TarFile[] = [];
  const notes: string[] = [];
  let longName = '';
  let isNextSparse = false;
  let outside = 0;
  let sparse = 0;
  for (let at = 0; ; ) {
    const block = bytes.subarray(at, at + blockBytes);
    // Without it as much may be missing as there was: a connection that broke between two files leaves nothing else to see.
    if (block.length < blockBytes) {
      notes.push('The archive has no end: it was cut off, and files may be missing.');
      break;
    }
    if (block.every((byte) => byte === 0)) break;
    const size = octalOf(block, 124, 12);
    if (!isSound(block) || size === undefined) {
      notes.push(`The archive is damaged at byte ${at}: what follows is left out.`);
      break;
    }
    const type = String.fromCharCode(block[156] ?? 0);
    const start = at + blockBytes + (type === 'S' ? moreOfSparse(bytes, at) * blockBytes : 0);
    if (start + size > bytes.length) {
      notes.push(`The archive ends within ${textOf(block, 0, 100)}, which is left out.`);
      break;
    }
    at = start + Math.ceil(size / blockBytes) * blockBytes;
    const content = bytes.subarray(start, start + size);
    if (type === 'L') longName = textOf(content, 0, Math.min(size, mostNameBytes));
    else if (type === 'x') ({ path: longName, isSparse: isNextSparse } = extendedOf(content.subarray(0, mostExtendedBytes)));
    else if (type === 'S' || isNextSparse) {
      sparse += 1;
      longName = '';
      isNextSparse = false;
    } else if (type === '0' || type === '\0' || type === '7') {
      const prefix = textOf(block, 257, 5) === 'ustar' ? textOf(block, 345, 155) : '';
      const name = longName !== '' ? longName : prefix === '' ? textOf(block, 0, 100) : `${prefix}/${textOf(block, 0, 100)}`;
      longName = '';
      const path = safePath(name);
      if (path === '') outside += 1;
      else files.push({ path, bytes: content });
      if (files.length >= mostFiles) {
        notes.push(`The archive has more than ${mostFiles} files: the others are left out.`);
        break;
      }
    } else if (type !== 'g' && type !== 'K') {
      const what = noFileTypes[type];
      const path = what === undefined ? '' : safePath(longName === '' ? textOf(block, 0, 100) : longName);
      if (what !== undefined && isNamedPart(path) && notes.length < mostFiles) notes.push(noFileText(path, what));
      longName = '';
    }
  }
  if (sparse > 0) notes.unshift(sparseText(sparse));
  if (outside > 0) notes.unshift(outsideText(outside));
  return { ok: true, files, notes };
}
