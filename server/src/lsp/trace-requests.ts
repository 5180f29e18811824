import type { CancellationToken } from 'vscode-languageserver';
import { chainAt, expandedChain } from '../features/expand-chain.ts';
import { reachOf } from '../features/reach.ts';
import { seenPackets } from '../features/seen.ts';
import { traceOf, tracePathOf, traceRulesOf, traceTextOf, traceWhyNotOf } from '../features/trace.ts';
import { traceEndsOf } from '../features/trace-ends.ts';
import {
  type ChainAtResult,
  chainAtRequest,
  type ExpandedChainResult,
  expandedChainRequest,
  type ReachResult,
  reachRequest,
  type SeenResult,
  seenRequest,
  type TraceEndsResult,
  type TracePathResult,
  type TraceResult,
  type TraceRulesResult,
  type TraceTextResult,
  type TraceWhyNotResult,
  traceEndsRequest,
  tracePathRequest,
  traceRequest,
  traceRulesRequest,
  traceTextRequest,
  traceWhyNotRequest,
} from '../protocol/trace.ts';
import { answerFor, type ParamName, type Params } from './params.ts';
import { atPlacesInText } from './places-in-text.ts';
import { type Session, withState } from './session.ts';

const notOpen = 'This document is not open as an iptables dump.';
const noEnds: TraceEndsResult = { from: [], to: [] };
const noTrace: TraceResult = { kind: 'nothing', reason: notOpen };
const noText: TraceTextResult = { text: '' };
const noPath: TracePathResult = { stages: [], reason: notOpen };
const noRules: TraceRulesResult = { rules: [] };
const notExpanded: ExpandedChainResult = { text: '', links: [], reason: notOpen };
const noTables: ReachResult = { text: '', reason: notOpen };
const notSeen: SeenResult = { packets: [], notes: [], reason: notOpen };
const noChanges: TraceWhyNotResult = { changes: [] };

const packet = ['textDocument', 'question'] as const;
const ofOutcome = [...packet, 'outcome'] as const;

/** Answers what the trace view asks, and who reaches a Service. */
export function registerTraceRequests(session: Session): void {
  const on = <Name extends ParamName>(
    method: string,
    names: readonly Name[],
    answer: (params: Pick<Params, Name>, token: CancellationToken) => unknown,
  ): void => {
    session.connection.onRequest<unknown, void>(
      method,
      atPlacesInText(session, (message, token) => answerFor(message, names, (params) => answer(params, token))),
    );
  };
  on(traceEndsRequest, ['textDocument'], ({ textDocument }, token) =>
    withState(session, textDocument.uri, token, noEnds, traceEndsOf),
  );
  on(reachRequest, ['textDocument', 'to'], ({ textDocument, to }, token) =>
    withState(session, textDocument.uri, token, noTables, (state) => reachOf(state, to)),
  );
  on(traceRequest, packet, ({ textDocument, question }, token) =>
    withState(session, textDocument.uri, token, noTrace, (state) => traceOf(state, question)),
  );
  on(traceTextRequest, [...packet, 'format'], ({ textDocument, question, format }, token) =>
    withState(session, textDocument.uri, token, noText, (state) => traceTextOf(state, question, format)),
  );
  on(tracePathRequest, ofOutcome, ({ textDocument, question, outcome }, token) =>
    withState(session, textDocument.uri, token, noPath, (state) => tracePathOf(state, question, outcome)),
  );
  on(traceRulesRequest, [...ofOutcome, 'first', 'count'], ({ textDocument, question, outcome, first, count }, token) =>
    withState(session, textDocument.uri, token, noRules, (state) => traceRulesOf(state, question, outcome, first, count)),
  );
  on(seenRequest, ['textDocument', 'text'], ({ textDocument, text }, token) =>
    withState(session, textDocument.uri, token, notSeen, (state) => seenPackets(state, text)),
  );
  on(chainAtRequest, ['textDocument', 'position'], ({ textDocument, position }, token) =>
    withState<ChainAtResult>(session, textDocument.uri, token, null, (state) => chainAt(state, position)),
  );
  on(expandedChainRequest, ['textDocument', 'table', 'chain'], ({ textDocument, table, chain }, token) =>
    withState(session, textDocument.uri, token, notExpanded, (state) => expandedChain(state, table, chain)),
  );
  on(traceWhyNotRequest, ofOutcome, ({ textDocument, question, outcome }, token) =>
    withState(session, textDocument.uri, token, noChanges, (state) => traceWhyNotOf(state, question, outcome)),
  );
}
