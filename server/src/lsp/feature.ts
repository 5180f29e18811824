import type { CancellationToken, ServerCapabilities } from 'vscode-languageserver';
import type { LensQuestion } from '../features/code-lenses.ts';
import { answerFor, type ParamName, type Params } from './params.ts';
import type { Session } from './session.ts';

/** A request of the protocol that the server answers. */
export interface Feature {
  readonly method: string;
  /** What the server says of it when it is initialized; nothing for a request that another entry speaks for. */
  readonly capability: (session: Session) => ServerCapabilities;
  readonly answer: (session: Session, message: unknown, token: CancellationToken) => unknown;
}

/** A request whose parameters are checked before it is answered. */
export function feature<Name extends ParamName>(
  method: string,
  capability: ServerCapabilities | ((session: Session) => ServerCapabilities),
  names: readonly Name[],
  answer: (session: Session, params: Pick<Params, Name>, token: CancellationToken, message: unknown) => unknown,
): Feature {
  return {
    method,
    capability: typeof capability === 'function' ? capability : () => capability,
    answer: (session, message, token) => answerFor(message, names, (params) => answer(session, params, token, message)),
  };
}

/** The parameters that most requests have. */
export const document = ['textDocument'] as const;
export const place = ['textDocument', 'position'] as const;
export const part = ['textDocument', 'range'] as const;

/** What the client can be asked to do for a Service beside drawing it. */
export function lensQuestions({ options }: Session): readonly LensQuestion[] {
  return [...(options.hasTracePacket ? (['trace'] as const) : []), ...(options.hasShowReach ? (['reach'] as const) : [])];
}
