/** The files of a tar archive, as `tar` in its POSIX, GNU and old forms writes it. An archive is hostile: nothing here trusts its sizes or names. */

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

/** "path" of an extended header: lines of "LENGTH key=value". */
function extendedPath(bytes: Uint8Array): string {
  const text = decoder.decode(bytes.subarray(0, 65_536));
  return /(?:^|\n)\d+ path=([^\n]*)\n/.exec(text)?.[1] ?? '';
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
  let outside = 0;
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
    const start = at + blockBytes;
    if (start + size > bytes.length) {
      notes.push(`The archive ends within ${textOf(block, 0, 100)}, which is left out.`);
      break;
    }
    at = start + Math.ceil(size / blockBytes) * blockBytes;
    const content = bytes.subarray(start, start + size);
    const type = String.fromCharCode(block[156] ?? 0);
    if (type === 'L') longName = textOf(content, 0, Math.min(size, mostNameBytes));
    else if (type === 'x') longName = extendedPath(content);
    else if (type === '0' || type === '\0' || type === '7') {
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
    } else if (type !== 'g') longName = '';
  }
  if (outside > 0) notes.unshift(outsideText(outside));
  return { ok: true, files, notes };
}
