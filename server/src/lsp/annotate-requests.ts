import type { CancellationToken } from 'vscode-languageserver';
import { annotate } from '../features/annotate.ts';
import { type AnnotateResult, annotateRequest } from '../protocol/requests.ts';
import { answerFor } from './params.ts';
import { type Session, withState } from './session.ts';

const notOpen: AnnotateResult = { kind: 'nothing', reason: 'This document is not open as an iptables dump.' };

/** Answers what *Annotate with Names* asks. */
export function registerAnnotateRequests(session: Session): void {
  session.connection.onRequest<unknown, void>(annotateRequest, (message: unknown, token: CancellationToken) =>
    answerFor(message, ['textDocument'], ({ textDocument }) =>
      withState<AnnotateResult>(session, textDocument.uri, token, notOpen, annotate),
    ),
  );
}
