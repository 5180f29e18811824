/** Node bundles as files: a folder, or a tar archive, compressed or not. Bounded in files, depth and bytes; links are not followed. */

import { lstatSync, readdirSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { lastPart } from '../base/last-part.ts';
import { deepestFolder, mostEntries, mostUnpacked, noFileText, noRoom, unreadText } from '../base/unread-part.ts';
import { describeFileError } from '../lsp/node/file-error.ts';
import { isAskedLater } from '../node/bundle.ts';
import type { BundleFile } from '../node/bundle-file.ts';
import type { NodeFacts } from '../node/facts.ts';
import { judgeBundle } from '../node/judge-bundle.ts';
import { isNamedPart } from '../node/part-kind.ts';
import { isTar, readTar } from '../node/tar.ts';
import { decodeBytes } from './decode-bytes.ts';
import { mostBytes, nameHint, nameOfInput, readPlainFile, TooLargeError } from './read-text.ts';
import { zlib } from './seldom-loaded.ts';
import { UsageError } from './usage-error.ts';

const tooLarge = `holds more than ${mostBytes / 1_000_000} MB; expected a node bundle`;

/** Whether a path names a folder, which can only be a bundle. */
export function isFolder(path: string): boolean {
  try {
    return path !== '-' && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    // Links in a circle, a name that is too long: whoever reads the file says what is wrong with it.
    return false;
  }
}

/** How many bytes more the files of a bundle may have. */
interface Room {
  /** Once they are read. */
  left: number;
  /** Once those that are compressed are unpacked. */
  packed: number;
}

/**
 * A file of a bundle as text; one that was compressed by itself is read as what it was.
 * @throws Error for one that cannot be unpacked, or for which there is no room behind those before
 */
function textOf(path: string, bytes: Buffer, room: Room): BundleFile {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return { path, text: decodeBytes(bytes) };
  try {
    const plain = zlib().gunzipSync(bytes, { maxOutputLength: Math.max(Math.min(room.left, room.packed), 1) });
    room.left -= plain.length;
    room.packed -= plain.length;
    return { path: path.replace(/\.gz$/, ''), text: decodeBytes(plain) };
  } catch (error) {
    throw isTooLarge(error) ? new Error(noRoom) : error;
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}

/**
 * Paths of files below a folder in the order of their names, without links and devices.
 * @throws UsageError for more than any bundle has, and what Node.js throws where the folder itself cannot be listed
 */
function pathsIn(folder: string, notes: string[]): readonly string[] {
  const paths: string[] = [];
  let entries = 0;
  let bytes = 0;
  const walk = (path: string, depth: number): void => {
    if (depth > deepestFolder) return;
    for (const name of readdirSync(join(folder, path)).toSorted()) {
      const inner = path === '' ? name : `${path}/${name}`;
      entries += 1;
      // Folders count as well: a whole disk has more of them than anybody waits for.
      if (entries > mostEntries)
        throw new UsageError(`${folder}: holds more than ${mostEntries} files and folders; expected a node bundle`);
      const stats = statusOf(folder, inner, notes);
      if (stats?.isDirectory() === true) {
        try {
          walk(inner, depth + 1);
        } catch (error) {
          if (error instanceof UsageError) throw error;
          notes.push(errorText(inner, error));
        }
      }
      if (stats?.isFile() !== true) {
        if (stats?.isDirectory() === false && isNamedPart(inner))
          notes.push(noFileText(inner, stats.isSymbolicLink() ? 'link' : 'device'));
        continue;
      }
      bytes += stats.size;
      if (bytes > mostBytes) throw new UsageError(`${folder}: ${tooLarge}`);
      paths.push(inner);
    }
  };
  walk('', 0);
  return paths;
}

/** What is there below a folder; undefined, with a note, for what has gone meanwhile or has a name that is not UTF-8, which does not reach Node.js. */
function statusOf(folder: string, path: string, notes: string[]): Stats | undefined {
  try {
    return lstatSync(join(folder, path));
  } catch (error) {
    notes.push(errorText(path, error));
    return undefined;
  }
}

function errorText(path: string, error: unknown): string {
  return unreadText(path, `${describeFileError(error)}${nameHint(path)}`);
}

/** From this size on a file that is asked for later is not read before. */
const largeBytes = 4_000_000;

/** What a folder's files hold together is bounded by what they say of themselves (`pathsIn`); those of the kernel say 0, and may have no end. */
function bytesOf(path: string, room: Room): Buffer {
  const { size } = statSync(path);
  try {
    const bytes = readPlainFile(path, size + room.left);
    room.left -= Math.max(bytes.length - size, 0);
    return bytes;
  } catch (error) {
    if (error instanceof TooLargeError) room.left = 0;
    throw error;
  }
}

/** A file of a folder; connections and tables of nftables, where there are many, are read when somebody asks for them. */
function fileIn(folder: string, path: string, room: Room): BundleFile {
  const full = join(folder, path);
  if (!isAskedLater(path) || statSync(full).size < largeBytes) return textOf(path, bytesOf(full, room), room);
  let text: string | undefined;
  return {
    path,
    isLarge: true,
    get text() {
      try {
        text ??= decodeBytes(readPlainFile(full, mostBytes));
      } catch (error) {
        throw new UsageError(`${full}: ${describeFileError(error)}`);
      }
      return text;
    },
  };
}

/** Files below a folder, and of those that cannot be read why. @throws UsageError for a folder that cannot be listed, and as `pathsIn` does */
function filesIn(folder: string): { readonly files: readonly BundleFile[]; readonly notes: readonly string[] } {
  try {
    const files: BundleFile[] = [];
    const notes: string[] = [];
    const room: Room = { left: mostBytes, packed: mostUnpacked };
    for (const path of pathsIn(folder, notes)) {
      try {
        files.push(fileIn(folder, path, room));
      } catch (error) {
        notes.push(errorText(path, error));
      }
    }
    return { files, notes };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${folder}: ${describeFileError(error)}`);
  }
}

function factsOf(
  name: string,
  what: 'a directory' | 'an archive' | 'a file',
  files: readonly BundleFile[],
  notes: readonly string[],
): NodeFacts {
  const answer = judgeBundle(what, files, notes);
  if (!answer.ok) throw new UsageError(`${name}: ${answer.message}`);
  return answer.facts;
}

/** The bundle in a folder. @throws UsageError */
export function readBundleFolder(folder: string): NodeFacts {
  const { files, notes } = filesIn(folder);
  return factsOf(folder, 'a directory', files, notes);
}

/** What is packed in other ways, by its first bytes, with what unpacks it. */
const otherArchives: readonly (readonly [what: string, magic: readonly number[], unpack: string])[] = [
  ['a zip archive', [0x50, 0x4b, 0x03, 0x04], 'unzip'],
  ['compressed by xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a], 'tar xJf, unxz'],
  ['compressed by bzip2', [0x42, 0x5a, 0x68], 'tar xjf, bunzip2'],
  ['compressed by zstd', [0x28, 0xb5, 0x2f, 0xfd], 'tar --zstd -xf, unzstd'],
];

/**
 * The bundle in a text that holds what several commands printed, each below the command; undefined for a text that is not of rules and something
 * else besides.
 */
export function readBundleText(path: string, text: string): NodeFacts | undefined {
  const answer = judgeBundle('a file', [{ path: lastPart(nameOfInput(path)), text }], []);
  if (!answer.ok) return undefined;
  const { addresses, routes, links, sysctls, conntrack } = answer.facts;
  return [addresses, routes, links, sysctls, conntrack].some((part) => part !== null) ? answer.facts : undefined;
}

/**
 * The bundle in the bytes of a file, where they are a tar archive, compressed by gzip or not; undefined where they are none.
 * @param packed how many bytes the files in it hold together that are compressed one by one, unpacked
 * @throws UsageError
 */
export function readBundleArchive(path: string, bytes: Buffer, packed = mostUnpacked): NodeFacts | undefined {
  const isCompressed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const name = nameOfInput(path);
  const other = otherArchives.find(([, magic]) => magic.every((byte, at) => bytes[at] === byte));
  if (other !== undefined)
    throw new UsageError(
      `${name}: is ${other[0]}; expected a folder or a tar archive, plain or compressed by gzip: unpack it (${other[2]}) and name the folder`,
    );
  if (!isCompressed && !isTar(bytes)) return undefined;
  let plain: Uint8Array = bytes;
  if (isCompressed) {
    try {
      plain = zlib().gunzipSync(bytes, { maxOutputLength: mostBytes });
    } catch (error) {
      if (isTooLarge(error)) throw new UsageError(`${name}: ${tooLarge}`);
      throw new UsageError(
        `${name}: is compressed and cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    if (!isTar(plain))
      return factsOf(name, 'a file', [{ path: lastPart(name).replace(/\.gz$/, ''), text: decodeBytes(Buffer.from(plain)) }], []);
  }
  const answer = readTar(plain);
  if (!answer.ok) throw new UsageError(`${name}: ${answer.message}; expected a node bundle`);
  const notes = [...answer.notes];
  // What is unpacked already counts as well.
  const room: Room = { left: mostBytes - plain.length, packed };
  const files = answer.files.flatMap(({ path: inner, bytes: content }) => {
    try {
      return [textOf(inner, Buffer.from(content.buffer, content.byteOffset, content.byteLength), room)];
    } catch (error) {
      notes.push(errorText(inner, error));
      return [];
    }
  });
  return factsOf(name, 'an archive', files, notes);
}
