import { CancellationTokenSource, type Uri } from 'vscode';
import {
  type TraceParams,
  type TracePathParams,
  type TracePathResult,
  type TraceQuestion,
  type TraceResult,
  type TraceRulesParams,
  type TraceRulesResult,
  type TraceTextParams,
  type TraceTextResult,
  type TraceWhyNotResult,
  tracePathRequest,
  traceRequest,
  traceRulesRequest,
  traceTextRequest,
  traceWhyNotRequest,
} from '../../../server/src/protocol/trace.ts';
import type { ServerAccess } from '../server-access.ts';

/** One packet that is followed through one dump, as the server says it of one version of the dump. */
export interface TraceSession {
  readonly uri: Uri;
  readonly question: TraceQuestion;
  readonly result: Extract<TraceResult, { readonly kind: 'trace' }>;
  path(outcome: number): Promise<TracePathResult>;
  rules(outcome: number, first: number, count: number): Promise<TraceRulesResult>;
  whyNot(outcome: number): Promise<TraceWhyNotResult>;
  text(format: 'text' | 'markdown'): Promise<string>;
}

/** Follows a packet. The sentence of a refusal where that cannot be done. */
export async function openTrace(server: ServerAccess, uri: Uri, question: TraceQuestion): Promise<TraceSession | string> {
  const cancellation = new CancellationTokenSource();
  const packet: TraceParams = { textDocument: { uri: uri.toString() }, question };
  const result = await server.askOfDump<TraceResult>(traceRequest, packet, cancellation.token);
  if (result.kind === 'nothing') return result.reason;
  const paths = new Map<number, Promise<TracePathResult>>();
  const ofOutcome = (outcome: number): TracePathParams => ({ ...packet, outcome });
  return {
    uri,
    question,
    result,
    path(outcome) {
      const known = paths.get(outcome);
      if (known !== undefined) return known;
      const path = server.ask<TracePathResult>(tracePathRequest, ofOutcome(outcome));
      paths.set(outcome, path);
      // One that failed is asked for again.
      path.catch(() => paths.delete(outcome));
      return path;
    },
    rules(outcome, first, count) {
      const params: TraceRulesParams = { ...ofOutcome(outcome), first, count };
      return server.ask<TraceRulesResult>(traceRulesRequest, params);
    },
    whyNot: (outcome) => server.ask<TraceWhyNotResult>(traceWhyNotRequest, ofOutcome(outcome)),
    async text(format) {
      const params: TraceTextParams = { ...packet, format };
      return (await server.ask<TraceTextResult>(traceTextRequest, params)).text;
    },
  };
}
