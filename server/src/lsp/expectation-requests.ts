import type { CancellationToken } from 'vscode-languageserver';
import type { Steps } from '../base/steps.ts';
import { expectationsIn, judgeExpectations, writtenExpectations } from '../features/expectations.ts';
import type { DumpState } from '../features/support/state.ts';
import {
  expectationsRequest,
  type JudgeResult,
  judgeRequest,
  type WriteExpectationsResult,
  writeExpectationsRequest,
} from '../protocol/trace.ts';
import { answerFor } from './params.ts';
import { answering, inSlices, type Session, withState } from './session.ts';

const notOpen = 'This document is not open as an iptables dump.';
const notJudged: JudgeResult = { results: [], reason: notOpen };
const notWritten: WriteExpectationsResult = { text: '', reason: notOpen };

/** The results of the newest state, so that whatever changes them is told of after them. */
function* judgedNow(session: Session, first: DumpState, text: string, only: readonly number[] | undefined): Steps<JudgeResult> {
  for (let state = first; ; ) {
    const result = yield* judgeExpectations(state, text, only);
    const newest = session.states.get(state.uri) ?? state;
    if (newest === state) return result;
    state = newest;
  }
}

/** Answers what the editor's tests ask. */
export function registerExpectationRequests(session: Session): void {
  const { connection } = session;
  connection.onRequest<unknown, void>(expectationsRequest, (message: unknown, token: CancellationToken) =>
    answerFor(message, ['text'], ({ text }) => answering(session, () => inSlices(session, expectationsIn(text), token))),
  );
  connection.onRequest<unknown, void>(judgeRequest, (message: unknown, token: CancellationToken) =>
    answerFor(message, ['textDocument', 'text', 'only'], ({ textDocument, text, only }) =>
      withState(session, textDocument.uri, token, notJudged, (state) => judgedNow(session, state, text, only)),
    ),
  );
  connection.onRequest<unknown, void>(writeExpectationsRequest, (message: unknown, token: CancellationToken) =>
    answerFor(message, ['textDocument'], ({ textDocument }) =>
      withState(session, textDocument.uri, token, notWritten, writtenExpectations),
    ),
  );
}
