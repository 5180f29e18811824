import type { CancellationToken } from 'vscode-languageserver';
import { expectationsIn, judgeExpectations, writtenExpectations } from '../features/expectations.ts';
import {
  expectationsRequest,
  type JudgeResult,
  judgeRequest,
  type WriteExpectationsResult,
  writeExpectationsRequest,
} from '../trace-protocol.ts';
import { answerFor } from './params.ts';
import { type Session, withState } from './session.ts';

const notOpen = 'This document is not open as an iptables dump.';
const notJudged: JudgeResult = { results: [], reason: notOpen };
const notWritten: WriteExpectationsResult = { text: '', reason: notOpen };

/** Answers what the editor's tests ask. */
export function registerExpectationRequests(session: Session): void {
  const { connection } = session;
  connection.onRequest<unknown, void>(expectationsRequest, (message: unknown) =>
    answerFor(message, ['text'], ({ text }) => expectationsIn(text)),
  );
  connection.onRequest<unknown, void>(judgeRequest, (message: unknown, token: CancellationToken) =>
    answerFor(message, ['textDocument', 'text', 'only'], ({ textDocument, text, only }) =>
      withState(session, textDocument.uri, token, notJudged, (state) => judgeExpectations(state, text, only)),
    ),
  );
  connection.onRequest<unknown, void>(writeExpectationsRequest, (message: unknown, token: CancellationToken) =>
    answerFor(message, ['textDocument'], ({ textDocument }) =>
      withState(session, textDocument.uri, token, notWritten, writtenExpectations),
    ),
  );
}
