import {
  type CallHierarchyItem,
  type CancellationToken,
  type DocumentLink,
  ErrorCodes,
  type Location,
  LSPErrorCodes,
  MessageType,
  ResponseError,
  ShowMessageNotification,
} from 'vscode-languageserver';
import { notificationText } from '../base/safe-text.ts';
import type { ObjectName } from '../cluster/objects.ts';
import { incomingCalls, outgoingCalls, prepareCallHierarchy } from '../features/call-hierarchy.ts';
import { tellServiceCommand } from '../features/code-lenses.ts';
import { declaration } from '../features/definition.ts';
import { chainsOfService, documentLinks, linkData, objectAt, serviceAt } from '../features/objects.ts';
import { refusalOfAllTokens, semanticTokens, tokenModifiers, tokenTypes } from '../features/semantic-tokens.ts';
import { serviceSentence } from '../features/services.ts';
import { document, type Feature, feature, part, place } from './feature.ts';
import { tokensInText } from './places-in-text.ts';
import { pulledDiagnostics } from './pull-diagnostics.ts';
import { answering, inSlices, type Session, withState } from './session.ts';

const wholeDocument = { start: { line: 0, character: 0 }, end: { line: 2 ** 31 - 1, character: 0 } };

/** Where an object stands in the snapshot file behind a dump; nowhere without one, or where the file has changed meanwhile. */
async function placeInSnapshot(
  session: Session,
  dumpUri: string,
  object: ObjectName,
  token: CancellationToken,
): Promise<Location | undefined> {
  const { file } = session.clusters.statusFor(dumpUri);
  if (file === undefined) return undefined;
  const found = await session.places.placeOf(file, object, () => token.isCancellationRequested);
  if (found === undefined) return undefined;
  const { line, start, end } = found;
  return { uri: file, range: { start: { line, character: start }, end: { line, character: end } } };
}

/** The Service at a place of a dump, or of a snapshot file that some dump's names come from. */
async function wantedService(
  session: Session,
  uri: string,
  position: { readonly line: number; readonly character: number },
  token: CancellationToken,
): Promise<ObjectName | undefined> {
  if (session.dumps.has(uri)) {
    const found = await withState(session, uri, token, undefined, (state) => serviceAt(state, position));
    return found instanceof ResponseError ? undefined : found;
  }
  // No other file is read because somebody names it.
  if (![...session.states.keys()].some((dump) => session.clusters.statusFor(dump).file === uri)) return undefined;
  const object = await session.places.objectAt(uri, position.line, () => token.isCancellationRequested);
  return object?.kind === 'Service' ? object : undefined;
}

function isItem(value: unknown): value is CallHierarchyItem {
  return typeof value === 'object' && value !== null && 'uri' in value && typeof value.uri === 'string';
}

/** The item that a request is about; it was made by `prepareCallHierarchy`. */
function withItem<T>(
  message: unknown,
  answer: (item: CallHierarchyItem) => Promise<T | ResponseError<void>>,
): Promise<T | ResponseError<void>> | ResponseError<void> {
  const { item } = (message ?? {}) as { readonly item?: unknown };
  if (!isItem(item)) return new ResponseError(ErrorCodes.InvalidParams, 'The parameter "item" is missing or not of its type.');
  return answer(item);
}

/** The tokens of all lines: in parts to a client that gives a token for them, else at once, or a refusal in words. */
async function allTokens(session: Session, uri: string, message: unknown, token: CancellationToken): Promise<unknown> {
  const { partialResultToken } = message as { readonly partialResultToken?: unknown };
  const isStreamed = typeof partialResultToken === 'string' || typeof partialResultToken === 'number';
  const send = (data: number[]): void => {
    void session.connection.sendNotification('$/progress', { token: partialResultToken, value: { data } });
  };
  let refusal: string | undefined;
  const answer = await withState(session, uri, token, { data: [] as number[] }, function* (state) {
    refusal = isStreamed ? undefined : refusalOfAllTokens(state);
    if (refusal !== undefined) return { data: [] };
    // Where lines were put apart each token's place is told by the one before.
    const isWhole = !isStreamed || state.document.apart !== undefined;
    const data = tokensInText(state.document, yield* semanticTokens(state, wholeDocument, isWhole ? undefined : send));
    if (!isStreamed) return { data };
    send(data);
    return { data: [] };
  });
  return refusal === undefined ? answer : new ResponseError(LSPErrorCodes.RequestFailed, refusal);
}

