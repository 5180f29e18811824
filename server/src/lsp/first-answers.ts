/** Answers about a screenful of a large dump while it is read for the first time, from the lines around it. What may be more in all of it is asked for again. */
import type { CancellationToken, CodeLens, Hover, InlayHint, Range } from 'vscode-languageserver';
import { Cancelled, runFirst } from '../base/scheduler.ts';
import type { Steps } from '../base/steps.ts';
import { codeLenses } from '../features/code-lenses.ts';
import { canTellByPart, hover } from '../features/hover/hover.ts';
import { inlayHints } from '../features/inlay-hints.ts';
import { semanticTokens } from '../features/semantic-tokens.ts';
import type { DumpState } from '../features/support/state.ts';
import { type DumpPart, stateAround } from './dump-part.ts';
import { document, lensQuestions, part, place } from './feature.ts';
import type { OpenDump } from './open-documents.ts';
import { type ParamName, type Params, readParams } from './params.ts';
import { describeError, logError, type Session } from './session.ts';

/** Below that all is read as soon. */
const fewestCharacters = 1_000_000;
/** What an editor shows first, where it has not asked for other lines. */
const firstLines: Range = { start: { line: 0, character: 0 }, end: { line: 100, character: 0 } };

interface EarlyAnswer<T> {
  readonly uri: string;
  readonly range: Range;
  /** Undefined where it has to wait for the whole dump. */
  readonly of: (state: DumpState, told: DumpPart['told']) => Steps<T | undefined>;
}

type Early = (session: Session, message: unknown) => EarlyAnswer<unknown> | undefined;

function early<Name extends ParamName>(
  names: readonly Name[],
  answer: (session: Session, params: Pick<Params, Name>) => EarlyAnswer<unknown> | undefined,
): Early {
  return (session, message) => {
    const read = readParams(message, names);
    return read.ok ? answer(session, read.params) : undefined;
  };
}

const earlyAnswers: ReadonlyMap<string, Early> = new Map([
  [
    'textDocument/semanticTokens/range',
    early(part, (_, { textDocument: { uri }, range }) => ({
      uri,
      range,
      *of(state): Steps<{ data: number[] }> {
        return { data: yield* semanticTokens(state, range) };
      },
    })),
  ],
  [
    'textDocument/inlayHint',
    early(part, ({ client, settings }, { textDocument: { uri }, range }) => {
      if (!client.canRefreshHints) return undefined;
      return {
        uri,
        range,
        *of(state, told): Steps<InlayHint[]> {
          const hints = yield* inlayHints(state, range, settings.inlayHints);
          told.add('hints');
          return hints;
        },
      };
    }),
  ],
  [
    'textDocument/codeLens',
    early(document, (session, { textDocument: { uri } }) => {
      if (!session.client.canRefreshLenses) return undefined;
      const shown = session.parts.get(uri);
      const range =
        shown === undefined
          ? firstLines
          : { start: { line: shown.first, character: 0 }, end: { line: shown.last, character: 0 } };
      return {
        uri,
        range,
        *of(state, told): Steps<CodeLens[]> {
          const lenses = yield* codeLenses(state, lensQuestions(session));
          told.add('lenses');
          return lenses;
        },
      };
    }),
  ],
  [
    'textDocument/hover',
    early(place, ({ clusters, client }, { textDocument: { uri }, position }) => ({
      uri,
      range: { start: position, end: position },
      *of(state): Steps<Hover | null | undefined> {
        const hasCluster = clusters.statusFor(uri).cluster.source.kind !== 'none';
        if (!canTellByPart(state, position, hasCluster)) return undefined;
        return (yield* hover(state, position, Date.now(), client.hasMarkdown)) ?? undefined;
      },
    })),
  ],
]);

/** The part of a dump that a range is in, which is read where it is not yet. */
function partOf(
  { parts, runtime }: Session,
  { uri, version }: OpenDump,
  text: string,
  { start, end }: Range,
  isOutdated: () => boolean,
): DumpPart {
  const known = parts.get(uri);
  if (known !== undefined && known.first <= start.line && end.line <= known.last) return known;
  const state = runFirst(stateAround(uri, version, text, start.line, end.line), runtime.pause, isOutdated);
  const around: DumpPart = { state, first: start.line, last: end.line, told: known?.told ?? new Set() };
  parts.set(uri, around);
  return around;
}

/** The answer to a request about lines of a dump that is not read yet; undefined where there is none before all of it is read. */
export async function firstAnswer(
  session: Session,
  method: string,
  message: unknown,
  token: CancellationToken,
): Promise<unknown> {
  const asked = earlyAnswers.get(method)?.(session, message);
  if (asked === undefined) return undefined;
  const { dumps, connection, runtime } = session;
  const { uri, range } = asked;
  const dump = dumps.get(uri);
  const text = dump?.unread();
  if (dump === undefined || text === undefined || text.length < fewestCharacters) return undefined;
  // What is told before that is told before the client is asked to ask again.
  const isRead = (): boolean => dumps.get(uri) !== dump || dump.unread() === undefined;
  try {
    const part = partOf(session, dump, text, range, isRead);
    const state = await part.state;
    if (state === undefined || isRead() || token.isCancellationRequested) return undefined;
    const answer = await runFirst(asked.of(state, part.told), runtime.pause, isRead);
    return isRead() ? undefined : answer;
  } catch (error) {
    if (!(error instanceof Cancelled)) logError(connection, `first answers of ${uri}: ${describeError(error)}`);
    return undefined;
  }
}
