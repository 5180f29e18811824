/**
 * A document that is the same as its file is opened without its text: the server reads the file and takes what has the digest that the client says, or asks for the text.
 * For clients on the machine that the file is on. Others open documents as the protocol has it.
 */

/** From the client, in place of `textDocument/didOpen` and with all that it means for what follows. */
export const didOpenFileNotification = 'iptables/didOpenFile';
export interface DidOpenFileParams {
  readonly textDocument: {
    /** Of a regular file of this machine: `file:///...`. */
    readonly uri: string;
    readonly languageId: string;
    readonly version: number;
    /** Of the text in UTF-8, without a byte order mark. */
    readonly bytes: number;
    /** SHA-256 of the text in UTF-8, in hexadecimal digits. */
    readonly sha256: string;
  };
}

/** Within the server, from what reads messages: the file is being read. What was found in the text before can be told by its digest. */
export const readingFileNotification = '$/iptables/readingFile';

/** Within the server, from what reads messages: a text has come in and is being decoded. What was found in it before can be told by the digest of its bytes. */
export const readingTextNotification = '$/iptables/readingText';
export interface ReadingTextParams {
  readonly textDocument: {
    readonly uri: string;
    readonly version: number;
    /** Of the text as it stands in the message, with all escapes of JSON. */
    readonly bytes: number;
    /** SHA-256 of them, in hexadecimal digits. */
    readonly bytesSha256: string;
  };
}

/**
 * From the server, where the file is not that text: the client sends `textDocument/didOpen` with the newest version, where the document is still open. Changes up to
 * that version are in its text.
 */
export const sendTextNotification = 'iptables/sendText';
export interface SendTextParams {
  readonly textDocument: { readonly uri: string };
}
