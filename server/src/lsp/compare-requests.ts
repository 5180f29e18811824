import type { CancellationToken } from 'vscode-languageserver';
import type { Steps } from '../base/steps.ts';
import { compareRulesets, compareWithExpected } from '../features/comparison.ts';
import type { DumpState } from '../features/support/state.ts';
import { type CompareResult, type CompareSide, compareRequest } from '../protocol/compare.ts';
import { buildRuleset } from '../ruleset/build.ts';
import { putApart } from '../syntax/apart.ts';
import { readDocument, type SourceDocument } from '../syntax/document.ts';
import { answerFor } from './params.ts';
import { answering, inSlices, type Session } from './session.ts';

type Side = Pick<DumpState, 'uri' | 'ruleset' | 'cluster'>;

function* readApart(text: string, uri: string): Steps<SourceDocument> {
  return yield* putApart(yield* readDocument(text, uri), uri);
}

/** An open document as it was read last, or the text that came with the question. */
async function sideOf(session: Session, { uri, text }: CompareSide, token: CancellationToken): Promise<Side | undefined> {
  if (text === undefined) {
    await session.dumps.get(uri)?.current();
    return session.states.get(uri);
  }
  const document = await inSlices(session, readApart(text, uri), token);
  const ruleset = await inSlices(session, buildRuleset(document), token);
  return { uri, ruleset, cluster: session.clusters.statusFor(uri).cluster };
}

const notOpen: CompareResult = { kind: 'nothing', reason: 'This document is not open as an iptables dump.' };

/** Answers what the view of compared dumps asks. */
export function registerCompareRequests(session: Session): void {
  session.connection.onRequest<unknown, void>(compareRequest, (message: unknown, token: CancellationToken) =>
    answerFor(message, ['compareBefore', 'compareAfter'], ({ compareBefore, compareAfter }) =>
      answering(session, async (): Promise<CompareResult> => {
        const after = await sideOf(session, compareAfter, token);
        if (after === undefined) return notOpen;
        if (compareBefore === null) return inSlices(session, compareWithExpected(after), token);
        const before = await sideOf(session, compareBefore, token);
        return before === undefined
          ? notOpen
          : inSlices(session, compareRulesets(before.ruleset, after.ruleset, after.cluster), token);
      }),
    ),
  );
}