/** Says what state a Service is in, to a client that has no drawing. */
async function tellService(session: Session, message: unknown, token: CancellationToken): Promise<unknown> {
  const { command, arguments: given } = (message ?? {}) as { readonly command?: unknown; readonly arguments?: unknown };
  const [uri, to] = Array.isArray(given) ? (given as readonly unknown[]) : [];
  if (command !== tellServiceCommand || typeof uri !== 'string' || typeof to !== 'string')
    return new ResponseError(
      ErrorCodes.InvalidParams,
      `There is the command ${tellServiceCommand}, with a document's URI and a Service.`,
    );
  const sentence = await withState(session, uri, token, '', (state) => serviceSentence(state, to));
  if (typeof sentence === 'string' && sentence !== '')
    void session.connection.sendNotification(ShowMessageNotification.type, {
      type: MessageType.Info,
      message: notificationText(sentence),
    });
  return sentence;
}

/** What leads from place to place, and what goes with it. */
export const navigationFeatures: readonly Feature[] = [
  feature('textDocument/declaration', { declarationProvider: true }, place, (session, { textDocument, position }, token) =>
    withState(session, textDocument.uri, token, [], (state) => declaration(state, position)),
  ),
  feature(
    'textDocument/typeDefinition',
    { typeDefinitionProvider: true },
    place,
    (session, { textDocument: { uri }, position }, token) =>
      answering(session, async () => {
        const object = await withState(session, uri, token, undefined, (state) => objectAt(state, position));
        if (object === undefined || object instanceof ResponseError) return [];
        const found = await placeInSnapshot(session, uri, object, token);
        return found === undefined ? [] : [found];
      }),
  ),
  feature('textDocument/implementation', { implementationProvider: true }, place, (session, { textDocument, position }, token) =>
    answering(session, async () => {
      const service = await wantedService(session, textDocument.uri, position, token);
      if (service === undefined) return [];
      await Promise.allSettled(Array.from(session.dumps.values(), (dump) => dump.current()));
      return inSlices(session, chainsOfService([...session.states.values()], service), token);
    }),
  ),
  feature(
    'textDocument/prepareCallHierarchy',
    { callHierarchyProvider: true },
    place,
    (session, { textDocument, position }, token) =>
      withState(session, textDocument.uri, token, [], (state) => prepareCallHierarchy(state, position)),
  ),
  feature('callHierarchy/incomingCalls', {}, [], (session, _, token, message) =>
    withItem(message, (item) => withState(session, item.uri, token, [], (state) => incomingCalls(state, item))),
  ),
  feature('callHierarchy/outgoingCalls', {}, [], (session, _, token, message) =>
    withItem(message, (item) => withState(session, item.uri, token, [], (state) => outgoingCalls(state, item))),
  ),
  feature(
    'textDocument/documentLink',
    { documentLinkProvider: { resolveProvider: true } },
    document,
    (session, { textDocument }, token) =>
      // Without a file there is nothing to link to.
      session.clusters.statusFor(textDocument.uri).file === undefined
        ? []
        : withState(session, textDocument.uri, token, [], documentLinks),
  ),
  feature('documentLink/resolve', {}, [], (session, _, token, message) =>
    answering(session, async () => {
      const link = message as DocumentLink;
      const data = linkData(link ?? {});
      if (data === undefined) return link;
      const { namespace, name } = data;
      const found = await placeInSnapshot(session, data.uri, { kind: 'Service', namespace, name }, token);
      return found === undefined ? link : { ...link, target: `${found.uri}#L${found.range.start.line + 1}` };
    }),
  ),
  feature(
    'textDocument/semanticTokens/range',
    ({ client }) => ({
      semanticTokensProvider: {
        legend: { tokenTypes: [...tokenTypes], tokenModifiers: [...tokenModifiers] },
        range: true,
        // An editor that asks by range would ask for all of them besides, at each edit.
        full: !client.asksTokensByRange,
      },
    }),
    part,
    (session, { textDocument, range }, token) =>
      withState(session, textDocument.uri, token, { data: [] as number[] }, function* (state) {
        return { data: tokensInText(state.document, yield* semanticTokens(state, range)) };
      }),
  ),
  feature('textDocument/semanticTokens/full', {}, document, (session, { textDocument }, token, message) =>
    allTokens(session, textDocument.uri, message, token),
  ),
  feature(
    'textDocument/diagnostic',
    ({ isPulled }) =>
      isPulled
        ? { diagnosticProvider: { identifier: 'iptables', interFileDependencies: false, workspaceDiagnostics: false } }
        : {},
    document,
    (session, { textDocument }, token, message) => pulledDiagnostics(session, textDocument.uri, message, token),
  ),
  feature(
    'workspace/executeCommand',
    // VS Code has the drawing, and would offer the command as one of its own.
    ({ options }): ReturnType<Feature['capability']> =>
      options.hasShowFlow ? {} : { executeCommandProvider: { commands: [tellServiceCommand] } },
    [],
    (session, _, token, message) => tellService(session, message, token),
  ),
];
