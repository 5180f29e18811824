import { createHash } from 'node:crypto';
import { type TextDocument, workspace } from 'vscode';
import type { DidOpenTextDocumentParams, Middleware } from 'vscode-languageclient';
import type { LanguageClient } from 'vscode-languageclient/node';
import {
  type DidOpenFileParams,
  didOpenFileNotification,
  type SendTextParams,
  sendTextNotification,
} from '../../../server/src/protocol/open-file.ts';

const didOpenNotification = 'textDocument/didOpen';

/** UTF-16 units. A shorter text is with the server as soon. */
const fewestCharacters = 1_000_000;

function openDocument(uri: string): TextDocument | undefined {
  return workspace.textDocuments.find((document) => !document.isClosed && document.uri.toString() === uri);
}

/** Whether a document may be the same as its file, on the machine that the server runs on; its digest decides. */
function mayBeItsFile({ uri, isDirty, isUntitled, encoding }: TextDocument): boolean {
  return uri.scheme === 'file' && uri.authority === '' && !isDirty && !isUntitled && encoding === 'utf8';
}

/** The message that opens a large document by its file; undefined where its text has to be sent. */
function openedByFile({ textDocument }: DidOpenTextDocumentParams): DidOpenFileParams | undefined {
  const { text, uri, languageId, version } = textDocument;
  if (text.length < fewestCharacters) return undefined;
  const document = openDocument(uri);
  if (document === undefined || !mayBeItsFile(document)) return undefined;
  const sha256 = createHash('sha256').update(text, 'utf8').digest('hex');
  return { textDocument: { uri, languageId, version, bytes: Buffer.byteLength(text), sha256 } };
}

/**
 * Opens large documents that are as their files are without their text, which takes 0.1 s for 16 MB: the server reads the file itself, and asks for the text where that is another one.
 * @param client the client with this middleware
 */
export function createOpenByFile(client: () => LanguageClient): {
  readonly middleware: Pick<Middleware, 'sendNotification'>;
  /** To be called once the client is made. */
  answerServer(): void;
} {
  /** What the server asked for. */
  const wanted = new Set<string>();
  return {
    middleware: {
      sendNotification(type, next, params) {
        const method = typeof type === 'string' ? type : type.method;
        if (method !== didOpenNotification) return next(type, params);
        const opened = params as unknown as DidOpenTextDocumentParams;
        const byFile = wanted.delete(opened.textDocument.uri) ? undefined : openedByFile(opened);
        return byFile === undefined ? next(type, params) : next(didOpenFileNotification, byFile as never);
      },
    },
    answerServer() {
      client().onNotification(sendTextNotification, async ({ textDocument: { uri } }: SendTextParams) => {
        const document = openDocument(uri);
        if (document === undefined || document.languageId !== 'iptables') return;
        wanted.add(uri);
        const params = client().code2ProtocolConverter.asOpenTextDocumentParams(document);
        await client().sendNotification(didOpenNotification, params);
      });
    },
  };
}
