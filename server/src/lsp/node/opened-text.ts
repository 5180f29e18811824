import type { ReadingTextParams } from '../../protocol/open-file.ts';
import { type Around, openingOf } from './around-text.ts';
import { createRunningDigest } from './running-digest.ts';

/** A document that a message opens, with the digest of the bytes that its text came in as. */
export type OpenedBytes = ReadingTextParams['textDocument'];

/** What stands around a long string, and the place behind its last byte, as it is seen from behind. */
export type SeenAround = Around & { readonly end: number };

/** The digest of the long string of a message, as long as it may be the text of a document that is opened. */
export interface OpenedText {
  /** Takes all bytes up to a place. They may be overwritten then. */
  takeTo(bytes: Buffer, to: number): void;
  /** The document that the message opens; undefined for any other message. Found once, the first time that it is asked for. */
  document(bytes: Buffer, around: () => SeenAround | undefined): OpenedBytes | undefined;
  /** The digest, where a document was found and the string has turned out to end there. */
  provenAt(end: number): string | undefined;
}

/** @param begin where the first byte of the string stands */
export function createOpenedText(begin: number): OpenedText {
  const digest = createRunningDigest(begin);
  let found: { readonly document: OpenedBytes | undefined; readonly end: number } | undefined;
  const find = (bytes: Buffer, around: SeenAround | undefined): OpenedBytes | undefined => {
    const bytesSha256 = around === undefined ? undefined : digest.endAt(bytes, around.end);
    if (around === undefined || bytesSha256 === undefined) return undefined;
    return openingOf(around, { bytes: around.end - begin, bytesSha256 });
  };
  return {
    takeTo(bytes, to) {
      if (found === undefined) digest.takeTo(bytes, to);
    },
    document(bytes, around) {
      if (found === undefined) {
        const seen = around();
        found = { document: find(bytes, seen), end: seen?.end ?? -1 };
      }
      return found.document;
    },
    provenAt: (end) => (found?.end === end ? found.document?.bytesSha256 : undefined),
  };
}
