/** Documents whose text the server reads itself, from the file that a client says it is the same as. */
import { isAscii } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { fieldsAt, isFields, valueAt } from '../../cluster/fields.ts';
import { didOpenFileNotification } from '../../protocol/open-file.ts';
import { type Params, readParams } from '../params.ts';
import { parseUri } from '../parse-uri.ts';
import { withFile } from './files.ts';
import { rememberDigest } from './known-digest.ts';
import { asciiText, release, roomBefore } from './long-text.ts';

/** What is read at a time: its digest takes half a millisecond. */
const bytesAtOnce = 1_000_000;
/** V8 holds no longer string. */
const mostBytes = 500_000_000;

/** The document of a message that opens one by its file; undefined for any other message, and for one that is not as it must be. */
export function openedFileOf(message: unknown): Params['openedFile'] | undefined {
  if (!isFields(message) || valueAt(message, 'method') !== didOpenFileNotification) return undefined;
  const read = readParams(fieldsAt(message, 'params'), ['openedFile']);
  return read.ok ? read.params.openedFile : undefined;
}

function once(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** All bytes of a file behind some room, where they are just so many and have this digest. */
async function bytesOf(file: FileHandle, { bytes: length, sha256 }: Params['openedFile']): Promise<Buffer | undefined> {
  const { size } = await file.stat();
  if (size !== length) return undefined;
  const memory = Buffer.allocUnsafeSlow(roomBefore + length);
  const digest = createHash('sha256');
  let end = roomBefore;
  const next = (): ReturnType<FileHandle['read']> => file.read(memory, end, Math.min(bytesAtOnce, memory.length - end));
  // While a piece goes into the digest the next one is read.
  for (let reading = next(); ; ) {
    const { bytesRead } = await reading;
    if (bytesRead === 0) break;
    const from = end;
    end += bytesRead;
    reading = next();
    digest.update(memory.subarray(from, end));
  }
  if (end === memory.length && digest.digest('hex') === sha256) return memory;
  release(memory);
  return undefined;
}

/** A text in UTF-8, which stands behind some room. */
async function textOf(memory: Buffer): Promise<string> {
  const end = memory.length;
  if (isAscii(memory.subarray(roomBefore, end))) return asciiText(memory, roomBefore, end);
  const decoder = new StringDecoder('utf8');
  const texts: string[] = [];
  for (let at = roomBefore; at < end; at += bytesAtOnce) {
    texts.push(decoder.write(memory.subarray(at, Math.min(at + bytesAtOnce, end))));
    await once();
  }
  return texts.join('');
}

/**
 * The text of a document, where its file has it: a regular file of this machine, no longer than the client says.
 * @returns undefined where it has not, or cannot be read
 */
export async function textOfFile(document: Params['openedFile']): Promise<string | undefined> {
  const { scheme, authority, fsPath } = parseUri(document.uri);
  if (scheme !== 'file' || authority !== '' || document.bytes > mostBytes) return undefined;
  try {
    const memory = await withFile(fsPath, (file) => bytesOf(file, document));
    if (memory === undefined) return undefined;
    const text = await textOf(memory);
    release(memory);
    rememberDigest(text, document.sha256);
    return text;
  } catch {
    return undefined;
  }
}

/** The message that opens a document with its text. */
export function openedWith(text: string, { uri, languageId, version }: Params['openedFile']): unknown {
  return { jsonrpc: '2.0', method: 'textDocument/didOpen', params: { textDocument: { uri, languageId, version, text } } };
}
