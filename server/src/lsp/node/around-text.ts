/** What a message says besides its long text, which need not be decoded for it. */
import { randomUUID } from 'node:crypto';
import { fieldsAt, isFields, textAt, valueAt } from '../../cluster/fields.ts';
import type { ReadingTextParams } from '../../protocol/open-file.ts';
import { readParams } from '../params.ts';

/** What is around the long string. */
export interface Around {
  readonly before: string;
  readonly behind: string;
}

/** The URI of the document that a message says that it is about. */
export function documentOf(message: unknown): string | undefined {
  const uri = isFields(message) ? textAt(fieldsAt(fieldsAt(message, 'params'), 'textDocument'), 'uri') : '';
  return uri === '' ? undefined : uri;
}

/** The URI of the document that a message is about, without its long string. */
export function uriAround(around: Around | undefined): string | undefined {
  if (around === undefined) return undefined;
  try {
    return documentOf(JSON.parse(`${around.before}""${around.behind}`));
  } catch {
    return undefined;
  }
}

/** Whether a message may open a document, by what stands before its long string. */
export function mayOpen(before: string): boolean {
  return before.includes('didOpen') || !before.includes('"method"');
}

/** A long string as it came in. */
export interface Span {
  readonly bytes: number;
  /** SHA-256 of them, in hexadecimal digits. */
  readonly bytesSha256: string;
}

/** The document that a message opens whose text is the long string; undefined for any other message. */
export function openingOf(
  { before, behind }: Around,
  { bytes, bytesSha256 }: Span,
): ReadingTextParams['textDocument'] | undefined {
  const mark = randomUUID();
  try {
    const message: unknown = JSON.parse(`${before}"${mark}"${behind}`);
    if (!isFields(message) || valueAt(message, 'method') !== 'textDocument/didOpen' || valueAt(message, 'id') !== undefined)
      return undefined;
    const read = readParams(fieldsAt(message, 'params'), ['openedDocument']);
    if (!read.ok || read.params.openedDocument.text !== mark) return undefined;
    const { uri, version } = read.params.openedDocument;
    return { uri, version, bytes, bytesSha256 };
  } catch {
    return undefined;
  }
}
